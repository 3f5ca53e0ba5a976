//! One token for everybody.

use std::{
    fmt,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::{
    FutureExt,
    future::{BoxFuture, Either, Shared, select},
};
use plume_runtime::{Clock, try_spawn};

use crate::{
    AccessToken, AuthError, AuthErrorKind, TokenProvider, TokenSource,
    token::{Lifetime, Moment},
};

/// The longest time one fetch may take, whatever its source does.
const FETCH_DEADLINE: Duration = Duration::from_secs(30);
/// The first wait after a failed fetch; doubled with every further one, up to [`MAX_BACKOFF`].
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
/// The longest wait between two fetches, and so the longest delay after an outage has ended.
const MAX_BACKOFF: Duration = Duration::from_secs(30);

/// A [`TokenProvider`] that keeps the token of a [`TokenSource`] and refreshes it in time.
///
/// * Any number of callers cause one fetch, and share its token or its error.
/// * Shortly before the expiry the old token is still handed out while a new one is fetched beside the
///   caller; a failed refresh is invisible as long as the old token is valid.
/// * A fetch belongs to no caller: dropping any or all of them neither ends nor repeats it. On a tokio
///   runtime it runs beside them, elsewhere whoever waits drives it. Nothing runs while nobody asks.
/// * After a failure the source is left alone for 1 s, doubling up to 30 s; callers get the error at once.
/// * [`invalidate`](TokenProvider::invalidate) names the token that was rejected: a late rejection of an old
///   token leaves the new one alone.
///
/// Clones share the token.
#[derive(Clone)]
pub struct CachedTokenProvider {
    shared: Arc<Inner>,
}

struct Inner {
    source: Arc<dyn TokenSource>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

type Flight = Shared<BoxFuture<'static, Result<AccessToken, AuthError>>>;

#[derive(Default)]
struct State {
    token: Option<AccessToken>,
    /// The newest generation handed out. Tokens are numbered from 1.
    generation: u64,
    flight: Option<Flight>,
    failure: Option<Failure>,
}

struct Failure {
    error: AuthError,
    times: u32,
    /// No fetch before this moment, by the monotonic clock.
    until: Duration,
}

/// What a caller gets, decided without I/O.
#[derive(Debug)]
enum Decision {
    /// This token; with `refresh`, fetch a new one beside the caller.
    Serve { token: AccessToken, refresh: bool },
    /// Wait for a fetch.
    Wait,
    /// The source failed a moment ago.
    Fail(AuthError),
}

/// How a token stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    /// Good for longer than anybody needs to care.
    Fresh,
    /// Still good, but a new one should be fetched beside the callers.
    Advisory,
    /// So close to its end that callers wait for the new one.
    Mandatory,
    /// Over.
    Expired,
}

/// How long before the end each age begins. Windows scale with the lifetime, so that a short-lived token is
/// not fetched on every call.
fn windows(length: Duration) -> (Duration, Duration) {
    let tenth = length / 10;
    let advisory = tenth.max(Duration::from_secs(30)).min(length / 2);
    let mandatory = Duration::from_secs(30).min(length / 4);
    (advisory, mandatory)
}

fn age(lifetime: &Lifetime, now: Moment) -> Age {
    // The monotonic clock may have stood still while the machine slept, the wall clock may have been set:
    // the token is as old as the older of the two says. A wall clock set back is no reason to doubt it.
    let by_monotonic = now.monotonic.saturating_sub(lifetime.obtained.monotonic);
    let by_wall = now.wall.duration_since(lifetime.obtained.wall).unwrap_or_default();
    let left = lifetime.length.saturating_sub(by_monotonic.max(by_wall));
    let (advisory, mandatory) = windows(lifetime.length);
    if left.is_zero() {
        Age::Expired
    } else if left <= mandatory {
        Age::Mandatory
    } else if left <= advisory {
        Age::Advisory
    } else {
        Age::Fresh
    }
}

impl State {
    fn decide(&self, now: Moment) -> Decision {
        let resting = self.failure.as_ref().filter(|failure| now.monotonic < failure.until);
        let age = |token: &AccessToken| token.lifetime().map_or(Age::Fresh, |lifetime| age(&lifetime, now));
        match &self.token {
            Some(token) => match (age(token), resting) {
                (Age::Fresh, _) => Decision::Serve { token: token.clone(), refresh: false },
                // While the source rests after a failure, a token that is still valid is better than an error.
                (Age::Advisory | Age::Mandatory, Some(_)) => {
                    Decision::Serve { token: token.clone(), refresh: false }
                }
                (Age::Advisory, None) => Decision::Serve { token: token.clone(), refresh: true },
                (Age::Expired, Some(failure)) => Decision::Fail(failure.error.clone()),
                (Age::Mandatory | Age::Expired, None) => Decision::Wait,
            },
            None => resting.map_or(Decision::Wait, |failure| Decision::Fail(failure.error.clone())),
        }
    }

    fn commit(&mut self, fetched: Result<AccessToken, AuthError>, now: Moment) {
        self.flight = None;
        match fetched {
            Ok(token) => {
                self.generation = self.generation.max(token.generation());
                self.token = Some(token);
                self.failure = None;
            }
            Err(error) => {
                let times = self.failure.as_ref().map_or(0, |failure| failure.times).saturating_add(1);
                let backoff = FIRST_BACKOFF.saturating_mul(2_u32.saturating_pow(times - 1)).min(MAX_BACKOFF);
                let rest = error.retry_after().unwrap_or(backoff).max(backoff);
                self.failure = Some(Failure { error, times, until: now.monotonic.saturating_add(rest) });
            }
        }
    }
}

impl CachedTokenProvider {
    /// Keeps the tokens of `source`, judging their age by `clock`.
    pub fn new(source: impl TokenSource + 'static, clock: Arc<dyn Clock>) -> Self {
        Self { shared: Arc::new(Inner { source: Arc::new(source), clock, state: Mutex::default() }) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.lock()
    }

    /// Joins the fetch under way, or starts one.
    fn flight(&self) -> Flight {
        let mut state = self.lock();
        if let Some(flight) = &state.flight {
            return flight.clone();
        }
        let flight = fetch(&self.shared, state.generation + 1).boxed().shared();
        state.flight = Some(flight.clone());
        drop(state);
        // Beside the callers where that is possible, so that it goes on when they leave.
        let _ = try_spawn(flight.clone().map(drop));
        flight
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is complete in itself, so a poisoned lock is still good.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One fetch with its own deadline, committed by itself.
fn fetch(
    inner: &Arc<Inner>,
    generation: u64,
) -> impl Future<Output = Result<AccessToken, AuthError>> + Send + 'static {
    // Not the cache itself: a fetch that nobody waits for must not keep it alive.
    let cache: Weak<Inner> = Arc::downgrade(inner);
    let source = Arc::clone(&inner.source);
    let clock = Arc::clone(&inner.clock);
    async move {
        // A lifetime counts from before the request: the answer's way back is part of it.
        let requested = Moment::now(clock.as_ref());
        let work = AssertUnwindSafe(async { source.fetch().await }).catch_unwind();
        let deadline = clock.sleep(FETCH_DEADLINE);
        let fetched = match select(Box::pin(work), deadline).await {
            Either::Left((Ok(Ok(issued)), _)) => AccessToken::new(&issued, generation, Some(requested))
                .ok_or_else(|| AuthError::new(AuthErrorKind::Protocol, "the token cannot stand in a header")),
            Either::Left((Ok(Err(error)), _)) => Err(error),
            Either::Left((Err(_), _)) => {
                Err(AuthError::new(AuthErrorKind::Internal, "the token source panicked"))
            }
            Either::Right(_) => Err(AuthError::new(
                AuthErrorKind::Unavailable,
                format!("no token within {} s", FETCH_DEADLINE.as_secs()),
            )),
        };
        if let Some(cache) = cache.upgrade() {
            // The clock is read again: the fetch took its time.
            let now = Moment::now(clock.as_ref());
            cache.lock().commit(fetched.clone(), now);
        }
        fetched
    }
}

impl fmt::Debug for CachedTokenProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("CachedTokenProvider")
            .field("source", &self.shared.source)
            .field("token", &state.token)
            .field("fetching", &state.flight.is_some())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl TokenProvider for CachedTokenProvider {
    async fn token(&self) -> Result<AccessToken, AuthError> {
        let now = Moment::now(self.shared.clock.as_ref());
        let decision = self.lock().decide(now);
        match decision {
            Decision::Serve { token, refresh } => {
                if refresh {
                    // Outside a runtime nobody drives it yet; the first caller who must wait will.
                    drop(self.flight());
                }
                Ok(token)
            }
            Decision::Fail(error) => Err(error),
            Decision::Wait => {
                let failed = match self.flight().await {
                    Ok(token) => return Ok(token),
                    Err(error) => error,
                };
                // The wait was for a fresh token; one that is nearly over is still better than an error.
                let now = Moment::now(self.shared.clock.as_ref());
                match self.lock().decide(now) {
                    Decision::Serve { token, .. } => Ok(token),
                    _ => Err(failed),
                }
            }
        }
    }

    fn invalidate(&self, token: &AccessToken) {
        let mut state = self.lock();
        let current = state.token.as_ref().is_some_and(|current| current.generation() == token.generation());
        if current {
            state.token = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicU32, Ordering},
        time::SystemTime,
    };

    use futures_util::future::join_all;
    use plume_runtime::ManualClock;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::IssuedToken;

    /// A source whose answers wait for a permit, and that counts how often it was asked.
    #[derive(Debug)]
    struct Gated {
        asked: AtomicU32,
        gate: Semaphore,
        fails: std::sync::atomic::AtomicBool,
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
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
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
        setup.clock.advance(FIRST_BACKOFF);
        assert!(setup.provider.token().await.is_err());
        assert_eq!(setup.asked(), 2);
        // The second failure rests twice as long.
        setup.clock.advance(FIRST_BACKOFF);
        assert!(setup.provider.token().await.is_err());
        assert_eq!(setup.asked(), 2);
    }

    #[tokio::test]
    async fn recovery_needs_nothing_but_time() {
        let setup = setup(100);
        setup.source.fails.store(true, Ordering::SeqCst);
        for _ in 0..50 {
            assert!(setup.provider.token().await.is_err());
            setup.clock.advance(Duration::from_secs(3600));
        }
        setup.source.fails.store(false, Ordering::SeqCst);
        setup.clock.advance(MAX_BACKOFF);
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
    async fn a_suspended_machine_does_not_serve_a_dead_token() {
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
    async fn a_panic_in_the_source_is_an_error_and_nothing_is_stuck() {
        #[derive(Debug, Default)]
        struct Panics(AtomicU32);
        #[async_trait]
        impl TokenSource for Panics {
            async fn fetch(&self) -> Result<IssuedToken, AuthError> {
                assert!(self.0.fetch_add(1, Ordering::SeqCst) > 0, "the first call panics");
                Ok(IssuedToken::new("abc", Duration::from_secs(600)).unwrap())
            }
        }
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
        let provider = CachedTokenProvider::new(Panics::default(), Arc::new(clock.clone()));
        assert_eq!(provider.token().await.unwrap_err().kind(), AuthErrorKind::Internal);
        clock.advance(FIRST_BACKOFF);
        assert!(provider.token().await.is_ok());
    }

    #[test]
    fn windows_scale_with_the_lifetime() {
        for (length, advisory, mandatory) in
            [(1, 0.5, 0.25), (60, 30.0, 15.0), (120, 30.0, 30.0), (600, 60.0, 30.0), (86_400, 8_640.0, 30.0)]
        {
            let (a, m) = windows(Duration::from_secs(length));
            assert_eq!((a.as_secs_f64(), m.as_secs_f64()), (advisory, mandatory), "{length} s");
        }
    }

    #[test]
    fn ages_change_at_their_edges() {
        let obtained = Moment { monotonic: Duration::ZERO, wall: SystemTime::UNIX_EPOCH };
        let lifetime = Lifetime { obtained, length: Duration::from_secs(600) };
        for (milliseconds, expected) in [
            (0, Age::Fresh),
            (539_999, Age::Fresh),
            (540_000, Age::Advisory),
            (569_999, Age::Advisory),
            (570_000, Age::Mandatory),
            (599_999, Age::Mandatory),
            (600_000, Age::Expired),
        ] {
            let by = Duration::from_millis(milliseconds);
            let now = Moment { monotonic: by, wall: SystemTime::UNIX_EPOCH + by };
            assert_eq!(age(&lifetime, now), expected, "{milliseconds} ms");
        }
    }
}
