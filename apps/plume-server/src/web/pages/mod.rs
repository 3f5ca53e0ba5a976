//! The pages.

mod act;
mod fault;
mod frame;
mod home;
mod homes;
mod incidents;
mod overview;
mod row;
mod theme;

use axum::{
    Router,
    routing::{get, post},
};

pub(super) use homes::HomeRow;
pub(super) use overview::summary;

use crate::web::dashboard::Dashboard;

pub(super) fn routes() -> Router<Dashboard> {
    Router::new()
        .route("/", get(overview::page))
        .route("/homes", get(homes::page))
        .route("/homes/{tenant}/{home}", get(home::page))
        .route("/incidents", get(incidents::list))
        .route("/incidents/{tenant}/{incident}", get(incidents::page).post(act::act))
        .route("/theme", post(theme::choose))
        .fallback(fault::missing)
}
