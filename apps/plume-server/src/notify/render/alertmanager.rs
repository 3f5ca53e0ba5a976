//! Alertmanager: `POST /api/v2/alerts`.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use plume::{
    health::Status,
    monitor::{
        incident::{Incident, Scope, Situation},
        notify::Message,
    },
    runtime::time::after,
};
use serde_json::{Value, json};

use crate::notify::channel::Hidden;
use crate::notify::content::{Body, Text};
use crate::notify::render::envelope::{Envelope, Request, post_json};

/// Time after which an alert ends that is not repeated.
const LIFE: Duration = Duration::from_secs(5 * 60);

pub(super) fn render(url: &Hidden, envelope: &Envelope<'_>) -> Result<Request, String> {
    let text = envelope.text();
    let alert = match envelope.body {
        Body::Letter(crate::worker::Letter::Message(message)) => of_message(message, &text, envelope.now),
        _ => other(&text, envelope),
    };
    post(url, &[alert])
}

/// Repeats the alerts of incidents, and resolves those that are over.
///
/// # Errors
///
/// The cause in one line, for an invalid URL.
pub fn alerts(url: &Hidden, incidents: &[Incident], now: DateTime<Utc>) -> Result<Request, String> {
    let alert = |incident: &Incident| {
        let title = plume_text::shorten(&incident.situation.headline, 300);
        let text = Text::new(&title, [&*incident.situation.root.message]);
        let ended = incident.closed.map(|closed| closed.at);
        one(&incident.id.to_string(), &incident.scope, &incident.situation, ended, &text, now)
    };
    let alerts: Vec<Value> = incidents.iter().map(alert).collect();
    post(url, &alerts)
}

fn post(url: &Hidden, alerts: &[Value]) -> Result<Request, String> {
    let url = format!("{}/api/v2/alerts", url.expose().trim_end_matches('/'));
    post_json(&url, json!(alerts).to_string().into_bytes(), &[])
}

fn of_message(message: &Message, text: &Text, now: DateTime<Utc>) -> Value {
    let Message { incident, scope, situation, ended_at, .. } = message;
    one(&incident.to_string(), scope, situation, *ended_at, text, now)
}

/// The labels identify the alert, so they have nothing that changes while the incident is open.
fn one(
    incident: &str,
    scope: &Scope,
    situation: &Situation,
    ended: Option<DateTime<Utc>>,
    text: &Text,
    now: DateTime<Utc>,
) -> Value {
    let (kind, place) = match scope {
        Scope::Home(home) => ("home", home.to_string()),
        Scope::Group(group) => ("group", group.to_string()),
        Scope::Source(source) => ("source", source.to_string()),
        _ => ("other", String::new()),
    };
    let ends = ended.unwrap_or_else(|| after(now, LIFE));
    json!({
        "labels": {
            "alertname": "PlumeIncident",
            "incident": label(incident),
            "scope": kind,
            "place": label(&place),
        },
        "annotations": {
            "summary": text.title,
            "description": text.lines.join("\n"),
            "status": word(situation.status),
        },
        "startsAt": stamp(situation.since.min(ends)),
        "endsAt": stamp(ends),
    })
}

/// A message that is no incident ends by itself.
fn other(text: &Text, envelope: &Envelope<'_>) -> Value {
    json!({
        "labels": { "alertname": "PlumeMessage", "message": envelope.id() },
        "annotations": { "summary": text.title, "description": text.lines.join("\n") },
        "startsAt": stamp(envelope.sending.stored.min(envelope.now)),
        "endsAt": stamp(after(envelope.now, LIFE)),
    })
}

fn label(text: &str) -> String {
    plume_text::shorten(text, 200)
}

fn word(status: Status) -> String {
    status.to_string()
}

fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
