//! The parts of every response: allowed hosts, headers, files, texts of pages, and the token of forms.

mod cookies;
mod files;
mod guard;
mod rendered;
mod token;

pub(super) use cookies::cookie;
pub(super) use files::{routes as files, script, style};
pub use guard::Hosts;
pub(super) use guard::guard;
pub(super) use rendered::{rendered, turns, without_turns};
pub(super) use token::FormToken;
