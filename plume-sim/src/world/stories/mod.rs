//! Stories: events in homes over time.

mod field;
mod happening;
mod named;
mod read;
mod story;

pub use happening::{Happening, Level};
pub use named::Story;
pub use read::StoryError;
pub use story::{Cast, StoryPlan, When};
