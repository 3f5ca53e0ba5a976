//! Requests of every channel: signatures, limits, and texts that others chose.

use chrono::{DateTime, Utc};
use plume::runtime::{Clock, SystemClock};
use plume_server::{
    notify::{Body, Envelope, Hidden, Names, Request, Target, render},
    store::model::Sending,
    worker::Letter,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::bed::{KEY, message, outgoing, start, tenant};

fn targets() -> [Target; 6] {
    let url = || Hidden::new("https://hooks.example.com/x");
    [
        Target::Webhook { url: url(), key: Hidden::new(KEY) },
        Target::Slack { url: url() },
        Target::Teams { url: url() },
        Target::Telegram { token: Some(Hidden::new("1:not-a-real-token")), chat: 5, topic: None },
        Target::Mail { to: vec!["ada@example.net".to_owned()] },
        Target::Alertmanager { url: url() },
    ]
}

pub(crate) fn sending(home: &str, text: &str) -> (Sending, Body) {
    let message = message(home, text);
    let body = Body::Letter(Letter::Message(Box::new(message.clone())));
    let sending = Sending {
        id: 7,
        tenant: tenant(),
        fence: 1,
        message: outgoing(&message),
        attempts: 0,
        is_repeat: false,
        replaced: 0,
        stored: start(),
        alive_since: start(),
    };
    (sending, body)
}

fn rendered(target: &Target, sending: &Sending, body: &Body, now: DateTime<Utc>) -> Request {
    let from = "Monitor <monitor@example.net>";
    render(target, &Envelope { sending, body, names: &Names::default(), from, bot: None, now }).unwrap()
}

fn json_of(request: Request) -> Value {
    let Request::Http(request) = request else { panic!("{request:?}") };
    serde_json::from_slice(request.body()).unwrap()
}

#[test]
fn webhooks_verify_by_the_reference_and_keep_their_id() {
    let (sending, body) = sending("home-1", "the gateway is offline");
    let now = SystemClock::new().wall();
    let verifier = standardwebhooks::Webhook::new(KEY).unwrap();
    let mut ids = Vec::new();
    for seconds in [0, 60] {
        let now = now + chrono::TimeDelta::seconds(seconds);
        let Request::Http(request) = rendered(&targets()[0], &sending, &body, now) else { panic!() };
        verifier.verify(request.body(), request.headers()).unwrap();
        let tampered = [request.body().as_ref(), b" "].concat();
        assert!(verifier.verify(&tampered, request.headers()).is_err());
        ids.push(request.headers()["webhook-id"].clone());
    }
    assert_eq!(ids[0], ids[1]);
    let other = Sending { stored: sending.stored + chrono::TimeDelta::seconds(1), ..sending.clone() };
    let Request::Http(request) = rendered(&targets()[0], &other, &body, now) else { panic!() };
    // A restored backup may number another message like this one.
    assert_ne!(request.headers()["webhook-id"], ids[0]);
}

/// Every text in a document.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// A character that reorders or hides others.
fn is_forged(character: char) -> bool {
    let controls = matches!(character, '\r' | '\u{0}' | '\u{1b}');
    controls
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

fn check_all(home: &str, text: &str) {
    let (sending, body) = sending(home, text);
    let now = start();
    let [_, slack, teams, telegram, mail, alertmanager] = targets();
    let slack = json_of(rendered(&slack, &sending, &body, now));
    for text in texts(&slack) {
        assert!(!text.contains(['<', '>']) && !text.chars().any(is_forged), "{text:?}");
        let entities =
            text.matches("&amp;").count() + text.matches("&lt;").count() + text.matches("&gt;").count();
        assert_eq!(text.matches('&').count(), entities, "{text:?}");
    }
    assert!(slack["blocks"][0]["text"]["text"].as_str().unwrap().chars().count() <= 150);
    assert!(slack["blocks"][1]["text"]["text"].as_str().unwrap().chars().count() <= 3_000);

    let Request::Http(request) = rendered(&teams, &sending, &body, now) else { panic!() };
    assert!(request.body().len() <= 28 * 1024);
    let card = json_of(Request::Http(request));
    for text in texts(&card) {
        assert!(!text.contains("{{") && !text.contains("@{") && !text.chars().any(is_forged), "{text:?}");
    }
    for block in card["attachments"][0]["content"]["body"].as_array().unwrap() {
        // Text blocks would read markup.
        assert_eq!(block["type"], "RichTextBlock");
    }

    let Request::Telegram(_, call) = rendered(&telegram, &sending, &body, now) else { panic!() };
    let call = format!("{call:?}");
    assert!(call.contains("<b>") && call.matches("</b>").count() == 1, "{call}");
    for tag in ["<a ", "<script", "<i>", "<img"] {
        assert!(!call.contains(tag), "{call}");
    }

    let Request::Mail(mail) = rendered(&mail, &sending, &body, now) else { panic!() };
    let mail = String::from_utf8(mail.formatted()).unwrap();
    let (head, _) = mail.split_once("\r\n\r\n").unwrap();
    let names: Vec<&str> = head
        .split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split_once(':').unwrap().0)
        .collect();
    let known = [
        "From",
        "Date",
        "Message-ID",
        "Subject",
        "Auto-Submitted",
        "References",
        "To",
        "Content-Type",
        "Content-Transfer-Encoding",
        "MIME-Version",
    ];
    assert!(names.iter().all(|name| known.contains(name)) && names.len() <= known.len(), "{head}");
    assert!(head.bytes().all(|byte| byte.is_ascii()) && head.lines().all(|line| line.len() < 998), "{head}");

    let alert = json_of(rendered(&alertmanager, &sending, &body, now));
    assert!(texts(&alert).iter().all(|text| !text.chars().any(is_forged)));
}

pub(crate) const HOSTILE: [&str; 10] = [
    "<!channel> <@U1> <https://evil.example.com|click>",
    "name\r\nBcc: eve@example.net\r\n\r\nbody",
    "\u{202e}gnp.exe\u{2066}\u{200f}",
    "</b><a href=\"https://evil.example.com\">x</a><script>alert(1)</script>",
    "*bold* _it_ ~s~ `code` [x](https://evil.example.com)",
    "{{DATE(2026-01-15T00:00:00Z,SHORT)}} {{{{ @{triggerBody()}",
    "=cmd|'/c calc'!A1",
    "&lt;b&gt; &amp;#60; &",
    "\u{1b}[31m\u{0}\u{7}",
    "=?utf-8?q?forged?= \u{1f3e0}\u{fe0f}",
];

#[test]
fn hostile_names_stay_texts() {
    for name in HOSTILE {
        check_all(name, name);
        check_all(&name.repeat(10_000 / name.len()), &name.repeat(10_000 / name.len()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn mixed_names_stay_texts(parts in prop::collection::vec((0..HOSTILE.len(), ".{0,20}"), 0..8)) {
        let name: String = parts.iter().map(|(index, text)| format!("{}{text}", HOSTILE[*index])).collect();
        check_all(&name, &name);
    }
}
