//! Channels that fail: lines of the log, and reports elsewhere.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use plume::monitor::ids::{HomeId, TenantId};
use plume_server::{
    notify::{ChannelState, Handed, MailError, Mailer},
    store::model::{Announcer, NewHome, RecordKind, Tenant},
};
use serde_json::json;
use testkit::log::Recording;

use crate::bed::*;

#[tokio::test]
async fn a_failing_channel_its_end_and_a_dead_letter_are_lines_of_the_log() {
    let bed = Bed::webhook().await;
    let log = Recording::start();
    bed.always(Answer::Status(500));
    bed.opened("i1").await;
    bed.tick().await;
    bed.pass(Duration::from_secs(120)).await;
    bed.always(Answer::Status(200));
    bed.pass(HOUR).await;
    bed.always(Answer::Status(400));
    bed.opened("i2").await;
    bed.tick().await;
    let lines = log.lines();
    let place = |text: &str| {
        let found: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].contains(text)).collect();
        assert_eq!(found.len(), 1, "{text}: {lines:#?}");
        found[0]
    };
    let places = [
        place("a channel fails: 500"),
        place("a channel works again after "),
        place("a message is a dead letter: 400"),
        place("a channel fails: 400"),
    ];
    assert!(places[0] < places[1] && places[1] < places[2], "{lines:#?}");
}

#[tokio::test]
async fn a_channel_without_another_one_is_reported_to_the_operator() {
    let bed = Bed::webhook().await;
    let (store, operator) = (bed.store(), TenantId::new("operator"));
    let other = store.record(&tenant(), RecordKind::Channel, "other").await.unwrap().unwrap();
    store.remove_record(&tenant(), RecordKind::Channel, "other", other.edition).await.unwrap();
    store.put_tenant(Tenant { id: operator.clone(), name: "Operator".to_owned() }).await.unwrap();
    store.put_record(&operator, RecordKind::Channel, "ops", 0, other.body).await.unwrap();
    bed.always(Answer::Status(410));
    bed.opened("i1").await;
    bed.pass(Duration::from_secs(120)).await;
    let reports = bed.reports();
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(reports[0].contains("The channel Main of the tenant A fails"), "{reports:?}");
}

#[tokio::test]
async fn a_report_goes_to_a_channel_that_works() {
    let bed = Bed::webhook().await;
    let target = json!({ "kind": "webhook", "url": "https://first.example.com/", "key": KEY });
    bed.put_channel("first", json!({ "name": "First", "target": target })).await;
    let failing = json!({ "failing_since": bed.now(), "failures": 3 }).to_string().into_bytes();
    bed.store().put_record(&tenant(), RecordKind::State, "channel:first", 0, failing).await.unwrap();
    bed.always(Answer::Status(410));
    bed.opened("i1").await;
    bed.pass(Duration::from_secs(120)).await;
    assert_eq!(bed.reports().len(), 1);
}

/// A mail server that refuses one recipient.
#[derive(Debug)]
struct Half;

#[async_trait]
impl Mailer for Half {
    async fn send(&self, _: lettre::Message) -> Result<Handed, MailError> {
        Ok(Handed::new("250 queued").with_refused("gone@example.net: 550 no such user"))
    }
}

#[tokio::test]
async fn a_mail_with_a_refused_recipient_is_sent_and_its_channel_fails() {
    let target = json!({ "kind": "mail", "to": ["ada@example.net", "gone@example.net"] });
    let mut bed = Bed::new(target).await;
    bed.mailing(Arc::new(Half));
    bed.opened("i1").await;
    bed.tick().await;
    assert_eq!(bed.outcomes().await, ["accepted"]);
    let state = bed.store().record(&tenant(), RecordKind::State, "channel:main").await.unwrap().unwrap();
    let state: ChannelState = serde_json::from_slice(&state.body).unwrap();
    assert!(state.failing_since.is_some() && state.paused(bed.now()).is_none(), "{state:?}");
    assert_eq!(state.cause.as_deref(), Some("refused gone@example.net: 550 no such user"));
    // The others get the next message at once, and the failure is reported once.
    bed.opened("i2").await;
    bed.pass(Duration::from_secs(120)).await;
    assert_eq!(bed.outcomes().await, ["accepted", "accepted"]);
    let reports = bed.reports();
    assert!(reports.len() == 1 && reports[0].contains("gone@example.net"), "{reports:?}");
}

#[tokio::test]
async fn a_message_about_a_removed_home_names_it() {
    let bed = Bed::webhook().await;
    let home = HomeId::new("home-i1");
    let new = NewHome {
        tenant: tenant(),
        id: home.clone(),
        customer: "c".to_owned(),
        location: "l".to_owned(),
        name: "Alder Street 1".to_owned(),
        region: None,
        tags: Vec::new(),
        due: bed.now(),
    };
    bed.store().put_homes(vec![new]).await.unwrap();
    bed.opened("i1").await;
    bed.tick().await;
    bed.store().remove_home(&tenant(), &home, &(Arc::new(Bell) as Arc<dyn Announcer>)).await.unwrap();
    bed.tick().await;
    let seen = bed.seen();
    assert_eq!(seen.len(), 2);
    for message in seen {
        let text = message.body["text"].as_str().unwrap();
        assert!(text.contains("Alder Street 1") && !text.contains("home-i1"), "{text}");
    }
}
