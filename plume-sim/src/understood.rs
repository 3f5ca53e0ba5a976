//! What the handler of a request read of it.

use std::collections::BTreeMap;

/// What the latest request to a resource meant to the simulator; see [`Simulator::understood`](crate::Simulator::understood).
///
/// It holds what a handler read, decoded, not what was sent: a parameter that is missing here has no effect on the
/// answer. It is for tests of a client: compare it with what the client meant to say.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Understood {
    /// The number of the request; see [`RequestRecord::number`](crate::RequestRecord::number).
    pub number: u64,
    /// The template of the route that answered.
    pub route: &'static str,
    /// The variable parts of the path, decoded, in their order.
    pub path: Vec<(&'static str, String)>,
    /// The parameters of the query that were read, each with its values as they were understood. A list has any
    /// number of values, anything else one; a truth value is `true` or `false`, an object is JSON.
    pub query: BTreeMap<String, Vec<String>>,
    /// The arguments in the body as a JSON object, whether they came as JSON or as a form. Empty without a body, or if
    /// the body could not be read.
    pub body: String,
}
