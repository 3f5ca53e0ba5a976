//! The queue of what goes out: order, pace, what an error means.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use bytes::Bytes;
use chrono::DateTime;
use plume_runtime::{Clock, InProcess, ManualClock, TransportError, TransportErrorKind};
use plume_telegram::{
    Busy, Call, Chat, ChatId, Log, Lost, MessageId, Outbox, Sent,
    stand_in::{StandIn, api_over},
};

/// An outbox without a bot.
struct Mail {
    clock: ManualClock,
    standin: StandIn,
    outbox: Outbox,
    busy: Busy,
    lost: mpsc::Receiver<Lost>,
}

impl Mail {
    fn new() -> Self {
        let clock = ManualClock::new(DateTime::UNIX_EPOCH);
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let standin = StandIn::new(Arc::clone(&shared));
        let api = standin.api();
        let (sender, lost) = mpsc::channel();
        let report = move |lost| sender.send(lost).unwrap();
        let outbox = Outbox::new(api, shared, Log::new(|_| ()), report);
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
    Chat::new(ChatId(id))
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn retry_after_is_obeyed_and_urgent_calls_are_first() {
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
    assert!(report.await.unwrap().is_err() && second.await.is_none());
    assert_eq!(mail.outbox.counts().dropped, 2, "and it is counted");
    assert_eq!(mail.outbox.waiting(), 0);
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
    // If that is refused too, the call fails.
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
    let mail = Mail::new();
    mail.standin.say(1, 1, "hi");
    mail.standin.refuse_next(
        "editMessageText",
        400,
        "Bad Request: message is not modified: specified …",
        None,
    );
    let call = Call::edit(ChatId(1), MessageId(1), "x", &Vec::new());
    let sent = mail.outbox.send(call, mail.busy.guard());
    mail.pass(SECOND).await;
    assert!(sent.await.unwrap().is_ok());
}

#[tokio::test]
async fn a_chat_that_is_gone_loses_its_queue() {
    let mail = Mail::new();
    let sent: Vec<Sent> = (0..5).map(|number| mail.send(404, &format!("{number}"))).collect();
    mail.pass(SECOND * 10).await;
    for sent in sent {
        assert!(!matches!(sent.await, Some(Ok(_))));
    }
    assert_eq!(mail.standin.calls().len(), 1, "chat not found, once");
    assert_eq!(mail.lost.try_recv(), Ok(Lost::Chat(ChatId(404))));
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
        let call = Call::edit(ChatId(1), MessageId(id), &format!("page {number}"), &Vec::new());
        drop(mail.outbox.send(call, mail.busy.guard()));
    }
    mail.pass(SECOND * 5).await;
    assert_eq!(mail.texts(1), ["page 9"]);
    assert_eq!(mail.standin.calls().len(), 2);
}

#[tokio::test]
async fn possibly_delivered_message_is_not_sent_again() {
    for (kind, attempts) in [(TransportErrorKind::Connect, 2), (TransportErrorKind::Interrupted, 1)] {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let transport = Arc::new(InProcess::new(move |_| {
            let first = counted.fetch_add(1, Ordering::Relaxed) == 0;
            let ok = http::Response::new(Bytes::from("{\"ok\":true,\"result\":{\"message_id\":1}}"));
            std::future::ready(if first { Err(TransportError::new(kind, "broken")) } else { Ok(ok) })
        }));
        let clock = ManualClock::skipping(DateTime::UNIX_EPOCH);
        let api = api_over(transport);
        let outbox = Outbox::new(api, Arc::new(clock), Log::new(|_| ()), |_| ());
        let running = outbox.clone();
        tokio::spawn(async move { running.run().await });
        let sent = outbox.send(Call::send(private(1), "x", &Vec::new()), Busy::default().guard());
        assert_eq!(sent.await.unwrap().is_ok(), attempts == 2);
        assert_eq!(count.load(Ordering::Relaxed), attempts, "{kind:?}");
    }
}

#[tokio::test]
async fn a_call_that_panics_does_not_block_its_chat() {
    let clock = ManualClock::skipping(DateTime::UNIX_EPOCH);
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let transport = Arc::new(InProcess::new(move |_| {
        assert!(counted.fetch_add(1, Ordering::Relaxed) > 0, "planned");
        let answer = Bytes::from("{\"ok\":true,\"result\":{\"message_id\":1}}");
        std::future::ready(Ok(http::Response::new(answer)))
    }));
    let outbox = Outbox::new(api_over(transport), Arc::new(clock), Log::new(|_| ()), |_| ());
    let running = outbox.clone();
    tokio::spawn(async move { running.run().await });
    let chat = Chat::new(ChatId(1));
    let send = |text: &str| outbox.send(Call::send(chat, text, &Vec::new()), Busy::default().guard());
    let (first, second) = (send("first"), send("second"));
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    let at_once = async |sent: Sent| {
        tokio::select! {
            biased;
            result = sent => result,
            () = std::future::ready(()) => panic!("it waits"),
        }
    };
    assert!(at_once(first).await.is_none(), "it broke off");
    assert!(matches!(at_once(second).await, Some(Ok(_))));
    assert_eq!(count.load(Ordering::Relaxed), 2);
}
