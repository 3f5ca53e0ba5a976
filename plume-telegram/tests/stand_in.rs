//! The stand-in as other programs meet it: every way to write a call, the fields that libraries need, what is refused.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::DateTime;
use http::{Method, Request, header::CONTENT_TYPE};
use plume_runtime::{Clock, HttpTransport, Limits, ManualClock, Transport};
use plume_telegram::stand_in::{StandIn, TOKEN};
use serde_json::{Value, json};

const ANNA: i64 = 11;
const GROUP: i64 = -500;
/// 2026-11-02 10:00 UTC
const START: Duration = Duration::from_secs(1_793_613_600);

fn standin() -> (ManualClock, StandIn) {
    let clock = ManualClock::new(DateTime::UNIX_EPOCH + START);
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    (clock, StandIn::new(shared))
}

/// Sends a call as a client writes it, and gives the status and the answer.
async fn send(
    transport: &Arc<dyn Transport>,
    base: &str,
    method: &str,
    kind: &str,
    body: &'static str,
) -> (u16, Value) {
    let request = Request::builder()
        .method(if body.is_empty() { Method::GET } else { Method::POST })
        .uri(format!("{base}/bot{TOKEN}/{method}"))
        .header(CONTENT_TYPE, kind)
        .body(Bytes::from(body))
        .unwrap();
    let answer = transport.send(request, &Limits::default()).await.unwrap();
    (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap())
}

const IN_PROCESS: &str = "http://127.0.0.1:9";
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

async fn form(standin: &StandIn, method: &str, body: &'static str) -> (u16, Value) {
    send(&standin.transport(), IN_PROCESS, method, FORM, body).await
}

#[tokio::test]
async fn every_encoding_of_a_call_is_parsed_over_http() {
    let (clock, standin) = standin();
    let (sender, address) = tokio::sync::oneshot::channel();
    let served = standin.clone();
    tokio::spawn(async move {
        let ready = move |address| sender.send(address).unwrap();
        served.serve(([127, 0, 0, 1], 0).into(), ready).await
    });
    let base = format!("http://{}", address.await.unwrap());
    let transport: Arc<dyn Transport> = Arc::new(HttpTransport::default());
    standin.say(ANNA, ANNA, "hi");
    const PARTS: &str = "--b\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n11\r\n--b\r\nContent-Disposition: \
        form-data; name=\"text\"\r\n\r\ntext\r\n--b\r\nContent-Disposition: form-data; name=\"reply_markup\"\r\n\r\n\
        {\"inline_keyboard\":[[{\"text\":\"b\",\"callback_data\":\"d\"}]]}\r\n--b--\r\n";
    for (method, kind, body) in [
        (
            "sendMessage",
            JSON,
            r#"{"chat_id":"11","text":"text","reply_markup":{"inline_keyboard":[[{"text":"b","callback_data":"d"}]]}}"#,
        ),
        (
            "sendMessage",
            FORM,
            "chat_id=11&text=text&reply_markup=%7B%22inline_keyboard%22%3A%5B%5B%7B%22text%22%3A%22b%22%2C%22callback_data%22%3A%22d%22%7D%5D%5D%7D",
        ),
        ("sendMessage", "multipart/form-data; boundary=b", PARTS),
        (
            "SENDMESSAGE?chat_id=11&text=text&reply_markup=%7B%22inline_keyboard%22%3A%5B%5B%7B%22text%22%3A%22b%22%2C%22callback_data%22%3A%22d%22%7D%5D%5D%7D",
            JSON,
            "",
        ),
    ] {
        let (status, answer) = send(&transport, &base, method, kind, body).await;
        assert_eq!((status, &answer["ok"]), (200, &json!(true)), "{method} {kind}: {answer}");
        let message = standin.messages(ANNA).pop().unwrap();
        assert_eq!(message.text, "text");
        assert_eq!(message.buttons, [[("b".to_owned(), "d".to_owned())]], "{method} {kind}");
        clock.advance(Duration::from_secs(2));
    }
    assert_eq!(standin.messages(ANNA).len(), 5);
    let beyond = standin.serve(([0, 0, 0, 0], 0).into(), |_| ()).await;
    assert!(beyond.unwrap_err().to_string().contains("not a loopback address"));
}

