//! The caching provider: the shell around the [machine](crate::cache::machine).
//!
//! The machine decides under one short lock, and the shell acts outside of it: no foreign source, observer, waker or
//! destructor runs while the lock is held.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, OnceLock, PoisonError, Weak},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::{
    FutureExt,
    future::{Either, select},
};
use plume_runtime::Clock;

use crate::cache::flight::{Departed, Flight, Landed};
use crate::cache::machine::{Actions, Answer, Event, State};
use crate::cache::snapshot::{Lanes, Published};
use crate::cache::sync;
use crate::cache::sync::{Mutex, MutexGuard};
use crate::endpoint::ClientCredentials;
use crate::provider::ProviderIdentity;
use crate::provider::{AuthError, AuthErrorKind};
use crate::provider::{TokenEvent, TokenObserver, TokenStatus};
use crate::provider::{TokenProvider, TokenSource};
use crate::provider::{bounds, trace};
use crate::token::{AccessToken, Moment, RequestMark};

/// The wait for a fetch on another runtime before the caller checks that it makes progress.
const QUIET: Duration = Duration::from_secs(2);
/// The time in which the other runtime has to show progress.
const ANSWER: Duration = Duration::from_secs(1);
/// Maximum number of rounds of a call. Each round ended with a fetch, so more than one means a runtime that shuts down, or
/// tokens that expire before they can be used.
const ROUNDS: u32 = 4;

/// A cache of one token, with a background refresh ahead of its expiry.
///
/// * Any number of callers share one fetch, and its token or error.
/// * Ahead of the expiry callers still get the old token while a new one is fetched in the background. A failed or slow
///   refresh has no effect as long as the old token is valid.
/// * A fetch belongs to no caller: dropping any of them neither ends nor repeats it. On a tokio runtime it is a task of its
///   own; elsewhere the waiting callers drive it. If its runtime shuts down, the next waiting caller starts another one. If
///   its runtime is not driven (a current-thread runtime between two `block_on`), a caller on another runtime takes over
///   after 3 s; if its runtime cannot carry it ([`AuthErrorKind::Runtime`]), at once. It ends after 30 s, or when the last
///   clone of the provider is dropped.
/// * Without calls nothing runs.
/// * After a failure the source is not called for 1 s, rising to 30 s (60 s after a permanent refusal); callers get the
///   error at once.
/// * [`invalidate`](TokenProvider::invalidate) names the rejected token: a late rejection of an old token keeps the new
///   one, and a rejected token is not returned again even if the endpoint issues it once more.
/// * [`ready`](TokenProvider::ready) reads a valid token without a lock, an await or an allocation.
///
/// Clones share the token.
///
/// ```
/// # use std::{sync::Arc, time::Duration};
/// # use async_trait::async_trait;
/// use plume_auth::{AuthError, CachedTokenProvider, IssuedToken, TokenPhase, TokenProvider, TokenSource};
/// use plume_runtime::SystemClock;
///
/// #[derive(Debug)]
/// struct Vault;
///
/// #[async_trait]
/// impl TokenSource for Vault {
///     async fn fetch(&self) -> Result<IssuedToken, AuthError> {
///         Ok(IssuedToken::new("not.a.token", Duration::from_secs(600)).expect("a valid bearer token"))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), AuthError> {
/// let provider = CachedTokenProvider::new(Vault, Arc::new(SystemClock::new()));
/// assert_eq!(provider.status().phase, TokenPhase::Cold);
/// let token = provider.token().await?;
/// assert_eq!(provider.ready().map(|token| token.generation()), Some(token.generation()));
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct CachedTokenProvider {
    shared: Arc<Inner>,
}

/// Optional settings of a [`CachedTokenProvider`].
#[derive(Debug)]
#[must_use = "it does nothing until it is built"]
pub struct CachedTokenProviderBuilder {
    source: Arc<dyn TokenSource>,
    clock: Arc<dyn Clock>,
    observer: Option<Arc<dyn TokenObserver>>,
    seed: u64,
    lanes: usize,
}

