//! `OpenID` Connect without I/O: the provider's document and keys, the pending sign-in of a browser, and ID tokens.

mod keys;
mod metadata;
mod pending;
mod token;

pub use keys::Keys;
pub use metadata::Metadata;
pub use pending::{Pending, PendingProblem};
pub use token::{Expected, TokenProblem, verify};
