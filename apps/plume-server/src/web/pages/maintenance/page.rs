//! The page with the windows of all tenants that the visitor sees.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use plume::monitor::ids::TenantId;

use crate::store::model::Tenant;
use crate::web::actions::{Denied, Scope};
use crate::web::dashboard::{Visible, VisibleTenant};
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::pages::given::Form;
use crate::web::pages::maintenance::form::{Change, ZONES, add, end};
use crate::web::pages::maintenance::view::{State, WindowView, of_tenant};

const PATH: &str = "/maintenance";

#[derive(Template)]
#[template(path = "maintenance.html")]
struct Page<'a> {
    frame: &'a Frame,
    /// The windows with their tenants.
    rows: Vec<(WindowView, Tenant)>,
    tenants: Vec<Tenant>,
    zones: [&'static str; ZONES.len()],
    start: String,
}

pub(in crate::web::pages) async fn page(visible: Visible, frame: Frame) -> Response {
    let page = build(&visible, &frame).await;
    frame.answer(page)
}

async fn build<'a>(visible: &Visible, frame: &'a Frame) -> Result<Page<'a>, Fault> {
    let now = visible.now();
    let (mut rows, mut tenants) = (Vec::new(), Vec::new());
    for (view, tenant) in visible.each().await? {
        let windows = of_tenant(&view, now).await?;
        rows.extend(windows.into_iter().map(|window| (window, tenant.clone())));
        if view.counts().await?.total() > 0 {
            tenants.push(tenant);
        }
    }
    rows.sort_by_key(|(window, _)| window.order);
    let start = now.format("%Y-%m-%dT%H:%M").to_string();
    Ok(Page { frame, rows, tenants, zones: ZONES, start })
}

pub(in crate::web::pages) async fn change(
    visible: Visible,
    frame: Frame,
    Form(form): Form<Change>,
) -> Response {
    match carry_out(&visible, &form).await {
        Ok(()) => Redirect::to(PATH).into_response(),
        Err(denied) => frame.refuse(&Fault::from(denied).back_to(PATH)),
    }
}

async fn carry_out(visible: &Visible, form: &Change) -> Result<(), Denied> {
    let id = TenantId::new(form.tenant.as_str());
    let tenant = visible.each().await?.into_iter().find(|(view, _)| *view.id() == id);
    let (tenant, _) = tenant.ok_or(Denied::Missing("tenant"))?;
    match form.action.as_str() {
        "add" => add(&tenant, form, scope(&tenant, form).await?, visible.now()).await,
        "end" => end(&tenant, form).await,
        _ => Err(Denied::impossible("The form is incomplete.")),
    }
}

/// Reads the homes that the form names.
async fn scope(tenant: &VisibleTenant, form: &Change) -> Result<Scope, Denied> {
    let tag = form.tag.trim();
    match form.covers.as_str() {
        "tenant" if tag.is_empty() => Ok(Scope::default()),
        "tag" if !tag.is_empty() => Scope::of_tag(tenant, tag).await,
        "tenant" => {
            Err(Denied::impossible("Choose homes with the tag, or leave the tag empty for all homes."))
        }
        "tag" => Err(Denied::impossible("The field Tag is empty.")),
        _ => Err(Denied::impossible("The form is incomplete.")),
    }
}