impl CachedTokenProviderBuilder {
    /// Sets the observer of the events of the token.
    pub fn observer(mut self, observer: Arc<dyn TokenObserver>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Sets the seed of the random refresh times and waits, for tests. By default every provider has its own, so that
    /// processes that are started together do not refresh together.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the number of copies of the token for threads that read at the same time, rounded up to a power of two. The
    /// default is eight, or one on a machine with one processor. Choose one in a process with thousands of providers.
    pub fn lanes(mut self, lanes: usize) -> Self {
        self.lanes = lanes.min(1 << 10);
        self
    }

    /// Creates the provider. Sends no request.
    #[must_use]
    pub fn build(self) -> CachedTokenProvider {
        CachedTokenProvider {
            shared: Arc::new(Inner {
                source: self.source,
                clock: self.clock,
                observer: self.observer,
                failing: trace::Failing::default(),
                published: Published::default(),
                identity: OnceLock::new(),
                shell: Mutex::new(Shell {
                    machine: State::new(self.seed),
                    flight: None,
                    lanes: Lanes::new(self.lanes),
                }),
            }),
        }
    }
}

struct Inner {
    source: Arc<dyn TokenSource>,
    clock: Arc<dyn Clock>,
    observer: Option<Arc<dyn TokenObserver>>,
    failing: trace::Failing,
    published: Published,
    /// Created for the first client that asks: most tenants of a registry have none.
    identity: OnceLock<ProviderIdentity>,
    shell: Mutex<Shell>,
}

/// State under the lock.
struct Shell {
    machine: State,
    flight: Option<Flight>,
    lanes: Lanes,
}

/// The result of one event.
struct Step {
    answer: Option<Answer>,
    /// The running fetch.
    flight: Option<Flight>,
    /// Whether this step started it.
    started: bool,
}

/// The result of waiting for a fetch.
enum Waited {
    Answer(Result<AccessToken, AuthError>),
    /// The machine must be called again.
    Round,
    /// The machine must be called again, and the round does not count: the runtime of the fetch cannot carry one.
    NoRound,
}

fn default_lanes() -> usize {
    static LANES: OnceLock<usize> = OnceLock::new();
    const MOST: usize = 8;
    // More than there are processors, because threads come and go with their numbers, and two readers should rarely share
    // a lane.
    *LANES.get_or_init(|| {
        std::thread::available_parallelism()
            .map_or(1, |count| (count.get().saturating_sub(1) * MOST).clamp(1, MOST))
    })
}

impl CachedTokenProvider {
    /// Creates a cache of the tokens of `source`, whose age `clock` measures. Sends no request and needs no runtime.
    pub fn new(source: impl TokenSource + 'static, clock: Arc<dyn Clock>) -> Self {
        Self::builder(source, clock).build()
    }

    /// Returns a builder with optional settings.
    pub fn builder(source: impl TokenSource + 'static, clock: Arc<dyn Clock>) -> CachedTokenProviderBuilder {
        CachedTokenProviderBuilder {
            source: Arc::new(source),
            clock,
            observer: None,
            seed: fastrand::u64(..),
            lanes: default_lanes(),
        }
    }

    /// Returns the state of the provider. Sends no request.
    #[must_use]
    pub fn status(&self) -> TokenStatus {
        let now = self.shared.now();
        self.shared.lock().machine.status(now)
    }

    /// Forgets the token and abandons a running fetch, so that the next call fetches a new one. A source that keeps tokens
    /// forgets it too ([`TokenSource::forgotten`]), so that no other process finds it.
    ///
    /// The token stays valid at the endpoint until it expires; see [`CachedTokenProvider::revoke`].
    pub fn forget(&self) {
        let _ = self.shared.step(Event::Forget);
        let _ = self.shared.source.forgotten();
    }

    /// Forgets the last failure, so that the next call fetches at once: after a change of the secret, or when the network
    /// is back.
    pub fn retry_now(&self) {
        let _ = self.shared.step(Event::Retry);
    }

    /// Forgets the token and then revokes it at the endpoint (RFC 7009), if it is still valid. A token that the source
    /// kept, from another process or from before a restart, is revoked as well.
    ///
    /// The token is forgotten before the request is sent, so neither dropping the future nor a failure brings it back.
    ///
    /// # Errors
    ///
    /// [`AuthError`] if the endpoint did not revoke each of them. They are forgotten all the same, so a second call has
    /// nothing left to revoke and succeeds. To be able to retry after an error that
    /// [is transient](AuthError::is_transient), take the token first and use [`ClientCredentials::revoke`].
    pub async fn revoke(&self, endpoint: &ClientCredentials) -> Result<(), AuthError> {
        let now = self.shared.now();
        let held = self.shared.lock().machine.usable(now);
        let _ = self.shared.step(Event::Forget);
        let kept = self.shared.source.forgotten().and_then(|issued| AccessToken::new(&issued, 0, None));
        let is_other =
            |kept: &AccessToken| held.as_ref().is_none_or(|held| held.expose_token() != kept.expose_token());
        let kept = kept.filter(is_other);
        let mut outcome = Ok(());
        for token in held.into_iter().chain(kept) {
            outcome = outcome.and(endpoint.revoke(&token).await);
        }
        outcome
    }

