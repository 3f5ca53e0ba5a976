//! Channels beside each other: none delays another.

use std::time::Duration;

use plume_server::stop::Stop;
use serde_json::json;

use crate::bed::*;

/// Lets seconds pass while the sender runs.
async fn seconds(bed: &Bed, seconds: usize) {
    for _ in 0..seconds {
        bed.clock.advance(Duration::from_secs(1));
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
    }
}

fn count(bed: &Bed, host: &str) -> usize {
    bed.receivers.lock().unwrap().seen.iter().filter(|seen| seen.host == host).count()
}

#[tokio::test]
async fn an_alertmanager_that_does_not_respond_delays_no_other_channel() {
    let bed = Bed::still(json!({ "kind": "alertmanager", "url": "https://main.example.com/" })).await;
    let stop = Stop::default();
    let (sender, stopping) = (bed.sender.clone(), stop.stopping());
    let running = tokio::spawn(async move { sender.run(stopping).await });
    bed.opened("i1").await;
    seconds(&bed, 3).await;
    assert_eq!(count(&bed, "main.example.com"), 1);
    bed.always(Answer::Silence);
    seconds(&bed, 62).await;
    // The repetition waits for its response.
    assert_eq!(count(&bed, "main.example.com"), 2);
    let mut other = outgoing(&message("home-1", "offline"));
    other.channel = "other".to_owned();
    bed.stored(vec![other]).await;
    seconds(&bed, 3).await;
    assert_eq!(count(&bed, "other.example.com"), 1);
    // One repetition at a time, however long it takes; then the next one.
    seconds(&bed, 10).await;
    assert_eq!(count(&bed, "main.example.com"), 2);
    seconds(&bed, 60).await;
    assert_eq!(count(&bed, "main.example.com"), 3);
    stop.stop();
    seconds(&bed, 1).await;
    running.await.unwrap();
}

#[tokio::test]
async fn channels_with_lasting_backlogs_leave_turns_to_others() {
    let bed = Bed::still(json!({ "kind": "webhook", "url": "https://main.example.com/", "key": KEY })).await;
    let stop = Stop::default();
    let (sender, stopping) = (bed.sender.clone(), stop.stopping());
    // More channels than can send at the same time, each with minutes of messages.
    let busy: Vec<String> = (0..17).map(|number| format!("a{number:02}")).collect();
    for id in &busy {
        let target = json!({ "kind": "webhook", "url": format!("https://{id}.example.com/"), "key": KEY });
        bed.put_channel(id, json!({ "name": id, "target": target, "max_per_hour": 10_000 })).await;
        let outbox = (0..120).map(|number| {
            let mut message = outgoing(&message("home-1", "offline"));
            (message.channel, message.dedup, message.incident) = (id.clone(), number.to_string(), None);
            message.body = json!({ "notice": { "title": "t", "lines": [] } }).to_string().into_bytes();
            message
        });
        bed.stored(outbox.collect()).await;
    }
    let running = tokio::spawn(async move { sender.run(stopping).await });
    seconds(&bed, 5).await;
    let mut late = outgoing(&message("home-1", "offline"));
    late.channel = "other".to_owned();
    bed.stored(vec![late]).await;
    // A turn has at most a minute.
    seconds(&bed, 70).await;
    assert_eq!(count(&bed, "other.example.com"), 1);
    for id in &busy {
        assert!(count(&bed, &format!("{id}.example.com")) > 0, "{id}");
    }
    stop.stop();
    running.abort();
}
