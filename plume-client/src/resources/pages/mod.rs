//! Lists that are read page by page.

mod flight;
mod lists;
mod stream;
mod walk;

pub(in crate::resources) use flight::Flight;
pub use lists::Listing;
pub(in crate::resources) use lists::PAGE;
pub use stream::{Continuation, Items, Page, Pages};
pub(in crate::resources) use stream::{Row, Trail};
pub use walk::Notes;
