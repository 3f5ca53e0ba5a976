//! The changes of the store, rendered once for all readers.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use plume::{
    monitor::ids::{HomeId, IncidentId, TenantId},
    runtime::Clock,
};

use crate::access::{Role, Tenants, Via, Visitor};
use crate::stop::Stopping;
use crate::store::{
    Result,
    model::{Change, ChangeKind},
};
use crate::web::dashboard::{Dashboard, VisibleTenant};
use crate::web::events::{Audience, Kind, Live};
use crate::web::pages::{HomeRow, Summary, summary};
use crate::web::shell::rendered;
use crate::web::view::{home_path, incident_path};

/// Changes within this time are one step.
const GATHER: Duration = Duration::from_millis(400);
/// Time between two summaries without a change, for the numbers of the monitor.
const REFRESH: Duration = Duration::from_secs(5);
/// Time after which a summary is read without a change: snoozes and maintenance windows begin and end by the time alone.
const REREAD: Duration = Duration::from_secs(60);
/// Maximum number of changes that are read at once. After more, all readers load their pages again.
const AT_ONCE: usize = 500;

/// A summary as it was sent.
struct Sent {
    summary: Summary,
    text: String,
    /// The time of its reading, on the monotonic clock.
    read: Duration,
}

struct Hub {
    live: Live,
    dashboard: Dashboard,
    clock: Arc<dyn Clock>,
    /// The summary of each audience.
    summaries: BTreeMap<Tenants, Sent>,
}

/// Renders changes until the request to stop. `clock` is that of the machine.
pub async fn follow(live: Live, dashboard: Dashboard, clock: Arc<dyn Clock>, mut stopping: Stopping) {
    let mut watch = dashboard.watch();
    let mut seen = *watch.borrow_and_update();
    let (mut logged, mut failures) = (0, 0_u32);
    let mut hub = Hub { live, dashboard, clock, summaries: BTreeMap::new() };
    loop {
        let changed = tokio::select! {
            () = stopping.requested() => return,
            changed = watch.changed() => changed.is_ok(),
            () = hub.clock.sleep(REFRESH) => false,
        };
        if changed {
            hub.clock.sleep(GATHER).await;
        }
        let latest = *watch.borrow_and_update();
        if hub.live.has_readers() {
            // What could not be read is read by the next step.
            match hub.step(seen, latest).await {
                Ok(()) => (seen, failures) = (latest, 0),
                Err(_) => failures = failures.saturating_add(1),
            }
            // A page that is loaded again shows the failure. A single one is over before it is read.
            if failures == 2 {
                hub.live.send(Audience::Everybody, Kind::Resync, "", String::new());
            }
            let last = hub.dashboard.process().journal.last();
            for page in ["connections", "logs"].into_iter().take(if last > logged { 2 } else { 1 }) {
                hub.live.send(Audience::Everybody, Kind::Page, page, String::new());
            }
            logged = last;
        } else if latest > seen {
            (seen, failures) = (latest, 0);
            hub.live.skip();
        }
    }
}

impl Hub {
    async fn step(&mut self, seen: u64, latest: u64) -> Result<()> {
        let mut changed = HashSet::new();
        if latest > seen {
            let whole = self.dashboard.for_visitor(reader(Tenants::All));
            for (tenant, named) in whole.each().await? {
                let changes = tenant.changes(seen, AT_ONCE).await?;
                if changes.as_ref().is_none_or(|changes| !changes.is_empty()) {
                    changed.insert(tenant.id().clone());
                }
                match changes.filter(|changes| changes.len() < AT_ONCE) {
                    None => self.live.send(only(&tenant), Kind::Resync, "", String::new()),
                    Some(changes) => {
                        for change in latest_of_each(changes) {
                            send_change(&self.live, (&tenant, &named.name), whole.now(), &change).await?;
                        }
                    }
                }
            }
        }
        self.send_summaries(&changed).await
    }

    /// Sends the summary of each audience that has another text. Without changes of its tenants only the numbers of the
    /// monitor are new, and what follows from the time alone after [`REREAD`].
    async fn send_summaries(&mut self, changed: &HashSet<TenantId>) -> Result<()> {
        let audiences = self.live.audiences();
        self.summaries.retain(|tenants, _| audiences.contains(tenants));
        for tenants in audiences {
            let visible = self.dashboard.for_visitor(reader(tenants.clone()));
            let now = self.clock.monotonic();
            let is_same = |sent: &Sent| {
                now.saturating_sub(sent.read) < REREAD && !changed.iter().any(|tenant| tenants.has(tenant))
            };
            let sent = self.summaries.remove(&tenants);
            let (summary, before, read) = match sent {
                Some(mut sent) if is_same(&sent) => {
                    sent.summary.renew(&visible);
                    (sent.summary, sent.text, sent.read)
                }
                sent => (summary(&visible).await?, sent.map(|sent| sent.text).unwrap_or_default(), now),
            };
            let Ok(text) = rendered(&summary) else { continue };
            if text != before {
                self.live.send(Audience::Exactly(tenants.clone()), Kind::Summary, "", text.clone());
            }
            self.summaries.insert(tenants, Sent { summary, text, read });
        }
        Ok(())
    }
}

/// A reader of these tenants.
fn reader(tenants: Tenants) -> Visitor {
    Visitor::new("live pages", Role::Viewer, tenants, Via::Server)
}

fn only(tenant: &VisibleTenant) -> Audience {
    Audience::Tenant(tenant.id().clone())
}

async fn send_change(
    live: &Live,
    (tenant, name): (&VisibleTenant, &str),
    now: DateTime<Utc>,
    change: &Change,
) -> Result<()> {
    match change.kind {
        ChangeKind::Home => {
            let id = HomeId::new(change.subject.as_str());
            let home = tenant.home(&id).await?;
            let row = home.and_then(|home| {
                let row = rendered(&HomeRow::new(&home, name, now)).ok()?;
                Some((home, row))
            });
            live.send_home(tenant.id().clone(), &home_path(tenant.id(), &id), row);
        }
        ChangeKind::Incident => {
            let path = incident_path(tenant.id(), &IncidentId::new(change.subject.as_str()));
            live.send(only(tenant), Kind::Incident, &path, String::new());
        }
        ChangeKind::Message | ChangeKind::Record => {}
    }
    Ok(())
}

/// The last change of each subject, in their order.
fn latest_of_each(changes: Vec<Change>) -> Vec<Change> {
    let mut seen = HashSet::new();
    let mut kept: Vec<Change> = changes
        .into_iter()
        .rev()
        .filter(|change| seen.insert((change.kind, change.subject.clone())))
        .collect();
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_change_of_a_subject_counts() {
        let change = |seq, subject: &str| Change { seq, kind: ChangeKind::Home, subject: subject.to_owned() };
        let kept = latest_of_each(vec![change(1, "a"), change(2, "b"), change(3, "a")]);
        assert_eq!(kept, [change(2, "b"), change(3, "a")]);
    }
}
