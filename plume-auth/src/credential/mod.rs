//! What a client proves itself with, what it asks for, and what must not show of it.

mod basic;
mod pasted;
mod redact;
mod rotation;
mod scope;

pub use basic::Credential;
pub use pasted::{AuthorizationSetting, InvalidAuthorization};
pub use redact::Redactor;
pub use rotation::{CredentialFile, CredentialSource, RotatingCredential};
pub use scope::Scope;
