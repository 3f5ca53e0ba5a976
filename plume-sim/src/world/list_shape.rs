//! The envelope of node and device lists.

use serde_json::{Map, Value};

/// The envelope of node and device lists.
///
/// The documentation, the published schema and the live API disagree, so a client has to read all three.
///
/// ```
/// use plume_sim::{ListShape, Simulator};
///
/// let simulator = Simulator::builder().list_shape(ListShape::Bare).build();
/// # let _ = simulator;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ListShape {
    /// `[…]`
    Bare,
    /// `{"nodes":[…]}`, as the live API sends it.
    #[default]
    Wrapped,
    /// `{"nodes":{"nodes":[…]}}`, as in the published schema.
    DoubleWrapped,
}

impl ListShape {
    pub(crate) fn wrap(self, key: &str, rows: Vec<Value>) -> Value {
        let list = Value::Array(rows);
        let member = |value| Value::Object(Map::from_iter([(key.to_owned(), value)]));
        match self {
            Self::Bare => list,
            Self::Wrapped => member(list),
            Self::DoubleWrapped => member(member(list)),
        }
    }
}
