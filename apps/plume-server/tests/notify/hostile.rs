//! Receivers that answer slowly, hugely or not at all, or lead elsewhere.

use std::{io::Write, sync::Arc, sync::atomic::Ordering, time::Duration};

use plume::runtime::{Clock, ManualClock};
use plume_server::{
    guard::Guard,
    notify::{Carriers, Hidden, Judged, Request, Target, Verdict, classify},
};

use crate::bed::{KEY, start};
use crate::receiver::Receiver;

/// A body for scripts and terminals.
const HOSTILE: &str = "<script>alert(1)</script>\u{1b}[2J\u{202e}canary";

fn target(kind: &str, origin: &str) -> Target {
    let url = Hidden::new(origin);
    match kind {
        "slack" => Target::Slack { url },
        _ => Target::Webhook { url, key: Hidden::new(KEY) },
    }
}

async fn sent(kind: &str, receiver: &Receiver, clock: &ManualClock) -> Judged {
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let guard = Guard::new([receiver.origin.clone()]);
    let request = http::Request::post(&*receiver.origin).body("{}".into()).unwrap();
    let reply = Carriers::new(Arc::new(guard), shared).carry(Request::Http(Box::new(request))).await;
    classify(&target(kind, &receiver.origin), &reply, start())
}

async fn answered(kind: &str, response: impl Into<Vec<u8>>) -> Judged {
    sent(kind, &Receiver::writing(response), &ManualClock::new(start())).await
}

fn response(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

const fn retry(after: Option<u64>, is_uncertain: bool) -> Verdict {
    let after = match after {
        Some(seconds) => Some(Duration::from_secs(seconds)),
        None => None,
    };
    Verdict::Retry { after, is_uncertain }
}

#[tokio::test]
async fn each_response_of_a_receiver_has_one_meaning() {
    for (status, headers, expected) in [
        ("204 No Content", "", Verdict::Sent),
        ("400 Bad Request", "", Verdict::Failed),
        ("410 Gone", "", Verdict::Failed),
        ("429 Too Many Requests", "Retry-After: 30\r\n", retry(Some(30), false)),
        ("429 Too Many Requests", "Retry-After: soon\r\n", retry(None, false)),
        ("500 Internal Server Error", "", retry(None, true)),
        ("503 Service Unavailable", "Retry-After: 7\r\n", retry(Some(7), false)),
        ("401 Unauthorized", "", retry(None, false)),
        ("302 Found", "Location: http://127.0.0.1:1/\r\n", retry(None, false)),
    ] {
        let judged = answered("webhook", response(status, headers, "")).await;
        assert_eq!(judged.verdict, expected, "{status}: {}", judged.detail);
        assert_eq!(judged.detail.get(..3), status.get(..3));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let inside = Receiver::writing(response("200 OK", "", ""));
    for status in ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let judged =
            answered("webhook", response(status, &format!("Location: {}\r\n", inside.origin), "")).await;
        assert_eq!(judged.verdict, retry(None, false), "{status}");
        assert!(judged.detail.ends_with(" (redirects are not followed)"), "{}", judged.detail);
    }
    assert_eq!(inside.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_hostile_body_is_bounded_and_never_shown_as_it_is() {
    let judged = answered("webhook", response("500 Error", "", HOSTILE)).await;
    assert!(judged.detail.starts_with("500") && !judged.detail.contains("canary"), "{}", judged.detail);
    // Slack explains refusals in its body.
    let judged = answered("slack", response("404 Not Found", "", HOSTILE)).await;
    assert!(judged.detail.contains("canary") && !judged.detail.contains(['\u{1b}', '\u{202e}', '\n']));
    let judged = answered("slack", response("404 Not Found", "", &"x".repeat(60_000))).await;
    assert!(judged.detail.chars().count() <= 161, "{}", judged.detail.len());
    // It has the message, whatever it says.
    let huge = Receiver::start(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n");
        let (mut written, block) = (0_usize, vec![b'x'; 1 << 16]);
        while stream.write_all(&block).is_ok() {
            written += block.len();
            assert!(written < 64 << 20, "the sender reads without end");
        }
    });
    let judged = sent("webhook", &huge, &ManualClock::new(start())).await;
    assert_eq!((judged.verdict, judged.detail.as_str()), (Verdict::Sent, "200 OK"));
    let judged = answered("webhook", format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(1 << 20))).await;
    assert_eq!(judged.verdict, retry(None, true), "{}", judged.detail);
}

#[tokio::test]
async fn a_slow_receiver_has_twenty_seconds() {
    let (arrived, waits) = std::sync::mpsc::channel();
    let slow = Receiver::start(move |_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n.");
        let _ = arrived.send(stream.try_clone());
    });
    let clock = ManualClock::new(start());
    let later = clock.clone();
    let passes = tokio::task::spawn_blocking(move || {
        let stream = waits.recv();
        later.advance(Duration::from_secs(20));
        stream
    });
    let judged = sent("webhook", &slow, &clock).await;
    drop(passes.await);
    assert_eq!((judged.verdict, judged.detail.as_str()), (retry(None, true), "no response in time"));
}

#[tokio::test]
async fn a_connection_that_is_cut_is_uncertain_and_one_that_is_refused_is_not() {
    let judged = answered("webhook", "").await;
    assert_eq!(judged.verdict, retry(None, true), "{}", judged.detail);
    // The status decides, also if the body is cut off.
    let judged = answered("webhook", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n.").await;
    assert_eq!(judged.verdict, Verdict::Sent, "{}", judged.detail);
    let judged = answered("webhook", "HTTP/1.1 410 Gone\r\nContent-Length: 9\r\n\r\n.").await;
    assert_eq!(judged.verdict, Verdict::Failed, "{}", judged.detail);
    let origin = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let closed = Receiver { origin, ..Receiver::writing("") };
    let judged = sent("webhook", &closed, &ManualClock::new(start())).await;
    assert_eq!(judged.verdict, retry(None, false), "{}", judged.detail);
}
