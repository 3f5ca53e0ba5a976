//! Server-sent events for open pages: rows of homes, the summary, and names of changed incidents.
//!
//! One task reads the changes of the store and renders each once, whatever the number of readers. A reader that is too
//! slow, or comes back after too long, gets `resync` and loads its page again.

mod hub;
mod stream;

use axum::{Router, routing::get};

pub use hub::follow;

use crate::web::dashboard::Dashboard;

pub(super) fn routes() -> Router<Dashboard> {
    Router::new().route("/events", get(stream::events))
}
