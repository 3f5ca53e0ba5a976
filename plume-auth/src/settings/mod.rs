//! Settings: values, files and URLs, and the guard for URLs that users enter.

mod guard;
mod url;
mod value;

pub use guard::{GuardedTransport, InvalidPattern, RefusedUrl, UrlGuard};
pub use url::{InvalidUrl, SecureUrl};
pub use value::{InvalidValue, setting_value};
