//! Telegram, Slack and Microsoft Teams: what they accept, and what they answer.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::TimeDelta;
use http::Response;
use plume_server::notify::{
    Body, Envelope, Hidden, Names, Notice, Request, Target, Verdict, classify, delivery::Reply, render,
};
use plume_telegram::stand_in::{StandIn, TOKEN};
use serde_json::{Value, json};

use crate::bed::*;
use crate::channels::{HOSTILE, sending};

const CHAT: i64 = -500;

/// A bed whose channel `main` is a group of a Bot API with Telegram's limits.
async fn telegram() -> (Bed, StandIn) {
    let mut bed = Bed::new(json!({ "kind": "telegram", "token": TOKEN, "chat": CHAT })).await;
    let bot = StandIn::new(Arc::new(bed.clock.clone()));
    bot.say(11, CHAT, "hello");
    bed.over(bot.transport());
    (bed, bot)
}

fn texts(bot: &StandIn) -> Vec<String> {
    let sent = bot.messages(CHAT).into_iter().filter(|message| message.from_bot);
    sent.map(|message| message.text).collect()
}

#[tokio::test]
async fn telegram_shows_hostile_names_as_they_are() {
    for name in HOSTILE {
        let (bed, bot) = telegram().await;
        bed.stored(vec![outgoing(&message(name, name))]).await;
        bed.tick().await;
        assert_eq!(bed.outcomes().await, ["sent"], "{name}");
        let [message] = &bot.messages(CHAT)[1..] else { panic!("{name}") };
        // The title alone is bold.
        assert_eq!(message.entities, 1, "{name}");
        let visible = plume_text::on_screen(name);
        assert!(message.text.contains(visible.trim()), "{name:?}: {:?}", message.text);
    }
}

#[tokio::test]
async fn telegram_gets_long_texts_cut_and_messages_one_by_one() {
    let (bed, bot) = telegram().await;
    let lines = (0..60).map(|number| format!("{number} {}", "\u{1f3e0}&<".repeat(100))).collect();
    let notice = Body::Notice { notice: Notice { title: "many".to_owned(), lines } };
    let mut long = outgoing(&message("home-1", "offline"));
    (long.body, long.incident, long.dedup) = (notice.to_bytes(), None, "long".to_owned());
    bed.stored(vec![long]).await;
    for number in 0..5 {
        bed.opened(&format!("i{number}")).await;
    }
    bed.tick().await;
    assert_eq!(texts(&bot).len(), 6);
    assert!(texts(&bot)[0].ends_with("more lines"), "{}", texts(&bot)[0]);
    // Telegram never had to refuse a second message in a second.
    assert!(bot.calls().iter().all(|call| call.ok), "{:?}", bot.calls());
}

#[tokio::test]
async fn telegram_can_ask_to_wait_be_away_block_the_bot_and_move_the_chat() {
    let (bed, bot) = telegram().await;
    bot.refuse_next("sendMessage", 429, "Too Many Requests: retry after 7", Some(7));
    bed.opened("i1").await;
    bed.tick().await;
    bed.clock.advance(Duration::from_secs(6));
    bed.tick().await;
    assert!(texts(&bot).is_empty());
    bed.clock.advance(Duration::from_secs(1));
    bed.tick().await;
    // Telegram had not taken the first one.
    assert!(texts(&bot).len() == 1 && !texts(&bot)[0].contains("(repeat)"));

    bot.unreachable(true);
    bed.opened("i2").await;
    bed.tick().await;
    bot.unreachable(false);
    bed.pass(HOUR).await;
    assert_eq!(texts(&bot).len(), 2);

    let (bed, bot) = telegram().await;
    bot.migrate(CHAT, -1_000_000_000_500);
    bed.opened("i1").await;
    bed.tick().await;
    let log = bed.log().await;
    assert_eq!(log[0].outcome, "retry");
    assert!(log[0].detail.starts_with("the id of the chat is -1000000000500 now"), "{}", log[0].detail);
    bed.clock.advance(Duration::from_secs(1));
    let target = json!({ "kind": "telegram", "token": TOKEN, "chat": -1_000_000_000_500_i64 });
    bed.put_channel("main", json!({ "name": "Main", "target": target })).await;
    bed.pass(HOUR).await;
    assert_eq!(bed.outcomes().await.last().unwrap(), "sent");

    let (bed, bot) = telegram().await;
    bot.block(CHAT);
    bed.opened("i1").await;
    bed.tick().await;
    let log = bed.log().await;
    assert_eq!(log[0].outcome, "dead");
    assert!(log[0].detail.contains("bot was blocked") && !log[0].detail.contains(TOKEN), "{}", log[0].detail);
}

fn posted(target: &Target, home: &str, text: &str) -> (usize, Value) {
    let (sending, body) = sending(home, text);
    posted_body(target, &plume_server::store::model::Sending { ..sending }, &body)
}

fn posted_body(
    target: &Target,
    sending: &plume_server::store::model::Sending,
    body: &Body,
) -> (usize, Value) {
    let names = Names::default();
    let envelope = Envelope { sending, body, names: &names, from: "", bot: None, now: start() };
    let Ok(Request::Http(request)) = render(target, &envelope) else { panic!() };
    (request.body().len(), serde_json::from_slice(request.body()).unwrap())
}

fn slack() -> Target {
    Target::Slack { url: Hidden::new("https://hooks.slack.example.com/services/x") }
}

fn teams() -> Target {
    Target::Teams { url: Hidden::new("https://prod.example.com/workflows/x?sig=y") }
}

/// A notice with as much text as any message has.
fn full() -> Body {
    let lines = vec!["\u{1f3e0}<&>".repeat(200); 90];
    Body::Notice { notice: Notice { title: "<!here> ".repeat(60), lines } }
}

