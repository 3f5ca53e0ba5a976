//! Maintenance windows.

use axum::{
    body::Bytes,
    extract::{Path, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::web::actions::{self, NewWindow, Scope};
use crate::web::api::changes::sent::{read, whole};
use crate::web::api::document::List;
use crate::web::api::inside::given::{Given, parameters};
use crate::web::api::problem::{Problem, json};
use crate::web::api::shapes::{Changed, Impossible, Missing, Problems};
use crate::web::api::v1::{Ids, path, respond, tenant};
use crate::web::dashboard::{StoredWindow, Visible, covers, schedule};
use crate::web::view::unreadable;

/// An opening later than this is not shown.
const AHEAD: TimeDelta = TimeDelta::days(400);

/// The parameters of the list of windows.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(in crate::web::api) struct OfWindows {
    /// The id of the tenant. It is required if there are several beside `operator`, the one of incidents of the cloud.
    tenant: Option<String>,
}

/// A maintenance window.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Window)]
pub(in crate::web::api) struct WindowDocument {
    id: String,
    /// It grows with each change. The end of a window names it.
    edition: u64,
    name: String,
    /// The homes in words.
    covers: String,
    /// The times in words.
    schedule: String,
    /// The end, if it is open now.
    #[schema(required = true)]
    open_until: Option<DateTime<Utc>>,
    /// The next begin, if it opens again.
    #[schema(required = true)]
    opens: Option<DateTime<Utc>>,
    /// The time at which it was ended.
    #[schema(required = true)]
    ended: Option<DateTime<Utc>>,
    /// It does not open again, so it cannot be ended.
    is_over: bool,
}

impl WindowDocument {
    fn new(stored: StoredWindow, now: DateTime<Utc>) -> Self {
        let StoredWindow { id, edition, window } = stored;
        let ahead = now.checked_add_signed(AHEAD).unwrap_or(now);
        let next = window.openings(now, ahead, 2).into_iter().find(|opening| opening.from > now);
        Self {
            id,
            edition,
            covers: covers(&window, |home| format!("home {home}")),
            schedule: schedule(&window),
            open_until: window.open_until(now),
            opens: next.map(|opening| opening.from),
            ended: window.ended,
            is_over: window.is_over(now),
            name: window.name,
        }
    }
}

/// The repetition of a window.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Repeat {
    #[default]
    Once,
    Daily,
    Weekly,
    Monthly,
}

/// The homes of a window: one home, those with a tag or of a region, or all of the tenant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Covers {
    Home,
    Tag,
    Region,
    Tenant,
}

/// A new window.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web::api) struct AddWindow {
    #[schema(min_length = 1, max_length = 80)]
    name: String,
    /// The local time of the first opening, for example `2026-05-04T01:30`; at most one hour ago.
    start: String,
    #[serde(deserialize_with = "whole")]
    #[schema(minimum = 1, maximum = 744)]
    hours: u32,
    #[serde(default)]
    repeat: Repeat,
    /// A zone of IANA, for example `Europe/Berlin`; UTC if it is left out.
    #[serde(default)]
    zone: String,
    covers: Covers,
    /// The id of the home, the tag or the region.
    #[serde(default)]
    value: String,
}

/// The edition of a window.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web::api) struct Edition {
    #[serde(deserialize_with = "whole")]
    #[schema(minimum = 1)]
    edition: u64,
}

/// The maintenance windows of a tenant.
#[utoipa::path(get, path = "/api/v1/maintenance", params(OfWindows), responses((status = 200, description = "All windows", body = List<WindowDocument>), Problems))]
pub(in crate::web::api) async fn windows(visible: Visible, given: Given<OfWindows>) -> Response {
    let listed = async {
        let given = parameters(given)?;
        let found = tenant(&visible, given.tenant.as_deref()).await?.windows().await?;
        let items = found.into_iter().map(|stored| WindowDocument::new(stored, visible.now())).collect();
        Ok(List { items, next: None })
    };
    respond(listed.await)
}

