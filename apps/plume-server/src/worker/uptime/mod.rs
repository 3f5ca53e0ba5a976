//! The count of uptime: the time of each home and group by class, from the changes of the status.

mod sums;

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use plume::monitor::{
    ids::TenantId,
    sla::{Availability, MaintenanceWindow, SlaPolicy, availability},
};

use crate::stop::Stopping;
use crate::store::{
    StoreError,
    model::{Counted, HomeHistory, UptimePeriod},
};
use crate::worker::maintenance::Maintenance;
use crate::worker::run::Parts;
use crate::worker::uptime::sums::{Sums, uptime};

/// Homes in one step.
const STEP: usize = 250;
/// Time between two counts, and the part of it for each home: a large fleet is counted less often.
const LEAST: Duration = Duration::from_secs(300);
const MOST: Duration = Duration::from_secs(3_600);
const PER_HOME: Duration = Duration::from_millis(300);
/// Maximum number of openings of one maintenance window in all periods.
const OPENINGS: usize = 2_000;

/// The windows of a tenant with their openings.
type Windows = Vec<(Maintenance, Vec<MaintenanceWindow>)>;

/// Returns the time between two counts.
pub(super) fn interval(homes: usize) -> Duration {
    let homes = u32::try_from(homes).unwrap_or(u32::MAX);
    PER_HOME.saturating_mul(homes).clamp(LEAST, MOST)
}

/// Counts all homes up to the last full minute, slice by slice.
///
/// # Errors
///
/// [`StoreError`]. The next count begins again.
pub(super) async fn count(parts: &Parts, stopping: &Stopping) -> Result<(), StoreError> {
    let Parts { store, clock, fleet, policies, .. } = parts;
    let now = clock.wall();
    let at = now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now);
    let since = UptimePeriod::ALL.map(|period| period.range(at).start).into_iter().min().unwrap_or(at);
    let mut sums = Sums::new(at);
    let mut windows: HashMap<TenantId, Windows> = HashMap::new();
    let mut after = None;
    loop {
        let homes = store.histories(after.as_ref(), since, STEP).await?;
        let Some(last) = homes.last() else { break };
        if stopping.is_requested() {
            return Ok(());
        }
        after = Some(last.home.clone());
        let mut counted = Vec::with_capacity(homes.len());
        for home in &homes {
            let of_tenant = windows.entry(home.tenant.clone()).or_insert_with(|| {
                let opened = |window: Maintenance| {
                    let openings = window.openings(since, at, OPENINGS);
                    (window, openings)
                };
                fleet.windows(&home.tenant).into_iter().map(opened).collect()
            });
            let times = times(home, &terms(&policies.sla, home, of_tenant), at);
            sums.add(home, &times, &policies.sla);
            counted.push(Counted {
                tenant: home.tenant.clone(),
                home: home.home.clone(),
                times: times.map(|time| uptime(&time)),
            });
        }
        store.put_uptimes(at, counted).await?;
    }
    for tenant in store.tenants().await? {
        store.put_group_uptimes(&tenant.id, sums.take(&tenant.id)).await?;
    }
    Ok(())
}

/// Adds the openings of the windows that cover a home to the terms.
fn terms(terms: &SlaPolicy, home: &HomeHistory, windows: &Windows) -> SlaPolicy {
    let mut terms = terms.clone();
    if !windows.is_empty() {
        let tags: Vec<Box<str>> = home.tags.iter().map(|tag| tag.as_str().into()).collect();
        let groups = home.traits.groups(&home.tenant);
        let covering = windows.iter().filter(|(window, _)| window.covers(&home.home, &tags, &groups));
        terms.maintenance.extend(covering.flat_map(|(_, openings)| openings));
    }
    terms
}

/// The times of a home in each period.
fn times(home: &HomeHistory, terms: &SlaPolicy, at: DateTime<Utc>) -> [Availability; 4] {
    UptimePeriod::ALL.map(|period| {
        let range = period.range(at);
        let earlier = home.changes.iter().take_while(|(since, _)| *since < range.start).count();
        let before = earlier.checked_sub(1).and_then(|last| home.changes.get(last));
        let inside = home.changes.get(earlier..).unwrap_or_default();
        availability(before.map_or(home.before, |(_, status)| *status), inside, terms, range.start, range.end)
    })
}

#[cfg(test)]
mod tests {
    use plume::{health::Status, monitor::ids::HomeId};

    use super::*;
    use crate::store::model::Traits;

    #[test]
    fn every_period_of_a_home_adds_up_to_its_seconds() {
        let at: DateTime<Utc> = "2026-01-15T10:00:00Z".parse().unwrap();
        let home = HomeHistory {
            tenant: TenantId::new("a"),
            home: HomeId::new("h"),
            traits: Traits::default(),
            tags: Vec::new(),
            before: Status::Unknown,
            changes: vec![
                ("2025-12-20T00:00:00Z".parse().unwrap(), Status::Green),
                ("2026-01-10T00:00:00Z".parse().unwrap(), Status::Red),
                ("2026-01-10T02:00:00Z".parse().unwrap(), Status::Orange),
                ("2026-01-10T03:00:00Z".parse().unwrap(), Status::Yellow),
            ],
        };
        let terms = SlaPolicy::standard();
        let [week, thirty, month, last] = times(&home, &terms, at).map(|time| uptime(&time));
        assert_eq!((week.down, week.degraded, week.unknown), (7_200, 3_600, 0));
        assert_eq!((week.total(), thirty.total()), (7 * 86_400, 30 * 86_400));
        assert_eq!((month.total(), month.down), (14 * 86_400 + 36_000, 7_200));
        assert_eq!((last.total(), last.up, last.unknown), (31 * 86_400, 12 * 86_400, 19 * 86_400));
        assert_eq!(last.percent, Some(100.0));
    }

    #[test]
    fn a_large_fleet_is_counted_less_often() {
        assert_eq!(interval(0), Duration::from_secs(300));
        assert_eq!(interval(10_000), Duration::from_secs(3_000));
        assert_eq!(interval(usize::MAX), Duration::from_secs(3_600));
    }
}
