//! Reports for people, from the cloud: of the present, of which a minute old one serves all readers, and trends of a day.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex as StdMutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use plume::{
    Client, Granularity, WanPeriod,
    health::{HealthReport, Policy, analyze, topology::Topology},
    runtime::Clock,
    types::{OnlineStats, WanStats},
};
use tokio::sync::Mutex;

use crate::store::model::Home;

/// The time for which a report is shown again.
const FRESH: Duration = Duration::from_secs(60);
/// The time for which trends are shown again.
const TRENDS_FRESH: Duration = Duration::from_secs(15 * 60);
/// The time between a failure and the next reading of trends.
const TRENDS_RETRY: Duration = Duration::from_secs(60);
/// The hours of trends.
const HOURS: u32 = 24;
/// Maximum number of homes whose reports are kept.
const KEPT: usize = 200;

/// A report with the node tree.
#[derive(Debug)]
pub(in crate::web) struct Seen {
    pub(in crate::web) report: HealthReport,
    pub(in crate::web) tree: Topology,
}

/// The reports of a day that the cloud keeps.
#[derive(Debug, Clone, Default)]
pub(in crate::web) struct Trends {
    /// The traffic of the Internet line, if it is known.
    pub(in crate::web) wan: Option<Arc<WanStats>>,
    /// The times at which the home was online, if they are known.
    pub(in crate::web) online: Option<Arc<OnlineStats>>,
    /// The time at which they were read.
    pub(in crate::web) read: Option<DateTime<Utc>>,
    /// The reason why they are not of the present, or a part is missing; empty if they are complete.
    pub(in crate::web) problem: String,
}

/// The kept reports of one home. A lock is held while the cloud is read, so that all readers wait for one reading.
#[derive(Debug, Default)]
struct Slot {
    seen: Mutex<Option<(Duration, Arc<Seen>)>>,
    /// With the time at which they are read again.
    trends: Mutex<Option<(Duration, Trends)>>,
}

/// Reads and keeps reports.
#[derive(Debug)]
pub(in crate::web) struct Reports {
    client: Option<Client>,
    clock: Arc<dyn Clock>,
    policy: Policy,
    slots: StdMutex<HashMap<String, Arc<Slot>>>,
}

impl Reports {
    pub(in crate::web) fn new(client: Option<Client>, clock: Arc<dyn Clock>) -> Self {
        Self { client, clock, policy: Policy::standard(), slots: StdMutex::default() }
    }

    /// Returns the report of a home, or the reason why there is none.
    pub(in crate::web) async fn read(&self, home: &Home) -> Result<Arc<Seen>, String> {
        let client = self.client.as_ref().ok_or("this server has no access to the cloud")?;
        let slot = self.slot(home);
        let mut kept = slot.seen.lock().await;
        if let Some((at, seen)) = kept.as_ref()
            && self.clock.monotonic().saturating_sub(*at) < FRESH
        {
            return Ok(Arc::clone(seen));
        }
        let location = client.customer(&home.customer).location(&home.location);
        let snapshot = location.snapshot().await.map_err(|error| error.to_string())?;
        let report = analyze(&snapshot, &self.policy, self.clock.wall());
        let seen = Arc::new(Seen { report, tree: Topology::of(&snapshot) });
        *kept = Some((self.clock.monotonic(), Arc::clone(&seen)));
        Ok(seen)
    }

    /// Returns the trends of a home: those of the last quarter of an hour, and older ones while the cloud is away.
    pub(in crate::web) async fn trends(&self, home: &Home) -> Trends {
        let Some(client) = &self.client else {
            return Trends {
                problem: "this server has no access to the cloud".to_owned(),
                ..Trends::default()
            };
        };
        let slot = self.slot(home);
        let mut kept = slot.trends.lock().await;
        let now = self.clock.monotonic();
        if let Some((until, trends)) = kept.as_ref()
            && now < *until
        {
            return trends.clone();
        }
        let reports = client.customer(&home.customer).location(&home.location).reports();
        let (wan, online) = futures_util::future::join(
            Box::pin(reports.wan_stats(WanPeriod::Daily)),
            Box::pin(reports.online_stats(Granularity::Hours, Some(HOURS))),
        )
        .await;
        let before = kept.take().map(|(_, trends)| trends).unwrap_or_default();
        let problem = wan.as_ref().err().or(online.as_ref().err()).map(ToString::to_string);
        let trends = match (wan, online) {
            (Err(_), Err(_)) => Trends { problem: problem.unwrap_or_default(), ..before },
            (wan, online) => Trends {
                wan: wan.ok().map(Arc::new),
                online: online.ok().map(Arc::new),
                read: Some(self.clock.wall()),
                problem: problem.unwrap_or_default(),
            },
        };
        let fresh = if trends.problem.is_empty() { TRENDS_FRESH } else { TRENDS_RETRY };
        *kept = Some((self.clock.monotonic().saturating_add(fresh), trends.clone()));
        trends
    }

    /// Reads the next report of a home from the cloud, however young the last one is.
    pub(in crate::web) fn forget(&self, home: &Home) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get_mut(&key(home)) {
            // A reading that has begun is of the present.
            if let Ok(mut seen) = slot.seen.try_lock() {
                *seen = None;
            }
        }
    }

    fn slot(&self, home: &Home) -> Arc<Slot> {
        let key = key(home);
        // Every change under the lock is complete.
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= KEPT && !slots.contains_key(&key) {
            // A slot that is being read has another owner.
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        Arc::clone(slots.entry(key).or_default())
    }
}

fn key(home: &Home) -> String {
    format!("{}/{}", home.tenant, home.id)
}
