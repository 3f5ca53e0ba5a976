//! What people set: values, files and URLs, and where those may lead.

mod file;
mod guard;
mod url;
mod value;

pub use file::{InvalidFile, read_file, read_secret_file};
pub use guard::{GuardedTransport, InvalidPattern, RefusedUrl, UrlGuard};
pub use url::{InvalidUrl, SecureUrl};
pub use value::{InvalidValue, setting_value};
