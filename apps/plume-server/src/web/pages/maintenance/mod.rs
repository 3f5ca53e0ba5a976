//! Maintenance windows: the page with all of them, the form of one home, and those that are open now.

mod form;
mod page;
mod view;

pub(super) use form::{ZONES, change as change_of_home};
pub(super) use page::{change, page};
pub(super) use view::{Running, State, WindowView, of_home, running};
