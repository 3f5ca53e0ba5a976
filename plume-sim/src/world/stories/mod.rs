//! Stories: events in homes over time.

mod event;
mod field;
mod named;
mod read;
mod story;

pub use event::{Level, StoryEvent};
pub use named::Story;
pub use read::StoryError;
pub use story::{Cast, StoryPlan, When};
