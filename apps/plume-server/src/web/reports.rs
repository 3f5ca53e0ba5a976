//! Reports of the present for people, from the cloud. A minute old one serves all readers.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex as StdMutex, PoisonError},
    time::Duration,
};

use plume::{
    Client,
    health::{HealthReport, Policy, analyze, topology::Topology},
    runtime::Clock,
};
use tokio::sync::Mutex;

use crate::store::model::Home;

/// The time for which a report is shown again.
const FRESH: Duration = Duration::from_secs(60);
/// Maximum number of kept reports.
const KEPT: usize = 200;

/// A report with the node tree.
#[derive(Debug)]
pub(in crate::web) struct Seen {
    pub(in crate::web) report: HealthReport,
    pub(in crate::web) tree: Topology,
}

/// The report of one home, and the reading that all readers wait for.
type Slot = Arc<Mutex<Option<(Duration, Arc<Seen>)>>>;

/// Reads and keeps reports.
#[derive(Debug)]
pub(in crate::web) struct Reports {
    client: Option<Client>,
    clock: Arc<dyn Clock>,
    policy: Policy,
    slots: StdMutex<HashMap<String, Slot>>,
}

impl Reports {
    pub(in crate::web) fn new(client: Option<Client>, clock: Arc<dyn Clock>) -> Self {
        Self { client, clock, policy: Policy::standard(), slots: StdMutex::default() }
    }

    /// Returns the report of a home, or the reason why there is none.
    pub(in crate::web) async fn read(&self, home: &Home) -> Result<Arc<Seen>, String> {
        let client = self.client.as_ref().ok_or("this server has no access to the cloud")?;
        let slot = self.slot(home);
        let mut kept = slot.lock().await;
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

    fn slot(&self, home: &Home) -> Slot {
        let key = format!("{}/{}", home.tenant, home.id);
        // Every change under the lock is complete.
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= KEPT && !slots.contains_key(&key) {
            // A slot that is being read has another owner.
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        Arc::clone(slots.entry(key).or_default())
    }
}
