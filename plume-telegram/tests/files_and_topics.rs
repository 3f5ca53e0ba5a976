//! Files in both directions, topics, and setting a webhook.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::DateTime;
use plume_runtime::ManualClock;
use plume_telegram::{
    Api, ApiError, Call, Chat, ChatId, Content, Document, File, Keyboard, TopicId, Update, stand_in::StandIn,
};

const ANNA: i64 = 11;
const GROUP: i64 = -500;

fn stand_in() -> (StandIn, Api, ManualClock) {
    let clock = ManualClock::new(DateTime::UNIX_EPOCH);
    let stand_in = StandIn::new(Arc::new(clock.clone()));
    let api = stand_in.api();
    (stand_in, api, clock)
}

fn private(id: i64) -> Chat {
    Chat::new(ChatId(id))
}

async fn newest(api: &Api) -> Update {
    Update::parse(api.updates(Some(-1), Duration::ZERO).await.unwrap().last().unwrap()).unwrap()
}

/// Bytes that are not text, and a false end of a part.
const CONTENTS: &[u8] = b"\xff\x00\r\n--plume-0\r\n\r\nrest\r\n";

#[tokio::test]
async fn a_document_arrives_as_it_was_sent() {
    let (stand_in, api, clock) = stand_in();
    stand_in.say(ANNA, ANNA, "hi");
    let document = Document::new("re\"port.txt", Bytes::from_static(CONTENTS));
    let sent = api.call(&Call::send_document(private(ANNA), document, "<b>a &amp; b</b>")).await.unwrap();
    assert_eq!(
        (&sent["caption"], &sent["document"]["file_name"]),
        (&"a & b".into(), &"re%22port.txt".into())
    );
    let message = stand_in.messages(ANNA).pop().unwrap();
    assert_eq!((message.text.as_str(), message.entities), ("a & b", 1));
    assert_eq!(stand_in.contents(&message.file.unwrap()).unwrap(), CONTENTS);
    clock.advance(Duration::from_secs(2));
    let empty = Document::new("x", Bytes::new());
    let error = api.call(&Call::send_document(private(ANNA), empty, "")).await.unwrap_err();
    assert!(error.says("file must be non-empty"), "{error}");
}

#[tokio::test]
async fn sent_file_is_downloaded() {
    let (stand_in, api, _) = stand_in();
    stand_in.send_file(ANNA, ANNA, "a.bin", CONTENTS);
    let Content::NotText { file: Some(id), .. } = newest(&api).await.content else { panic!("no file") };
    let file = api.file(&id).await.unwrap();
    assert_eq!(file.size, Some(CONTENTS.len() as u64));
    assert_eq!(api.download(&file).await.unwrap(), CONTENTS);
    assert!(api.file("other").await.unwrap_err().says("invalid file_id"));
}

#[tokio::test]
async fn path_outside_the_bot_is_not_requested() {
    let (stand_in, api, _) = stand_in();
    stand_in.send_file(ANNA, ANNA, "a.bin", CONTENTS);
    let Content::NotText { file: Some(id), .. } = newest(&api).await.content else { panic!("no file") };
    let good = api.file(&id).await.unwrap();
    for path in
        ["../botother/getMe", "/etc/passwd", "a//b", "a/./b", "a?b", "a#b", "a%2fb", "a\\b", "", "a b"]
    {
        let file = File::at(path);
        let error = api.download(&file).await.unwrap_err();
        assert!(matches!(error, ApiError::Unreachable { never_sent: true, .. }), "{path}: {error}");
    }
    let gone = api.download(&File::at("documents/other")).await.unwrap_err();
    assert_eq!(gone.code(), Some(404), "{gone}");
    assert!(!gone.to_string().contains("not-a-real-token"));
    assert!(api.download(&good).await.is_ok());
}

#[tokio::test]
async fn a_topic_is_made_written_to_and_closed() {
    let (stand_in, api, clock) = stand_in();
    stand_in.say(ANNA, GROUP, "hi");
    let topic = api.call(&Call::create_topic(ChatId(GROUP), "Homes")).await.unwrap();
    let topic = TopicId::of(&topic).unwrap();
    let chat = Chat::new(ChatId(GROUP)).in_topic(topic);
    api.call(&Call::send(chat, "in it", &Keyboard::new())).await.unwrap();
    assert_eq!(stand_in.messages(GROUP).pop().unwrap().topic, Some(topic.0));
    api.call(&Call::close_topic(ChatId(GROUP), topic)).await.unwrap();
    clock.advance(Duration::from_secs(4));
    let error = api.call(&Call::send(chat, "too late", &Keyboard::new())).await.unwrap_err();
    assert!(error.says("TOPIC_CLOSED"), "{error}");
    stand_in.say(ANNA, ANNA, "hi");
    let error = api.call(&Call::create_topic(ChatId(ANNA), "Homes")).await.unwrap_err();
    assert!(error.says("not a forum"), "{error}");
}

#[tokio::test]
async fn a_webhook_ends_polling_until_it_is_deleted() {
    let (_, api, _) = stand_in();
    api.call(&Call::set_webhook("https://bot.example.net/telegram", "not-a-real-secret")).await.unwrap();
    assert_eq!(api.updates(None, Duration::ZERO).await.unwrap_err().code(), Some(409));
    api.call(&Call::delete_webhook()).await.unwrap();
    assert!(api.updates(None, Duration::ZERO).await.unwrap().is_empty());
}
