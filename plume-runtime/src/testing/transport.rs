//! The promises of a transport.

use std::{
    any::Any,
    fmt,
    future::poll_fn,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::atomic::Ordering,
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};

use crate::clock::{Clock, SystemClock};
use crate::error::{TransportError, TransportErrorKind};
use crate::testing::report::{Outcome, Report};
use crate::testing::server::{PATIENCE, Server, answer};
use crate::transport::{Limits, Transport};

macro_rules! ensure {
    ($holds:expr, $($what:tt)+) => {
        if !$holds {
            return Err(format!($($what)+));
        }
    };
}

/// Checks the transports that `build` creates, a new one for each promise of [`Transport`].
///
/// The transport must allow plain `http` to `127.0.0.1`. The suite takes less than a second with a good transport, and up
/// to 5 s for each promise that is not kept. It runs on any async runtime that the transport runs on.
pub async fn check_transport<T: Transport>(build: impl Fn() -> T) -> Report {
    let mut report = Report::default();
    macro_rules! suite {
        ($($name:ident),* $(,)?) => {$({
            let check = async {
                let transport = build();
                $name(&transport).await
            };
            report.add(stringify!($name), caught(check).await);
        })*};
    }
    suite![
        every_status_is_an_answer,
        a_request_arrives_as_it_is,
        an_answer_arrives_whole,
        a_body_beyond_the_limit_is_an_error,
        a_silent_server_is_a_timeout,
        a_refused_connection_was_never_sent,
        a_broken_answer_may_have_been_sent,
        a_dropped_future_ends_the_request,
    ];
    report
}

async fn caught(check: impl Future<Output = Outcome>) -> Result<Outcome, Box<dyn Any + Send>> {
    let mut check = pin!(check);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| check.as_mut().poll(cx))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}

async fn within<F: Future>(future: F) -> Result<F::Output, String> {
    let clock = SystemClock::new();
    let (mut future, mut over) = (pin!(future), clock.sleep(PATIENCE));
    poll_fn(|cx| match (future.as_mut().poll(cx), over.as_mut().poll(cx)) {
        (Poll::Ready(output), _) => Poll::Ready(Ok(output)),
        (_, Poll::Ready(())) => Poll::Ready(Err(format!("nothing within {} s", PATIENCE.as_secs()))),
        _ => Poll::Pending,
    })
    .await
}

/// Waits until `holds`.
async fn until(holds: impl Fn() -> bool) -> Outcome {
    let clock = SystemClock::new();
    within(async {
        while !holds() {
            clock.sleep(Duration::from_millis(5)).await;
        }
    })
    .await
}

type Sent = Result<Response<Bytes>, TransportError>;

async fn get(transport: &dyn Transport, address: SocketAddr, limits: &Limits) -> Result<Sent, String> {
    let request = Request::get(format!("http://{address}/")).body(Bytes::new()).map_err(text)?;
    within(transport.send(request, limits)).await
}

fn text(error: impl fmt::Display) -> String {
    error.to_string()
}

async fn every_status_is_an_answer(transport: &dyn Transport) -> Outcome {
    for status in [200, 301, 307, 404, 429, 500, 503] {
        let server =
            Server::new(answer(status, "").replacen("\r\n", "\r\nLocation: /elsewhere\r\n", 1), false)?;
        let sent = get(transport, server.address, &Limits::default()).await?;
        let found = sent.map_err(|error| format!("{status} is an error: {error}"))?.status();
        ensure!(found == status, "{found} in place of {status}");
        ensure!(server.seen().len() == 1, "{} requests at a {status}", server.seen().len());
    }
    Ok(())
}

async fn a_request_arrives_as_it_is(transport: &dyn Transport) -> Outcome {
    let server = Server::new(answer(200, ""), false)?;
    let request = Request::post(format!("http://{}/a%2Fb?c=d%26e", server.address))
        .header("authorization", "Bearer not.a.token")
        .body(Bytes::from("a\0b\r\n"))
        .map_err(text)?;
    let _ = within(transport.send(request, &Limits::default())).await?.map_err(text)?;
    let seen = server.seen();
    let (head, body) = seen.first().ok_or("no request")?;
    ensure!(head.starts_with("POST /a%2Fb?c=d%26e HTTP/1.1\r\n"), "another method or target");
    let header = |line: &str| {
        line.split_once(':').is_some_and(|(name, value)| {
            name.eq_ignore_ascii_case("authorization") && value.trim() == "Bearer not.a.token"
        })
    };
    ensure!(head.lines().any(header), "a header is missing");
    ensure!(body == b"a\0b\r\n", "another body");
    Ok(())
}

