//! Writing reports for people and machines.
//!
//! The layout is one [`Document`] of lines; each [`Format`] only decides how a line and a text are written. Every
//! text passes the format's escaping on its way out, the layout's own words included, so that no name can
//! become markup and no sentence can forget to escape.

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