    /// Spawns a task that drives the fetch, if there is a runtime. If that shuts down, there may be no caller to notice, so
    /// the end of the task is an event of its own.
    fn run(&self, flight: &Flight) -> bool {
        let (cache, number) = (Arc::downgrade(&self.shared), flight.number);
        flight.run(move || {
            if let Some(cache) = cache.upgrade() {
                let _ = cache.step(Event::Lost { flight: number });
            }
        })
    }

    /// Waits for a fetch.
    async fn wait(&self, flight: &Flight, at_most: Option<Duration>) -> Waited {
        let elsewhere = flight.is_elsewhere();
        let landed = match at_most {
            None if elsewhere => self.wait_elsewhere(flight).await,
            None => Some(flight.landed().await),
            Some(limit) => match select(flight.landed(), self.shared.clock.limit(limit)).await {
                Either::Left((landed, _)) => Some(landed),
                Either::Right(_) => None,
            },
        };
        match landed {
            // The time is read again, because this caller may have been woken late.
            None | Some(Landed::Token | Landed::Lost) => Waited::Round,
            Some(Landed::Unfit(_)) if elsewhere => Waited::NoRound,
            // The failure is shared, unless a token is still usable.
            Some(Landed::Failed(error) | Landed::Unfit(error)) => {
                let now = self.shared.now();
                Waited::Answer(self.shared.lock().machine.usable(now).ok_or(error))
            }
        }
    }

    /// Waits for a fetch on another runtime. `None` if that is not driven: the fetch is abandoned.
    async fn wait_elsewhere(&self, flight: &Flight) -> Option<Landed> {
        let clock = &self.shared.clock;
        let mut landed = flight.landed();
        loop {
            if let Either::Left((landed, _)) = select(&mut landed, clock.limit(QUIET)).await {
                return Some(landed);
            }
            let polls = flight.polls();
            flight.ask();
            if let Either::Left((landed, _)) = select(&mut landed, clock.limit(ANSWER)).await {
                return Some(landed);
            }
            if flight.polls() == polls {
                let _ = self.shared.step(Event::Lost { flight: flight.number });
                return None;
            }
        }
    }
}

impl Inner {
    fn now(&self) -> Moment {
        Moment::now(self.clock.as_ref())
    }

    fn lock(&self) -> MutexGuard<'_, Shell> {
        // Every change under the lock is complete, so a poisoned lock is still valid.
        self.shell.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Passes one event to the machine and performs all of its actions but waiting.
    fn step(self: &Arc<Self>, event: Event) -> Step {
        sync::step();
        let now = self.now();
        let landing = match &event {
            Event::Fetched { flight, .. } | Event::Unfit { flight } => Some(*flight),
            _ => None,
        };
        let mut shell = self.lock();
        let Actions { fetch, tell, answer } = shell.machine.decide(now, event);
        let started = fetch.map(|number| Flight::new(number, |departed| fly(self, number, departed)));
        let is_start = started.is_some();
        // Two numbers show whether the held flight is still the current one.
        let over = match started {
            Some(flight) => shell.flight.replace(flight),
            None if !shell.machine.is_fetching() => shell.flight.take(),
            None => None,
        };
        let lease = shell.machine.lease(now);
        if lease.is_none() {
            shell.lanes.clear();
        }
        let Shell { lanes, .. } = &mut *shell;
        self.published.show(lease, lanes);
        let flight = shell.flight.clone();
        drop(shell);
        // The fetch that caused this event ends with its own outcome.
        if let Some(over) = over.filter(|over| Some(over.number) != landing) {
            over.abandon();
        }
        for event in &tell {
            self.tell(event);
        }
        Step { answer, flight, started: is_start }
    }

