//! Lists, read to their end page by page.

mod fleet;
mod lists;
mod stream;
mod walk;

pub use fleet::{Fleet, FleetItem};
pub use stream::{Continuation, Items, Page, Pages};
pub use walk::Notes;
