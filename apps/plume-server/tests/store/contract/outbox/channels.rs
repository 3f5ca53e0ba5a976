//! Queues of channels and dead letters.

use plume_server::store::model::{Attempt, Backlog, Decisions, Outcome};

use crate::contract::*;

/// Stores two messages for `mail`, of which the first is dead, and a dead one for another channel.
async fn prepared(bed: &dyn Bed) -> Vec<i64> {
    add_tenant(bed, "a").await;
    add_tenant(bed, "b").await;
    let mut other = message(bed, "other");
    other.channel = "pager".to_owned();
    let outbox = vec![message(bed, "dead"), other, message(bed, "waits")];
    let decisions = Decisions { outbox, ..Decisions::default() };
    bed.store().decide(&tenant("a"), decisions, &silent()).await.unwrap();
    let taken = take_messages(bed, 10).await;
    let mut ids = Vec::new();
    for sending in &taken {
        let outcome = match sending.message.dedup.as_str() {
            "waits" => Outcome::Postponed { at: bed.now() },
            _ => Outcome::Dead,
        };
        let attempt = Attempt { at: bed.now(), detail: "500".to_owned(), outcome };
        bed.store().settle(sending, attempt).await.unwrap();
        if sending.message.dedup == "dead" {
            ids.push(sending.id);
        }
    }
    ids
}

pub(crate) async fn queues_of_channels_are_counted(bed: &dyn Bed) {
    prepared(bed).await;
    let backlog = |channel: &str, waiting, dead| {
        let oldest = (waiting > 0).then(|| bed.now());
        Backlog { channel: channel.to_owned(), waiting, oldest, dead }
    };
    let expected = vec![backlog("mail", 1, 1), backlog("pager", 0, 1)];
    assert_eq!(bed.store().backlogs(&tenant("a")).await.unwrap(), expected);
    assert!(bed.store().backlogs(&tenant("b")).await.unwrap().is_empty());
    let log = |channel: &'static str| async move {
        let log = bed.store().channel_deliveries(&tenant("a"), channel, 10).await.unwrap();
        log.into_iter().map(|row| row.outcome).collect::<Vec<_>>()
    };
    assert_eq!((log("mail").await, log("pager").await), (vec!["dead".to_owned()], vec!["dead".to_owned()]));
    assert!(log("none").await.is_empty());
}

pub(crate) async fn a_dead_letter_is_revived_or_discarded_once(bed: &dyn Bed) {
    let id = prepared(bed).await[0];
    let (store, a, b) = (bed.store(), tenant("a"), tenant("b"));
    let letters = store.dead_letters(&a, "mail", 10).await.unwrap();
    assert_eq!((letters.len(), letters[0].id, letters[0].attempts), (1, id, 1));
    assert_eq!(letters[0].body, b"body of dead");
    // Not by another tenant, another channel, or another number.
    assert!(store.dead_letters(&b, "mail", 10).await.unwrap().is_empty());
    assert_eq!(store.revive(&b, "mail", Some(id), bed.now()).await.unwrap(), 0);
    assert_eq!(store.revive(&a, "pager", Some(id), bed.now()).await.unwrap(), 0);
    assert_eq!(store.discard(&a, "mail", Some(id + 1_000)).await.unwrap(), 0);
    assert_eq!(store.revive(&a, "mail", Some(id), bed.now()).await.unwrap(), 1);
    assert_eq!(store.revive(&a, "mail", Some(id), bed.now()).await.unwrap(), 0);
    let taken: Vec<String> =
        take_messages(bed, 10).await.into_iter().map(|sending| sending.message.dedup).collect();
    assert_eq!(taken, ["dead", "waits"]);
    assert_eq!(store.discard(&a, "pager", None).await.unwrap(), 1);
    assert_eq!(store.backlog(&a).await.unwrap(), (2, 0));
    assert_eq!(store.channel_deliveries(&a, "pager", 10).await.unwrap().len(), 1);
}

pub(crate) async fn messages_of_an_hour_are_those_of_their_channel(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    add_tenant(bed, "b").await;
    let store = bed.store();
    // The other channel of the tenant is busy.
    for (minute, channel) in [(0, "mail"), (10, "mail"), (20, "pager"), (30, "mail")] {
        let mut message = message(bed, &format!("m{minute}"));
        message.channel = channel.to_owned();
        let decisions = Decisions { outbox: vec![message], ..Decisions::default() };
        store.decide(&tenant("a"), decisions, &silent()).await.unwrap();
        let sending = take_messages(bed, 1).await.pop().unwrap();
        let outcome = if minute == 10 { Outcome::Dead } else { Outcome::Sent };
        let attempt = Attempt { at: bed.now(), detail: String::new(), outcome };
        store.settle(&sending, attempt).await.unwrap();
        bed.pass(Duration::from_secs(600)).await;
    }
    let start = bed.now() - seconds(2_400);
    let sent = async |owner: &str, since: i64| {
        let found = store.sent_since(&tenant(owner), "mail", start + seconds(since)).await.unwrap();
        found.into_iter().map(|at| (at - start).num_minutes()).collect::<Vec<_>>()
    };
    assert_eq!(sent("a", 0).await, [0, 30]);
    assert_eq!(sent("a", 1).await, [30]);
    assert!(sent("b", 0).await.is_empty());
}
