//! The list of channels.

use askama::Template;
use axum::response::Response;
use chrono::{DateTime, Utc};

use crate::access::Role;
use crate::web::dashboard::{Listed, Visible};
use crate::web::pages::channels::form::KINDS;
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::view::{Age, Moment, Next, age, channel_path, moment};

#[derive(Template)]
#[template(path = "channels.html")]
struct List<'a> {
    frame: &'a Frame,
    rows: Vec<Row>,
    is_admin: bool,
    kinds: &'static [(&'static str, &'static str)],
    /// The reasons why messages do not reach a channel.
    problems: Vec<String>,
}

struct Row {
    path: String,
    name: String,
    tenant: String,
    kind: &'static str,
    word: &'static str,
    is_failing: bool,
    since: Option<Age>,
    next: Option<Next>,
    cause: String,
    worked: Option<Moment>,
    waiting: u64,
    dead: u64,
    is_routed: bool,
}

pub(in crate::web::pages) async fn page(visible: Visible, frame: Frame) -> Response {
    let page = build(&visible, &frame).await;
    frame.answer(page)
}

async fn build<'a>(visible: &Visible, frame: &'a Frame) -> Result<List<'a>, Fault> {
    let now = visible.now();
    let (mut rows, problems) = (Vec::new(), visible.lost_messages().await?);
    for (view, tenant) in visible.each().await? {
        for listed in view.channels().await? {
            rows.push(row(&tenant.name, channel_path(view.id(), &listed.id), &listed, now));
        }
    }
    rows.sort_by_key(|row| (!row.is_failing, row.dead == 0));
    Ok(List { frame, rows, is_admin: visible.visitor().role() >= Role::Admin, kinds: KINDS, problems })
}

fn row(tenant: &str, path: String, listed: &Listed, now: DateTime<Utc>) -> Row {
    let state = &listed.state;
    let paused = state.paused(now).filter(|_| state.failing_since.is_some());
    Row {
        path,
        name: listed.name().to_owned(),
        tenant: tenant.to_owned(),
        kind: listed.channel.as_ref().map_or("unknown", |channel| channel.target.kind()),
        word: if paused.is_some() { "failing" } else { listed.word(now) },
        is_failing: state.failing_since.is_some() || listed.channel.is_none(),
        since: state.failing_since.map(|since| age(since, now)),
        next: paused.map(|until| Next::new(until, now)),
        cause: state.cause.clone().unwrap_or_default(),
        worked: state.worked_at.map(|at| moment(at, now)),
        waiting: listed.backlog.waiting,
        dead: listed.backlog.dead,
        is_routed: listed.is_routed,
    }
}
