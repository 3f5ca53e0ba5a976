//! Messages of the server about its channels.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use plume::monitor::ids::TenantId;

use crate::notify::channel::{Channel, News};
use crate::notify::content::{Body, Notice};
use crate::store::{
    Result, Store,
    model::{Announcer, Decisions, Outgoing, Silent},
};

/// A channel that fails. It may not exist.
pub(super) struct Failing<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    /// The channel that reports it.
    pub(super) fallback: Option<&'a str>,
}

/// Returns the message about a channel for another one.
pub(super) fn report(
    failing: &Failing<'_>,
    news: News,
    cause: &str,
    others: &[(String, Channel)],
    now: DateTime<Utc>,
) -> Option<Outgoing> {
    let Failing { id, name, fallback } = failing;
    let named = others.iter().find(|(other, _)| *fallback == Some(other.as_str()));
    let (other, _) = named.or_else(|| others.iter().find(|(other, _)| other != id))?;
    let (word, since, line) = match news {
        News::Failing(since) => ("failing", since, format!("The last cause: {cause}")),
        News::Working(since) => ("working", since, "Messages that wait are sent now".to_owned()),
    };
    let title = match news {
        News::Failing(_) => format!("The channel {name} fails"),
        News::Working(_) => format!("The channel {name} works again"),
    };
    let failing = format!("It has failed since {} UTC", since.format("%Y-%m-%d %H:%M"));
    let body = Body::Notice { notice: Notice { title, lines: vec![failing, line] } };
    Some(Outgoing {
        channel: other.clone(),
        incident: None,
        dedup: format!("channel:{id}:{word}:{}", since.timestamp_millis()),
        not_before: now,
        body: body.to_bytes(),
    })
}

/// Stores a test message for a channel. The delivery log has its outcome.
///
/// # Errors
///
/// [`StoreError`](crate::store::StoreError).
pub async fn send_test(
    store: &dyn Store,
    tenant: &TenantId,
    channel: &str,
    person: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let lines =
        vec![format!("{person} sent this message to test the channel"), "No home is in trouble".to_owned()];
    let body = Body::Notice { notice: Notice { title: "Test of the channel".to_owned(), lines } };
    let message = Outgoing {
        channel: channel.to_owned(),
        incident: None,
        dedup: format!("test:{}", now.timestamp_millis()),
        not_before: now,
        body: body.to_bytes(),
    };
    let decisions = Decisions { outbox: vec![message], ..Decisions::default() };
    let silent: Arc<dyn Announcer> = Arc::new(Silent);
    store.decide(tenant, decisions, &silent).await
}
