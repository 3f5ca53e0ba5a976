//! Changes of sessions and tokens.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use plume::monitor::ids::TenantId;
use serde::Deserialize;

use crate::access::{Role, Tenants};
use crate::store;
use crate::web::dashboard::Visible;
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::pages::given::Form;
use crate::web::pages::users::page::respond;
use crate::web::view::within;

pub(super) const USERS: &str = "/users";
/// Days for which a token is valid, if the form does not say it.
const DAYS: i64 = 90;
/// Maximum length of a purpose in characters.
const LONGEST: usize = 60;

/// The form for one session or token.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web::pages) struct Chosen {
    id: String,
}

pub(in crate::web::pages) async fn revoke_session(
    visible: Visible,
    frame: Frame,
    Form(chosen): Form<Chosen>,
) -> Response {
    done(&frame, visible.revoke_session(&chosen.id).await)
}

pub(in crate::web::pages) async fn revoke_token(
    visible: Visible,
    frame: Frame,
    Form(chosen): Form<Chosen>,
) -> Response {
    done(&frame, visible.revoke_token(&chosen.id).await)
}

pub(super) fn done(frame: &Frame, result: store::Result<()>) -> Response {
    match result {
        Ok(()) => Redirect::to(USERS).into_response(),
        Err(error) => frame.refuse(&Fault::from(error).back_to(USERS)),
    }
}

/// The form for a new token.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web::pages) struct NewToken {
    name: String,
    role: String,
    /// The id of a tenant; empty for all that the visitor sees.
    tenant: String,
    /// The days for which it is valid.
    days: Option<i64>,
}

pub(in crate::web::pages) async fn create_token(
    visible: Visible,
    frame: Frame,
    Form(form): Form<NewToken>,
) -> Response {
    let name = match within(&form.name, LONGEST, "purpose") {
        Ok(name) => name,
        Err(detail) => {
            let fault = Fault::new(StatusCode::UNPROCESSABLE_ENTITY, "Too long", detail);
            return frame.refuse(&fault.back_to(USERS));
        }
    };
    let (Some(role), false) = (Role::of(&form.role), name.is_empty()) else { return incomplete(&frame) };
    let tenants = match form.tenant.as_str() {
        "" => visible.visitor().tenants().clone(),
        tenant => Tenants::Only([TenantId::new(tenant)].into()),
    };
    match visible.create_token(&name, role, tenants, form.days.unwrap_or(DAYS)).await {
        // The page is the response, because the token is shown once. A repeated form makes another one.
        Ok(shown) => respond(&visible, &frame, &shown).await,
        Err(error) => frame.refuse(&Fault::from(error).back_to(USERS)),
    }
}

pub(super) fn incomplete(frame: &Frame) -> Response {
    let fault = Fault::new(StatusCode::UNPROCESSABLE_ENTITY, "Not possible", "The form is incomplete.");
    frame.refuse(&fault.back_to(USERS))
}
