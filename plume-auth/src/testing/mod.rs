//! For tests of code that uses token providers, or is one. (feature `testing`)
//!
//! * [`ScriptedSource`] is a [`TokenSource`] that answers as it is told and counts how often it was asked.
//! * [`contract`] is our own suite, for anybody's [`TokenProvider`]: every promise of
//!   [`CachedTokenProvider`](crate::CachedTokenProvider), checked with a clock that the suite moves.
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//! use plume_auth::{CachedTokenProvider, testing::{Rig, contract}};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let report = contract::check(|| {
//!     Rig::new(|source, clock| Arc::new(CachedTokenProvider::new(source, Arc::new(clock))))
//! })
//! .await;
//! assert!(report.is_ok(), "{report}");
//! # }
//! ```

use std::{
    fmt,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use plume_runtime::{Clock, ManualClock};

use crate::provider::{AuthError, AuthErrorKind};
use crate::provider::{TokenProvider, TokenSource};
use crate::token::IssuedToken;

pub mod contract;

/// What a [`ScriptedSource`] answers.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ScriptedAnswer {
    /// A token of this lifetime that nobody had before.
    New(Duration),
    /// A token with this text.
    Token(String, Duration),
    /// An error of this class.
    Fail(AuthErrorKind),
    /// An error with which the endpoint asks to wait.
    Throttle(Duration),
    /// A panic.
    Panic,
}

/// A [`TokenSource`] that answers as it is told. Clones are the same source.
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
    next: std::collections::VecDeque<ScriptedAnswer>,
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
    /// Issues a new token of ten minutes each time, until it is told something else.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: Arc::new(Mutex::new(Script {
                next: std::collections::VecDeque::new(),
                always: ScriptedAnswer::New(Duration::from_secs(600)),
                requests: 0,
                held: false,
                waiting: Vec::new(),
            })),
        }
    }

    /// Answers so once, after what was queued before.
    pub fn then(&self, answer: ScriptedAnswer) {
        self.lock().next.push_back(answer);
    }

    /// Answers so whenever nothing is queued.
    pub fn always(&self, answer: ScriptedAnswer) {
        self.lock().always = answer;
    }

    /// Lets fetches wait before they are answered, or answers all that wait.
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

    /// How often it was asked.
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
    #[expect(clippy::panic, reason = "it was told to")]
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
                .ok_or_else(|| AuthError::new(AuthErrorKind::Protocol, "no token can look like this"))
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

/// A provider in a laboratory: what the [`contract`] needs to control.
///
/// [`Rig`] does it for every provider that can be built on a [`TokenSource`] and a [`Clock`]; implement it for one
/// that has its own idea of both.
pub trait Driver {
    /// The provider. The same one each time.
    fn provider(&self) -> Arc<dyn TokenProvider>;
    /// Moves both of its clocks forward.
    fn advance(&self, by: Duration);
    /// Moves its wall clock alone, forward or back.
    fn advance_wall(&self, seconds: i64);
    /// Sets what its source answers next: see [`ScriptedSource::then`].
    fn then(&self, answer: ScriptedAnswer);
    /// Sets what its source answers otherwise: see [`ScriptedSource::always`].
    fn always(&self, answer: ScriptedAnswer);
    /// Lets fetches wait: see [`ScriptedSource::hold`].
    fn hold(&self, held: bool);
    /// How often its source was asked.
    fn requests(&self) -> u64;
}

/// A provider on a [`ScriptedSource`] and a [`ManualClock`].
#[derive(Debug, Clone)]
pub struct Rig {
    provider: Arc<dyn TokenProvider>,
    source: ScriptedSource,
    clock: ManualClock,
}

impl Rig {
    /// Sets up the provider that `build` makes.
    pub fn new(build: impl FnOnce(ScriptedSource, ManualClock) -> Arc<dyn TokenProvider>) -> Self {
        let source = ScriptedSource::new();
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
        Self { provider: build(source.clone(), clock.clone()), source, clock }
    }
}

impl Driver for Rig {
    fn provider(&self) -> Arc<dyn TokenProvider> {
        Arc::clone(&self.provider)
    }

    fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    fn advance_wall(&self, seconds: i64) {
        let by = Duration::from_secs(seconds.unsigned_abs());
        let wall = self.clock.wall();
        let moved = if seconds < 0 { wall.checked_sub(by) } else { wall.checked_add(by) };
        self.clock.set_wall(moved.unwrap_or(wall));
    }

    fn then(&self, answer: ScriptedAnswer) {
        self.source.then(answer);
    }

    fn always(&self, answer: ScriptedAnswer) {
        self.source.always(answer);
    }

    fn hold(&self, held: bool) {
        self.source.hold(held);
    }

    fn requests(&self) -> u64 {
        self.source.requests()
    }
}
