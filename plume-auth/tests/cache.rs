//! The cache as its users see it: one test per promise, with a clock that the test moves.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::{FutureExt, future::join_all};
use plume_auth::{
    AuthError, AuthErrorKind, CachedTokenProvider, IssuedToken, TokenEvent, TokenObserver, TokenPhase,
    TokenProvider, TokenSource,
};
use plume_runtime::{Clock, ManualClock};
use tokio::sync::Semaphore;

/// The longest first rest after a failure, the longest rest, and the longest fetch.
const FIRST_REST: Duration = Duration::from_secs(1);
const MAX_REST: Duration = Duration::from_secs(30);
const FETCH_DEADLINE: Duration = Duration::from_secs(30);

/// A source whose answers wait for a permit, and that counts how often it was asked.
#[derive(Debug)]
struct Gated {
    asked: AtomicU32,
    gate: Semaphore,
    fails: AtomicBool,
    lifetime: Duration,
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

struct Setup {
    source: Arc<Gated>,
    clock: ManualClock,
    provider: CachedTokenProvider,
}

fn setup(permits: usize) -> Setup {
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
    fn asked(&self) -> u32 {
        self.source.asked.load(Ordering::SeqCst)
    }

    async fn settle(&self) {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn many_callers_make_one_request_and_share_its_token() {
    let setup = setup(0);
    let calls = join_all((0..1_000).map(|_| setup.provider.token()));
    setup.source.gate.add_permits(1);
    let tokens: Vec<_> = calls.await.into_iter().map(|token| token.unwrap().generation()).collect();
    assert_eq!(tokens, vec![1; 1_000]);
    assert_eq!(setup.asked(), 1);
}

#[tokio::test]
async fn many_callers_share_a_failure_and_the_source_rests() {
    let setup = setup(10);
    setup.source.fails.store(true, Ordering::SeqCst);
    let results = join_all((0..1_000).map(|_| setup.provider.token())).await;
    assert!(results.iter().all(Result::is_err));
    assert!(setup.provider.token().await.is_err());
    assert_eq!(setup.asked(), 1);
    setup.clock.advance(FIRST_REST);
    assert!(setup.provider.token().await.is_err());
    assert_eq!(setup.asked(), 2);
    // The second failure rests twice as long.
    setup.clock.advance(FIRST_REST);
    assert!(setup.provider.token().await.is_err());
    assert_eq!(setup.asked(), 2);
}

#[tokio::test]
async fn recovery_needs_only_time() {
    let setup = setup(100);
    setup.source.fails.store(true, Ordering::SeqCst);
    for _ in 0..50 {
        assert!(setup.provider.token().await.is_err());
        setup.clock.advance(Duration::from_secs(3600));
    }
    setup.source.fails.store(false, Ordering::SeqCst);
    setup.clock.advance(MAX_REST);
    assert!(setup.provider.token().await.is_ok());
}

#[tokio::test]
async fn the_old_token_is_served_while_the_new_one_is_fetched() {
    let setup = setup(1);
    assert_eq!(setup.provider.token().await.unwrap().generation(), 1);
    setup.clock.advance(Duration::from_secs(541));
    for _ in 0..10 {
        assert_eq!(setup.provider.token().await.unwrap().generation(), 1);
    }
    setup.settle().await;
    assert_eq!(setup.asked(), 2, "one refresh beside the callers");
    setup.source.gate.add_permits(1);
    setup.settle().await;
    assert_eq!(setup.provider.token().await.unwrap().generation(), 2);
}

#[tokio::test]
async fn a_failed_refresh_is_invisible_while_the_token_is_valid() {
    let setup = setup(100);
    setup.provider.token().await.unwrap();
    setup.source.fails.store(true, Ordering::SeqCst);
    // From the advisory window to one second before the end, second by second.
    for second in 541..600 {
        setup.clock.advance(Duration::from_secs(if second == 541 { 541 } else { 1 }));
        assert!(setup.provider.token().await.is_ok(), "{second} s");
        setup.settle().await;
    }
    assert!(setup.asked() <= 1 + 8, "{} requests", setup.asked());
    setup.clock.advance(Duration::from_secs(1));
    assert!(setup.provider.token().await.is_err(), "an expired token is not served");
}

#[tokio::test]
async fn a_fetch_outlives_its_callers() {
    let setup = setup(0);
    let mut call = Box::pin(setup.provider.token());
    assert!((&mut call).now_or_never().is_none());
    drop(call);
    setup.source.gate.add_permits(1);
    assert_eq!(setup.provider.token().await.unwrap().generation(), 1);
    assert_eq!(setup.asked(), 1);
}

#[tokio::test]
async fn a_late_rejection_leaves_the_new_token_alone() {
    let setup = setup(10);
    let first = setup.provider.token().await.unwrap();
    setup.provider.invalidate(&first);
    let second = setup.provider.token().await.unwrap();
    assert_eq!(second.generation(), 2);
    setup.provider.invalidate(&first);
    assert_eq!(setup.provider.token().await.unwrap().generation(), 2);
    assert_eq!(setup.asked(), 2);
}

#[tokio::test]
async fn a_rejected_token_is_not_served_again_when_the_refresh_fails() {
    let setup = setup(10);
    let first = setup.provider.token().await.unwrap();
    setup.source.fails.store(true, Ordering::SeqCst);
    setup.provider.invalidate(&first);
    assert!(setup.provider.token().await.is_err());
}

#[tokio::test]
async fn suspended_machine_does_not_serve_an_expired_token() {
    let setup = setup(10);
    setup.provider.token().await.unwrap();
    // The monotonic clock stood still; the wall clock says that two hours went by.
    setup.clock.set_wall(setup.clock.wall() + Duration::from_secs(7_200));
    assert_eq!(setup.provider.token().await.unwrap().generation(), 2);
    // Set back by a day: at most one more request.
    setup.clock.set_wall(setup.clock.wall() - Duration::from_secs(86_400));
    setup.provider.token().await.unwrap();
    assert!(setup.asked() <= 3);
}

#[tokio::test]
async fn a_hung_fetch_ends_at_its_deadline() {
    let setup = setup(0);
    let provider = setup.provider.clone();
    let call = tokio::spawn(async move { provider.token().await });
    while setup.clock.sleepers() == 0 {
        tokio::task::yield_now().await;
    }
    setup.clock.advance(FETCH_DEADLINE);
    assert_eq!(call.await.unwrap().unwrap_err().kind(), AuthErrorKind::Unavailable);
}

#[test]
fn outside_a_runtime_the_caller_drives_the_fetch() {
    let setup = setup(1);
    let token = setup.provider.token().now_or_never();
    assert_eq!(token.unwrap().unwrap().generation(), 1);
}

#[tokio::test]
async fn panic_in_the_source_is_an_error_and_blocks_no_caller() {
    #[derive(Debug, Default)]
    struct Panics(AtomicU32);
    #[async_trait]
    impl TokenSource for Panics {
        async fn fetch(&self) -> Result<IssuedToken, AuthError> {
            assert!(self.0.fetch_add(1, Ordering::SeqCst) > 0, "the first call panics");
            Ok(IssuedToken::new("abc", Duration::from_secs(600)).unwrap())
        }
    }
    let clock = ManualClock::new(DateTime::UNIX_EPOCH);
    let provider = CachedTokenProvider::new(Panics::default(), Arc::new(clock.clone()));
    assert_eq!(provider.token().await.unwrap_err().kind(), AuthErrorKind::Internal);
    clock.advance(FIRST_REST);
    assert!(provider.token().await.is_ok());
}

#[tokio::test]
async fn a_storm_of_rejections_causes_one_fetch() {
    let setup = setup(10);
    let first = setup.provider.token().await.unwrap();
    let calls = (0..10_000).map(|_| async {
        setup.provider.invalidate(&first);
        setup.provider.token().await.unwrap().generation()
    });
    assert!(join_all(calls).await.into_iter().all(|generation| generation == 2));
    assert_eq!(setup.asked(), 2);
}

/// Answers with what was prepared, in order; the last answer stays.
#[derive(Debug)]
struct Scripted {
    asked: AtomicU32,
    answers: Mutex<Vec<Result<(&'static str, u64), AuthErrorKind>>>,
}

impl Scripted {
    fn new(answers: &[Result<(&'static str, u64), AuthErrorKind>]) -> Arc<Self> {
        let mut answers = answers.to_vec();
        answers.reverse();
        Arc::new(Self { asked: AtomicU32::new(0), answers: Mutex::new(answers) })
    }

    fn asked(&self) -> u32 {
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

fn provider_of(source: &Arc<Scripted>) -> (CachedTokenProvider, ManualClock) {
    let clock = ManualClock::new(DateTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
    let provider =
        CachedTokenProvider::builder(Arc::clone(source), Arc::new(clock.clone())).seed(7).lanes(2).build();
    (provider, clock)
}

#[tokio::test]
async fn a_rejected_string_is_never_served_again_even_if_it_is_issued_again() {
    let source = Scripted::new(&[Ok(("same", 600)), Ok(("same", 600)), Ok(("other", 600))]);
    let (provider, clock) = provider_of(&source);
    let token = provider.token().await.unwrap();
    provider.invalidate(&token);
    assert_eq!(provider.ready().map(|token| token.generation()), None);
    assert_eq!(provider.token().await.unwrap_err().kind(), AuthErrorKind::TokenRejected);
    clock.advance(FIRST_REST);
    assert_eq!(provider.token().await.unwrap().expose_token(), "other");
}

#[tokio::test]
async fn a_refusal_for_good_is_remembered_but_not_for_ever() {
    let source = Scripted::new(&[Err(AuthErrorKind::CredentialsRejected)]);
    let (provider, clock) = provider_of(&source);
    for _ in 0..10_000 {
        assert!(provider.token().await.is_err());
        clock.advance(Duration::from_micros(100));
    }
    assert_eq!(source.asked(), 1, "10,000 calls in a second");
    assert_eq!(provider.status().phase, TokenPhase::Refused);
    for _ in 0..3_600 {
        let _ = provider.token().await;
        clock.advance(Duration::from_secs(1));
    }
    assert!((50..90).contains(&source.asked()), "{} in an hour", source.asked());
    // A new secret was set, so no call waits for the end of the backoff.
    *source.answers.lock().unwrap() = vec![Ok(("abc", 600))];
    provider.retry_now();
    assert!(provider.token().await.is_ok());
}

#[tokio::test]
async fn nearly_expired_token_is_used_without_a_request_loop() {
    // The endpoint hands out one token until its end.
    let source = Scripted::new(&[Ok(("same", 3))]);
    let (provider, clock) = provider_of(&source);
    for _ in 0..600 {
        let _ = provider.token().await;
        tokio::task::yield_now().await;
        clock.advance(Duration::from_millis(100));
    }
    assert!(source.asked() <= 8, "{} requests in 60 s", source.asked());
}

#[tokio::test]
async fn token_is_requested_at_most_once_per_half_lifetime() {
    for seconds in [1, 5, 29, 30, 31, 60, 120, 300, 600, 1_800, 3_600, 86_400] {
        let setup = setup(usize::MAX >> 4);
        let lifetime = Duration::from_secs(seconds);
        let source = Arc::new(Gated {
            asked: AtomicU32::new(0),
            gate: Semaphore::new(1_000_000),
            fails: false.into(),
            lifetime,
        });
        let provider = CachedTokenProvider::new(Arc::clone(&source), Arc::new(setup.clock.clone()));
        let step = (lifetime / 240).max(Duration::from_millis(50));
        let (mut last, mut at, mut now) = (0, Duration::ZERO, Duration::ZERO);
        while now < lifetime * 5 {
            assert!(provider.token().await.is_ok(), "{seconds} s");
            setup.settle().await;
            let asked = source.asked.load(Ordering::SeqCst);
            if asked > last {
                assert!(asked == last + 1 && (last == 0 || now - at >= (lifetime / 2).max(FIRST_REST)));
                (last, at) = (asked, now);
            }
            setup.clock.advance(step);
            now += step;
        }
        assert!(last >= 5, "{seconds} s: {last} requests");
    }
}

#[tokio::test]
async fn instances_that_start_together_do_not_refresh_together() {
    let lifetime = 3_600;
    let mut buckets = std::collections::BTreeMap::<u64, u32>::new();
    for seed in 0..1_000 {
        let clock = ManualClock::new(DateTime::UNIX_EPOCH);
        let source = Scripted::new(&[Ok(("abc", lifetime))]);
        let provider = CachedTokenProvider::builder(source, Arc::new(clock.clone())).seed(seed).build();
        provider.token().await.unwrap();
        *buckets.entry(provider.status().refresh_in.unwrap().as_secs()).or_default() += 1;
    }
    let (first, last) = (buckets.keys().min().unwrap(), buckets.keys().max().unwrap());
    assert!(last - first >= lifetime / 10 / 5, "{first} to {last} s");
    assert!(buckets.values().all(|count| *count <= 20), "{buckets:?}");
}

#[tokio::test]
async fn a_caller_that_gives_up_bounds_its_own_wait_only() {
    let setup = setup(0);
    let mut hasty = Box::pin(setup.provider.token());
    let patient = tokio::spawn({
        let provider = setup.provider.clone();
        async move { provider.token().await }
    });
    assert!((&mut hasty).now_or_never().is_none());
    setup.settle().await;
    drop(hasty);
    setup.source.gate.add_permits(1);
    assert!(patient.await.unwrap().is_ok());
    assert_eq!(setup.asked(), 1);
}

#[tokio::test]
async fn callers_wait_briefly_in_the_last_seconds_of_a_token() {
    let setup = setup(1);
    setup.provider.token().await.unwrap();
    // Idle until the mandatory window; then the source hangs.
    setup.clock.advance(Duration::from_secs(585));
    let call = tokio::spawn({
        let provider = setup.provider.clone();
        async move { provider.token().await }
    });
    // The fetch's deadline and the caller's patience.
    while setup.clock.sleepers() < 2 {
        tokio::task::yield_now().await;
    }
    setup.clock.advance(Duration::from_secs(2));
    assert_eq!(call.await.unwrap().unwrap().generation(), 1);
    assert!(setup.provider.token().now_or_never().unwrap().is_ok(), "and the next one does not wait at all");
}

#[tokio::test]
async fn no_request_without_callers() {
    let setup = setup(10);
    setup.provider.token().await.unwrap();
    for _ in 0..24 * 60 {
        setup.clock.advance(Duration::from_secs(60));
        setup.settle().await;
    }
    assert_eq!((setup.asked(), setup.clock.sleepers()), (1, 0));
}

#[tokio::test]
async fn dropped_provider_leaves_no_task() {
    let source = Arc::new(Gated {
        asked: AtomicU32::new(0),
        gate: Semaphore::new(0),
        fails: false.into(),
        lifetime: Duration::from_secs(600),
    });
    let clock = ManualClock::new(DateTime::UNIX_EPOCH);
    for _ in 0..10_000 {
        let provider = CachedTokenProvider::new(Arc::clone(&source), Arc::new(clock.clone()));
        assert!(provider.token().now_or_never().is_none());
    }
    while Arc::strong_count(&source) > 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(clock.sleepers(), 0);
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
}

#[test]
fn a_runtime_that_shuts_down_does_not_take_the_fetch_with_it() {
    let setup = setup(0);
    let first = tokio::runtime::Builder::new_current_thread().build().unwrap();
    first.block_on(async {
        assert!(setup.provider.token().now_or_never().is_none());
        setup.settle().await;
    });
    assert_eq!(setup.asked(), 1);
    // A caller on another runtime joined before the first one ends.
    let second = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let joined = second.spawn({
        let provider = setup.provider.clone();
        async move { provider.token().await }
    });
    second.block_on(setup.settle());
    drop(first);
    setup.source.gate.add_permits(1);
    assert!(second.block_on(joined).unwrap().is_ok());
    assert!(setup.asked() <= 2);
    // And it is as good as new on a third.
    setup.source.gate.add_permits(1);
    setup.clock.advance(Duration::from_secs(600));
    let third = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert!(third.block_on(setup.provider.token()).is_ok());
}

#[test]
fn refresh_lost_with_its_runtime_is_restarted() {
    let setup = setup(1);
    let first = tokio::runtime::Builder::new_current_thread().build().unwrap();
    first.block_on(setup.provider.token()).unwrap();
    setup.clock.advance(Duration::from_secs(541));
    first.block_on(async {
        setup.provider.token().await.unwrap();
        setup.settle().await;
    });
    drop(first);
    setup.source.gate.add_permits(1);
    let second = tokio::runtime::Builder::new_current_thread().build().unwrap();
    second.block_on(async {
        assert_eq!(setup.provider.token().await.unwrap().generation(), 1);
        setup.settle().await;
        assert!(setup.provider.token().await.unwrap().generation() > 1);
    });
}

#[test]
fn the_machines_clock_needs_no_runtime() {
    let source = Scripted::new(&[Err(AuthErrorKind::Unavailable), Ok(("abc", 600))]);
    let provider = CachedTokenProvider::new(source, Arc::new(plume_runtime::SystemClock::new()));
    assert!(provider.token().now_or_never().unwrap().is_err());
    provider.retry_now();
    assert!(provider.token().now_or_never().unwrap().is_ok());
}

#[derive(Debug, Default)]
struct Diary(Mutex<Vec<String>>);

impl TokenObserver for Diary {
    fn observe(&self, event: &TokenEvent) {
        let line = match event {
            TokenEvent::Obtained { generation, .. } => format!("obtained {generation}"),
            TokenEvent::Refreshed { generation, .. } => format!("refreshed {generation}"),
            TokenEvent::Failed { error, failures, .. } => format!("failed {:?} {failures}", error.kind()),
            TokenEvent::Rejected { generation } => format!("rejected {generation}"),
            TokenEvent::Rotated { generation } => format!("rotated {generation}"),
            TokenEvent::Dropped { generation } => format!("dropped {generation}"),
            _ => "?".to_owned(),
        };
        self.0.lock().unwrap().push(line);
        panic!("an observer's panic is its own affair");
    }
}

#[tokio::test]
async fn every_event_is_observed_and_traced() {
    let source = Scripted::new(&[
        Ok(("a", 600)),
        Err(AuthErrorKind::Unavailable),
        Ok(("b", 600)),
        Err(AuthErrorKind::CredentialsRejected),
    ]);
    let clock = ManualClock::new(DateTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
    let diary = Arc::new(Diary::default());
    let observer: Arc<dyn TokenObserver> = Arc::clone(&diary) as _;
    let provider =
        CachedTokenProvider::builder(source, Arc::new(clock.clone())).observer(observer).seed(1).build();
    let phase = |expected| assert_eq!(provider.status().phase, expected);
    phase(TokenPhase::Cold);
    provider.token().await.unwrap();
    phase(TokenPhase::Fresh);
    let status = provider.status();
    assert_eq!((status.generation, status.age), (Some(1), Some(Duration::ZERO)));
    assert_eq!(status.expires_in, Some(Duration::from_secs(600)));
    assert_eq!(status.expires_at, Some(clock.wall() + Duration::from_secs(600)));
    assert!((510..=540).contains(&status.refresh_in.unwrap().as_secs()));
    clock.advance(Duration::from_secs(541));
    phase(TokenPhase::Advisory);
    provider.token().await.unwrap();
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    let status = provider.status();
    assert_eq!(status.last_error.unwrap().kind(), AuthErrorKind::Unavailable);
    assert!(status.refresh_in.unwrap() > Duration::ZERO && status.failures == 1);
    clock.advance(Duration::from_secs(35));
    phase(TokenPhase::Mandatory);
    provider.token().await.unwrap();
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    let second = provider.token().await.unwrap();
    provider.invalidate(&second);
    phase(TokenPhase::Rejected);
    assert!(provider.token().await.is_err());
    phase(TokenPhase::Refused);
    drop(provider);
    assert_eq!(
        *diary.0.lock().unwrap(),
        ["obtained 1", "failed Unavailable 1", "refreshed 3", "rejected 3", "failed CredentialsRejected 1"]
    );
}

#[tokio::test]
async fn forgotten_token_is_not_restored_by_a_fetch_in_flight() {
    let setup = setup(1);
    setup.provider.token().await.unwrap();
    setup.clock.advance(Duration::from_secs(541));
    setup.provider.token().await.unwrap();
    setup.settle().await;
    setup.provider.forget();
    setup.source.gate.add_permits(1);
    setup.settle().await;
    assert_eq!(setup.provider.status().phase, TokenPhase::Cold);
    assert!(setup.provider.ready().is_none());
    assert_eq!(setup.clock.sleepers(), 0, "the fetch ended with it");
}

#[tokio::test]
async fn clock_limits_cause_no_panic() {
    let year = Duration::from_secs(365 * 86_400);
    let (first, last) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
    let (early, late) = (DateTime::UNIX_EPOCH - 5 * year, DateTime::UNIX_EPOCH + 7_000 * year);
    for (wall, back) in [(early, early - 20 * year), (late, late - 20 * year), (first, first), (last, first)]
    {
        let setup = setup(10);
        setup.clock.set_wall(wall);
        setup.provider.token().await.unwrap();
        assert!(setup.provider.token().await.is_ok());
        setup.clock.set_wall(back);
        assert!(setup.provider.token().await.is_ok());
        assert_eq!(setup.asked(), 1);
    }
    let source = Scripted::new(&[Ok(("abc", u64::MAX))]);
    let (provider, clock) = provider_of(&source);
    provider.token().await.unwrap();
    clock.advance(Duration::from_secs(1 << 40));
    provider.token().await.unwrap();
    assert!(provider.status().expires_in.is_some());
}

/// Requests an endless wait.
#[derive(Debug)]
struct Patient;

#[async_trait]
impl TokenSource for Patient {
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        Err(AuthError::throttled("later", Duration::MAX))
    }
}

#[tokio::test]
async fn a_wait_without_end_is_a_rest_of_five_minutes() {
    let clock = ManualClock::new(DateTime::UNIX_EPOCH);
    let provider = CachedTokenProvider::new(Patient, Arc::new(clock.clone()));
    for _ in 0..3 {
        assert_eq!(provider.token().await.unwrap_err().kind(), AuthErrorKind::Throttled);
        let rest = provider.status().refresh_in.unwrap();
        assert!((300..=330).contains(&rest.as_secs()), "{rest:?}");
        clock.advance(rest);
    }
    assert_eq!(provider.status().failures, 3);
}

#[tokio::test]
async fn a_failure_in_the_last_seconds_is_invisible_too() {
    let source = Scripted::new(&[Ok(("a", 600)), Err(AuthErrorKind::Unavailable)]);
    let (provider, clock) = provider_of(&source);
    provider.token().await.unwrap();
    clock.advance(Duration::from_secs(585));
    assert_eq!(provider.token().await.unwrap().expose_token(), "a");
    assert_eq!(source.asked(), 2);
}

#[tokio::test]
async fn a_wall_clock_that_was_set_back_is_trusted_for_a_second_only() {
    let source = Scripted::new(&[Ok(("a", 600))]);
    let (provider, clock) = provider_of(&source);
    provider.token().await.unwrap();
    assert!(provider.ready().is_some());
    let looked = clock.wall();
    clock.advance(Duration::from_secs(601));
    clock.set_wall(looked + Duration::from_millis(1_001));
    assert!(provider.ready().is_none());
}
