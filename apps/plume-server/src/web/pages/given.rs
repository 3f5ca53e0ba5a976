//! Forms and queries. One that cannot be read is a page with the name of the field.

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::{StatusCode, request::Parts},
    response::Response,
};
use serde::de::DeserializeOwned;

use crate::web::dashboard::Dashboard;
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::view::unreadable;

/// The fields of a form.
#[derive(Debug)]
pub(super) struct Form<T>(pub(super) T);

/// The parameters of an address.
#[derive(Debug)]
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Dashboard> for Form<T> {
    type Rejection = Response;

    async fn from_request(request: Request, dashboard: &Dashboard) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let frame = Frame::new(dashboard, &parts);
        let request = Request::from_parts(parts, body);
        match axum::Form::from_request(request, dashboard).await {
            Ok(axum::Form(form)) => Ok(Self(form)),
            Err(rejection) => {
                let detail = format!("{} Nothing was changed.", unreadable(&rejection.body_text(), label));
                Err(frame.refuse(&Fault::new(StatusCode::UNPROCESSABLE_ENTITY, "Not possible", detail)))
            }
        }
    }
}

impl<T: DeserializeOwned> FromRequestParts<Dashboard> for Query<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, dashboard: &Dashboard) -> Result<Self, Response> {
        match axum::extract::Query::from_request_parts(parts, dashboard).await {
            Ok(axum::extract::Query(given)) => Ok(Self(given)),
            Err(rejection) => {
                let detail = unreadable(&rejection.body_text(), label);
                let fault = Fault::new(StatusCode::BAD_REQUEST, "No such address", detail);
                Err(Frame::new(dashboard, parts).refuse(&fault.back_to(parts.uri.path())))
            }
        }
    }
}

/// Returns the name that a form shows for a field.
fn label(field: &str) -> String {
    let words = match field {
        "limit" => "Messages per hour",
        "hours" => "Hours",
        "days" => "Valid for",
        "tenant" => "Tenant",
        "status" => "Status",
        "name" => "Name",
        _ => return format!("The field {field}"),
    };
    format!("“{words}”")
}
