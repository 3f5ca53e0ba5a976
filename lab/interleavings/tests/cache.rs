//! The concurrent part of the token cache under thousands of schedules: `cargo test -p interleavings`.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::DateTime;
use explored::{AuthError, AuthErrorKind, CachedTokenProvider, IssuedToken, TokenProvider, TokenSource};
use plume_runtime::ManualClock;
use shuttle::{future, thread};

const SCHEDULES: usize = 3_000;

#[derive(Debug, Default)]
struct Source {
    asked: AtomicU32,
    fails: bool,
}

#[async_trait]
impl TokenSource for Source {
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        future::yield_now().await;
        if self.fails {
            return Err(AuthError::new(AuthErrorKind::Unavailable, "down"));
        }
        Ok(IssuedToken::new(format!("token-{number}"), Duration::from_secs(600)).unwrap())
    }
}

fn setup(fails: bool) -> (Arc<Source>, ManualClock, CachedTokenProvider) {
    let source = Arc::new(Source { asked: AtomicU32::new(0), fails });
    let clock = ManualClock::new(DateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    let provider = CachedTokenProvider::builder(Arc::clone(&source), Arc::new(clock.clone())).seed(1).build();
    (source, clock, provider)
}

fn explore(model: impl Fn() + Send + Sync + 'static) {
    let model = Arc::new(model);
    let random = Arc::clone(&model);
    shuttle::check_random(move || random(), SCHEDULES);
    shuttle::check_pct(move || model(), SCHEDULES, 3);
}

#[test]
fn cold_callers_share_one_fetch() {
    explore(|| {
        let (source, _, provider) = setup(false);
        let callers: Vec<_> = (0..3)
            .map(|_| {
                let provider = provider.clone();
                thread::spawn(move || future::block_on(provider.token()).unwrap().generation())
            })
            .collect();
        for caller in callers {
            assert_eq!(caller.join().unwrap(), 1);
        }
        assert_eq!(source.asked.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn cold_callers_share_one_failure() {
    explore(|| {
        let (source, _, provider) = setup(true);
        let callers: Vec<_> = (0..3)
            .map(|_| {
                let provider = provider.clone();
                thread::spawn(move || assert!(future::block_on(provider.token()).is_err()))
            })
            .collect();
        for caller in callers {
            caller.join().unwrap();
        }
        assert_eq!(source.asked.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn concurrent_rejections_and_refreshes_cost_one_fetch() {
    explore(|| {
        let (source, _, provider) = setup(false);
        let first = future::block_on(provider.token()).unwrap();
        let callers: Vec<_> = (0..3)
            .map(|_| {
                let (provider, first) = (provider.clone(), first.clone());
                thread::spawn(move || {
                    provider.invalidate(&first);
                    // From here on no caller may get it.
                    assert!(provider.ready().is_none_or(|token| token.generation() == 2));
                    assert_eq!(future::block_on(provider.token()).unwrap().generation(), 2);
                })
            })
            .collect();
        for caller in callers {
            caller.join().unwrap();
        }
        assert_eq!(provider.ready().unwrap().generation(), 2, "a late rejection threw the new token away");
        assert_eq!(source.asked.load(Ordering::SeqCst), 2);
    });
}

#[test]
fn background_refresh_blocks_no_reader_and_happens_once() {
    explore(|| {
        let (source, clock, provider) = setup(false);
        future::block_on(provider.token()).unwrap();
        clock.advance(Duration::from_secs(541));
        let callers: Vec<_> = (0..3)
            .map(|_| {
                let provider = provider.clone();
                thread::spawn(move || {
                    let first = future::block_on(provider.token()).unwrap().generation();
                    let second = future::block_on(provider.token()).unwrap().generation();
                    assert!(first <= second, "an older token after a newer one");
                })
            })
            .collect();
        for caller in callers {
            caller.join().unwrap();
        }
        assert!(source.asked.load(Ordering::SeqCst) <= 2);
    });
}

#[test]
fn forgotten_token_stays_forgotten() {
    explore(|| {
        let (_, clock, provider) = setup(false);
        future::block_on(provider.token()).unwrap();
        clock.advance(Duration::from_secs(541));
        let refreshing = {
            let provider = provider.clone();
            thread::spawn(move || future::block_on(provider.token()).unwrap())
        };
        provider.forget();
        // The refresh may have begun before or after it; the old token is gone in either case.
        assert!(provider.ready().is_none_or(|token| token.generation() > 1));
        let _ = refreshing.join().unwrap();
        assert!(provider.ready().is_none_or(|token| token.generation() > 1));
    });
}

#[test]
fn provider_can_be_dropped_at_any_time() {
    explore(|| {
        let (source, _, provider) = setup(false);
        let other = provider.clone();
        let caller = thread::spawn(move || {
            // Dropped after one poll, with the fetch in flight.
            let call = other.token();
            drop(futures_util::FutureExt::now_or_never(call));
        });
        drop(provider);
        caller.join().unwrap();
        assert!(source.asked.load(Ordering::SeqCst) <= 1);
    });
}
