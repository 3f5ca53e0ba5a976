//! What gives tokens: the traits, their error and what can be seen of them from outside.

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
