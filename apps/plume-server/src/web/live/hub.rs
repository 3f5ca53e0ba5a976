//! The changes of the store, rendered once for all readers.

use std::{collections::HashSet, sync::Arc, time::Duration};

use askama::Template;
use chrono::{DateTime, Utc};
use plume::{
    monitor::ids::{HomeId, IncidentId},
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
use crate::web::pages::{HomeRow, summary};
use crate::web::view::{home_path, incident_path};

/// Changes within this time are one step.
const GATHER: Duration = Duration::from_millis(400);
/// Time between two summaries without a change, for the numbers of the monitor.
const REFRESH: Duration = Duration::from_secs(5);
/// Maximum number of changes that are read at once. After more, all readers load their pages again.
const AT_ONCE: usize = 500;

/// Renders changes until the request to stop. `clock` is that of the machine.
pub async fn follow(live: Live, dashboard: Dashboard, clock: Arc<dyn Clock>, mut stopping: Stopping) {
    let mut watch = dashboard.watch();
    let mut seen = *watch.borrow_and_update();
    let (mut logged, mut failures) = (0, 0_u32);
    loop {
        let changed = tokio::select! {
            () = stopping.requested() => return,
            changed = watch.changed() => changed.is_ok(),
            () = clock.sleep(REFRESH) => false,
        };
        if changed {
            clock.sleep(GATHER).await;
        }
        let latest = *watch.borrow_and_update();
        if live.has_readers() {
            // What could not be read is read by the next step.
            match step(&live, &dashboard, seen, latest).await {
                Ok(()) => (seen, failures) = (latest, 0),
                Err(_) => failures = failures.saturating_add(1),
            }
            // A page that is loaded again shows the failure. A single one is over before anybody has read it.
            if failures == 2 {
                live.send(Audience::Everybody, Kind::Resync, "", String::new());
            }
            let last = dashboard.process().journal.last();
            for page in ["connections", "logs"].into_iter().take(if last > logged { 2 } else { 1 }) {
                live.send(Audience::Everybody, Kind::Page, page, String::new());
            }
            logged = last;
        } else if latest > seen {
            (seen, failures) = (latest, 0);
            live.skip();
        }
    }
}

async fn step(live: &Live, dashboard: &Dashboard, seen: u64, latest: u64) -> Result<()> {
    if latest > seen {
        let whole = dashboard.for_visitor(reader(Tenants::All));
        for (tenant, _) in whole.each().await? {
            let changes = tenant.changes(seen, AT_ONCE).await?;
            match changes.filter(|changes| changes.len() < AT_ONCE) {
                None => live.send(only(&tenant), Kind::Resync, "", String::new()),
                Some(changes) => {
                    for change in latest_of_each(changes) {
                        send_change(live, &tenant, whole.now(), &change).await?;
                    }
                }
            }
        }
    }
    for tenants in live.audiences() {
        let visible = dashboard.for_visitor(reader(tenants.clone()));
        if let Ok(text) = summary(&visible).await?.render() {
            live.send(Audience::Exactly(tenants), Kind::Summary, "", text);
        }
    }
    Ok(())
}

/// A reader of these tenants.
fn reader(tenants: Tenants) -> Visitor {
    Visitor::new("live pages", Role::Viewer, tenants, Via::Server)
}

fn only(tenant: &VisibleTenant) -> Audience {
    Audience::Tenant(tenant.id().clone())
}

async fn send_change(live: &Live, tenant: &VisibleTenant, now: DateTime<Utc>, change: &Change) -> Result<()> {
    match change.kind {
        ChangeKind::Home => {
            let id = HomeId::new(change.subject.as_str());
            let home = tenant.home(&id).await?;
            let row = home.and_then(|home| {
                let row = HomeRow::new(&home, now).render().ok()?;
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