    fn tell(&self, event: &TokenEvent) {
        trace::event(event, &self.failing);
        if let Some(observer) = &self.observer {
            // A panic of the observer has no effect here.
            let _ = catch_unwind(AssertUnwindSafe(|| observer.observe(event)));
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let now = self.now();
        let shell = self.shell.get_mut().unwrap_or_else(PoisonError::into_inner);
        let flight = shell.flight.take();
        let tell = shell.machine.decide(now, Event::Forget).tell;
        // The task that drives it drops it.
        if let Some(flight) = flight {
            flight.abandon();
        }
        for event in &tell {
            self.tell(event);
        }
    }
}

/// Creates the future of one fetch, with a deadline, which reports its result to the machine.
fn fly(inner: &Arc<Inner>, number: u64, departed: Departed) -> impl Future<Output = Landed> + Send + 'static {
    // Not the cache itself: a fetch without callers must not keep it alive.
    let cache: Weak<Inner> = Arc::downgrade(inner);
    let source = Arc::clone(&inner.source);
    let clock = Arc::clone(&inner.clock);
    async move {
        // The lifetime counts from before the request, because the transfer of the response is part of it.
        let requested = (Moment::now(clock.as_ref()), RequestMark::next());
        let work = AssertUnwindSafe(async { source.fetch().await }).catch_unwind();
        // A foreign clock may panic, for example without timers. Then only the source's own limits apply.
        let deadline = AssertUnwindSafe(clock.limit(bounds::FETCH)).catch_unwind();
        let limited = async {
            match select(Box::pin(work), deadline).await {
                Either::Left((done, _)) => Some(done),
                Either::Right((Ok(()), _)) => None,
                Either::Right((Err(_), work)) => Some(work.await),
            }
        };
        // In this order: a fetch that was abandoned before it began sends nothing.
        let Either::Right((fetched, _)) = select(departed, Box::pin(limited)).await else {
            return Landed::Lost;
        };
        let result = match fetched {
            Some(Ok(Ok(issued))) => AccessToken::new(&issued, number, Some(requested)).ok_or_else(|| {
                AuthError::new(
                    AuthErrorKind::Protocol,
                    "the token contains a character that a header cannot hold",
                )
            }),
            Some(Ok(Err(error))) => Err(error),
            Some(Err(_)) => Err(AuthError::new(AuthErrorKind::Internal, "the token source panicked")),
            None => Err(AuthError::new(
                AuthErrorKind::Unavailable,
                format!("no token within {} s", bounds::FETCH.as_secs()),
            )),
        };
        let landed = match &result {
            Ok(_) => Landed::Token,
            Err(error) if error.kind() == AuthErrorKind::Runtime => Landed::Unfit(error.clone()),
            Err(error) => Landed::Failed(error.clone()),
        };
        let event = match landed {
            Landed::Unfit(_) => Event::Unfit { flight: number },
            _ => Event::Fetched { flight: number, result },
        };
        if let Some(cache) = cache.upgrade() {
            let _ = cache.step(event);
        }
        landed
    }
}

impl fmt::Debug for CachedTokenProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedTokenProvider")
            .field("source", &self.shared.source)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl TokenProvider for CachedTokenProvider {
    fn token_status(&self) -> Option<TokenStatus> {
        Some(self.status())
    }

    async fn token(&self) -> Result<AccessToken, AuthError> {
        if let Some(token) = self.ready() {
            return Ok(token);
        }
        // If a runtime has shut down under a fetch, this caller drives the next one.
        let mut ran = false;
        // A runtime whose fetches end as unfit. Its callers may repeatedly start a fetch before this one.
        let mut unfit = None;
        let mut rounds = 0;
        while rounds < ROUNDS {
            let Step { answer, flight, started } = self.shared.step(Event::Get);
            if let (Some(flight), true) = (&flight, started) {
                // In a task, so that it continues when the callers are dropped.
                let beside = !ran && self.run(flight);
                ran = true;
                if !beside {
                    // It must have begun, even if no caller waits for it.
                    flight.poke();
                }
            }
            match answer {
                Some(Answer::Serve(token)) => return Ok(token),
                Some(Answer::Fail(error)) => return Err(error),
                Some(Answer::Wait { at_most }) => {
                    if let Some(flight) = flight {
                        if unfit == Some(flight.home) {
                            let _ = self.shared.step(Event::Lost { flight: flight.number });
                            continue;
                        }
                        match self.wait(&flight, at_most).await {
                            Waited::Answer(result) => return result,
                            Waited::NoRound => {
                                unfit = Some(flight.home);
                                continue;
                            }
                            Waited::Round => {}
                        }
                    }
                }
                None => {}
            }
            rounds += 1;
        }
        Err(AuthError::new(AuthErrorKind::Unavailable, "every token expired before it could be used"))
    }

    #[inline]
    fn ready(&self) -> Option<AccessToken> {
        self.shared.published.read(self.shared.clock.as_ref())
    }

    fn invalidate(&self, token: &AccessToken) {
        let _ = self.shared.step(Event::Rejected(token.fingerprint()));
        // A source that keeps tokens must forget it too, or the next fetch would return it.
        self.shared.source.rejected(token);
    }

    async fn still_valid(&self, token: &AccessToken) -> Option<bool> {
        self.shared.source.still_valid(token).await
    }

    fn identity(&self) -> Option<ProviderIdentity> {
        Some(self.shared.identity.get_or_init(ProviderIdentity::new).clone())
    }
}
