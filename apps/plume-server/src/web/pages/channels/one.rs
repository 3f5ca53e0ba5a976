//! One channel.

use askama::Template;
use axum::{extract::Path, response::Response};
use plume::monitor::ids::TenantId;

use crate::access::Role;
use crate::notify::{Body, Names, Target, Text};
use crate::web::dashboard::{Listed, Visible, VisibleTenant};
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::view::{Age, Counted, Moment, Next, age, channel_path, incident_path, moment};

/// Attempts that are listed.
const ATTEMPTS: usize = 50;
/// Dead letters that are listed.
const LETTERS: usize = 50;

#[derive(Template)]
#[template(path = "channel.html")]
struct Page<'a> {
    frame: &'a Frame,
    path: String,
    tenant: String,
    id: String,
    edition: u64,
    name: String,
    kind: &'static str,
    receiver: String,
    limit: u32,
    word: &'static str,
    is_failing: bool,
    since: Option<Age>,
    failures: String,
    cause: String,
    paused: Option<Next>,
    worked: Option<Moment>,
    waiting: u64,
    oldest: Option<Age>,
    dead: u64,
    is_routed: bool,
    is_operator: bool,
    is_admin: bool,
    letters: Vec<Letter>,
    attempts: Vec<Attempt>,
}

struct Letter {
    id: i64,
    stored: Moment,
    attempts: u32,
    title: String,
    path: String,
}

struct Attempt {
    message: i64,
    at: Moment,
    outcome: String,
    detail: String,
    path: String,
}

pub(in crate::web::pages) async fn page(
    visible: Visible,
    frame: Frame,
    Path((tenant, channel)): Path<(String, String)>,
) -> Response {
    let page = build(&visible, &frame, &tenant, &channel).await;
    frame.answer(page)
}

/// Returns a channel that the visitor sees.
pub(super) async fn find(
    visible: &Visible,
    tenant: &str,
    channel: &str,
) -> Result<(VisibleTenant, Listed), Fault> {
    let missing = || Fault::missing("channel").back_to("/channels");
    let tenant = visible.tenant(&TenantId::new(tenant)).ok_or_else(missing)?;
    let found = tenant.channels().await?.into_iter().find(|listed| listed.id == channel);
    Ok((tenant, found.ok_or_else(missing)?))
}

async fn build<'a>(
    visible: &Visible,
    frame: &'a Frame,
    tenant: &str,
    channel: &str,
) -> Result<Page<'a>, Fault> {
    let now = visible.now();
    let (tenant, listed) = find(visible, tenant, channel).await?;
    let incident = |id: &Option<plume::monitor::ids::IncidentId>| {
        id.as_ref().map_or_else(String::new, |id| incident_path(tenant.id(), id))
    };
    let letters = tenant.dead_letters(&listed.id, LETTERS).await?;
    let attempts = tenant.channel_log(&listed.id, ATTEMPTS).await?;
    let Listed { state, backlog, .. } = &listed;
    let paused = state.paused(now);
    Ok(Page {
        frame,
        path: channel_path(tenant.id(), &listed.id),
        tenant: tenant.id().to_string(),
        edition: listed.edition,
        name: listed.name().to_owned(),
        kind: listed.channel.as_ref().map_or("unknown", |channel| channel.target.kind()),
        receiver: listed.channel.as_ref().map_or_else(String::new, |channel| receiver(&channel.target)),
        limit: listed.channel.as_ref().map_or(0, |channel| channel.max_per_hour),
        word: if paused.is_some() { "failing" } else { listed.word(now) },
        is_failing: state.failing_since.is_some() || listed.channel.is_none(),
        since: state.failing_since.map(|since| age(since, now)),
        failures: match state.failures {
            0 => String::new(),
            failures => Counted(failures, "failure").to_string(),
        },
        cause: state.cause.clone().unwrap_or_default(),
        paused: paused.map(|until| Next::new(until, now)),
        worked: state.worked_at.map(|at| moment(at, now)),
        waiting: backlog.waiting,
        oldest: backlog.oldest.map(|at| age(at, now)),
        dead: backlog.dead,
        is_routed: listed.is_routed,
        is_operator: visible.visitor().role() >= Role::Operator,
        is_admin: visible.visitor().role() >= Role::Admin && listed.edition > 0,
        letters: letters
            .iter()
            .map(|letter| Letter {
                id: letter.id,
                stored: moment(letter.stored, now),
                attempts: letter.attempts,
                title: title(&letter.body),
                path: incident(&letter.incident),
            })
            .collect(),
        attempts: attempts
            .into_iter()
            .map(|attempt| Attempt {
                message: attempt.message,
                at: moment(attempt.at, now),
                path: incident(&attempt.incident),
                outcome: attempt.outcome,
                detail: attempt.detail,
            })
            .collect(),
        id: listed.id,
    })
}

/// Returns the part of the target that is no secret.
fn receiver(target: &Target) -> String {
    match target {
        Target::Webhook { url, .. }
        | Target::Slack { url }
        | Target::Teams { url }
        | Target::Alertmanager { url } => {
            let uri: Option<http::Uri> = url.expose().parse().ok();
            uri.and_then(|uri| uri.host().map(str::to_owned)).unwrap_or_default()
        }
        Target::Telegram { chat, .. } => format!("chat {chat}"),
        Target::Mail { to } => to.join(", "),
    }
}

fn title(body: &[u8]) -> String {
    match Body::parse(body) {
        Ok(body) => Text::of(&body, &Names::default(), 0).title,
        Err(error) => error,
    }
}