#[test]
fn slack_gets_plain_text_within_its_limits() {
    let (_, body) = posted(&slack(), "<!channel> & co", "<@U1> is *down* <https://evil.example.com|x>");
    let [header, section] = body["blocks"].as_array().unwrap().as_slice() else { panic!("{body}") };
    assert_eq!((&header["type"], &section["type"]), (&json!("header"), &json!("section")));
    for text in [&header["text"], &section["text"]] {
        // Plain text links no person and reads no markup.
        assert_eq!((&text["type"], &text["emoji"]), (&json!("plain_text"), &json!(false)));
    }
    assert!(header["text"]["text"].as_str().unwrap().starts_with("&lt;!channel&gt; &amp; co: "));
    assert!(section["text"]["text"].as_str().unwrap().contains("&lt;@U1&gt; is *down* &lt;https:"));
    assert!(body["text"].as_str().unwrap().starts_with("&lt;!channel&gt;") && body["mrkdwn"] == false);
    let (_, body) = posted_body(&slack(), &sending("h", "t").0, &full());
    let length = |pointer: &str| body.pointer(pointer).unwrap().as_str().unwrap().chars().count();
    assert!((100..=150).contains(&length("/blocks/0/text/text")));
    assert!((2_900..=3_000).contains(&length("/blocks/1/text/text")));
    // No entity is cut.
    let text = body.pointer("/blocks/1/text/text").unwrap().as_str().unwrap();
    assert!(
        text.split('&').skip(1).all(|rest| ["amp;", "lt;", "gt;"].iter().any(|end| rest.starts_with(end)))
    );
}

#[test]
fn teams_gets_a_card_of_text_runs_within_its_size() {
    let (_, body) = posted(&teams(), "<at>all</at> **x**", "[x](https://evil.example.com) {{DATE()}}");
    let attachment = &body["attachments"][0];
    assert_eq!(
        (body["type"].as_str(), body["attachments"].as_array().map(Vec::len)),
        (Some("message"), Some(1))
    );
    assert_eq!(attachment["contentType"], "application/vnd.microsoft.card.adaptive");
    let card = &attachment["content"];
    assert_eq!((&card["type"], &card["version"]), (&json!("AdaptiveCard"), &json!("1.4")));
    // Only a text run reads no markup, and a person is mentioned by an entity, which no card has.
    assert!(card["msteams"].get("entities").is_none());
    let blocks = card["body"].as_array().unwrap();
    for block in blocks {
        assert_eq!(block["type"], "RichTextBlock");
        assert!(block["inlines"].as_array().unwrap().iter().all(|run| run["type"] == "TextRun"));
    }
    let title = blocks[0]["inlines"][0]["text"].as_str().unwrap();
    assert!(title.starts_with("<at>all</at> **x**: "), "{title}");
    assert_eq!(blocks[0]["inlines"][0]["color"], "attention");
    assert!(!body.to_string().contains("{{"));
    let (bytes, body) = posted_body(&teams(), &sending("h", "t").0, &full());
    assert!((20_000..=28 * 1024).contains(&bytes), "{bytes}");
    assert!(body.to_string().contains("more lines"));
}

/// Responses as the services give them.
#[test]
fn errors_of_slack_and_teams_have_their_meaning() {
    let retry = |after, is_uncertain| Verdict::Retry { after, is_uncertain };
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    let undelivered = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 \
                       with ContextId tcid=1,server=2.";
    let too_large = r#"{"error":{"code":"RequestEntityTooLarge","message":"..."}}"#;
    for (target, status, header, text, expected) in [
        (slack(), 200, "", "ok", Verdict::Sent),
        (slack(), 400, "", "invalid_payload", Verdict::Failed),
        (slack(), 400, "", "too_many_attachments", Verdict::Failed),
        (slack(), 403, "", "action_prohibited", retry(None, false)),
        (slack(), 403, "", "invalid_token", retry(None, false)),
        (slack(), 404, "", "channel_not_found", retry(None, false)),
        (slack(), 404, "", "no_service", retry(None, false)),
        (slack(), 410, "", "channel_is_archived", Verdict::Failed),
        (slack(), 429, "30", "rate_limited", retry(seconds(30), false)),
        (slack(), 500, "", "rollup_error", retry(None, true)),
        (teams(), 202, "", "", Verdict::Accepted),
        (teams(), 200, "", "1", Verdict::Accepted),
        (teams(), 200, "", undelivered, retry(None, false)),
        (teams(), 400, "", r#"{"error":{"code":"WorkflowTriggerIsNotEnabled"}}"#, Verdict::Failed),
        (teams(), 401, "", r#"{"error":{"code":"DirectApiAuthorizationRequired"}}"#, retry(None, false)),
        (teams(), 404, "", r#"{"error":{"code":"WorkflowNotFound"}}"#, retry(None, false)),
        (teams(), 413, "", too_large, Verdict::Failed),
        (teams(), 429, "17", "", retry(seconds(17), false)),
        (teams(), 502, "", "BadGateway", retry(None, true)),
    ] {
        let mut response = Response::builder().status(status);
        if !header.is_empty() {
            response = response.header("retry-after", header);
        }
        let reply = Reply::Http(Ok(response.body(Bytes::from_static(text.as_bytes())).unwrap()));
        let judged = classify(&target, &reply, start() + TimeDelta::seconds(1));
        assert_eq!(judged.verdict, expected, "{} {status} {text}", target.kind());
        assert!(judged.detail.starts_with(&status.to_string()), "{}", judged.detail);
        if target.kind() == "slack" && status != 200 {
            assert!(judged.detail.ends_with(text), "{}", judged.detail);
        }
    }
}
