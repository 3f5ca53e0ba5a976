//! A correct token cache, and variants with one [`Bug`] each. Published caches have had each of them.

use std::{
    fmt,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::{
    FutureExt,
    future::{BoxFuture, Either, Shared, select},
};
use plume_auth::{AccessToken, AuthError, AuthErrorKind, TokenProvider, TokenSource};
use plume_runtime::chrono::{DateTime, Utc};
use plume_runtime::{Clock, ManualClock, time, try_spawn};

macro_rules! bugs {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Bug { $($(#[$doc])* $name),* }

        impl Bug {
            pub const ALL: &'static [Bug] = &[$(Bug::$name),*];
        }
    };
}

bugs! {
    /// Every caller that finds no token fetches one.
    NoSharing,
    /// There is no cache.
    NoCache,
    /// After a failure the waiting callers retry one after another.
    SerialRetries,
    /// A failure causes no pause.
    NoRest,
    /// After some failures in a row it never retries.
    DeadForEver,
    /// The pause after a failure doubles without a limit.
    RestWithoutEnd,
    /// The fetch is cancelled with the caller that started it.
    FetchDiesWithItsCaller,
    /// Waits without end for a cancelled caller that started a fetch.
    LeaderIsWaitedFor,
    /// A failed refresh discards the old token.
    ErrorReplacesToken,
    /// A failed refresh is an error, although the old token is valid.
    ErrorHidesToken,
    /// Callers wait for the refresh of a token that is still valid.
    WaitsInTheWindow,
    /// A refresh begins only when the token has expired.
    NoRefreshAhead,
    /// The expiry of the token is checked after a successful fetch only.
    ServesExpired,
    /// A margin of 30 s for any lifetime.
    FixedMargin,
    /// Any rejection discards the current token.
    RejectionHitsAnyToken,
    /// Rejections are ignored.
    RejectionIgnored,
    /// If the fetch after a rejection fails, the rejected token is used.
    RejectedComesBack,
    /// The rejected text is accepted as a new token.
    RejectedTextIsNew,
    /// Only the monotonic clock is read.
    MonotonicOnly,
    /// Only the wall clock is read.
    WallOnly,
    /// The lifetime begins when the response arrives.
    LifeFromTheAnswer,
    /// A panic leaves the cache waiting for the fetch that panicked.
    PanicWedges,
    /// A panic reaches a caller.
    PanicGoesThrough,
    /// A fetch has no timeout.
    NoDeadline,
    /// A background task refreshes without callers.
    RefreshesWhileIdle,
    /// A wrong secret is sent again on every call.
    RefusalNotRemembered,
    /// A wrong secret is never retried.
    RefusalForEver,
    /// A token that expires soon is fetched again at once.
    TightLoop,
    /// `Retry-After` of the endpoint is ignored.
    NoPatience,
    /// Times are added without overflow checks.
    Overflow,
    /// The cached token is not checked.
    StaleAtHand,
    /// `Debug` shows the token.
    ShowsTheToken,
}

type Fetched = Result<AccessToken, AuthError>;
type Flight = Shared<BoxFuture<'static, Option<Fetched>>>;

/// The cache.
#[derive(Clone)]
pub struct Flawed {
    inner: Arc<Inner>,
}

struct Inner {
    source: Arc<dyn TokenSource>,
    clock: ManualClock,
    bug: Option<Bug>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    flight: Option<Flight>,
    failure: Option<(AuthError, Duration, u32)>,
    rejected: Vec<String>,
    put_aside: Option<Held>,
    generation: u64,
}

#[derive(Clone)]
struct Held {
    token: AccessToken,
    monotonic: Duration,
    wall: DateTime<Utc>,
    life: Duration,
}

enum Next {
    Done(Fetched),
    Wait(Flight),
}

impl Flawed {
    pub fn new(source: impl TokenSource + 'static, clock: ManualClock, bug: Option<Bug>) -> Self {
        let state = Mutex::default();
        Self { inner: Arc::new(Inner { source: Arc::new(source), clock, bug, state }) }
    }
}

impl Inner {
    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn left(&self, held: &Held) -> Duration {
        let by_monotonic = self.clock.monotonic().saturating_sub(held.monotonic);
        let by_wall = time::between(held.wall, self.clock.wall());
        if self.has(Bug::Overflow) {
            return held.monotonic.checked_add(held.life).unwrap() - self.clock.monotonic();
        }
        let age = match self.bug {
            Some(Bug::MonotonicOnly) => by_monotonic,
            Some(Bug::WallOnly) => by_wall,
            _ => by_monotonic.max(by_wall),
        };
        held.life.saturating_sub(age)
    }

    fn is_due(&self, held: &Held) -> bool {
        let window = match self.bug {
            Some(Bug::FixedMargin) => Duration::from_secs(30),
            Some(Bug::NoRefreshAhead) => Duration::ZERO,
            _ => (held.life / 10).max(Duration::from_secs(30)).min(held.life / 2),
        };
        let age = held.life.saturating_sub(self.left(held));
        // Two fetches are at least a second apart.
        self.left(held) <= window && (age >= Duration::from_secs(1) || self.has(Bug::FixedMargin))
    }

    fn next(self: &Arc<Self>, state: &mut State) -> Next {
        let now = self.clock.monotonic();
        let resting =
            state.failure.as_ref().filter(|(_, until, _)| now < *until).map(|(error, ..)| error.clone());
        let dead =
            self.has(Bug::DeadForEver) && state.failure.as_ref().is_some_and(|(.., times)| *times >= 5);
        let usable = state
            .held
            .clone()
            .filter(|held| !self.left(held).is_zero() || (self.has(Bug::ServesExpired) && resting.is_some()));
        if let Some(held) = usable {
            let due = self.is_due(&held);
            if self.has(Bug::FixedMargin) && due {
                return Next::Wait(self.start(state));
            }
            if let (true, Some(error)) = (self.has(Bug::ErrorHidesToken), &resting) {
                return Next::Done(Err(error.clone()));
            }
            if due && (resting.is_none() || self.has(Bug::TightLoop)) {
                let flight = self.start(state);
                if self.has(Bug::WaitsInTheWindow) {
                    return Next::Wait(flight);
                }
            }
            return Next::Done(Ok(held.token));
        }
        match resting.or_else(|| state.failure.as_ref().filter(|_| dead).map(|(error, ..)| error.clone())) {
            Some(error) if state.flight.is_none() => Next::Done(Err(error)),
            _ => Next::Wait(self.start(state)),
        }
    }

    fn start(self: &Arc<Self>, state: &mut State) -> Flight {
        if let Some(flight) = &state.flight
            && !self.has(Bug::NoSharing)
        {
            return flight.clone();
        }
        let flight = fetch(Arc::clone(self)).boxed().shared();
        state.flight = Some(flight.clone());
        if !self.has(Bug::FetchDiesWithItsCaller) && !self.has(Bug::LeaderIsWaitedFor) {
            let _ = try_spawn(flight.clone().map(drop));
        }
        flight
    }

    fn land(&self, fetched: Result<Held, AuthError>) -> Fetched {
        let now = self.clock.monotonic();
        let mut state = self.lock();
        state.flight = None;
        let fetched = fetched.and_then(|held| {
            let again = state.rejected.iter().any(|text| text == held.token.expose_token());
            if again && !self.has(Bug::RejectedTextIsNew) {
                return Err(AuthError::new(AuthErrorKind::TokenRejected, "issued again"));
            }
            Ok(held)
        });
        let mut weak = false;
        let error = match fetched {
            Ok(held) => {
                weak = !self.has(Bug::TightLoop)
                    && state
                        .held
                        .as_ref()
                        .is_some_and(|old| old.token.expose_token() == held.token.expose_token());
                let token = held.token.clone();
                state.held = Some(held);
                if !weak {
                    state.failure = None;
                    return Ok(token);
                }
                AuthError::new(AuthErrorKind::Unavailable, "the same failure again")
            }
            Err(error) => error,
        };
        if self.has(Bug::ErrorReplacesToken) && !weak {
            state.held = None;
        }
        if self.has(Bug::RejectedComesBack) && state.held.is_none() {
            state.held = state.put_aside.take();
        }
        let times = state.failure.as_ref().map_or(1, |(.., times)| times + 1);
        let longest = if self.has(Bug::RestWithoutEnd) { u64::MAX } else { 30 };
        let mut rest = Duration::from_secs(3_u64.saturating_pow(times - 1).min(longest));
        if let Some(wait) = error.retry_after()
            && !self.has(Bug::NoPatience)
        {
            rest = rest.max(wait);
        }
        if self.has(Bug::NoRest) || self.has(Bug::SerialRetries) {
            rest = Duration::ZERO;
        }
        if !error.is_transient() {
            match self.bug {
                Some(Bug::RefusalNotRemembered) => rest = Duration::ZERO,
                Some(Bug::RefusalForEver) => rest = Duration::MAX,
                _ => {}
            }
        }
        state.failure = Some((error.clone(), now.saturating_add(rest), times));
        match &state.held {
            Some(held) if weak => Ok(held.token.clone()),
            _ => Err(error),
        }
    }
}

async fn fetch(inner: Arc<Inner>) -> Option<Fetched> {
    let obtained = (inner.clock.monotonic(), inner.clock.wall());
    let work = AssertUnwindSafe(async { inner.source.fetch().await }).catch_unwind();
    let deadline = if inner.has(Bug::NoDeadline) { Duration::MAX } else { Duration::from_secs(30) };
    let issued = match select(Box::pin(work), inner.clock.sleep(deadline)).await {
        Either::Left((Ok(result), _)) => result,
        Either::Left((Err(panic), _)) => match inner.bug {
            Some(Bug::PanicWedges) => return std::future::pending().await,
            Some(Bug::PanicGoesThrough) => {
                inner.lock().flight = None;
                std::panic::resume_unwind(panic)
            }
            _ => Err(AuthError::new(AuthErrorKind::Internal, "the source panicked")),
        },
        Either::Right(_) => Err(AuthError::new(AuthErrorKind::Unavailable, "too late")),
    };
    let (monotonic, wall) = match inner.bug {
        Some(Bug::LifeFromTheAnswer) => (inner.clock.monotonic(), inner.clock.wall()),
        _ => obtained,
    };
    let number = {
        let mut state = inner.lock();
        state.generation += 1;
        state.generation
    };
    let life = issued.as_ref().map_or(Duration::ZERO, |issued| issued.lifetime());
    let held = issued.map(|issued| Held {
        token: AccessToken::from_issued(&issued, number).unwrap(),
        monotonic,
        wall,
        life,
    });
    if inner.has(Bug::RefreshesWhileIdle)
        && let Ok(held) = &held
    {
        let (inner, life) = (Arc::clone(&inner), held.life);
        let _ = try_spawn(async move {
            inner.clock.sleep(life / 2).await;
            let flight = inner.start(&mut inner.lock());
            let _ = flight.await;
        });
    }
    Some(inner.land(held))
}

/// Cancels the fetch with the caller that started it.
struct Owner {
    inner: Arc<Inner>,
    done: bool,
}

impl Drop for Owner {
    fn drop(&mut self) {
        if !self.done {
            self.inner.lock().flight = None;
        }
    }
}

#[async_trait]
impl TokenProvider for Flawed {
    async fn token(&self) -> Fetched {
        let inner = &self.inner;
        if inner.has(Bug::NoCache) {
            inner.lock().held = None;
        }
        loop {
            let (next, leads) = {
                let mut state = inner.lock();
                let before = state.flight.is_some();
                let next = inner.next(&mut state);
                (next, !before && state.flight.is_some())
            };
            let flight = match next {
                Next::Done(done) => return done,
                Next::Wait(flight) => flight,
            };
            if !leads && inner.has(Bug::LeaderIsWaitedFor) {
                // Only the leader drives it.
                while flight.peek().is_none() {
                    tokio::task::yield_now().await;
                }
            }
            let mut owner = Owner { inner: Arc::clone(inner), done: true };
            owner.done = !(leads && inner.has(Bug::FetchDiesWithItsCaller));
            let fetched = flight.await;
            owner.done = true;
            match fetched {
                Some(Err(_)) if !leads && inner.has(Bug::SerialRetries) => {}
                // The time is read again.
                Some(Ok(token)) if !inner.has(Bug::FixedMargin) => {
                    let state = inner.lock();
                    if state.held.as_ref().is_none_or(|held| !inner.left(held).is_zero()) {
                        return Ok(token);
                    }
                }
                Some(done) => return done,
                None => {}
            }
        }
    }

    fn ready(&self) -> Option<AccessToken> {
        let state = self.inner.lock();
        let held = state.held.as_ref()?;
        let good = self.inner.has(Bug::StaleAtHand)
            || (!self.inner.left(held).is_zero() && !self.inner.has(Bug::NoCache));
        good.then(|| held.token.clone())
    }

    fn invalidate(&self, token: &AccessToken) {
        let mut state = self.inner.lock();
        let text = token.expose_token().to_owned();
        if self.inner.has(Bug::RejectionIgnored) {
            return;
        }
        let hit = state.held.as_ref().is_some_and(|held| held.token.expose_token() == text);
        if hit || self.inner.has(Bug::RejectionHitsAnyToken) {
            state.put_aside = state.held.take();
        }
        if !self.inner.has(Bug::RejectedComesBack) {
            state.rejected.push(text);
        }
    }
}

impl fmt::Debug for Flawed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("Flawed");
        f.field("bug", &self.inner.bug);
        if self.inner.has(Bug::ShowsTheToken) {
            let state = self.inner.lock();
            f.field("token", &state.held.as_ref().map(|held| held.token.expose_token()));
        }
        f.finish_non_exhaustive()
    }
}
