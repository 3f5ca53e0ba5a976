//! Changes: decisions about incidents, checks on request, attempts of channels, and maintenance windows.

mod sent;
mod windows;

use axum::{
    body::Bytes,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use plume::monitor::incident::Incident;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::web::actions::{self, Decided, Decision, Ordered};
use crate::web::api::changes::sent::{read, whole};
use crate::web::api::channels::ChannelDocument;
use crate::web::api::problem::{Problem, json};
use crate::web::api::shapes::{Changed, Impossible, IncidentShape, Missing, Problems, TooMany};
use crate::web::api::v1::{Ids, path, respond};
use crate::web::dashboard::Visible;

pub(super) use windows::{
    __path_add_window, __path_end_window, __path_windows, add_window, end_window, windows,
};

/// The state of an incident that a decision is about, as the document of the incident has it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Decide {
    #[serde(deserialize_with = "whole")]
    version: u32,
    #[serde(deserialize_with = "whole")]
    edits: u32,
    /// The name that others see. Needed on a server without sign-in, and refused beside a token, which has a name.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 60)]
    person: String,
}

/// A snooze of an incident in a state.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Snooze {
    #[serde(deserialize_with = "whole")]
    version: u32,
    #[serde(deserialize_with = "whole")]
    edits: u32,
    #[serde(deserialize_with = "whole")]
    #[schema(minimum = 1, maximum = 168)]
    hours: i64,
    /// As in `Decide`.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 60)]
    person: String,
}

/// A note about an incident in any state.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Note {
    #[schema(min_length = 1, max_length = 2000)]
    text: String,
    /// As in `Decide`.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 60)]
    person: String,
}

/// An object without members.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// A check that was requested.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RequestedCheck)]
pub(super) struct RequestedCheck {
    /// The time of the request. A `checked` of the home after it is the result, or that of a check which ran already.
    requested: DateTime<Utc>,
}

/// Makes the next check of a home due.
#[utoipa::path(
    post,
    path = "/api/v1/homes/{tenant}/{home}/check",
    params(("tenant" = String, Path, description = "The id of the tenant"), ("home" = String, Path, description = "The id of the home")),
    request_body = Nothing,
    responses((status = 202, description = "The check is due", body = RequestedCheck), Missing, Impossible, TooMany, Problems)
)]
pub(super) async fn check(visible: Visible, ids: Ids, body: Bytes) -> Response {
    let requested = async {
        let (tenant, home) = path(ids)?;
        let Nothing {} = read(&body)?;
        Ok(RequestedCheck { requested: actions::check(&visible, &tenant, &home).await? })
    };
    match requested.await {
        Ok(requested) => (StatusCode::ACCEPTED, json(&requested)).into_response(),
        Err(problem) => Problem::into_response(problem),
    }
}

/// Ends the pause of a channel, and sends what waits in it.
#[utoipa::path(
    post,
    path = "/api/v1/channels/{tenant}/{channel}/try",
    params(("tenant" = String, Path, description = "The id of the tenant"), ("channel" = String, Path, description = "The id of the channel")),
    request_body = Nothing,
    responses((status = 200, description = "The channel without its pause", body = ChannelDocument), Missing, Problems)
)]
pub(super) async fn try_channel(visible: Visible, ids: Ids, body: Bytes) -> Response {
    let tried = async {
        let (id, channel) = path(ids)?;
        let Nothing {} = read(&body)?;
        let missing = || Problem::missing("channel");
        let tenant = visible.tenant(&id.as_str().into()).ok_or_else(missing)?;
        let find = async || tenant.channels().await.map(|all| all.into_iter().find(|one| one.id == channel));
        find().await?.ok_or_else(missing)?;
        tenant.try_channel(&channel).await?;
        let listed = find().await?.ok_or_else(missing)?;
        Ok(ChannelDocument::new(tenant.id(), listed, visible.now()))
    };
    respond(tried.await)
}

/// Acknowledges an incident: no more messages until it gets worse or has another cause.
#[utoipa::path(
    post,
    path = "/api/v1/incidents/{tenant}/{incident}/acknowledge",
    params(("tenant" = String, Path, description = "The id of the tenant"), ("incident" = String, Path, description = "The id of the incident")),
    request_body = Decide,
    responses((status = 200, description = "The incident, also for a repetition", body = IncidentShape), Missing, Changed, Impossible, Problems)
)]
pub(super) async fn acknowledge(visible: Visible, ids: Ids, body: Bytes) -> Response {
    let read = read(&body).map(|Decide { version, edits, person }| (Some((version, edits)), person));
    decide(&visible, ids, read, Decision::Acknowledge).await
}

/// Withdraws the acknowledgement and the snooze of an incident.
#[utoipa::path(
    post,
    path = "/api/v1/incidents/{tenant}/{incident}/release",
    params(("tenant" = String, Path, description = "The id of the tenant"), ("incident" = String, Path, description = "The id of the incident")),
    request_body = Decide,
    responses((status = 200, description = "The incident, also for a repetition", body = IncidentShape), Missing, Changed, Impossible, Problems)
)]
pub(super) async fn release(visible: Visible, ids: Ids, body: Bytes) -> Response {
    let read = read(&body).map(|Decide { version, edits, person }| (Some((version, edits)), person));
    decide(&visible, ids, read, Decision::Release).await
}

/// Pauses the messages about an incident.
#[utoipa::path(
    post,
    path = "/api/v1/incidents/{tenant}/{incident}/snooze",
    params(("tenant" = String, Path, description = "The id of the tenant"), ("incident" = String, Path, description = "The id of the incident")),
    request_body = Snooze,
    responses((status = 200, description = "The incident, also for a repetition", body = IncidentShape), Missing, Changed, Impossible, Problems)
)]
pub(super) async fn snooze(visible: Visible, ids: Ids, body: Bytes) -> Response {
    match read(&body) {
        Ok(Snooze { version, edits, hours, person }) => {
            decide(&visible, ids, Ok((Some((version, edits)), person)), Decision::Snooze(hours)).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// Adds a note to an incident. The same note within ten minutes is a repetition.
#[utoipa::path(
    post,
    path = "/api/v1/incidents/{tenant}/{incident}/notes",
    params(("tenant" = String, Path, description = "The id of the tenant"), ("incident" = String, Path, description = "The id of the incident")),
    request_body = Note,
    responses((status = 200, description = "The incident, also for a repetition", body = IncidentShape), Missing, Impossible, Problems)
)]
pub(super) async fn note(visible: Visible, ids: Ids, body: Bytes) -> Response {
    match read(&body) {
        Ok(Note { text, person }) => decide(&visible, ids, Ok((None, person)), Decision::Note(&text)).await,
        Err(problem) => problem.into_response(),
    }
}

type Given = (Option<(u32, u32)>, String);

async fn decide(
    visible: &Visible,
    ids: Ids,
    given: Result<Given, Problem>,
    decision: Decision<'_>,
) -> Response {
    let decided = async {
        let (tenant, incident) = path(ids)?;
        let (seen, person) = given?;
        if !person.is_empty() && !visible.visitor().is_local() {
            return Err(Problem::invalid("`person` must be left out: others see the name of the token"));
        }
        let ordered = Ordered { decision, person: &person, seen };
        let Decided { incident, .. } = actions::decide(visible, &tenant, &incident, ordered).await?;
        Ok::<Incident, Problem>(incident)
    };
    respond(decided.await)
}
