//! Channels as JSON. Targets are not part of it.

use axum::{
    extract::{Path, rejection::PathRejection},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use plume::monitor::ids::TenantId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::store::model::{DeadLetter, Delivery};
use crate::web::api::document::List;
use crate::web::api::inside::given::{Given, parameters};
use crate::web::api::problem::{Problem, json};
use crate::web::api::shapes::Problems;
use crate::web::dashboard::{Listed, Visible};

/// Attempts and dead letters of a document.
const LISTED: usize = 100;

/// The parameters of the list of channels.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct OfChannels {
    /// The id of the tenant; left out for all.
    tenant: Option<String>,
}

/// A channel with its condition.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChannelDocument {
    tenant: String,
    id: String,
    name: String,
    #[schema(required = true)]
    kind: Option<&'static str>,
    /// `working`, `failing`, `failing, paused`, `not used yet` or `unreadable`.
    state: &'static str,
    #[schema(required = true)]
    failing_since: Option<DateTime<Utc>>,
    failures: u32,
    #[schema(required = true)]
    cause: Option<String>,
    #[schema(required = true)]
    paused_until: Option<DateTime<Utc>>,
    #[schema(required = true)]
    last_success: Option<DateTime<Utc>>,
    waiting: u64,
    #[schema(required = true)]
    oldest: Option<DateTime<Utc>>,
    dead_letters: u64,
    is_routed: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AttemptDocument {
    message: i64,
    #[schema(required = true)]
    incident: Option<String>,
    at: DateTime<Utc>,
    outcome: String,
    detail: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LetterDocument {
    message: i64,
    #[schema(required = true)]
    incident: Option<String>,
    stored: DateTime<Utc>,
    attempts: u32,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChannelWithLog {
    #[serde(flatten)]
    channel: ChannelDocument,
    dead: Vec<LetterDocument>,
    attempts: Vec<AttemptDocument>,
}

impl ChannelDocument {
    pub(super) fn new(tenant: &TenantId, listed: Listed, now: DateTime<Utc>) -> Self {
        Self {
            tenant: tenant.to_string(),
            name: listed.name().to_owned(),
            kind: listed.channel.as_ref().map(|channel| channel.target.kind()),
            state: listed.word(now),
            failing_since: listed.state.failing_since,
            failures: listed.state.failures,
            paused_until: listed.state.paused(now),
            last_success: listed.state.worked_at,
            cause: listed.state.cause,
            waiting: listed.backlog.waiting,
            oldest: listed.backlog.oldest,
            dead_letters: listed.backlog.dead,
            is_routed: listed.is_routed,
            id: listed.id,
        }
    }
}

impl From<Delivery> for AttemptDocument {
    fn from(delivery: Delivery) -> Self {
        let Delivery { message, incident, at, outcome, detail, .. } = delivery;
        Self { message, incident: incident.map(|incident| incident.to_string()), at, outcome, detail }
    }
}

impl From<DeadLetter> for LetterDocument {
    fn from(letter: DeadLetter) -> Self {
        let incident = letter.incident.map(|incident| incident.to_string());
        Self { message: letter.id, incident, stored: letter.stored, attempts: letter.attempts }
    }
}

/// The channels with their condition.
#[utoipa::path(get, path = "/api/v1/channels", params(OfChannels), responses((status = 200, description = "All channels", body = List<ChannelDocument>), Problems))]
pub(super) async fn list(visible: Visible, given: Given<OfChannels>) -> Response {
    match channels(&visible, given).await {
        Ok(items) => json(&List { items, next: None }),
        Err(problem) => problem.into_response(),
    }
}

async fn channels(visible: &Visible, given: Given<OfChannels>) -> Result<Vec<ChannelDocument>, Problem> {
    let given = parameters(given)?;
    let mut items = Vec::new();
    let all = visible.each().await?;
    if let Some(id) = &given.tenant
        && !all.iter().any(|(_, tenant)| tenant.id.as_str() == id)
    {
        return Err(Problem::missing("tenant"));
    }
    for (view, tenant) in all {
        if given.tenant.as_deref().is_none_or(|id| id == tenant.id.as_str()) {
            let listed = view.channels().await?.into_iter();
            items.extend(listed.map(|listed| ChannelDocument::new(view.id(), listed, visible.now())));
        }
    }
    Ok(items)
}

/// A channel with its dead letters and its last attempts.
#[utoipa::path(
    get,
    path = "/api/v1/channels/{tenant}/{channel}",
    params(("tenant" = String, Path, description = "The id of the tenant"), ("channel" = String, Path, description = "The id of the channel")),
    responses((status = 200, description = "The channel", body = ChannelWithLog), Problems)
)]
pub(super) async fn one(visible: Visible, ids: Result<Path<(String, String)>, PathRejection>) -> Response {
    match with_log(&visible, ids).await {
        Ok(document) => json(&document),
        Err(problem) => problem.into_response(),
    }
}

async fn with_log(
    visible: &Visible,
    ids: Result<Path<(String, String)>, PathRejection>,
) -> Result<ChannelWithLog, Problem> {
    let Path((tenant, channel)) = ids.map_err(|_| Problem::missing("channel"))?;
    let missing = || Problem::missing("channel");
    let tenant = visible.tenant(&TenantId::new(tenant.as_str())).ok_or_else(missing)?;
    let found = tenant.channels().await?.into_iter().find(|listed| listed.id == channel);
    let listed = found.ok_or_else(missing)?;
    let dead = tenant.dead_letters(&channel, LISTED).await?;
    let attempts = tenant.channel_log(&channel, LISTED).await?;
    Ok(ChannelWithLog {
        channel: ChannelDocument::new(tenant.id(), listed, visible.now()),
        dead: dead.into_iter().map(Into::into).collect(),
        attempts: attempts.into_iter().map(Into::into).collect(),
    })
}