/// Adds a maintenance window.
#[utoipa::path(
    post,
    path = "/api/v1/maintenance/{tenant}",
    params(("tenant" = String, Path, description = "The id of the tenant")),
    request_body = AddWindow,
    responses(
        (status = 201, description = "The window", body = WindowDocument),
        (status = 200, description = "The window, which was there already", body = WindowDocument),
        Missing,
        Impossible,
        Problems
    )
)]
pub(in crate::web::api) async fn add_window(
    visible: Visible,
    id: Result<Path<String>, PathRejection>,
    body: Bytes,
) -> Response {
    match add(&visible, id, &body).await {
        Ok((window, true)) => (StatusCode::CREATED, json(&window)).into_response(),
        Ok((window, false)) => json(&window),
        Err(problem) => problem.into_response(),
    }
}

async fn add(
    visible: &Visible,
    id: Result<Path<String>, PathRejection>,
    body: &[u8],
) -> Result<(WindowDocument, bool), Problem> {
    let Path(id) = id.map_err(|rejection| {
        Problem::invalid(unreadable(&rejection.body_text(), |name| format!("`{name}`")))
    })?;
    let tenant = tenant(visible, Some(&id)).await?;
    let AddWindow { name, start, hours, repeat, zone, covers, value } = read(body)?;
    let impossible = |detail: &str| Problem::from(actions::Denied::impossible(detail));
    let scope = match (covers, value.trim()) {
        (Covers::Tenant, "") => Scope::default(),
        (Covers::Tenant, _) => return Err(impossible("A window of all homes of the tenant has no `value`.")),
        (_, "") => return Err(impossible("`value` must be the id of the home, the tag or the region.")),
        (Covers::Tag, tag) => Scope::of_tag(&tenant, tag).await?,
        (Covers::Region, region) => Scope::of_region(&tenant, region).await?,
        (Covers::Home, home) => {
            let found = tenant.home(&home.into()).await?;
            let home = found.ok_or_else(|| impossible("This tenant has no such home."))?;
            Scope { homes: vec![home.id], ..Scope::default() }
        }
    };
    let repeat = match repeat {
        Repeat::Once => "once",
        Repeat::Daily => "daily",
        Repeat::Weekly => "weekly",
        Repeat::Monthly => "monthly",
    };
    let new = NewWindow { name: &name, start: &start, hours, repeat, zone: &zone };
    let now = visible.now();
    let (stored, is_new) = actions::add_window(&tenant, new, scope, now).await?;
    Ok((WindowDocument::new(stored, now), is_new))
}

/// Ends a maintenance window; a repetition changes nothing. One that has not opened yet is removed, so a repetition finds none.
#[utoipa::path(
    post,
    path = "/api/v1/maintenance/{tenant}/{window}/end",
    params(("tenant" = String, Path, description = "The id of the tenant"), ("window" = String, Path, description = "The id of the window")),
    request_body = Edition,
    responses((status = 204, description = "It has ended or is removed"), Missing, Changed, Problems)
)]
pub(in crate::web::api) async fn end_window(visible: Visible, ids: Ids, body: Bytes) -> Response {
    let ended = async {
        let (id, window) = path(ids)?;
        let tenant = tenant(&visible, Some(&id)).await?;
        let Edition { edition } = read(&body)?;
        let windows = tenant.windows().await?;
        let stored = windows.iter().find(|stored| stored.id == window);
        let stored = stored.ok_or_else(|| Problem::missing("window"))?;
        let is_repeated = stored.window.ended.is_some() && edition.checked_add(1) == Some(stored.edition);
        match is_repeated {
            true => Ok(()),
            false => Ok::<_, Problem>(tenant.end_window(&window, edition).await?),
        }
    };
    match ended.await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(problem) => problem.into_response(),
    }
}
