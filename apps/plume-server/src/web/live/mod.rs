//! Server-sent events for open pages: rows of homes, the summary, and names of changed incidents.
//!
//! One task reads the changes of the store and renders each once, whatever the number of readers. A reader that is too
//! slow, or comes back after too long, gets `resync` and loads its page again.

mod hub;
mod stream;

pub use hub::follow;

use crate::access::Role;
use crate::web::api::refuse;
use crate::web::dashboard::Dashboard;
use crate::web::entry::{Needs, Routes};

pub(super) fn routes(dashboard: &Dashboard) -> Routes {
    Routes::new(dashboard, refuse).get("/events", Needs::Role(Role::Viewer), stream::events)
}
