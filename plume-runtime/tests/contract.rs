//! The HTTP transport, and wrong ones, through the public suite.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]
#![cfg(all(feature = "http-transport", feature = "testing"))]

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use plume_runtime::{
    HttpTransport, Limits, Transport, TransportError, TransportErrorKind, testing::check_transport,
};

#[tokio::test]
async fn our_transport_keeps_every_promise() {
    let report = check_transport(HttpTransport::default).await;
    assert!(report.is_ok(), "{report}");
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    FollowsRedirects,
    StatusIsAnError,
    DropsTheBody,
    DropsHeaders,
    CutsTheAnswer,
    OneValueOfEachHeader,
    IgnoresTheBodyLimit,
    TimeoutIsNoTimeout,
    NothingIsNeverSent,
    NothingMayHaveBeenSent,
    GoesOnAfterADrop,
    Panics,
}

#[derive(Debug)]
struct Flawed {
    right: HttpTransport,
    fault: Option<Fault>,
}

#[async_trait]
impl Transport for Flawed {
    async fn send(
        &self,
        mut request: Request<Bytes>,
        limits: &Limits,
    ) -> Result<Response<Bytes>, TransportError> {
        let is = |fault| self.fault == Some(fault);
        assert!(!is(Fault::Panics), "planned");
        if is(Fault::DropsTheBody) {
            *request.body_mut() = Bytes::new();
        }
        if is(Fault::DropsHeaders) {
            request.headers_mut().clear();
        }
        let again = request.clone();
        let mut limits = limits.clone();
        if is(Fault::IgnoresTheBodyLimit) {
            limits = limits.max_body_bytes(1 << 20);
        }
        let sent = if is(Fault::GoesOnAfterADrop) {
            let right = self.right.clone();
            let sending = tokio::spawn(async move { right.send(request, &limits).await });
            sending.await.unwrap()
        } else {
            self.right.send(request, &limits).await.map_err(|error| match error.kind() {
                TransportErrorKind::Timeout if is(Fault::TimeoutIsNoTimeout) => {
                    TransportError::new(TransportErrorKind::Interrupted, "planned")
                }
                TransportErrorKind::Connect | TransportErrorKind::Refused
                    if is(Fault::NothingIsNeverSent) =>
                {
                    TransportError::new(TransportErrorKind::Interrupted, "planned")
                }
                TransportErrorKind::Interrupted if is(Fault::NothingMayHaveBeenSent) => {
                    TransportError::new(TransportErrorKind::Connect, "planned")
                }
                _ => error,
            })
        };
        let mut answer = sent?;
        if is(Fault::FollowsRedirects) && answer.status().is_redirection() {
            return self.right.send(again, &Limits::default()).await;
        }
        if is(Fault::StatusIsAnError) && !answer.status().is_success() {
            return Err(TransportError::new(TransportErrorKind::Interrupted, "planned"));
        }
        if is(Fault::CutsTheAnswer) {
            answer.body_mut().truncate(4_096);
        }
        if is(Fault::OneValueOfEachHeader) {
            let last = answer.headers().get_all("x-example").iter().next_back().cloned();
            last.map(|value| answer.headers_mut().insert("x-example", value));
        }
        Ok(answer)
    }
}

/// The promises that a transport with one fault does not keep.
async fn broken(fault: Option<Fault>) -> Vec<&'static str> {
    let report = check_transport(|| Flawed { right: HttpTransport::default(), fault }).await;
    report.failures().map(|(promise, _)| promise).collect()
}

#[tokio::test]
async fn a_wrong_transport_breaks_the_promises_of_its_fault_and_no_other() {
    assert_eq!(broken(None).await, [""; 0]);
    let faults: [(Fault, &[&str]); 11] = [
        (Fault::FollowsRedirects, &["every_status_is_an_answer"]),
        (Fault::StatusIsAnError, &["every_status_is_an_answer"]),
        (Fault::DropsTheBody, &["a_request_arrives_as_it_is"]),
        (Fault::DropsHeaders, &["a_request_arrives_as_it_is"]),
        (Fault::CutsTheAnswer, &["an_answer_arrives_whole"]),
        (Fault::OneValueOfEachHeader, &["an_answer_arrives_whole"]),
        (Fault::IgnoresTheBodyLimit, &["a_body_beyond_the_limit_is_an_error"]),
        (Fault::TimeoutIsNoTimeout, &["a_silent_server_is_a_timeout"]),
        (Fault::NothingIsNeverSent, &["a_refused_connection_was_never_sent"]),
        (Fault::NothingMayHaveBeenSent, &["a_broken_answer_may_have_been_sent"]),
        (Fault::GoesOnAfterADrop, &["a_dropped_future_ends_the_request"]),
    ];
    for (fault, promises) in faults {
        assert_eq!(broken(Some(fault)).await, promises, "{fault:?}");
    }
    assert_eq!(broken(Some(Fault::Panics)).await.len(), 8);
}