async fn an_answer_arrives_whole(transport: &dyn Transport) -> Outcome {
    let body = "0123456789".repeat(10_000);
    let server = Server::new(
        answer(200, &body).replacen("\r\n", "\r\nX-Example: one\r\nX-Example: two\r\n", 1),
        false,
    )?;
    let sent = get(transport, server.address, &Limits::default()).await?.map_err(text)?;
    let values: Vec<_> = sent.headers().get_all("x-example").iter().collect();
    ensure!(values == ["one", "two"], "the headers are {values:?}");
    ensure!(sent.body() == body.as_bytes(), "another body");
    Ok(())
}

async fn a_body_beyond_the_limit_is_an_error(transport: &dyn Transport) -> Outcome {
    let limits = Limits::default().max_body_bytes(1_000);
    for length in [1_000, 1_001] {
        let body = "x".repeat(length);
        for answer in [answer(200, &body), format!("HTTP/1.1 200 Example\r\nConnection: close\r\n\r\n{body}")]
        {
            let server = Server::new(answer, false)?;
            let kind = get(transport, server.address, &limits).await?.map_err(|error| error.kind()).err();
            let expected = (length > 1_000).then_some(TransportErrorKind::TooLarge);
            ensure!(kind == expected, "{length} bytes with a limit of 1,000: {kind:?}");
        }
    }
    Ok(())
}

async fn a_silent_server_is_a_timeout(transport: &dyn Transport) -> Outcome {
    let short = Duration::from_millis(100);
    let head = "HTTP/1.1 200 Example\r\nContent-Length: 9\r\n\r\n";
    for (answer, limits) in [
        ("", Limits::default().total_timeout(short)),
        ("", Limits::default().first_byte_timeout(short)),
        (head, Limits::default().idle_read_timeout(short)),
    ] {
        let server = Server::new(answer, true)?;
        let kind = get(transport, server.address, &limits).await?.map_err(|error| error.kind()).err();
        ensure!(kind == Some(TransportErrorKind::Timeout), "{kind:?} with {limits:?}");
    }
    Ok(())
}

async fn a_refused_connection_was_never_sent(transport: &dyn Transport) -> Outcome {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(text)?;
    let address = listener.local_addr().map_err(text)?;
    drop(listener);
    let sent = get(transport, address, &Limits::default()).await?;
    let error = sent.err().ok_or("a response without a server")?;
    ensure!(error.never_sent() && error.is_transient(), "the error is of kind {:?}", error.kind());
    Ok(())
}

async fn a_broken_answer_may_have_been_sent(transport: &dyn Transport) -> Outcome {
    for answer in
        ["HTTP/1.1 200 Example\r\nContent-Le", "HTTP/1.1 200 Example\r\nContent-Length: 9\r\n\r\nhalf"]
    {
        let server = Server::new(answer, false)?;
        let sent = get(transport, server.address, &Limits::default()).await?;
        let error = sent.err().ok_or("half a response counts as a response")?;
        ensure!(!error.never_sent(), "the error is of kind {:?}", error.kind());
    }
    Ok(())
}

async fn a_dropped_future_ends_the_request(transport: &dyn Transport) -> Outcome {
    let server = Server::new("", true)?;
    {
        let limits = Limits::default();
        let mut sending = pin!(get(transport, server.address, &limits));
        let mut arrived = pin!(until(|| !server.seen().is_empty()));
        poll_fn(|cx| match (sending.as_mut().poll(cx), arrived.as_mut().poll(cx)) {
            (Poll::Ready(_), _) => Poll::Ready(Err("a response of a silent server".to_owned())),
            (_, arrived) => arrived,
        })
        .await?;
    }
    until(|| server.left.load(Ordering::Relaxed)).await.map_err(|_| "the connection stays open".to_owned())
}
