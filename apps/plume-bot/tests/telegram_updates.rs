//! Unusual updates: other numbers, secrets in every part of a message, topics, replies that are not text.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use common::{ANNA, BEN, GROUP, Options, SSO, Stage};
use http::Request;
use plume::runtime::{InProcess, ManualClock, Transport};
use plume_telegram::{Stopped, stand_in::StandIn};
use serde_json::{Value, json};

#[tokio::test]
async fn numbers_that_begin_again_are_followed() {
    let stage = Stage::new().await;
    stage.standin.renumber(727_334_700);
    stage.say(ANNA, "/help").await;
    stage.standin.renumber(117_314_199);
    let polls = stage.standin.polls();
    for _ in 0..30 {
        stage.standin.say(ANNA, ANNA, "/help");
        stage.standin.say(BEN, BEN, "/help");
    }
    stage.settle().await;
    assert_eq!((stage.said(ANNA), stage.said(BEN)), (31, 30));
    assert!(stage.standin.polls() - polls <= 10, "{} polls", stage.standin.polls() - polls);
    // A server that has forgotten all gives out the first numbers once more, for other messages.
    for begin in [727_334_700, 117_314_199, 727_334_700] {
        stage.standin.renumber(begin);
        let before = stage.said(ANNA);
        stage.say(ANNA, "/help").await;
        assert_eq!(stage.said(ANNA), before + 1, "{begin}");
    }
}

#[tokio::test]
async fn updates_and_messages_use_separate_connections() {
    let clock = ManualClock::new(chrono::DateTime::UNIX_EPOCH + common::START);
    let standin = StandIn::new(Arc::new(clock.clone()));
    let seen = |log: &Arc<Mutex<Vec<String>>>, inner: Arc<dyn Transport>| -> Arc<dyn Transport> {
        let log = Arc::clone(log);
        Arc::new(InProcess::new(move |request: Request<Bytes>| {
            log.lock().unwrap().push(request.uri().path().rsplit('/').next().unwrap().to_owned());
            let inner = Arc::clone(&inner);
            async move { inner.send(request, &plume::runtime::Limits::default()).await }
        }))
    };
    let (polled, sent) = (Arc::default(), Arc::default());
    let (polling, sending) =
        (Some(seen(&polled, standin.transport())), Some(seen(&sent, standin.transport())));
    let options = Options { polling, sending, standin: Some(standin), clock, ..Options::default() };
    let stage = Stage::with(options).await;
    stage.say(ANNA, "/help").await;
    let polled: std::collections::BTreeSet<String> = polled.lock().unwrap().drain(..).collect();
    let expected = ["deleteWebhook", "getMe", "getUpdates", "setMyCommands"];
    assert_eq!(polled, expected.map(str::to_owned).into());
    assert_eq!(*sent.lock().unwrap(), ["sendMessage"]);
}

/// The places of text in a message.
fn messages_with(text: &str) -> Vec<Value> {
    vec![
        json!({ "text": text }),
        json!({ "text": format!("here: {text} thanks") }),
        json!({ "text": format!("curl -H 'Authorization: {text}' https://sso.example.net/token") }),
        json!({ "text": format!("/find {text}") }),
        json!({ "text": "look", "entities": [{ "type": "text_link", "url": format!("https://x/?{text}") }] }),
        json!({ "text": "look", "quote": { "text": text } }),
        json!({ "photo": [{ "file_id": "f" }], "caption": text }),
        json!({ "document": { "file_id": "f", "file_name": "a.txt" }, "caption": format!("it is {text}") }),
        json!({ "document": { "file_id": "f", "file_name": text } }),
        json!({ "poll": { "question": text, "options": [] } }),
        json!({ "contact": { "phone_number": "1", "first_name": text } }),
        json!({ "voice": { "file_id": "f" }, "caption": text }),
    ]
}

