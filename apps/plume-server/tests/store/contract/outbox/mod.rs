//! Messages and their deliveries.

mod channels;

use plume_server::store::model::{Attempt, Committed, Outcome, Sending};

use crate::contract::*;

pub(crate) use channels::{
    a_dead_letter_is_revived_or_discarded_once, messages_of_an_hour_are_those_of_their_channel,
    queues_of_channels_are_counted,
};

async fn send(bed: &dyn Bed, messages: Vec<Outgoing>) {
    let decisions = plume_server::store::model::Decisions { outbox: messages, ..Default::default() };
    bed.store().decide(&tenant("a"), decisions, &silent()).await.unwrap();
}

async fn take(bed: &dyn Bed) -> Vec<Sending> {
    take_messages(bed, 10).await
}

fn attempt(bed: &dyn Bed, detail: &str, outcome: Outcome) -> Attempt {
    Attempt { at: bed.now(), detail: detail.to_owned(), outcome }
}

async fn prepared(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
}

pub(crate) async fn messages_are_taken_in_order_and_only_once(bed: &dyn Bed) {
    prepared(bed).await;
    let late = Outgoing { not_before: bed.now() + seconds(60), ..message(bed, "held") };
    send(bed, vec![late, message(bed, "m1"), message(bed, "m2")]).await;
    let first = take_messages(bed, 1).await;
    let second = take(bed).await;
    let names = |taken: &[Sending]| taken.iter().map(|taken| taken.message.dedup.clone()).collect::<Vec<_>>();
    assert_eq!((names(&first), names(&second)), (vec!["m1".to_owned()], vec!["m2".to_owned()]));
    // A repaired channel does not send it before its time.
    bed.store().hurry(&tenant("a"), "mail", bed.now()).await.unwrap();
    assert!(take(bed).await.is_empty());
    assert_eq!((first[0].attempts, first[0].is_repeat, first[0].stored), (0, false, bed.now()));
    for taken in first.iter().chain(&second) {
        let settled = bed.store().settle(taken, attempt(bed, "200", Outcome::Accepted)).await.unwrap();
        assert_eq!(settled, Committed::Done);
    }
    bed.pass(Duration::from_secs(60)).await;
    assert_eq!(names(&take(bed).await), ["held"]);
}

pub(crate) async fn a_lost_sender_makes_a_repeat_with_the_same_id(bed: &dyn Bed) {
    prepared(bed).await;
    send(bed, vec![message(bed, "m1")]).await;
    let lost = take(bed).await.pop().unwrap();
    bed.pass(LEASE).await;
    // It was lost before its attempt.
    let lost = Sending { fence: lost.fence + 1, ..lost };
    assert_eq!(take(bed).await, [Sending { message: lost.message.clone(), ..lost.clone() }]);
    assert_eq!(bed.store().begin(&lost).await.unwrap(), Committed::Done);
    bed.pass(LEASE).await;
    let repeat = take(bed).await.pop().unwrap();
    assert_eq!((repeat.id, repeat.is_repeat), (lost.id, true));
    assert!(repeat.fence > lost.fence);
    // The lost one returns.
    assert_eq!(bed.store().begin(&lost).await.unwrap(), Committed::Taken);
    assert_eq!(
        bed.store().settle(&lost, attempt(bed, "200", Outcome::Accepted)).await.unwrap(),
        Committed::Taken
    );
    let refused = Outcome::Retry { at: bed.now(), is_uncertain: false };
    bed.store().settle(&repeat, attempt(bed, "500", refused)).await.unwrap();
    // The message may still have arrived by the lost one.
    assert!(take(bed).await.pop().unwrap().is_repeat);
}

pub(crate) async fn attempts_are_logged_and_end_in_a_dead_letter(bed: &dyn Bed) {
    prepared(bed).await;
    send(bed, vec![message(bed, "m1")]).await;
    assert_eq!(bed.store().backlog(&tenant("a")).await.unwrap(), (1, 0));
    let first = take(bed).await.pop().unwrap();
    let retry = Outcome::Retry { at: bed.now() + seconds(30), is_uncertain: false };
    bed.store().settle(&first, attempt(bed, "500", retry)).await.unwrap();
    assert!(take(bed).await.is_empty());
    bed.pass(Duration::from_secs(30)).await;
    let second = take(bed).await.pop().unwrap();
    assert_eq!((second.attempts, second.is_repeat), (1, false));
    bed.store().settle(&second, attempt(bed, "gave up", Outcome::Dead)).await.unwrap();
    assert!(take(bed).await.is_empty());
    assert_eq!(bed.store().backlog(&tenant("a")).await.unwrap(), (0, 1));
    let log = bed.store().deliveries(&tenant("a"), Some(&incident_id("i1")), 10).await.unwrap();
    let rows: Vec<_> = log.iter().map(|row| (row.outcome.as_str(), row.detail.as_str(), row.at)).collect();
    assert_eq!(rows, [("dead", "gave up", bed.now()), ("retry", "500", bed.now() - seconds(30))]);
    assert!(log.iter().all(|row| row.message == first.id && row.channel == "mail"));
    assert_eq!(bed.store().deliveries(&tenant("a"), None, 1).await.unwrap().len(), 1);
}

