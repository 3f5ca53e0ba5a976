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
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};

pub(super) use homes::HomeRow;
pub(super) use overview::summary;

use crate::access::Role;
use crate::web::dashboard::Dashboard;
use crate::web::entry::{Needs, Refusal, Routes};
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;

pub(super) fn routes(dashboard: &Dashboard) -> Routes {
    let (viewer, operator) = (Needs::Role(Role::Viewer), Needs::Role(Role::Operator));
    Routes::new(dashboard, refuse)
        .get("/", viewer, overview::page)
        .get("/homes", viewer, homes::page)
        .get("/homes/{tenant}/{home}", viewer, home::page)
        .get("/incidents", viewer, incidents::list)
        .get("/incidents/{tenant}/{incident}", viewer, incidents::page)
        .post("/incidents/{tenant}/{incident}", operator, act::act)
        .post("/theme", viewer, theme::choose)
        .fallback(fault::missing)
}

/// Returns the page for a refused request.
fn refuse(dashboard: &Dashboard, parts: &Parts, refusal: Refusal) -> Response {
    match Frame::new(dashboard, parts) {
        Some(frame) => frame.refuse(&Fault::from(refusal).back_to(parts.uri.path())),
        None => StatusCode::FORBIDDEN.into_response(),
    }
}