#[tokio::test]
async fn secret_is_deleted_anywhere_in_a_message() {
    let stage = Stage::new().await;
    for content in messages_with(&stage.header()) {
        for (chat, answer) in [(ANNA, "kept nothing of it"), (GROUP, "create a new one")] {
            let message = stage.standin.post(ANNA, chat, content.clone());
            stage.settle().await;
            assert!(stage.standin.messages(chat).iter().all(|kept| kept.id != message), "{content}");
            assert!(stage.last(chat).text.contains(answer), "{content}: {:?}", stage.last(chat));
        }
    }
    let message = stage.standin.say(ANNA, ANNA, "hello");
    stage.settle().await;
    stage.standin.edit(ANNA, ANNA, message, &stage.header());
    stage.settle().await;
    assert!(stage.standin.messages(ANNA).iter().all(|kept| kept.id != message));
    assert!(stage.last(ANNA).text.contains("kept nothing of it"));
    assert_eq!(stage.sim.request_count(), 0, "and goes nowhere");
    assert!(!stage.logged().contains("MG9h"), "{}", stage.logged());
}

#[tokio::test]
async fn secret_in_a_step_is_deleted_and_the_step_is_repeated() {
    let stage = Stage::new().await;
    stage.say(ANNA, "/auth").await;
    for content in messages_with(&stage.header()) {
        let message = stage.standin.post(ANNA, ANNA, content.clone());
        stage.settle().await;
        assert!(stage.standin.messages(ANNA).iter().all(|kept| kept.id != message), "{content}");
        let asked = stage.last(ANNA).text;
        assert!(asked.contains("kept nothing of it") && asked.contains("Step 1 of 4"), "{content}: {asked}");
    }
    // In the step for it, a message without text is deleted too: it may be a picture of the secret.
    stage.say(ANNA, SSO).await;
    for content in
        [json!({ "photo": [{ "file_id": "f" }] }), json!({ "document": { "file_name": "header.txt" } })]
    {
        let message = stage.standin.post(ANNA, ANNA, content);
        stage.settle().await;
        assert!(stage.standin.messages(ANNA).iter().all(|kept| kept.id != message));
        let asked = stage.last(ANNA).text;
        assert!(asked.contains("only text messages") && asked.contains("Step 2 of 4"), "{asked}");
    }
}

#[tokio::test]
async fn invalid_reply_is_answered() {
    let stage = Stage::new().await;
    stage.say(ANNA, "/auth").await;
    for content in [
        json!({ "sticker": { "file_id": "f" } }),
        json!({ "photo": [], "caption": SSO }),
        json!({ "document": { "file_id": "f" } }),
        json!({ "location": { "latitude": 1, "longitude": 2 } }),
    ] {
        let said = stage.said(ANNA);
        let message = stage.standin.post(ANNA, ANNA, content.clone());
        stage.settle().await;
        assert_eq!(stage.said(ANNA), said + 1, "{content}");
        let asked = stage.last(ANNA).text;
        assert!(asked.contains("only text messages") && asked.contains("Step 1 of 4"), "{content}: {asked}");
        assert!(stage.standin.messages(ANNA).iter().any(|kept| kept.id == message), "it is no secret");
    }
    let first = stage.standin.say(ANNA, ANNA, "https://example.net/not-allowed");
    stage.settle().await;
    stage.standin.edit(ANNA, ANNA, first, SSO);
    stage.settle().await;
    let asked = stage.last(ANNA).text;
    assert!(asked.contains("changes of earlier messages") && asked.contains("Step 1 of 4"), "{asked}");
    stage.say(ANNA, "/cancel").await;
    // Outside of a set-up a picture is answered, and a change or a note of Telegram is not.
    let said = stage.said(ANNA);
    stage.standin.edit(ANNA, ANNA, first, "hello");
    stage.standin.post(ANNA, ANNA, json!({ "pinned_message": { "message_id": 1 } }));
    stage.settle().await;
    assert_eq!(stage.said(ANNA), said);
    stage.standin.post(ANNA, ANNA, json!({ "sticker": { "file_id": "f" } }));
    stage.settle().await;
    assert!(stage.last(ANNA).text.contains("only text messages"));
    // People in a group show each other pictures.
    stage.standin.post(ANNA, GROUP, json!({ "sticker": { "file_id": "f" } }));
    stage.settle().await;
    assert_eq!(stage.said(GROUP), 0);
}

