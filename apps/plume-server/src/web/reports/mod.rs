//! Reports for people, from the cloud: of the present, of which a minute old one serves all readers, and trends of a day.
//!
//! A page waits a few seconds for a reading. One that takes longer continues without it, and reloads the open pages of its home.

mod read;
mod running;
mod slot;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use plume::{
    Client, Granularity, WanPeriod,
    health::{Policy, analyze, topology::Topology},
    monitor::ids::TenantId,
    runtime::Clock,
};

use crate::config::in_keys;
use crate::store::model::Home;
use crate::suspended::Suspended;
use crate::web::events::{Audience, Kind, Live};
use crate::web::reports::read::Read;
use crate::web::reports::running::Running;
use crate::web::reports::slot::{Slot, Slots};
use crate::web::view::home_path;

pub(in crate::web) use read::{Seen, Trends};

/// The time for which a report is shown again, and for which a failure to read one is.
const FRESH: Duration = Duration::from_secs(60);
const RETRY: Duration = Duration::from_secs(15);
/// The same for trends.
const TRENDS_FRESH: Duration = Duration::from_secs(15 * 60);
const TRENDS_RETRY: Duration = Duration::from_secs(60);
/// The time that a page waits, and that a reading may take, on the clock of the machine.
const PAGE: Duration = Duration::from_secs(5);
const LIMIT: Duration = Duration::from_secs(30);
/// Maximum number of checks that people of a tenant request in a minute: each is as urgent as that of a suspect.
pub(in crate::web) const REQUESTS: usize = 20;
const MINUTE: Duration = Duration::from_secs(60);
/// The hours of trends.
const HOURS: u32 = 24;

const NO_CLOUD: &str = "this server has no access to the cloud";
const BUSY: &str = "too many reports are being read at present; reload the page in a few seconds";
const SLOW: &str = "the cloud has not answered within 5 s; the page is reloaded when it has";
const SUSPENDED: &str = "the tenant is suspended";

/// Reads and keeps reports.
#[derive(Debug)]
pub(in crate::web) struct Reports {
    client: Option<Client>,
    /// The clock of the monitor.
    clock: Arc<dyn Clock>,
    live: Live,
    suspended: Suspended,
    slots: Slots,
    running: Running,
    /// The requests of checks within the last minute, on the clock of the machine.
    requests: Mutex<Vec<(TenantId, Duration)>>,
}

impl Reports {
    pub(in crate::web) fn new(
        client: Option<Client>,
        clock: Arc<dyn Clock>,
        live: Live,
        suspended: Suspended,
    ) -> Self {
        let (slots, running, requests) = (Slots::default(), Running::default(), Mutex::default());
        Self { client, clock, live, suspended, slots, running, requests }
    }

    /// Returns the report of a home, or the reason why there is none.
    pub(in crate::web) async fn read(&self, home: &Home) -> Read {
        let client = self.client.clone().ok_or(NO_CLOUD)?;
        let (clock, slot) = (Arc::clone(&self.clock), self.slots.of(home).seen);
        let location = client.customer(&home.customer).location(&home.location);
        let reading = async move {
            let snapshot = location.snapshot().await.map_err(|error| in_keys(&error.to_string()))?;
            let report = analyze(&snapshot, &Policy::standard(), clock.wall());
            Ok(Arc::new(Seen { report, tree: Topology::of(&snapshot) }))
        };
        let reading = self.limited(home, reading);
        let reading = async move {
            let seen = reading.await.and_then(|seen| seen);
            let fresh = if seen.is_ok() { FRESH } else { RETRY };
            (seen, fresh)
        };
        self.current(home, &slot, reading).await?
    }

