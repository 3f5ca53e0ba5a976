//! The log: events of the whole process, the latest ones in memory for the page Logs, and all as lines.
//!
//! Every text passes [`plume_text::on_screen`], so that no event forges a second line or an escape sequence. Secrets are in
//! types that redact themselves. Events of foreign crates are kept from the level `warn` on, because their detail may hold
//! what those types hide.

mod entry;
mod layer;
mod line;
mod ring;

pub use entry::Entry;
pub use layer::{Recorder, Sink, lines, subscribe};
pub use line::{LineFormat, LogSettings};
pub use ring::{Filter, Found, Journal};
