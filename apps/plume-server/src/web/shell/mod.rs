//! The parts of every response: allowed hosts, headers, files, and the token of forms.

mod cookies;
mod files;
mod guard;
mod token;

pub(super) use cookies::cookie;
pub(super) use files::{routes as files, script, style};
pub use guard::Hosts;
pub(super) use guard::guard;
pub(super) use token::FormToken;
