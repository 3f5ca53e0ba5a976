//! The stream of checks.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use chrono::{DateTime, Utc};
use futures_util::{FutureExt, Stream, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use plume_client::{Client, Error, Priority};
use plume_health::{HealthReport, Policy, Status, analyze};
use plume_monitor::tracker::{HealthTracker, TrackerPolicy};
use plume_types::{CustomerId, LocationId, LocationSnapshot};

use crate::watch::item::{FailureCause, Transition, WatchFailure};
use crate::watch::schedule::{Schedule, Turn};
use crate::watch::state::{HomeState, WatchState};

const EVERY: Duration = Duration::from_secs(300);
const CONCURRENCY: usize = 4;
const MAX_CONCURRENCY: usize = 64;

/// Watches homes, given as pairs of customer and location; a repeated pair counts once. See the
/// [module](mod@crate::watch) for the schedule and an example.
///
/// The defaults are an interval of 5 minutes, the standard policies, 4 checks at a time and background priority. Deadline,
/// retries and tenant are those of the client. The stream ends only if there are no homes, or after [`Watch::rounds`].
pub fn watch<C, L>(client: &Client, homes: impl IntoIterator<Item = (C, L)>) -> Watch
where
    C: Into<CustomerId>,
    L: Into<LocationId>,
{
    let mut seen = HashSet::new();
    let homes = homes.into_iter().map(|(customer, location)| (customer.into(), location.into()));
    let homes = homes.filter(|home| seen.insert(home.clone())).map(|(customer_id, location_id)| Home {
        state: HomeState { customer_id, location_id, tracker: HealthTracker::new() },
        is_busy: false,
    });
    Watch {
        client: client.with_priority(Priority::Background),
        homes: homes.collect(),
        every: EVERY,
        policy: Policy::standard(),
        tracker: TrackerPolicy::standard(),
        concurrency: CONCURRENCY,
        schedule: None,
        rounds: None,
        started: 0,
        checks: FuturesUnordered::new(),
        sleep: None,
    }
}

/// A stream of the changes of homes' statuses, and of the checks that failed. Made by [`watch()`].
///
/// ```no_run
/// # async fn run(client: plume::Client) {
/// use plume::{health::Policy, monitor::tracker::TrackerPolicy};
///
/// let homes = [("5f0000000000000000000001", "5f0000000000000000000002")];
/// let mut watch = plume::watch(&client, homes)
///     .policy(Policy::standard())
///     .tracker(TrackerPolicy::standard())
///     .concurrency(8);
/// while let Some(item) = watch.next().await {
///     println!("{item:?}");
/// }
/// # }
/// ```
#[must_use = "nothing is sent before it is polled"]
pub struct Watch {
    client: Client,
    homes: Vec<Home>,
    every: Duration,
    policy: Policy,
    tracker: TrackerPolicy,
    concurrency: usize,
    /// Made by the first poll.
    schedule: Option<Schedule>,
    rounds: Option<usize>,
    /// The number of checks that were started.
    started: usize,
    checks: FuturesUnordered<BoxFuture<'static, Checked>>,
    /// The wait for the next start, and its end in monotonic time.
    sleep: Option<(Duration, BoxFuture<'static, ()>)>,
}

struct Home {
    state: HomeState,
    is_busy: bool,
}

struct Checked {
    home: usize,
    at: DateTime<Utc>,
    snapshot: Result<LocationSnapshot, Error>,
}

impl Watch {
    /// Sets the interval at which each home is checked: 5 minutes by default, at least a second. An interval that is too
    /// short for the homes, the concurrency or the call limit stretches.
    pub fn every(mut self, interval: Duration) -> Self {
        self.every = interval;
        self.schedule = None;
        self
    }

    /// Ends the stream after this number of rounds, for tests and jobs. A round has as many checks as there are homes. Without
    /// this call the stream does not end.
    ///
    /// ```no_run
    /// # async fn run(client: plume::Client) {
    /// let homes = [("5f0000000000000000000001", "5f0000000000000000000002")];
    /// let mut watch = plume::watch(&client, homes).rounds(10);
    /// while let Some(item) = watch.next().await {
    ///     println!("{item:?}");
    /// }
    /// // Ten checks were made.
    /// # }
    /// ```
    pub fn rounds(mut self, rounds: usize) -> Self {
        self.rounds = Some(rounds);
        self
    }

    /// Sets the policy of the verdicts.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets the policy that decides how long a change must last to be an event.
    pub fn tracker(mut self, policy: TrackerPolicy) -> Self {
        self.tracker = policy;
        self
    }

    /// Sets the maximum number of checks at a time: 4 by default, from 1 to 64.
    pub fn concurrency(mut self, checks: usize) -> Self {
        self.concurrency = checks.clamp(1, MAX_CONCURRENCY);
        self
    }

    /// Sets the priority of the calls at the call limit: [`Priority::Background`] by default.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.client = self.client.with_priority(priority);
        self
    }

    /// Loads the trackers of another watch. Homes that are not in the state begin with an unknown status; homes that are only
    /// in the state are ignored.
    pub fn resume(mut self, state: WatchState) -> Self {
        let trackers =
            state.homes.into_iter().map(|home| ((home.customer_id, home.location_id), home.tracker));
        let mut trackers: HashMap<_, _> = trackers.collect();
        for Home { state: home, .. } in &mut self.homes {
            if let Some(tracker) = trackers.remove(&(home.customer_id.clone(), home.location_id.clone())) {
                home.tracker = tracker;
            }
        }
        self
    }

    /// Returns the state, which includes every item returned so far.
    #[must_use]
    pub fn state(&self) -> WatchState {
        WatchState::new(self.homes.iter().map(|home| home.state.clone()).collect())
    }

    /// Returns the next item; `None` if there are no homes, or after [`Watch::rounds`]. Dropping the future loses no item.
    pub async fn next(&mut self) -> Option<Result<Transition, WatchFailure>> {
        StreamExt::next(self).await
    }

    fn start(&mut self, index: usize) {
        let Some(home) = self.homes.get_mut(index) else { return };
        home.is_busy = true;
        let clock = Arc::clone(self.client.clock());
        let location = self.client.customer(&home.state.customer_id).location(&home.state.location_id);
        let check = async move {
            let snapshot = location.snapshot().await;
            let at = match &snapshot {
                Ok(snapshot) => snapshot.taken_at,
                Err(_) => clock.wall(),
            };
            Checked { home: index, at, snapshot }
        };
        self.checks.push(check.boxed());
    }

    /// Passes the outcome of a check to its tracker, and returns the item if there is one.
    fn finish(&mut self, checked: Checked) -> Option<Result<Transition, WatchFailure>> {
        let Checked { home, at, snapshot } = checked;
        let home = self.homes.get_mut(home)?;
        home.is_busy = false;
        let report = snapshot.map(|snapshot| analyze(&snapshot, &self.policy, at));
        let status = report.as_ref().map_or(Status::Unknown, |report| report.status);
        let HomeState { customer_id, location_id, tracker } = &mut home.state;
        let event = tracker.observe(&self.tracker, at, status);
        let (customer_id, location_id) = (customer_id.clone(), location_id.clone());
        let cause = match (report, event) {
            (Err(error), _) => FailureCause::Read(error),
            (Ok(report @ HealthReport { status: Status::Unknown, .. }), _) => {
                FailureCause::Unknown(Box::new(report))
            }
            (Ok(_), None) => return None,
            (Ok(report), Some(event)) => {
                return Some(Ok(Transition { customer_id, location_id, at, event, report }));
            }
        };
        Some(Err(WatchFailure { customer_id, location_id, at, cause }))
    }

    /// Starts the next check when it is due. Pending while it is not, or while too many run.
    fn poll_start(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.checks.len() < self.concurrency {
            let now = self.client.clock().monotonic();
            let (homes, every) = (&self.homes, self.every);
            let schedule = self.schedule.get_or_insert_with(|| Schedule::new(homes.len(), every, now));
            let is_busy = |index: usize| homes.get(index).is_none_or(|home| home.is_busy);
            let until = match schedule.turn(now, is_busy) {
                Turn::Start(index) => {
                    self.started = self.started.saturating_add(1);
                    self.start(index);
                    return Poll::Ready(());
                }
                Turn::Wait(until) => until,
            };
            if self.sleep.as_ref().is_none_or(|(end, _)| *end != until) {
                let clock = Arc::clone(self.client.clock());
                let wait = until.saturating_sub(now);
                self.sleep = Some((until, async move { clock.sleep(wait).await }.boxed()));
            }
            if let Some((_, sleep)) = &mut self.sleep {
                ready!(sleep.poll_unpin(cx));
            }
            self.sleep = None;
        }
        Poll::Pending
    }
}

impl Stream for Watch {
    type Item = Result<Transition, WatchFailure>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.homes.is_empty() {
            return Poll::Ready(None);
        }
        loop {
            if let Poll::Ready(Some(checked)) = self.checks.poll_next_unpin(cx) {
                if let Some(item) = self.finish(checked) {
                    return Poll::Ready(Some(item));
                }
                // Checks that need no wait must not keep the executor from other tasks.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let most = self.rounds.map(|rounds| rounds.saturating_mul(self.homes.len()));
            if most.is_some_and(|most| self.started >= most) {
                return if self.checks.is_empty() { Poll::Ready(None) } else { Poll::Pending };
            }
            // A check that was started has to be polled too.
            ready!(self.poll_start(cx));
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("homes", &self.homes.len())
            .field("every", &self.every)
            .field("policy", &self.policy)
            .field("tracker", &self.tracker)
            .field("concurrency", &self.concurrency)
            .field("checks", &self.checks.len())
            .finish_non_exhaustive()
    }
}
