//! The parts that all handlers share.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use plume::{
    Client,
    monitor::{
        budget::Load,
        ids::{HomeId, TenantId},
    },
    runtime::Clock,
};
use plume_text::human;
use tokio::sync::{Mutex, watch};

use crate::stop::Stopping;
use crate::store::{
    Result, Store, StoreError, StoreErrorKind,
    model::{Announcer, Decisions},
};
use crate::web::dashboard::outlook::Outlook;
use crate::web::events::Live;
use crate::web::gate::Gate;
use crate::web::process::Process;
use crate::web::reports::Reports;
use crate::web::shell::FormToken;

/// The time of the newest data of each tenant that has any, and whether it is old.
pub type Newest = Arc<BTreeMap<TenantId, (DateTime<Utc>, bool)>>;

/// The measured state of the worker.
#[derive(Debug, Clone, PartialEq)]
pub struct Pulse {
    /// The load of the call budget.
    pub load: Load,
    /// Checks within the last minute; `None` in the first minute.
    pub checks_per_minute: Option<f64>,
    /// Those of them that had data.
    pub with_data_per_minute: Option<f64>,
    /// Calls to the API per second within the last minute, those for people too; `None` in the first minute.
    pub calls_per_second: Option<f64>,
    /// Homes whose last check is older than twice their interval.
    pub unchecked: usize,
    /// Homes whose newest data is older than twice their interval.
    pub stale: usize,
    /// The newest data of the tenants.
    pub newest: Newest,
    /// The parts of the server with the time since each began its last turn.
    pub turns: [(&'static str, Duration); 3],
    /// The time for which some work with the store has failed.
    pub failing: Option<Duration>,
}

/// A part that has begun no turn for longer than this hangs. The longest turns, those of the leader, take seconds.
pub(in crate::web) const LATE: Duration = Duration::from_secs(120);

/// Work with the store that has failed for longer than this fails for good.
const FAILING: Duration = Duration::from_secs(60);

/// The result of a probe of the store serves all for this time: strangers may ask, and each probe is a write.
const PROBED: Duration = Duration::from_secs(2);
/// Maximum time of a probe.
const PROBE: Duration = Duration::from_secs(5);

impl Pulse {
    /// Returns the part that hangs for the longest time.
    pub(in crate::web) fn hanging(&self) -> Option<(&'static str, Duration)> {
        let late = self.turns.into_iter().filter(|(_, age)| *age > LATE);
        late.max_by_key(|(_, age)| *age)
    }
}

/// Returns whether the store and all parts work.
pub(in crate::web) fn is_well(store: &Result<()>, pulse: Option<&Pulse>) -> bool {
    store.is_ok() && pulse.is_some_and(|pulse| pulse.hanging().is_none())
}

/// Measures the state of the worker; `None` without a worker.
pub type PulseSource = Arc<dyn Fn() -> Option<Pulse> + Send + Sync>;

/// Makes the next check of a home due, at the request of a person. Returns what is to be stored; `None` without such a home.
pub type CheckNow = Arc<dyn Fn(&HomeId, DateTime<Utc>) -> Option<Decisions> + Send + Sync>;

/// A line on every page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notice {
    /// The text; empty for no line.
    pub text: String,
    /// Seconds of the monitor's clock per second.
    pub pace: u32,
}

/// The parts of a dashboard.
#[derive(Clone)]
pub struct DashboardParts {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The clock of the monitor.
    pub clock: Arc<dyn Clock>,
    /// The decisions about messages, for the actions of people.
    pub announcer: Arc<dyn Announcer>,
    /// Reads the cloud for people. Without it, pages have no report of the present.
    pub client: Option<Client>,
    /// The state of the worker.
    pub pulse: PulseSource,
    /// Makes checks due.
    pub check_now: CheckNow,
    /// The changes for open pages.
    pub live: Live,
    /// The request to stop, which ends open streams.
    pub stopping: Stopping,
    /// A line on every page.
    pub notice: Notice,
    /// Whether visitors have to sign in, and how.
    pub gate: Gate,
    /// The state of this process that pages show.
    pub process: Process,
    /// The settings of channels.
    pub outlook: Outlook,
}

impl fmt::Debug for DashboardParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DashboardParts").field("notice", &self.notice).finish_non_exhaustive()
    }
}

