//! Names, numbers and times in the sentences of a report.
//!
//! Every text of the API passes [`name`] before it becomes part of a sentence, so that a name can neither control a
//! terminal nor fill it. Escaping for Markdown and HTML follows in [`render`](crate::render).

mod name;
mod number;

pub(crate) use name::{ELLIPSIS, reason, short};
pub use name::{MAX_NAME, capitalized, name};
pub use number::{count, number, percent, plain, span, time};
