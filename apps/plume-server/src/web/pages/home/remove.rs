//! The removal of a home, after a page that names the consequences.

use askama::Template;
use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use crate::store::model::IncidentQuery;
use crate::web::actions;
use crate::web::dashboard::Visible;
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::pages::given::Form;
use crate::web::view::{Counted, home_path};

/// Open incidents that are counted.
const OPEN: usize = 1000;

#[derive(Template)]
#[template(path = "remove_home.html")]
struct Page<'a> {
    frame: &'a Frame,
    path: String,
    name: String,
    customer: String,
    location: String,
    incidents: String,
}

/// The form. Only the page of this file has `sure`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web::pages) struct Sure {
    sure: String,
}

pub(in crate::web::pages) async fn page(
    visible: Visible,
    frame: Frame,
    Path((tenant, home)): Path<(String, String)>,
) -> Response {
    let page = build(&visible, &frame, &tenant, &home).await;
    frame.answer(page.map_err(|fault| fault.back_to("/homes")))
}

async fn build<'a>(visible: &Visible, frame: &'a Frame, tenant: &str, home: &str) -> Result<Page<'a>, Fault> {
    let (tenant, home) = visible.home(tenant, home).await?.ok_or_else(|| Fault::missing("home"))?;
    let query =
        IncidentQuery { home: Some(home.id.clone()), is_open: true, limit: OPEN, ..IncidentQuery::default() };
    let incidents = tenant.incidents(query).await?.len();
    Ok(Page {
        frame,
        path: home_path(tenant.id(), &home.id),
        name: home.name,
        customer: home.customer,
        location: home.location,
        incidents: Counted(incidents as u64, "open incident").to_string(),
    })
}

pub(in crate::web::pages) async fn remove(
    visible: Visible,
    frame: Frame,
    Path((tenant, home)): Path<(String, String)>,
    Form(form): Form<Sure>,
) -> Response {
    let path = home_path(&tenant.as_str().into(), &home.as_str().into());
    if form.sure.is_empty() {
        let detail = "Nothing was changed: the consequences have to be confirmed first.";
        let fault = Fault::new(StatusCode::UNPROCESSABLE_ENTITY, "Not confirmed", detail);
        return frame.refuse(&fault.back_to(format!("{path}/remove")));
    }
    match actions::remove_home(&visible, &tenant, &home).await {
        Ok(()) => Redirect::to("/homes").into_response(),
        Err(denied) => frame.refuse(&Fault::from(denied).back_to("/homes")),
    }
}
