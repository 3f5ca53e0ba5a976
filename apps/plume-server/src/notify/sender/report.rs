//! Messages of the server about its channels.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use plume::monitor::ids::TenantId;

use crate::notify::channel::{Channel, ChannelState, News};
use crate::notify::content::{Body, Notice};
use crate::notify::sender::known::{Failing, state_name};
use crate::store::{
    Result, Store, StoreErrorKind,
    model::{Announcer, Decisions, Outgoing, RecordKind, Silent},
};

/// Returns the message about a channel for another one: the one that it names, or the first.
pub(super) fn report(
    failing: &Failing<'_>,
    news: News,
    cause: &str,
    others: &[(String, Channel)],
    now: DateTime<Utc>,
) -> Option<Outgoing> {
    let Failing { id, name, fallback } = failing;
    let named = others.iter().find(|(other, _)| *fallback == Some(other.as_str()));
    let (other, _) = named.or_else(|| others.first())?;
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

/// The first part of the id of a test message.
const TEST: &str = "test:";

/// Returns whether a message is a test.
pub(super) fn is_test(message: &Outgoing) -> bool {
    message.dedup.starts_with(TEST)
}

/// Stores a test message for a channel. It has one attempt, and the delivery log has its outcome.
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
    let lines = vec![
        format!("{person} sent this message to test the channel"),
        "This is only a test; it is about no home".to_owned(),
    ];
    let body = Body::Notice { notice: Notice { title: "Test of the channel".to_owned(), lines } };
    let message = Outgoing {
        channel: channel.to_owned(),
        incident: None,
        dedup: format!("{TEST}{}", now.timestamp_millis()),
        not_before: now,
        body: body.to_bytes(),
    };
    let decisions = Decisions { outbox: vec![message], ..Decisions::default() };
    let silent: Arc<dyn Announcer> = Arc::new(Silent);
    store.decide(tenant, decisions, &silent).await
}

/// Removes what is known of a channel that is new, or removed: the next one with its id is another one.
///
/// # Errors
///
/// [`StoreError`](crate::store::StoreError).
pub async fn forget(store: &dyn Store, tenant: &TenantId, channel: &str) -> Result<()> {
    let name = state_name(channel);
    let Some(record) = store.record(tenant, RecordKind::State, &name).await? else { return Ok(()) };
    match store.remove_record(tenant, RecordKind::State, &name, record.edition).await {
        // A sender has written it meanwhile.
        Err(error) if error.kind() == StoreErrorKind::Conflict => Ok(()),
        done => done,
    }
}

/// Ends the pause of a channel, and makes its messages due: a person has repaired it, or wants to see whether it works.
///
/// # Errors
///
/// [`StoreError`](crate::store::StoreError).
pub async fn resume(store: &dyn Store, tenant: &TenantId, channel: &str, now: DateTime<Utc>) -> Result<()> {
    // The sender may write the state at the same time.
    let mut resumed = end_pause(store, tenant, channel).await;
    if resumed.as_ref().is_err_and(|error| error.kind() == StoreErrorKind::Conflict) {
        resumed = end_pause(store, tenant, channel).await;
    }
    resumed?;
    store.hurry(tenant, channel, now).await
}

async fn end_pause(store: &dyn Store, tenant: &TenantId, channel: &str) -> Result<()> {
    let name = state_name(channel);
    if let Some(record) = store.record(tenant, RecordKind::State, &name).await?
        && let Ok(mut state) = serde_json::from_slice::<ChannelState>(&record.body)
        && state.failures > 0
    {
        state.resume();
        let body = serde_json::to_vec(&state).unwrap_or_default();
        store.put_record(tenant, RecordKind::State, &name, record.edition, body).await?;
    }
    Ok(())
}
