//! Credentials, scopes, and the redaction of secrets.

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
