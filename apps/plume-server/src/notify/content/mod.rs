//! The content of messages, before a channel writes it in its own format.

mod body;
mod names;
mod text;

pub use body::{Body, Entry, MAX_ENTRIES, Notice, Summary};
pub use names::Names;
pub use text::{MAX_LINE, MAX_LINES, Text};
