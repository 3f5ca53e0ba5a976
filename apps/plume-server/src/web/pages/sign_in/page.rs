//! The page for sign-in, and sign-out.

use askama::Template;
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use crate::access::{Via, Visitor};
use crate::web::dashboard::Dashboard;
use crate::web::entry::SESSION;
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::pages::given::Query;
use crate::web::pages::sign_in::answer::add;
use crate::web::view::{local, part};

/// The page to continue with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web::pages) struct Next {
    pub(super) next: String,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page<'a> {
    frame: &'a Frame,
    next: String,
    /// The reason why the attempt before failed, and the name that was entered; empty at first.
    problem: &'static str,
    name: &'a str,
    /// The host of the provider, and the address that begins a sign-in with it.
    provider: Option<(String, String)>,
}

pub(in crate::web::pages) async fn page(
    State(dashboard): State<Dashboard>,
    frame: Frame,
    Query(Next { next }): Query<Next>,
) -> Response {
    if dashboard.gate().sign_in().is_none() || !frame.visitor.is_empty() {
        return Redirect::to(local(&next)).into_response();
    }
    show(&dashboard, &frame, &next, ("", ""))
}

/// Returns the page, after a failed attempt with its reason and the name that was entered.
pub(super) fn show(
    dashboard: &Dashboard,
    frame: &Frame,
    next: &str,
    (problem, name): (&'static str, &str),
) -> Response {
    let next = local(next).to_owned();
    let start = format!("/sign-in/start?next={}", part(&next));
    let provider = dashboard.gate().provider().map(|provider| (provider.host().to_owned(), start));
    frame.answer(Ok(Page { frame, next, problem, name, provider }))
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOut<'a> {
    frame: &'a Frame,
    /// The page of the provider for sign-out.
    provider: Option<String>,
}

pub(in crate::web::pages) async fn sign_out(
    State(dashboard): State<Dashboard>,
    mut frame: Frame,
    Extension(visitor): Extension<Visitor>,
) -> Response {
    let Via::Session(id) = visitor.via() else { return Redirect::to("/").into_response() };
    if let Err(error) = dashboard.end_session(&visitor, id).await {
        return frame.refuse(&Fault::from(error));
    }
    frame.forget_visitor();
    let provider = dashboard.gate().end_at_provider().await;
    let page = frame.answer(Ok(SignedOut { frame: &frame, provider }));
    let mut headers = HeaderMap::new();
    add(&mut headers, dashboard.gate(), SESSION, "", 0);
    (StatusCode::OK, headers, page).into_response()
}
