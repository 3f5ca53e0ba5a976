//! Access tokens: as issued, as used, and their fingerprints.

mod access;
mod fingerprint;
mod issued;
mod moment;

pub use access::AccessToken;
pub(crate) use fingerprint::Fingerprint;
pub use fingerprint::TokenKey;
pub use issued::IssuedToken;
pub use moment::RequestMark;
pub(crate) use moment::{Lifetime, Moment};