#[tokio::test]
async fn a_topic_is_answered_in_its_topic() {
    let stage = Stage::new().await;
    stage.standin.say_in_topic(ANNA, GROUP, 7, "/locations");
    stage.settle().await;
    assert_eq!(stage.last(GROUP).topic, Some(7));
    stage.standin.say_in_topic(ANNA, GROUP, 8, "/help");
    stage.settle().await;
    assert_eq!(stage.last(GROUP).topic, Some(8));
    stage.standin.say(ANNA, GROUP, "/help");
    stage.settle().await;
    assert_eq!(stage.last(GROUP).topic, None);
    // A press whose message can no longer be changed is answered in the message's topic.
    stage.standin.refuse_next("editMessageText", 400, "Bad Request: message can't be edited", None);
    stage.press_in(ANNA, GROUP, "healthy");
    stage.settle().await;
    assert_eq!(stage.last(GROUP).topic, Some(7));
    // A topic that was closed meanwhile does not swallow the answer.
    stage.standin.close_topic(GROUP, 8);
    stage.standin.say_in_topic(ANNA, GROUP, 8, "/start");
    stage.settle().await;
    let last = stage.last(GROUP);
    assert!(last.topic.is_none() && last.text.contains("Hi User 11"), "{last:?}");
}

#[tokio::test]
async fn two_hundred_quick_commands_are_not_dropped_in_silence() {
    let stage = Stage::new().await;
    for _ in 0..200 {
        stage.standin.say(ANNA, ANNA, "/help");
    }
    stage.settle().await;
    let texts: Vec<String> = stage.standin.messages(ANNA).into_iter().map(|message| message.text).collect();
    let answers = texts.iter().filter(|text| text.contains("Commands")).count();
    let notices = texts.iter().filter(|text| text.contains("some of your messages have no answer")).count();
    assert!((32..200).contains(&answers), "{answers}");
    assert!((1..=4).contains(&notices), "{notices}: at most once a minute");
    // Secrets go even then.
    for _ in 0..100 {
        stage.standin.say(ANNA, ANNA, &stage.header());
    }
    stage.settle().await;
    let header = stage.header();
    let left = stage.standin.messages(ANNA).into_iter().filter(|message| message.text == header).count();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn single_refusal_during_a_redeployment_is_retried() {
    let stage = Stage::new().await;
    stage.say(ANNA, "/start").await;
    for code in [404, 401, 404] {
        stage.standin.refuse_next("getUpdates", code, "Not Found", None);
    }
    stage.standin.refuse_next("sendMessage", 404, "Not Found", None);
    stage.standin.say(ANNA, ANNA, "/help");
    stage.settle().await;
    assert!(stage.last(ANNA).text.contains("Commands"), "{:?}", stage.last(ANNA));
    // Two minutes of nothing else are believed.
    for _ in 0..200 {
        stage.standin.refuse_next("getUpdates", 404, "Not Found", None);
    }
    stage.pass(Duration::from_secs(60)).await;
    assert!(!stage.is_over());
    stage.pass(Duration::from_secs(120)).await;
    assert!(stage.is_over());
    assert_eq!(stage.stop().await.unwrap(), Stopped::Token);
}

#[tokio::test]
async fn requested_wait_is_bounded() {
    let stage = Stage::new().await;
    stage.say(ANNA, "/start").await;
    for seconds in [u64::MAX, 1 << 40, 86_400] {
        stage.standin.refuse_next("getUpdates", 429, "Too Many Requests", Some(seconds));
        stage.standin.say(ANNA, ANNA, "/help");
        stage.pass(Duration::from_secs(11 * 60)).await;
        stage.settle().await;
        assert!(stage.last(ANNA).text.contains("Commands"), "{seconds}");
        stage.say(ANNA, "/start").await;
    }
    // A missing wait must not cause a busy loop.
    for _ in 0..1_000 {
        stage.standin.refuse_next("getUpdates", 429, "Too Many Requests", Some(0));
    }
    let polls = stage.standin.calls().len();
    stage.pass(Duration::from_secs(60)).await;
    assert!(stage.standin.calls().len() - polls <= 12);
}
