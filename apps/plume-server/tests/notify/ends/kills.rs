//! The process ends at any point between the decision and the mark that its message was sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    pin::pin,
    task::{Context, Poll},
};

use serde_json::{Value, json};

use crate::bed::*;

/// The number of schedules, and of points at which a process waits: with a store in memory, which never does itself, and in a
/// file.
const IN_MEMORY: (usize, usize) = (500, 8);
const IN_FILE: (usize, usize) = (200, 60);
/// The number of schedules of one store. That in memory copies itself at each write.
const OF_ONE: usize = 20;
/// Maximum number of ends of one schedule.
const ENDS: u64 = 3;

/// Polls a future up to a number of times, then drops it. Returns whether it was complete.
async fn polled(future: impl Future, times: usize) -> bool {
    let mut future = pin!(future);
    let mut left = times;
    std::future::poll_fn(move |context: &mut Context<'_>| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        future.as_mut().poll(context).map(|_| true)
    })
    .await
}

fn webhook() -> Value {
    json!({ "kind": "webhook", "url": "https://main.example.com/hook", "key": KEY })
}

#[tokio::test]
async fn an_end_at_any_point_loses_no_message_and_repeats_one_at_most() {
    check(&webhook(), false, IN_MEMORY).await;
    check(&webhook(), true, IN_FILE).await;
}

#[tokio::test]
async fn an_end_at_any_point_marks_what_is_repeated_where_there_is_no_id() {
    let slack = json!({ "kind": "slack", "url": "https://main.example.com/services/x" });
    check(&slack, false, (IN_MEMORY.0 / 2, IN_MEMORY.1)).await;
    check(&slack, true, (IN_FILE.0 / 4, IN_FILE.1)).await;
}

/// A request: its incident, its id, and whether it has the mark of a repetition.
fn read(seen: &Seen) -> (String, String, bool) {
    if let Some(incident) = seen.body["data"]["incident"].as_str() {
        return (incident.to_owned(), seen.id.clone(), false);
    }
    let title = seen.body["text"].as_str().unwrap();
    let home = title.split(':').next().unwrap().strip_prefix("home-").unwrap();
    (home.to_owned(), String::new(), title.ends_with("(repeat)"))
}

async fn is_marked(bed: &Bed, incident: &str) -> bool {
    let log = bed.store().deliveries(&tenant(), Some(&incident.into()), 100).await.unwrap();
    log.iter().any(|row| row.outcome == "sent")
}

async fn check(target: &Value, is_in_file: bool, (schedules, points): (usize, usize)) {
    let mut repeats = 0;
    for seed in 0..schedules / OF_ONE {
        let bed = Bed::with(target.clone(), is_in_file).await;
        repeats += run(bed, points, seed as u64).await;
    }
    // Otherwise no end was between the receiver and the store. With a file, the threads of the store decide where ends are.
    assert!(is_in_file || repeats > 0);
}

/// Runs schedules, and returns the number of repetitions.
async fn run(mut bed: Bed, points: usize, seed: u64) -> usize {
    let mut random = seed;
    let mut next = move |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    let mut repeats = 0;
    for schedule in 0..OF_ONE {
        let ids = [0, 1].map(|number| format!("i{schedule}-{number}"));
        let mut requests = Vec::new();
        // Ends while the receiver has a message that is not marked.
        let mut within = 0;
        for _ in 0..next(ENDS) + 1 {
            let end = usize::try_from(next(points as u64)).unwrap();
            // A process decides what the last one did not store.
            let process = async {
                for id in &ids {
                    bed.opened(id).await;
                }
                bed.sender.tick().await.unwrap();
            };
            polled(process, end).await;
            bed.restart();
            let new = bed.seen();
            let incidents: BTreeSet<String> = new.iter().map(|seen| read(seen).0).collect();
            let mut unmarked = 0;
            for incident in &incidents {
                unmarked += usize::from(!is_marked(&bed, incident).await);
            }
            assert!(unmarked <= 1, "{schedule}: a sender has one message of a channel on its way");
            within += unmarked;
            requests.extend(new);
        }
        for id in &ids {
            bed.opened(id).await;
        }
        bed.tick().await;
        requests.extend(bed.seen());
        let mut seen: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
        for request in &requests {
            let (incident, id, is_repeat) = read(request);
            seen.entry(incident).or_default().push((id, is_repeat));
        }
        // A message that another one replaced would be missing here.
        let counts: Vec<usize> = ids.iter().map(|id| seen.get(id).map_or(0, Vec::len)).collect();
        assert!(counts.iter().all(|count| *count > 0), "{schedule}: lost, {counts:?}");
        let repeated: usize = counts.iter().map(|count| count - 1).sum();
        assert!(repeated <= within, "{schedule}: {counts:?} and {within} ends within a send");
        for (incident, attempts) in &seen {
            assert!(attempts.iter().all(|(id, _)| *id == attempts[0].0), "{incident}: {attempts:?}");
            let has_ids = !attempts[0].0.is_empty();
            assert!(has_ids || attempts.iter().skip(1).all(|(_, is_repeat)| *is_repeat), "{attempts:?}");
        }
        repeats += repeated;
        // The hourly limit has tests of its own.
        bed.clock.advance(HOUR);
    }
    assert_eq!(bed.store().backlog(&tenant()).await.unwrap(), (0, 0));
    repeats
}
