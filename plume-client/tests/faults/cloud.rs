//! A cloud in the same process that answers as a test says, and the oracles that hold at the end of every row.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use chrono::DateTime;
use http::Request;
use plume_auth::{CachedTokenProvider, SecureUrl};
use plume_client::{CallRate, Client, ClientBuilder, Error, ErrorKind, RateLimiter};
use plume_runtime::{Clock, InProcess, ManualClock};
use testkit::{
    error::texts,
    replies::{Counting, Reply},
};

pub(crate) const NODES: &str = r#"{"nodes":[{"id":"TST1"}]}"#;
pub(crate) const UNAUTHORIZED: &str =
    r#"{"error":{"statusCode":401,"message":"Authorization Required","code":"AUTHORIZATION_REQUIRED"}}"#;

pub(crate) const INVALID_TOKEN: &str = r#"{"error":{"statusCode":401,"code":"INVALID_TOKEN"}}"#;

/// Part of every token, so that a leaked token is found.
pub(crate) const CANARY: &str = "canary";

/// `Sun, 06 Nov 1994 08:49:30 GMT`, seven seconds before the date of the examples in RFC 9110.
pub(crate) const START: Duration = Duration::from_secs(784_111_770);

/// Tokens that hold the marker.
pub(crate) fn tokens() -> Arc<Counting> {
    Arc::new(Counting::new("not-a-real-canary", Duration::from_secs(86_400)))
}

/// Requests, and when they came.
type Seen = Vec<(Duration, Request<Bytes>)>;

/// A client, the cloud it talks to, and what that has seen.
pub(crate) struct Cloud {
    pub(crate) client: Client,
    pub(crate) clock: ManualClock,
    seen: Arc<Mutex<Seen>>,
    tokens: Arc<Counting>,
}

impl Cloud {
    /// Gives `replies` in order, the last one again and again.
    pub(crate) fn scripted(replies: impl IntoIterator<Item = Reply>) -> Self {
        let mut replies: VecDeque<Reply> = replies.into_iter().collect();
        Self::answering(
            move |_| {
                if replies.len() > 1 { replies.pop_front().unwrap() } else { replies[0].clone() }
            },
        )
    }

    /// Answers every request by `answer`, on a clock on which a wait takes no time.
    pub(crate) fn answering(answer: impl FnMut(&Request<Bytes>) -> Reply + Send + 'static) -> Self {
        let clock = ManualClock::skipping(DateTime::UNIX_EPOCH + START);
        Self::built(clock, answer, |builder| builder)
    }

    /// As [`Cloud::answering`], with a clock and settings of the test's choice. The limiter is the real one.
    pub(crate) fn built(
        clock: ManualClock,
        answer: impl FnMut(&Request<Bytes>) -> Reply + Send + 'static,
        settings: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let answer = Mutex::new(answer);
        let (log, time) = (Arc::clone(&seen), clock.clone());
        let transport = InProcess::new(move |request: Request<Bytes>| {
            let reply = (*answer.lock().unwrap())(&request);
            log.lock().unwrap().push((time.monotonic(), request));
            async { reply }
        });
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let tokens = tokens();
        let builder = Client::builder()
            .api_base(SecureUrl::parse("https://cloud.example.net/api").unwrap())
            .token_provider(CachedTokenProvider::new(Arc::clone(&tokens), Arc::clone(&shared)))
            .transport(Arc::new(transport))
            .rate_limiter(RateLimiter::new(CallRate::default(), Arc::clone(&shared)))
            .clock(shared);
        Self { client: settings(builder).build().unwrap(), clock, seen, tokens }
    }

    /// One read, the way a user makes it.
    pub(crate) async fn nodes(&self) -> Result<usize, Error> {
        Ok(self.client.customer("c1").location("l1").nodes().await?.len())
    }

    /// The error of one read; that it keeps its secrets is checked on the way.
    pub(crate) async fn fails(&self) -> Error {
        let error = self.nodes().await.unwrap_err();
        assert_silent(&error);
        error
    }

    pub(crate) fn sent(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// When each request was sent.
    pub(crate) fn times(&self) -> Vec<Duration> {
        self.seen.lock().unwrap().iter().map(|(time, _)| *time).collect()
    }

    pub(crate) fn with_requests<T>(&self, look: impl FnOnce(&[&Request<Bytes>]) -> T) -> T {
        let seen = self.seen.lock().unwrap();
        look(&seen.iter().map(|(_, request)| request).collect::<Vec<_>>())
    }

    pub(crate) fn tokens_issued(&self) -> usize {
        self.tokens.issued()
    }

    /// Checks the end of every row: the number of requests and of token requests, nothing left waiting, and each
    /// permit either spent on a request or returned.
    pub(crate) fn ends_with(&self, requests: usize, token_requests: usize) {
        assert_eq!((self.sent(), self.tokens_issued()), (requests, token_requests));
        assert_eq!(self.client.calls_made(), requests as u64);
        assert_eq!(self.clock.sleepers(), 0, "something still waits");
        let times = self.times();
        let now = self.clock.monotonic();
        let window = CallRate::default().window;
        let in_window = times.iter().filter(|time| now - **time < window).count();
        assert_eq!(
            self.client.rate_limiter().budget_left(),
            Some(CallRate::default().per_window - in_window)
        );
        self.clock.advance(window);
        assert_eq!(self.client.rate_limiter().budget_left(), Some(CallRate::default().per_window));
    }
}

/// Neither the error nor anything below it shows a token.
pub(crate) fn assert_silent(error: &Error) {
    let mut texts = texts(error);
    texts.extend([
        error.help().to_owned(),
        format!("{:?} {:?} {:?}", error.excerpt(), error.server_message(), error.code()),
        format!("{:?}", error.attempts()),
    ]);
    for text in texts {
        assert!(!text.contains(CANARY), "{text}");
    }
}

/// An answer that cannot be read: an error that names the operation, and never an empty list.
pub(crate) fn assert_unreadable(error: &Error, what: &str) {
    assert_eq!((error.kind(), error.status()), (ErrorKind::Unreadable, Some(200)), "{what}: {error}");
    assert!(error.to_string().contains("/Customers/{id}/locations/{locationId}/nodes"), "{what}: {error}");
    assert_silent(error);
}
