//! Messages and their deliveries.

use plume_server::store::model::{Attempt, Committed, Outcome, Sending};

use super::*;

async fn send(bed: &dyn Bed, messages: Vec<Outgoing>) {
    let decisions = plume_server::store::model::Decisions { outbox: messages, ..Default::default() };
    bed.store().decide(&tenant("a"), decisions, &silent()).await.unwrap();
}

async fn take(bed: &dyn Bed) -> Vec<Sending> {
    bed.store().take_messages(bed.now(), LEASE, 10).await.unwrap()
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
    let first = bed.store().take_messages(bed.now(), LEASE, 1).await.unwrap();
    let second = take(bed).await;
    let names = |taken: &[Sending]| taken.iter().map(|taken| taken.message.dedup.clone()).collect::<Vec<_>>();
    assert_eq!((names(&first), names(&second)), (vec!["m1".to_owned()], vec!["m2".to_owned()]));
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
    let repeat = take(bed).await.pop().unwrap();
    assert_eq!((repeat.id, repeat.is_repeat), (lost.id, true));
    assert!(repeat.fence > lost.fence);
    // The lost one returns.
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
