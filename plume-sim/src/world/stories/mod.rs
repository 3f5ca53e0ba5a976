//! Stories: what is going to happen in which homes, and when.

pub(crate) mod happening;
mod named;
mod part;
mod read;
mod story;

pub use happening::{Happening, Level};
pub use read::StoryError;
pub use story::{Cast, Story, When};