#[tokio::test]
async fn libraries_find_the_fields_that_they_need() {
    let (_, standin) = standin();
    let said = standin.say(ANNA, ANNA, "hi");
    standin.press(ANNA, ANNA, said, "data");
    let (_, answer) = form(&standin, "getUpdates", "timeout=0&limit=5&offset=0").await;
    let message = &answer["result"][0]["message"];
    assert_eq!(message["date"], 1_793_613_600);
    assert_eq!(message["chat"], json!({"id": 11, "type": "private", "first_name": "User 11"}));
    let query = &answer["result"][1]["callback_query"];
    assert_eq!((&query["chat_instance"], &query["message"]["date"]), (&json!("11"), &json!(1_793_613_600)));
    let (_, sent) = form(&standin, "sendMessage", "chat_id=11&text=a").await;
    assert_eq!(
        (&sent["result"]["date"], &sent["result"]["from"]["is_bot"]),
        (&json!(1_793_613_600), &json!(true))
    );
    let (_, chat) = form(&standin, "getChat", "chat_id=11").await;
    assert_eq!(
        (&chat["result"]["type"], &chat["result"]["max_reaction_count"]),
        (&json!("private"), &json!(11))
    );
    standin.say(ANNA, GROUP, "hi");
    let (_, chat) = form(&standin, "getChat", "chat_id=-500").await;
    assert_eq!(
        (&chat["result"]["type"], &chat["result"]["title"]),
        (&json!("supergroup"), &json!("Group 500"))
    );
    let (status, chat) = form(&standin, "getChat", "chat_id=12").await;
    assert_eq!((status, &chat["description"]), (400, &json!("Bad Request: chat not found")));
    standin.say(ANNA, GROUP, "/start@standin_bot now");
    let (_, answer) = form(&standin, "getUpdates", "timeout=0&offset=-1").await;
    let mark = json!([{ "type": "bot_command", "offset": 0, "length": 18 }]);
    assert_eq!(answer["result"][0]["message"]["entities"], mark);
    let (_, me) = form(&standin, "getMe", "").await;
    assert_eq!(me["result"]["can_join_groups"], true);
}

#[tokio::test]
async fn a_webhook_and_polling_exclude_each_other() {
    let (_, standin) = standin();
    standin.say(ANNA, ANNA, "hi");
    let (status, answer) = form(&standin, "setWebhook", "url=http%3A%2F%2Fbot.example.net").await;
    assert_eq!((status, answer["ok"].as_bool()), (400, Some(false)));
    assert_eq!(form(&standin, "setWebhook", "url=https%3A%2F%2Fbot.example.net").await.0, 200);
    let (_, info) = form(&standin, "getWebhookInfo", "").await;
    let expected =
        json!({"url": "https://bot.example.net", "has_custom_certificate": false, "pending_update_count": 1});
    assert_eq!(info["result"], expected);
    assert_eq!(form(&standin, "getUpdates", "timeout=0").await.0, 409);
    assert_eq!(form(&standin, "deleteWebhook", "drop_pending_updates=True").await.0, 200);
    let (status, answer) = form(&standin, "getUpdates", "timeout=0").await;
    assert_eq!((status, &answer["result"]), (200, &json!([])));
}

#[tokio::test]
async fn markup_is_checked_in_both_modes() {
    let (clock, standin) = standin();
    standin.say(ANNA, ANNA, "hi");
    for (body, description) in [
        (
            "chat_id=11&text=1.5&parse_mode=MarkdownV2",
            "Bad Request: can't parse entities: Character '.' is reserved and must be escaped with the preceding '\\'",
        ),
        (
            "chat_id=11&text=*a&parse_mode=markdownv2",
            "Bad Request: can't parse entities: Can't find end of Bold entity at byte offset 0",
        ),
        (
            "chat_id=11&text=%3Cb%3Ea&parse_mode=HTML",
            "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"",
        ),
        ("chat_id=11&text=a&parse_mode=BBCode", "Bad Request: unsupported parse_mode"),
        ("chat_id=11&text=a&reply_markup=%7B", "Bad Request: can't parse reply_markup JSON object"),
    ] {
        let (status, answer) = form(&standin, "sendMessage", body).await;
        assert_eq!((status, answer["description"].as_str()), (400, Some(description)), "{body}");
    }
    for (body, text) in [
        ("chat_id=11&text=*a*+1%5C.5&parse_mode=MarkdownV2", "a 1.5"),
        ("chat_id=11&text=%3Cb%3Ea%3C%2Fb%3E+%26%2360%3B&parse_mode=html", "a <"),
    ] {
        assert_eq!(form(&standin, "sendMessage", body).await.0, 200, "{body}");
        let message = standin.messages(ANNA).pop().unwrap();
        assert_eq!((message.text.as_str(), message.entities), (text, 1));
        clock.advance(Duration::from_secs(2));
    }
}

#[tokio::test]
async fn updates_are_confirmed_as_telegram_does_it() {
    let (_, standin) = standin();
    for text in ["a", "b", "c"] {
        standin.say(ANNA, ANNA, text);
    }
    let texts = |answer: Value| -> Vec<String> {
        let updates = answer["result"].as_array().unwrap().clone();
        updates.iter().map(|update| update["message"]["text"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(texts(form(&standin, "getUpdates", "timeout=0").await.1), ["a", "b", "c"]);
    assert_eq!(texts(form(&standin, "getUpdates", "timeout=0&limit=1").await.1), ["a"]);
    assert_eq!(texts(form(&standin, "getUpdates", "timeout=0&offset=99999999999").await.1), ["a", "b", "c"]);
    assert_eq!(texts(form(&standin, "getUpdates", "timeout=0&offset=-1").await.1), ["c"]);
    assert_eq!(texts(form(&standin, "getUpdates", "timeout=0").await.1), ["c"]);
    // A kind that was not requested is not sent.
    form(&standin, "getUpdates", "timeout=0&allowed_updates=%5B%22callback_query%22%5D").await;
    standin.say(ANNA, ANNA, "d");
    assert_eq!(texts(form(&standin, "getUpdates", "timeout=0").await.1), ["c"]);
}
