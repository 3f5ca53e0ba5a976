//! Pages and JSON API.
//!
//! | part | purpose |
//! |---|---|
//! | `entry` | the routes with the role that each needs, and the visitor of a request |
//! | `dashboard` | what handlers share, and the part of the store that a visitor sees |
//! | `gate` | whether visitors have to sign in, the limits of sign-in, the address of a browser |
//! | `provider` | requests to the identity provider |
//! | `shell` | the parts of every response: allowed hosts, headers, static files, the token of forms |
//! | `view` | texts of statuses, times and durations |
//! | `actions` | what people change, by a form or by the API |
//! | `pages` | the pages, which work without JavaScript |
//! | `events`, `live` | server-sent events for open pages |
//! | `process` | the state of the process that pages show: settings, log, calls |
//! | `reports` | reports of the present, from the cloud |
//! | `api` | the JSON API and health checks |
//!
//! Handlers read what a visitor sees, and write the decisions of people. Nothing calls this room.

mod actions;
mod api;
mod dashboard;
mod entry;
mod events;
mod gate;
mod live;
mod pages;
mod process;
mod provider;
mod reports;
mod shell;
mod view;

use axum::{Router, middleware};

pub use dashboard::{CheckNow, Dashboard, DashboardParts, Newest, Notice, Outlook, Pulse, PulseSource};
pub use entry::{Needs, Route};
pub use events::Live;
pub use gate::Gate;
pub use live::follow;
pub use process::Process;
pub use provider::Provider;
pub use shell::Hosts;

/// Returns the routes of the dashboard.
pub fn router(dashboard: Dashboard, hosts: Hosts) -> Router {
    let (routes, _) = all(&dashboard).finish();
    routes
        .with_state(dashboard)
        .merge(shell::files())
        .merge(api::alive())
        .method_not_allowed_fallback(api::not_allowed)
        .layer(middleware::from_fn_with_state(hosts, shell::guard))
        .layer(middleware::from_fn(api::problems))
}

/// Returns every route of the dashboard but static files, with the role that it needs.
#[must_use]
pub fn routes(dashboard: &Dashboard) -> Vec<Route> {
    all(dashboard).finish().1
}

fn all(dashboard: &Dashboard) -> Routes {
    pages::routes(dashboard).merge(api::routes(dashboard)).merge(live::routes(dashboard))
}

use entry::Routes;
