//! Output of reports for people and machines.
//!
//! The layout is one [`Document`] of lines, and a [`Format`] decides how a line and a text are written. Every text
//! is escaped when it is written, so no name can become markup.

mod changes;
mod document;
mod format;
mod health;
mod series;
mod style;
mod topology;
mod write;

pub use document::{Document, MAX_ITEMS};
pub use format::{Format, Rendering};
pub use write::render;
