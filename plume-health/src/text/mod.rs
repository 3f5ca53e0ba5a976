//! How values stand in the sentences of a report: names, numbers, times.
//!
//! Every text of the API passes [`name`] before it becomes part of a sentence, so that no name can steer a screen or
//! fill it. Escaping for Markdown and HTML comes on top, in [`render`](crate::render).

mod name;
mod number;

pub(crate) use name::{ELLIPSIS, reason, short};
pub use name::{MAX_NAME, capitalized, name};
pub use number::{count, number, percent, plain, span, time};