pub(crate) async fn a_repeated_decision_makes_no_second_message(bed: &dyn Bed) {
    prepared(bed).await;
    let other = Outgoing { channel: "slack".to_owned(), ..message(bed, "m1") };
    send(bed, vec![message(bed, "m1"), message(bed, "m1"), other]).await;
    let taken = take(bed).await;
    assert_eq!(taken.len(), 2);
    for taken in &taken {
        bed.store().settle(taken, attempt(bed, "200", Outcome::Accepted)).await.unwrap();
    }
    // Nor after it was sent.
    bed.pass(Duration::from_secs(300)).await;
    send(bed, vec![message(bed, "m1")]).await;
    assert!(take(bed).await.is_empty());
}

pub(crate) async fn a_postponed_message_waits_without_an_attempt(bed: &dyn Bed) {
    prepared(bed).await;
    send(bed, vec![message(bed, "m1")]).await;
    let first = take(bed).await.pop().unwrap();
    let later = Outcome::Postponed { at: bed.now() + seconds(60) };
    assert_eq!(bed.store().settle(&first, attempt(bed, "", later.clone())).await.unwrap(), Committed::Done);
    assert_eq!(bed.store().settle(&first, attempt(bed, "", Outcome::Sent)).await.unwrap(), Committed::Done);
    assert!(take(bed).await.is_empty());
    let log = bed.store().deliveries(&tenant("a"), None, 10).await.unwrap();
    assert_eq!(log.iter().map(|row| row.outcome.as_str()).collect::<Vec<_>>(), ["sent"]);
    send(bed, vec![message(bed, "m2")]).await;
    let second = take(bed).await.pop().unwrap();
    bed.store().settle(&second, attempt(bed, "", later)).await.unwrap();
    assert!(take(bed).await.is_empty());
    bed.pass(Duration::from_secs(60)).await;
    let second = take(bed).await.pop().unwrap();
    assert_eq!((second.attempts, second.is_repeat), (0, false));
}

pub(crate) async fn a_retry_is_taken_with_what_is_due_in_its_channel(bed: &dyn Bed) {
    prepared(bed).await;
    send(bed, vec![message(bed, "m1")]).await;
    let first = take(bed).await.pop().unwrap();
    let retry = Outcome::Retry { at: bed.now() + seconds(3600), is_uncertain: false };
    bed.store().settle(&first, attempt(bed, "500", retry)).await.unwrap();
    let held = Outgoing { not_before: bed.now() + seconds(60), ..message(bed, "held") };
    let other = Outgoing { channel: "slack".to_owned(), ..message(bed, "m3") };
    send(bed, vec![held, message(bed, "m2"), other]).await;
    let mut queues = bed.store().queues(bed.now()).await.unwrap();
    queues.sort_by(|one, other| one.channel.cmp(&other.channel));
    assert_eq!(queues.iter().map(|queue| queue.channel.as_str()).collect::<Vec<_>>(), ["mail", "slack"]);
    let taken = bed.store().take_messages(&queues[0], bed.now(), LEASE, 10).await.unwrap();
    assert_eq!(taken.iter().map(|taken| taken.message.dedup.as_str()).collect::<Vec<_>>(), ["m1", "m2"]);
}

pub(crate) async fn replaced_messages_are_logged_and_counted(bed: &dyn Bed) {
    prepared(bed).await;
    send(bed, ["m1", "m2", "m3"].map(|dedup| message(bed, dedup)).to_vec()).await;
    let taken = take(bed).await;
    let (older, newer) = (&taken[..2], &taken[2]);
    assert_eq!(bed.store().supersede(older, newer, bed.now()).await.unwrap(), Committed::Done);
    // Their claims are over.
    assert_eq!(bed.store().supersede(older, newer, bed.now()).await.unwrap(), Committed::Taken);
    bed.pass(LEASE).await;
    let newest = take(bed).await;
    assert_eq!(newest.iter().map(|taken| taken.replaced).collect::<Vec<_>>(), [2]);
    assert_eq!(bed.store().replace(&newest, message(bed, "sum"), bed.now()).await.unwrap(), Committed::Done);
    let summary = take(bed).await.pop().unwrap();
    assert_eq!((summary.message.dedup.as_str(), summary.replaced), ("sum", 3));
    assert_eq!(
        bed.store().replace(&newest, message(bed, "sum 2"), bed.now()).await.unwrap(),
        Committed::Taken
    );
    assert!(take(bed).await.is_empty());
    let log = bed.store().deliveries(&tenant("a"), None, 10).await.unwrap();
    assert!(log.len() == 3 && log.iter().all(|row| row.outcome == "superseded"));
    assert_eq!(bed.store().backlog(&tenant("a")).await.unwrap(), (1, 0));
}
