//! What Telegram and its users do to a bot: floods, forged buttons, bans, outages.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::{sync::Arc, time::Duration};

use common::{ANNA, BEN, GROUP, Options, STRANGER, Stage};
use plume::runtime::{Clock, ManualClock};
use plume_bot::{
    busy::Busy,
    log::Log,
    standin::{StandIn, api_over},
    telegram::{Call, Chat, ChatId, Class, Job, Lost, Next, Outbox, Pacer, Sent},
};
use plume_sim::Home;
use serde_json::json;
use tokio::sync::mpsc;

/// An outbox without a bot.
struct Mail {
    clock: ManualClock,
    standin: StandIn,
    outbox: Outbox,
    busy: Busy,
    lost: mpsc::UnboundedReceiver<Lost>,
}

impl Mail {
    fn new() -> Self {
        let clock = ManualClock::new(std::time::SystemTime::UNIX_EPOCH + common::START);
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let standin = StandIn::new(Arc::clone(&shared));
        let api = standin.api();
        let (sender, lost) = mpsc::unbounded_channel();
        let outbox = Outbox::new(api, shared, Log::new(|_| ()), sender);
        let running = outbox.clone();
        tokio::spawn(async move { running.run().await });
        Self { clock, standin, outbox, busy: Busy::default(), lost }
    }

    fn send(&self, chat: i64, text: &str) -> Sent {
        self.outbox.send(Call::send(private(chat), text, &Vec::new()), self.busy.guard())
    }

    fn warn(&self, chat: i64, text: &str) -> Sent {
        self.outbox.send(Call::send(private(chat), text, &Vec::new()).urgent(), self.busy.guard())
    }

    async fn pass(&self, time: Duration) {
        let until = self.clock.monotonic() + time;
        let step = if time > SECOND * 30 { SECOND } else { Duration::from_millis(100) };
        while self.clock.monotonic() < until {
            self.clock.advance(step.min(until - self.clock.monotonic()));
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        }
    }

    fn texts(&self, chat: i64) -> Vec<String> {
        let messages = self.standin.messages(chat).into_iter();
        messages.filter(|message| message.from_bot).map(|message| message.text).collect()
    }
}

