//! Pages and JSON API.
//!
//! | part | purpose |
//! |---|---|
//! | `shell` | the parts of every response: allowed hosts, headers, static files, the token of forms |
//! | `view` | texts of statuses, times and durations |
//! | `pages` | the pages, which work without JavaScript |
//! | `events`, `live` | server-sent events for open pages |
//! | `reports` | reports of the present, from the cloud |
//! | `api` | the JSON API and health checks |
//!
//! Handlers read the store and write the decisions of people. Nothing calls this room.

mod api;
mod dashboard;
mod events;
mod live;
mod pages;
mod reports;
mod shell;
mod view;

use axum::{Router, extract::DefaultBodyLimit, middleware};

pub use dashboard::{Dashboard, DashboardParts, Notice, Pulse, PulseSource};
pub use events::Live;
pub use live::follow;
pub use shell::Hosts;

/// Maximum size of a form or document in bytes.
const BODY: usize = 16 * 1024;

/// Returns the routes of the dashboard.
pub fn router(dashboard: Dashboard, hosts: Hosts) -> Router {
    let routes = pages::routes().merge(api::routes()).merge(live::routes());
    routes
        .with_state(dashboard)
        .merge(shell::files())
        .merge(api::alive())
        .layer(DefaultBodyLimit::max(BODY))
        .layer(middleware::from_fn_with_state(hosts, shell::guard))
}

/// Returns the health check of a server without a store.
pub fn alive() -> Router {
    api::alive()
}