    /// Returns the trends of a home: those of the last quarter of an hour, and older ones while the cloud is away.
    pub(in crate::web) async fn trends(&self, home: &Home) -> Trends {
        let Some(client) = self.client.clone() else {
            return Trends { problem: NO_CLOUD.to_owned(), ..Trends::default() };
        };
        let slot = self.slots.of(home).trends;
        let reports = client.customer(&home.customer).location(&home.location).reports();
        let reading = async move {
            futures_util::future::join(
                reports.wan_stats(WanPeriod::Daily),
                reports.online_stats(Granularity::Hours, Some(HOURS)),
            )
            .await
        };
        let reading = self.limited(home, reading);
        let (clock, before) = (Arc::clone(&self.clock), slot.last().unwrap_or_default());
        let reading = async move {
            let trends = match reading.await {
                Err(problem) => Trends { problem, ..before },
                Ok((wan, online)) => {
                    let problem = wan.as_ref().err().or(online.as_ref().err());
                    let problem = problem.map(|error| in_keys(&error.to_string())).unwrap_or_default();
                    match (wan, online) {
                        (Err(_), Err(_)) => Trends { problem, ..before },
                        (wan, online) => Trends {
                            wan: wan.ok().map(Arc::new),
                            online: online.ok().map(Arc::new),
                            read: Some(clock.wall()),
                            problem,
                        },
                    }
                }
            };
            let fresh = if trends.problem.is_empty() { TRENDS_FRESH } else { TRENDS_RETRY };
            (trends, fresh)
        };
        let current = self.current(home, &slot, reading).await;
        current.unwrap_or_else(|problem| Trends { problem, ..slot.last().unwrap_or_default() })
    }

    /// Reads the next report of a home from the cloud, however young the last one is. Returns whether a person may request a
    /// check of it: a tenant has [`REQUESTS`] in a minute.
    pub(in crate::web) fn request(&self, home: &Home) -> bool {
        let now = self.live.clock().monotonic();
        // Every change under the lock is complete.
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.retain(|(_, at)| now.saturating_sub(*at) < MINUTE);
        if requests.iter().filter(|(tenant, _)| *tenant == home.tenant).count() >= REQUESTS {
            return false;
        }
        requests.push((home.tenant.clone(), now));
        let slot = self.slots.of(home).seen;
        // A reading that has begun is of the present.
        if slot.reading.try_lock().is_ok() {
            slot.expire();
        }
        true
    }

    /// Ends a reading after its time, and when the tenant is suspended.
    fn limited<T>(
        &self,
        home: &Home,
        reading: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Result<T, String>> + Send + 'static {
        let (machine, suspended) = (Arc::clone(self.live.clock()), self.suspended.clone());
        let (tenant, reading) = (home.tenant.clone(), Box::pin(reading));
        async move {
            tokio::select! {
                biased;
                read = reading => Ok(read),
                () = suspended.when(&tenant) => Err(SUSPENDED.to_owned()),
                () = machine.limit(LIMIT) => Err(format!("no response within {} s", LIMIT.as_secs())),
            }
        }
    }

    /// Returns what is kept, or what a reading returns with the time for which it is kept.
    async fn current<T: Clone + Send + 'static>(
        &self,
        home: &Home,
        slot: &Arc<Slot<T>>,
        reading: impl Future<Output = (T, Duration)> + Send + 'static,
    ) -> Result<T, String> {
        let machine = self.live.clock();
        let turn = tokio::select! {
            biased;
            turn = Arc::clone(&slot.reading).lock_owned() => turn,
            () = machine.limit(PAGE) => return Err(SLOW.to_owned()),
        };
        if let Some(kept) = slot.fresh(self.clock.monotonic()) {
            return Ok(kept);
        }
        let place = self.running.enter(&home.tenant).ok_or(BUSY)?;
        let (slot, clock, live) = (Arc::clone(slot), Arc::clone(&self.clock), self.live.clone());
        let (tenant, path) = (home.tenant.clone(), home_path(&home.tenant, &home.id));
        // A page that is closed or does not wait longer ends no reading: the calls are made, and serve the next reader.
        let task = tokio::spawn(async move {
            let began = live.clock().monotonic();
            let (value, fresh) = reading.await;
            slot.keep(clock.monotonic().saturating_add(fresh), value.clone());
            drop((turn, place));
            if live.clock().monotonic().saturating_sub(began) >= PAGE {
                live.send(Audience::Tenant(tenant), Kind::Report, &path, String::new());
            }
            value
        });
        tokio::select! {
            biased;
            done = task => done.map_err(|_| "the reading ended".to_owned()),
            () = machine.limit(PAGE) => Err(SLOW.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
