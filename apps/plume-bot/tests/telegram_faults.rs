//! Faults of Telegram and its users: floods, forged buttons, bans, outages.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::{sync::Arc, time::Duration};

use common::{ANNA, BEN, GROUP, Options, STRANGER, Stage};
use plume_sim::Home;
use serde_json::json;

#[tokio::test]
async fn buttons_of_other_users_have_no_effect() {
    let stage = Stage::new().await;
    stage.say(ANNA, "/locations").await;
    let menu = stage.last(ANNA);
    let (_, data) = menu.buttons[0][0].clone();
    let calls = stage.sim.request_count();
    let refused = |stage: &Stage| {
        let shown = format!("{:?}", stage.standin.take_shown());
        assert!(shown.contains("expired") || shown.contains("private"), "{shown}");
        assert_eq!(stage.sim.request_count(), calls, "no effect");
    };
    stage.standin.take_shown();
    stage.standin.press(ANNA, ANNA, menu.id, "v1:0123456789abcdef");
    stage.settle().await;
    refused(&stage);
    stage.standin.press(BEN, BEN, menu.id, &data);
    stage.settle().await;
    refused(&stage);
    stage.standin.press(ANNA, GROUP, menu.id, &data);
    stage.settle().await;
    refused(&stage);
    stage.standin.press(ANNA, ANNA, menu.id + 1_000, &data);
    stage.settle().await;
    refused(&stage);
    stage.standin.press(STRANGER, ANNA, menu.id, &data);
    stage.settle().await;
    refused(&stage);
    // Once it was pressed, the message has other buttons.
    stage.standin.press(ANNA, ANNA, menu.id, &data);
    stage.settle().await;
    let calls = stage.sim.request_count();
    stage.standin.take_shown();
    stage.standin.press(ANNA, ANNA, menu.id, &data);
    stage.settle().await;
    assert!(format!("{:?}", stage.standin.take_shown()).contains("expired"));
    assert_eq!(stage.sim.request_count(), calls);
    // A day later it has ended too.
    stage.say(ANNA, "/settings").await;
    let settings = stage.last(ANNA);
    stage.clock.advance(Duration::from_secs(24 * 60 * 60));
    stage.standin.take_shown();
    stage.standin.press(ANNA, ANNA, settings.id, &settings.buttons[0][0].1);
    stage.settle().await;
    assert!(format!("{:?}", stage.standin.take_shown()).contains("expired"));
}

#[tokio::test]
async fn long_reply_is_split_within_telegrams_limit() {
    let sim = plume_sim::Simulator::builder().seed(7).build();
    // 40 devices with names of emojis: two units each, four bytes each.
    let devices: Vec<_> = (0..40)
        .map(|number| json!({ "mac": format!("00:00:5E:00:53:{number:02X}"), "nickname": "🏠".repeat(64), "connectionState": "connected", "ip": "192.0.2.1" }))
        .collect();
    let body = bytes::Bytes::from(json!(devices).to_string());
    let transport = Arc::new(plume::runtime::InProcess::new(move |request: http::Request<bytes::Bytes>| {
        let is_devices = request.uri().path().ends_with("/devices");
        let answer = if is_devices { http::Response::new(body.clone()) } else { sim.handle(request) };
        std::future::ready(Ok(answer))
    }));
    let stage = Stage::with(Options { operator_transport: Some(transport), ..Options::default() }).await;
    stage.say(ANNA, "/settings").await;
    stage.press(ANNA, "20 rows").await;
    let before = stage.said(ANNA);
    let home = Home::Healthy;
    let last = stage.say(ANNA, &format!("/devices {} {}", home.customer_id(), home.location_id())).await;
    assert!(!last.buttons.is_empty(), "the buttons are below the last part");
    let parts = stage.said(ANNA) - before;
    let refused = stage.standin.calls().iter().filter(|call| !call.ok).count();
    assert_eq!(refused, 0, "nothing was too long");
    assert!(parts >= 1);
    let names: usize =
        stage.standin.messages(ANNA).iter().map(|message| message.text.matches("🏠🏠").count()).sum();
    assert_eq!(names, 20 * 32, "no name was cut in the middle or lost");
}

