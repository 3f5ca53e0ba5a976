//! Messages that fail alone, that were held for long, and channels that people repair.

use std::time::Duration;

use chrono::TimeDelta;
use plume_server::{
    notify::{resume, send_test},
    store::model::RecordKind,
};
use serde_json::json;

use crate::bed::*;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_message_that_is_never_accepted_delays_no_other() {
    let bed = Bed::webhook().await;
    bed.receivers.lock().unwrap().poison = Some("home-bad");
    bed.opened("bad").await;
    bed.tick().await;
    bed.opened("i1").await;
    bed.pass(4 * MINUTE).await;
    let seen = bed.seen();
    assert_eq!(seen.iter().map(|seen| &seen.body["data"]["incident"]).collect::<Vec<_>>(), ["i1"]);
    // Alone, it pauses the channel for hours.
    bed.pass(8 * HOUR).await;
    for id in ["i2", "i3"] {
        bed.opened(id).await;
        bed.tick().await;
        let seen = bed.seen();
        assert_eq!(seen.iter().map(|seen| &seen.body["data"]["incident"]).collect::<Vec<_>>(), [id]);
        bed.pass(HOUR).await;
    }
    bed.pass(26 * HOUR).await;
    assert_eq!(bed.store().backlog(&tenant()).await.unwrap(), (0, 1), "it ends as a dead letter");
}

#[tokio::test]
async fn an_outage_of_the_receiver_still_pauses_all_messages() {
    let bed = Bed::webhook().await;
    bed.always(Answer::Status(500));
    bed.opened("i1").await;
    bed.pass(4 * HOUR).await;
    let before = bed.seen().len();
    for number in 2..30 {
        bed.opened(&format!("i{number}")).await;
        bed.tick().await;
    }
    assert!(bed.seen().len() <= 1, "{before}");
}

#[tokio::test]
async fn a_message_that_was_held_for_a_day_has_all_its_attempts() {
    let bed = Bed::webhook().await;
    let silence = json!({ "name": "works", "from": start(), "until": start() + TimeDelta::hours(30), "homes": ["home-i1"] });
    let body = silence.to_string().into_bytes();
    bed.store().put_record(&tenant(), RecordKind::Silence, "s1", 0, body).await.unwrap();
    bed.opened("i1").await;
    bed.pass(29 * HOUR).await;
    assert!(bed.seen().is_empty());
    bed.answer([Answer::Status(503)]);
    bed.pass(2 * HOUR).await;
    assert_eq!(bed.outcomes().await, ["retry", "sent"]);
}

#[tokio::test]
async fn a_dead_letter_that_a_person_retries_has_all_its_attempts() {
    let bed = Bed::webhook().await;
    bed.always(Answer::Status(500));
    bed.opened("i1").await;
    bed.pass(26 * HOUR).await;
    assert_eq!(bed.store().backlog(&tenant()).await.unwrap(), (0, 1));
    bed.always(Answer::Status(200));
    bed.answer([Answer::Status(503)]);
    assert_eq!(bed.store().revive(&tenant(), "main", None, bed.now()).await.unwrap(), 1);
    resume(bed.store(), &tenant(), "main", bed.now()).await.unwrap();
    bed.pass(3 * MINUTE).await;
    assert_eq!(bed.outcomes().await[11..], ["retry", "sent"]);
}

#[tokio::test]
async fn a_repaired_channel_and_a_test_do_not_wait_for_the_end_of_a_pause() {
    let bed = Bed::webhook().await;
    bed.always(Answer::Status(404));
    bed.opened("i1").await;
    bed.pass(3 * HOUR).await;
    bed.opened("i2").await;
    bed.pass(2 * MINUTE).await;
    bed.seen();
    bed.always(Answer::Status(200));
    send_test(bed.store(), &tenant(), "main", "ann", bed.now()).await.unwrap();
    resume(bed.store(), &tenant(), "main", bed.now()).await.unwrap();
    bed.tick().await;
    bed.tick().await;
    assert!(!bed.seen().is_empty());
    assert_eq!(bed.store().backlog(&tenant()).await.unwrap().0, 0);
    // Nothing to end is no error.
    resume(bed.store(), &tenant(), "none", bed.now()).await.unwrap();
}

#[tokio::test]
async fn a_test_that_fails_has_one_attempt_and_is_reported_to_no_other_channel() {
    for answer in [Answer::Status(503), Answer::Status(404)] {
        let bed = Bed::webhook().await;
        bed.always(answer);
        send_test(bed.store(), &tenant(), "main", "ann", bed.now()).await.unwrap();
        bed.pass(3 * HOUR).await;
        assert_eq!(bed.outcomes().await, ["dead"]);
        assert!(bed.reports().is_empty());
        // A message is retried, and the failure of the channel is reported.
        bed.opened("i1").await;
        bed.pass(3 * HOUR).await;
        assert!(bed.outcomes().await.len() > 2 && !bed.reports().is_empty());
    }
}

#[tokio::test]
async fn repetitions_that_an_alertmanager_refuses_are_reported() {
    let bed = Bed::new(json!({ "kind": "alertmanager", "url": "https://main.example.com/am/" })).await;
    bed.opened("i1").await;
    bed.tick().await;
    assert_eq!(bed.outcomes().await, ["sent"]);
    bed.always(Answer::Status(401));
    bed.pass(20 * MINUTE).await;
    let reports = bed.reports();
    assert!(reports.len() == 1 && reports[0].starts_with("The channel Main fails"), "{reports:?}");
    bed.always(Answer::Status(200));
    bed.pass(5 * MINUTE).await;
    let reports = bed.reports();
    assert!(reports.len() == 2 && reports[1].starts_with("The channel Main works again"), "{reports:?}");
}
