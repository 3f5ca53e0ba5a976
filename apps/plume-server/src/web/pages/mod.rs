//! The pages.

mod act;
mod as_of;
mod channels;
mod fault;
mod frame;
mod given;
mod home;
mod homes;
mod incidents;
mod inside;
mod maintenance;
mod overview;
mod row;
mod sign_in;
mod sla;
mod theme;
mod users;

use axum::{
    http::request::Parts,
    response::{IntoResponse, Redirect, Response},
};

pub(super) use homes::{HomeRow, Selection, place};
pub(super) use overview::{Summary, summary};
pub(super) use sla::method;

use crate::access::Role;
use crate::web::dashboard::Dashboard;
use crate::web::entry::{Needs, Refusal, Routes};
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::view::part;

pub(super) fn routes(dashboard: &Dashboard) -> Routes {
    let [viewer, operator, admin] = Role::ALL.map(Needs::Role);
    Routes::new(dashboard, refuse)
        .get("/", viewer, overview::page)
        .get("/homes", viewer, homes::page)
        .get("/homes/{tenant}/{home}", viewer, home::page)
        .post("/homes/{tenant}/{home}/check", operator, home::check)
        .get("/homes/{tenant}/{home}/remove", admin, home::removal)
        .post("/homes/{tenant}/{home}/remove", admin, home::remove)
        .post("/homes/{tenant}/{home}/maintenance", operator, maintenance::change_of_home)
        .get("/incidents", viewer, incidents::list)
        .get("/incidents/{tenant}/{incident}", viewer, incidents::page)
        .post("/incidents/{tenant}/{incident}", operator, act::act)
        .get("/maintenance", viewer, maintenance::page)
        .post("/maintenance", operator, maintenance::change)
        .get("/sla", viewer, sla::page)
        .get("/sla.csv", viewer, sla::export)
        .get("/connections", operator, inside::connections)
        .get("/logs", admin, inside::logs)
        .get("/settings", admin, inside::settings)
        .get("/channels", viewer, channels::list)
        .post("/channels", admin, channels::save)
        .get("/channels/new", admin, channels::form)
        .get("/channels/{tenant}/{channel}", viewer, channels::one)
        .post("/channels/{tenant}/{channel}", operator, channels::act)
        .post("/theme", viewer, theme::choose)
        .get("/sign-in", Needs::Nothing, sign_in::page)
        .post("/sign-in", Needs::Nothing, sign_in::sign_in)
        .get("/sign-in/start", Needs::Nothing, sign_in::start)
        .get("/sign-in/callback", Needs::Nothing, sign_in::callback)
        .post("/sign-out", viewer, sign_in::sign_out)
        .get("/users", admin, users::page)
        .post("/users/sessions", admin, users::revoke_session)
        .post("/users/tokens", admin, users::create_token)
        .post("/users/tokens/revoke", admin, users::revoke_token)
        .get("/users/tenants", admin, users::suspension)
        .post("/users/tenants", admin, users::suspend)
        .get("/users/audit", admin, users::audit)
        .post("/users/audit", admin, users::check_audit)
        .fallback(fault::missing)
}

/// Returns the page for a refused request.
fn refuse(dashboard: &Dashboard, parts: &Parts, refusal: Refusal) -> Response {
    if matches!(refusal, Refusal::SignIn) && parts.method.is_safe() {
        let here = parts.uri.path_and_query().map_or("/", |here| here.as_str());
        return match here {
            "/" => Redirect::to("/sign-in").into_response(),
            here => Redirect::to(&format!("/sign-in?next={}", part(here))).into_response(),
        };
    }
    let frame = Frame::new(dashboard, parts);
    // A page that the role does not allow leads to the overview, not to itself.
    let back = match refusal {
        Refusal::Role(_) if parts.method.is_safe() => "/".to_owned(),
        _ => page_of(parts.uri.path()),
    };
    frame.refuse(&Fault::from(refusal).back_to(back))
}

/// Returns the path of the page with the form that is sent to a path. Some paths only take forms.
fn page_of(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match parts.as_slice() {
        ["theme" | "sign-out"] => "/".to_owned(),
        ["users", "sessions" | "tokens" | "tenants", ..] => "/users".to_owned(),
        ["homes", tenant, home, _] => format!("/homes/{tenant}/{home}"),
        _ => path.to_owned(),
    }
}
