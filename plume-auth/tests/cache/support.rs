//! Token sources that a test controls, and caches over them.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::DateTime;
use plume_auth::{AuthError, AuthErrorKind, CachedTokenProvider, IssuedToken, TokenSource};
use plume_runtime::ManualClock;
use tokio::sync::Semaphore;

/// The longest first rest after a failure, the longest rest, and the longest fetch.
pub(crate) const FIRST_REST: Duration = Duration::from_secs(1);
pub(crate) const MAX_REST: Duration = Duration::from_secs(30);
pub(crate) const FETCH_DEADLINE: Duration = Duration::from_secs(30);

/// A source whose answers wait for a permit, and that counts how often it was asked.
#[derive(Debug)]
pub(crate) struct Gated {
    pub(crate) asked: AtomicU32,
    pub(crate) gate: Semaphore,
    pub(crate) fails: AtomicBool,
    pub(crate) lifetime: Duration,
}

#[async_trait]
impl TokenSource for Gated {
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        self.gate.acquire().await.unwrap().forget();
        if self.fails.load(Ordering::SeqCst) {
            return Err(AuthError::new(AuthErrorKind::Unavailable, "down"));
        }
        Ok(IssuedToken::new(format!("token-{number}"), self.lifetime).unwrap())
    }
}

pub(crate) struct Setup {
    pub(crate) source: Arc<Gated>,
    pub(crate) clock: ManualClock,
    pub(crate) provider: CachedTokenProvider,
}

pub(crate) fn setup(permits: usize) -> Setup {
    let source = Arc::new(Gated {
        asked: AtomicU32::new(0),
        gate: Semaphore::new(permits),
        fails: false.into(),
        lifetime: Duration::from_secs(600),
    });
    let clock = ManualClock::new(DateTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
    let provider = CachedTokenProvider::new(Arc::clone(&source), Arc::new(clock.clone()));
    Setup { source, clock, provider }
}

impl Setup {
    pub(crate) fn asked(&self) -> u32 {
        self.source.asked.load(Ordering::SeqCst)
    }

    pub(crate) async fn settle(&self) {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }
}

/// Answers with what was prepared, in order; the last answer stays.
#[derive(Debug)]
pub(crate) struct Scripted {
    pub(crate) asked: AtomicU32,
    pub(crate) answers: Mutex<Vec<Result<(&'static str, u64), AuthErrorKind>>>,
}

impl Scripted {
    pub(crate) fn new(answers: &[Result<(&'static str, u64), AuthErrorKind>]) -> Arc<Self> {
        let mut answers = answers.to_vec();
        answers.reverse();
        Arc::new(Self { asked: AtomicU32::new(0), answers: Mutex::new(answers) })
    }

    pub(crate) fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl TokenSource for Scripted {
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop().unwrap() } else { answers[0] };
        answer
            .map(|(token, seconds)| IssuedToken::new(token, Duration::from_secs(seconds)).unwrap())
            .map_err(|kind| AuthError::new(kind, "scripted"))
    }
}

pub(crate) fn provider_of(source: &Arc<Scripted>) -> (CachedTokenProvider, ManualClock) {
    let clock = ManualClock::new(DateTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
    let provider =
        CachedTokenProvider::builder(Arc::clone(source), Arc::new(clock.clone())).seed(7).lanes(2).build();
    (provider, clock)
}