/// The state of all handlers. Clones share it.
#[derive(Debug, Clone)]
pub struct Dashboard(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    parts: DashboardParts,
    reports: Reports,
    token: FormToken,
    /// The last probe of the store, with its time on the clock of the machine.
    probed: Mutex<Option<(Duration, Result<()>)>>,
}

impl Dashboard {
    /// Creates the state.
    #[must_use]
    pub fn new(parts: DashboardParts) -> Self {
        let (clock, live) = (Arc::clone(&parts.clock), parts.live.clone());
        let reports = Reports::new(parts.client.clone(), clock, live, parts.gate.suspended().clone());
        Self(Arc::new(Shared { reports, token: FormToken::new(), probed: Mutex::new(None), parts }))
    }

    pub(super) fn store(&self) -> &dyn Store {
        self.0.parts.store.as_ref()
    }

    pub(super) fn announcer(&self) -> &Arc<dyn Announcer> {
        &self.0.parts.announcer
    }

    /// Returns the time of the machine's clock that never decreases.
    pub(in crate::web) fn monotonic(&self) -> Duration {
        self.0.parts.clock.monotonic()
    }

    /// Ends after a time, as a limit of other work.
    pub(super) async fn limit(&self, time: Duration) {
        self.0.parts.clock.limit(time).await;
    }

    pub(in crate::web) fn now(&self) -> DateTime<Utc> {
        self.0.parts.clock.wall()
    }

    pub(in crate::web) fn pulse(&self) -> Option<Pulse> {
        (self.0.parts.pulse)()
    }

    pub(super) fn check_now(&self) -> &CheckNow {
        &self.0.parts.check_now
    }

    pub(super) fn client(&self) -> Option<&Client> {
        self.0.parts.client.as_ref()
    }

    pub(in crate::web) fn process(&self) -> &Process {
        &self.0.parts.process
    }

    pub(super) fn reports(&self) -> &Reports {
        &self.0.reports
    }

    pub(in crate::web) fn token(&self) -> &FormToken {
        &self.0.token
    }

    pub(in crate::web) fn live(&self) -> &Live {
        &self.0.parts.live
    }

    pub(in crate::web) fn stopping(&self) -> Stopping {
        self.0.parts.stopping.clone()
    }

    pub(in crate::web) fn gate(&self) -> &Gate {
        &self.0.parts.gate
    }

    pub(super) fn outlook(&self) -> &Outlook {
        &self.0.parts.outlook
    }

    pub(in crate::web) fn notice(&self) -> &Notice {
        &self.0.parts.notice
    }

    /// Checks that the store can be read and written, and that no part fails to do so.
    pub(in crate::web) async fn check_store(&self) -> Result<()> {
        self.probe().await?;
        match self.pulse().and_then(|pulse| pulse.failing).filter(|age| *age > FAILING) {
            Some(age) => {
                let text = format!("reads or writes have failed for {}, see the page Logs", human(age));
                Err(StoreError::new(StoreErrorKind::Unavailable, text))
            }
            None => Ok(()),
        }
    }

    /// Reads and writes the store, unless that was done a moment ago.
    async fn probe(&self) -> Result<()> {
        let machine = self.live().clock();
        let mut probed = self.0.probed.lock().await;
        if let Some((at, found)) = probed.as_ref()
            && machine.monotonic().saturating_sub(*at) < PROBED
        {
            return found.clone();
        }
        let probe = async {
            self.store().probe().await?;
            self.store().tenants().await.map(drop)
        };
        let found = tokio::select! {
            biased;
            found = probe => found,
            () = machine.limit(PROBE) => {
                let text = format!("a write did not end within {} s", PROBE.as_secs());
                Err(StoreError::new(StoreErrorKind::Unavailable, text))
            }
        };
        *probed = Some((machine.monotonic(), found.clone()));
        found
    }

    /// Returns whether the store and all parts work, as `/health` reports it.
    pub async fn is_well(&self) -> bool {
        is_well(&self.check_store().await, self.pulse().as_ref())
    }

    /// Returns the number of the last change, which wakes its receivers.
    pub(in crate::web) fn watch(&self) -> watch::Receiver<u64> {
        self.store().watch()
    }
}