#[tokio::test]
async fn uneditable_message_is_sent_as_a_new_one() {
    let stage = Stage::new().await;
    stage.health(ANNA, Home::Healthy).await;
    let before = stage.said(ANNA);
    stage.standin.refuse_next("editMessageText", 400, "Bad Request: message can't be edited", None);
    assert!(stage.press(ANNA, "Nodes").await.text.contains("Node Details"));
    assert_eq!(stage.said(ANNA), before + 1);
}

#[tokio::test]
async fn a_group_that_moves_is_followed() {
    const NEW: i64 = -100_500;
    let stage = Stage::new().await;
    stage.standin.say(ANNA, GROUP, "/locations");
    stage.settle().await;
    stage.standin.migrate(GROUP, NEW);
    stage.standin.say(ANNA, GROUP, "/help");
    stage.settle().await;
    assert!(stage.last(NEW).text.contains("Commands"), "the answer went to the new chat");
    let failures = stage.standin.calls().iter().filter(|call| !call.ok).count();
    assert!(failures <= 2, "the old id is not used again and again");
    // From now on it goes there at once.
    stage.standin.say(ANNA, GROUP, "/help");
    stage.settle().await;
    assert_eq!(stage.standin.calls().iter().filter(|call| !call.ok).count(), failures);
}

#[tokio::test]
async fn user_who_blocks_the_bot_gets_no_message_until_unblocking() {
    let stage = Stage::with(Options { operator: false, ..Options::default() }).await;
    stage.three_steps(ANNA).await;
    stage.standin.block(ANNA);
    let before = stage.standin.calls().len();
    // A press reaches the bot from a client that has not noticed.
    stage.press_in(ANNA, ANNA, "Back");
    stage.settle().await;
    stage.pass(Duration::from_secs(600)).await;
    let calls = stage.standin.calls();
    let refused = calls[before..].iter().filter(|call| call.chat == Some(ANNA)).count();
    assert!(refused <= 1, "no retry loop: {:?}", &calls[before..]);
    assert!(stage.say(ANNA, "/skip").await.text.contains("No set-up"), "the set-up was wiped");
    // The same when Telegram reports it by an update.
    stage.three_steps(BEN).await;
    let chat = json!({ "id": BEN, "type": "private" });
    let member = json!({ "from": { "id": BEN }, "chat": chat, "new_chat_member": { "status": "kicked" } });
    stage.standin.push(json!({ "my_chat_member": member }));
    stage.settle().await;
    assert!(stage.say(BEN, "/skip").await.text.contains("No set-up"));
}

#[tokio::test]
async fn second_poller_causes_backoff_and_an_operator_message() {
    let stage = Stage::new().await;
    stage.say(ANNA, "/help").await;
    let other = stage.standin.api();
    let mut conflicts = 0;
    for _ in 0..5 {
        let (other, polls) = (other.clone(), stage.standin.polls());
        let polling = tokio::spawn(async move { other.updates(None, Duration::from_secs(20)).await });
        stage.pass(Duration::from_secs(40)).await;
        conflicts += usize::from(polling.await.unwrap().is_err());
        let asked = stage.standin.polls() - polls;
        assert!(asked <= 20, "{asked} polls in 40 s is no back-off");
    }
    assert!(conflicts > 0 || stage.logged().contains("409"));
    assert!(stage.logged().contains("another program polls with the same bot token"), "{}", stage.logged());
    // Alone again, it recovers.
    stage.pass(Duration::from_secs(60)).await;
    let before = stage.said(ANNA);
    stage.say(ANNA, "/help").await;
    assert_eq!(stage.said(ANNA), before + 1);
}
