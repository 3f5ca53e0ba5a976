//! The envelope of node and device lists.

use serde_json::{Value, json};

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
        match self {
            Self::Bare => json!(rows),
            Self::Wrapped => json!({ key: rows }),
            Self::DoubleWrapped => json!({ key: { key: rows } }),
        }
    }
}
