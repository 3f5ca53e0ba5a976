//! What people set: values, files and URLs, and where those may lead.

mod guard;
mod url;
mod value;

pub use guard::{GuardedTransport, InvalidPattern, RefusedUrl, UrlGuard};
pub use url::{InvalidUrl, SecureUrl};
pub use value::{InvalidValue, setting_value};
