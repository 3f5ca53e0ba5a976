//! A scripted token source.

use std::{
    collections::VecDeque,
    fmt,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
    time::Duration,
};

use async_trait::async_trait;

use crate::provider::TokenSource;
use crate::provider::{AuthError, AuthErrorKind};
use crate::token::IssuedToken;

/// A response of a [`ScriptedSource`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ScriptedAnswer {
    /// A new token of this lifetime.
    New(Duration),
    /// A token with this text.
    Token(String, Duration),
    /// An error of this class.
    Fail(AuthErrorKind),
    /// An error with which the endpoint requests a wait.
    Throttle(Duration),
    /// A panic.
    Panic,
}

/// A [`TokenSource`] with scripted responses, which counts its requests. Clones are the same source.
///
/// ```
/// # use std::time::Duration;
/// use plume_auth::{AuthErrorKind, TokenSource, testing::{ScriptedAnswer, ScriptedSource}};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let source = ScriptedSource::new();
/// source.then(ScriptedAnswer::Fail(AuthErrorKind::Unavailable));
/// assert!(source.fetch().await.is_err());
/// assert!(source.fetch().await.is_ok());
/// assert_eq!(source.requests(), 2);
/// # }
/// ```
#[derive(Clone)]
pub struct ScriptedSource {
    state: Arc<Mutex<Script>>,
}

struct Script {
    next: VecDeque<ScriptedAnswer>,
    always: ScriptedAnswer,
    requests: u64,
    held: bool,
    waiting: Vec<Waker>,
}

impl Default for ScriptedSource {
    fn default() -> Self {
        Self::new()
    }
}

impl ScriptedSource {
    /// Creates a source that issues a new token of ten minutes each time, until the script says otherwise.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: Arc::new(Mutex::new(Script {
                next: VecDeque::new(),
                always: ScriptedAnswer::New(Duration::from_secs(600)),
                requests: 0,
                held: false,
                waiting: Vec::new(),
            })),
        }
    }

    /// Queues one response.
    pub fn then(&self, answer: ScriptedAnswer) {
        self.lock().next.push_back(answer);
    }

    /// Sets the response for fetches when the queue is empty.
    pub fn always(&self, answer: ScriptedAnswer) {
        self.lock().always = answer;
    }

    /// Holds all fetches, or releases those that are held.
    pub fn hold(&self, held: bool) {
        let waiting = {
            let mut script = self.lock();
            script.held = held;
            std::mem::take(&mut script.waiting)
        };
        for waker in waiting {
            waker.wake();
        }
    }

    /// Returns the number of fetches so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.lock().requests
    }

    fn lock(&self) -> MutexGuard<'_, Script> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ScriptedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedSource").field("requests", &self.requests()).finish_non_exhaustive()
    }
}

#[async_trait]
impl TokenSource for ScriptedSource {
    #[expect(clippy::panic, reason = "the script says so")]
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        let number = {
            let mut script = self.lock();
            script.requests += 1;
            script.requests
        };
        poll_fn(|cx| {
            let mut script = self.lock();
            if script.held {
                script.waiting.push(cx.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
        let answer = {
            let mut script = self.lock();
            script.next.pop_front().unwrap_or_else(|| script.always.clone())
        };
        let issue = |text: String, lifetime| {
            IssuedToken::new(text, lifetime)
                .ok_or_else(|| AuthError::new(AuthErrorKind::Protocol, "not a valid token"))
        };
        match answer {
            ScriptedAnswer::New(lifetime) => issue(format!("scripted-token-{number}"), lifetime),
            ScriptedAnswer::Token(text, lifetime) => issue(text, lifetime),
            ScriptedAnswer::Fail(kind) => Err(AuthError::new(kind, "scripted")),
            ScriptedAnswer::Throttle(wait) => Err(AuthError::throttled("scripted", wait)),
            ScriptedAnswer::Panic => panic!("scripted"),
        }
    }
}