fn private(id: i64) -> Chat {
    Chat { id: ChatId(id), private: true, topic: None }
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn buttons_that_were_not_made_for_the_presser_do_nothing() {
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
    // A day later it is over too.
    stage.say(ANNA, "/settings").await;
    let settings = stage.last(ANNA);
    stage.clock.advance(Duration::from_secs(24 * 60 * 60));
    stage.standin.take_shown();
    stage.standin.press(ANNA, ANNA, settings.id, &settings.buttons[0][0].1);
    stage.settle().await;
    assert!(format!("{:?}", stage.standin.take_shown()).contains("expired"));
}

#[tokio::test]
async fn a_long_answer_comes_in_parts_that_telegram_takes() {
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
async fn retry_after_is_obeyed_and_urgent_calls_go_first() {
    for (asked, waits) in [(Some(5), 5), (Some(0), 1), (None, 1)] {
        let mail = Mail::new();
        mail.standin.say(1, 1, "hi");
        mail.standin.refuse_next("sendMessage", 429, "Too Many Requests", asked);
        let _report = mail.send(1, "report");
        mail.pass(Duration::from_millis(100)).await;
        let _warning = mail.warn(1, "warning");
        mail.pass(SECOND * waits - Duration::from_millis(200)).await;
        assert!(mail.texts(1).is_empty(), "nothing before its time");
        mail.pass(SECOND * 3).await;
        assert_eq!(mail.texts(1), ["warning", "report"], "{asked:?}");
        let early = mail.standin.calls().iter().filter(|call| !call.ok).count();
        assert_eq!(early, 1, "only the one that was planned");
    }
}

#[tokio::test]
async fn an_hour_is_not_waited_for_a_report_but_for_a_warning() {
    let mail = Mail::new();
    mail.standin.say(1, 1, "hi");
    mail.standin.refuse_next("sendMessage", 429, "Too Many Requests", Some(3_600));
    let report = mail.send(1, "report");
    let _second = mail.send(1, "second report");
    let warning = mail.warn(1, "warning");
    mail.pass(SECOND * 2).await;
    // The warning went first and met the refusal. It is worth the wait.
    mail.pass(Duration::from_secs(3_590)).await;
    assert!(mail.texts(1).is_empty(), "nothing before its time");
    mail.pass(Duration::from_secs(30)).await;
    assert_eq!(mail.texts(1).first().map(String::as_str), Some("warning"));
    assert!(warning.await.unwrap().is_ok());
    drop(report);

    let mail = Mail::new();
    mail.standin.say(1, 1, "hi");
    mail.standin.refuse_next("sendMessage", 429, "Too Many Requests", Some(3_600));
    let report = mail.send(1, "report");
    let second = mail.send(1, "second report");
    mail.pass(SECOND * 2).await;
    assert!(report.await.unwrap().is_err() && second.await.is_err());
    assert_eq!(mail.outbox.counts().dropped, 2, "and it is counted");
    assert_eq!(mail.outbox.waiting(), 0);
}

/// Sends `each` messages to each of `chats` chats, and looks at every promise. How long it took.
fn paced(chats: u64, each: u64) -> Duration {
    let chat = |id: u64| Some(ChatId(i64::try_from(id % chats).unwrap() + 1));
    let mut pacer = Pacer::default();
    for id in 0..chats * each {
        let gone = pacer.push(Job { id, class: Class::Reply, chat: chat(id), is_message: true, edits: None });
        assert!(gone.is_empty());
    }
    let mut now = Duration::ZERO;
    let mut sent: Vec<(Duration, u64)> = Vec::new();
    loop {
        match pacer.next(now) {
            Next::Send(id, _) => {
                sent.push((now, id));
                pacer.done(chat(id));
            }
            Next::At(time) => {
                assert!(time > now, "time goes on");
                now = time;
            }
            Next::Idle => break,
        }
    }
    assert_eq!(sent.len() as u64, chats * each, "none is lost");
    for window in sent.windows(31) {
        assert!(window[30].0 - window[0].0 >= SECOND, "at most 30 in a second");
    }
    for number in 0..chats {
        let of_chat: Vec<_> = sent.iter().filter(|(_, id)| id % chats == number).collect();
        assert!(of_chat.windows(2).all(|pair| pair[0].1 < pair[1].1 && pair[1].0 - pair[0].0 >= SECOND));
    }
    now
}

#[test]
fn ten_thousand_messages_to_a_hundred_chats_keep_pace_and_order() {
    let took = paced(100, 100);
    assert!(took <= Duration::from_secs(334), "no slower than it has to be: {took:?}");
    // Few chats, where the limit of each is what counts.
    assert_eq!(paced(5, 40), Duration::from_secs(39));
}

#[test]
fn a_group_gets_twenty_a_minute_and_urgent_calls_pass_the_queue() {
    let mut pacer = Pacer::default();
    let group = Some(ChatId(-1));
    for id in 0..60 {
        pacer.push(Job { id, class: Class::Reply, chat: group, is_message: true, edits: None });
    }
    pacer.push(Job { id: 99, class: Class::Alert, chat: group, is_message: false, edits: None });
    let (mut now, mut sent) = (Duration::ZERO, Vec::new());
    loop {
        match pacer.next(now) {
            Next::Send(id, _) => {
                sent.push((now, id));
                pacer.done(group);
            }
            Next::At(time) => {
                assert!(time > now, "time goes on");
                now = time;
            }
            Next::Idle => break,
        }
    }
    assert_eq!(sent.len(), 61, "none is lost");
    assert_eq!(sent[0], (Duration::ZERO, 99), "a deletion waits for nothing");
    for window in sent[1..].windows(21) {
        assert!(window[20].0 - window[0].0 >= Duration::from_secs(60));
    }
}

#[tokio::test]
async fn markup_that_telegram_refuses_is_sent_once_more_as_plain_text() {
    let mail = Mail::new();
    mail.standin.say(1, 1, "hi");
    let sent = mail.send(1, "<b>a &lt; b</b> <oops>");
    mail.pass(SECOND * 3).await;
    assert!(sent.await.unwrap().is_ok());
    assert_eq!(mail.texts(1), ["a < b"]);
    assert_eq!(mail.standin.calls().len(), 2);
    assert_eq!(mail.outbox.counts().made_plain, 1);
    // If that is refused too, it is over.
    for _ in 0..2 {
        mail.standin.refuse_next("sendMessage", 400, "Bad Request: can't parse entities: x", None);
    }
    let sent = mail.send(1, "<b>a</b>");
    mail.pass(SECOND * 5).await;
    assert!(sent.await.unwrap().is_err());
    assert_eq!(mail.standin.calls().len(), 4);
}

#[tokio::test]
async fn an_edit_that_changes_nothing_is_a_success() {
    let stage = Stage::new().await;
    stage.health(ANNA, Home::Healthy).await;
    let mail = Mail::new();
    mail.standin.say(1, 1, "hi");
    mail.standin.refuse_next(
        "editMessageText",
        400,
        "Bad Request: message is not modified: specified …",
        None,
    );
    let call = Call::edit(ChatId(1), plume_bot::telegram::MessageId(1), "x", &Vec::new());
    let sent = mail.outbox.send(call, mail.busy.guard());
    mail.pass(SECOND).await;
    assert!(sent.await.unwrap().is_ok());
}

#[tokio::test]
async fn a_message_that_cannot_be_edited_is_sent_anew() {
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
    let tries = stage.standin.calls().iter().filter(|call| !call.ok).count();
    assert!(tries <= 2, "the old id is not tried for ever");
    // From now on it goes there at once.
    stage.standin.say(ANNA, GROUP, "/help");
    stage.settle().await;
    assert_eq!(stage.standin.calls().iter().filter(|call| !call.ok).count(), tries);
}

#[tokio::test]
async fn who_blocks_the_bot_is_left_alone_until_he_comes_back() {
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
    // The same when Telegram tells it by an update.
    stage.three_steps(BEN).await;
    let chat = json!({ "id": BEN, "type": "private" });
    let member = json!({ "from": { "id": BEN }, "chat": chat, "new_chat_member": { "status": "kicked" } });
    stage.standin.push(json!({ "my_chat_member": member }));
    stage.settle().await;
    assert!(stage.say(BEN, "/skip").await.text.contains("No set-up"));
}

#[tokio::test]
async fn a_chat_that_is_gone_loses_its_queue() {
    let mut mail = Mail::new();
    let sent: Vec<Sent> = (0..5).map(|number| mail.send(404, &format!("{number}"))).collect();
    mail.pass(SECOND * 10).await;
    for sent in sent {
        assert!(!matches!(sent.await, Ok(Ok(_))));
    }
    assert_eq!(mail.standin.calls().len(), 1, "chat not found, once");
    assert_eq!(mail.lost.try_recv(), Ok(Lost::Chat(ChatId(404))));
}

#[tokio::test]
async fn a_second_poller_is_backed_off_from_and_told_to_the_operator() {
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

#[tokio::test]
async fn an_outage_of_telegram_costs_no_memory_and_keeps_the_warning() {
    let mail = Mail::new();
    mail.standin.say(1, 1, "hi");
    mail.standin.unreachable(true);
    let warning = mail.warn(1, "warning");
    let mut sent = Vec::new();
    for number in 0..3_600 {
        sent.push(mail.send(1, &format!("report {number}")));
        if number % 60 == 0 {
            mail.pass(SECOND * 60).await;
        }
        assert!(mail.outbox.waiting() <= 130, "{}", mail.outbox.waiting());
    }
    assert!(mail.outbox.counts().dropped > 3_000, "and what was dropped is counted");
    mail.standin.unreachable(false);
    mail.pass(Duration::from_secs(300)).await;
    assert!(warning.await.unwrap().is_ok());
    let texts = mail.texts(1);
    assert_eq!(texts.first().map(String::as_str), Some("warning"));
    assert_eq!(texts.last().map(String::as_str), Some("report 3599"), "the newest are there");
    let ordered: Vec<_> =
        texts.iter().skip(1).filter_map(|text| text.rsplit(' ').next()?.parse::<u32>().ok()).collect();
    assert!(ordered.windows(2).all(|pair| pair[0] < pair[1]), "{ordered:?}");
}

#[tokio::test]
async fn of_several_edits_only_the_last_is_sent() {
    let mail = Mail::new();
    mail.standin.say(1, 1, "hi");
    let first = mail.send(1, "menu");
    mail.pass(Duration::from_millis(100)).await;
    let id = first.await.unwrap().unwrap()["message_id"].as_i64().unwrap();
    for number in 0..10 {
        let call =
            Call::edit(ChatId(1), plume_bot::telegram::MessageId(id), &format!("page {number}"), &Vec::new());
        drop(mail.outbox.send(call, mail.busy.guard()));
    }
    mail.pass(SECOND * 5).await;
    assert_eq!(mail.texts(1), ["page 9"]);
    assert_eq!(mail.standin.calls().len(), 2);
}

#[tokio::test]
async fn a_message_that_may_have_arrived_is_not_sent_twice() {
    use plume::runtime::{InProcess, TransportError, TransportErrorKind};
    for (kind, tries) in [(TransportErrorKind::Connect, 2), (TransportErrorKind::Interrupted, 1)] {
        let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let transport = Arc::new(InProcess::new(move |_| {
            let first = counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
            let ok = http::Response::new(bytes::Bytes::from("{\"ok\":true,\"result\":{\"message_id\":1}}"));
            std::future::ready(if first { Err(TransportError::new(kind, "broken")) } else { Ok(ok) })
        }));
        let clock = ManualClock::skipping(std::time::SystemTime::UNIX_EPOCH);
        let (sender, _gone) = mpsc::unbounded_channel();
        let api = api_over(transport);
        let outbox = Outbox::new(api, Arc::new(clock), Log::new(|_| ()), sender);
        let running = outbox.clone();
        tokio::spawn(async move { running.run().await });
        let sent = outbox.send(Call::send(private(1), "x", &Vec::new()), Busy::default().guard());
        assert_eq!(sent.await.unwrap().is_ok(), tries == 2);
        assert_eq!(count.load(std::sync::atomic::Ordering::Relaxed), tries, "{kind:?}");
    }
}
