//! The traits of token providers and sources, their error, and their observation.

pub(crate) mod bounds;
mod error;
mod fixed;
mod identity;
mod observe;
pub(crate) mod trace;
mod traits;

pub use error::{AuthError, AuthErrorKind};
pub use fixed::StaticToken;
pub use identity::ProviderIdentity;
pub use observe::{TokenEvent, TokenObserver, TokenPhase, TokenStatus};
pub use traits::{TokenProvider, TokenSource};
