//! The process ends at any point between the store and the receiver.

use std::{
    collections::HashMap,
    pin::pin,
    task::{Context, Poll},
};

use crate::bed::*;

/// The number of ends, and of points at which a turn waits: with a store in memory, which never does itself, and in a file.
const IN_MEMORY: (usize, usize) = (700, 7);
const IN_FILE: (usize, usize) = (300, 50);

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

#[tokio::test]
async fn an_end_at_any_point_loses_no_message_and_repeats_one_at_most() {
    check(Bed::webhook_with(false).await, IN_MEMORY).await;
    check(Bed::webhook_with(true).await, IN_FILE).await;
}

async fn check(mut bed: Bed, (kills, points): (usize, usize)) {
    let mut repeats = 0;
    for kill in 0..kills {
        let ids = [0, 1].map(|number| format!("i{kill}-{number}"));
        for id in &ids {
            bed.opened(id).await;
        }
        let was_complete = polled(bed.sender.tick(), kill % points).await;
        bed.restart();
        bed.tick().await;
        // Messages that a summary or a later message replaced would be missing here.
        let mut seen: HashMap<String, (usize, String)> = HashMap::new();
        for request in bed.seen() {
            let incident = request.body["data"]["incident"].as_str().unwrap().to_owned();
            let entry = seen.entry(incident).or_insert((0, request.id.clone()));
            entry.0 += 1;
            assert_eq!(entry.1, request.id, "kill {kill}");
        }
        let counts: Vec<usize> = ids.iter().map(|id| seen.get(id).map_or(0, |seen| seen.0)).collect();
        assert!(counts.iter().all(|count| *count > 0), "kill {kill}: lost {counts:?}");
        let repeated: usize = counts.iter().map(|count| count - 1).sum();
        assert!(repeated <= usize::from(!was_complete), "kill {kill}: {counts:?}");
        repeats += repeated;
        // The hourly limit has tests of its own.
        bed.clock.advance(HOUR);
    }
    assert_eq!(bed.store().backlog(&tenant()).await.unwrap(), (0, 0));
    // Otherwise no end was between the receiver and the store.
    assert!(repeats > 0);
}
