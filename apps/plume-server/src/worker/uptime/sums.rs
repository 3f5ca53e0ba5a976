//! The sums of groups of homes.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use plume::monitor::{
    ids::TenantId,
    sla::{Availability, SlaPolicy},
};

use crate::store::model::{GroupUptime, HomeHistory, Uptime, UptimeGroup, UptimePeriod};

/// The groups of a tenant: the number of homes and the sum of each period.
type Groups = BTreeMap<(UptimeGroup, String), (u64, [Availability; 4])>;

/// The sums of one count.
#[derive(Debug)]
pub(super) struct Sums {
    at: DateTime<Utc>,
    tenants: BTreeMap<TenantId, Groups>,
}

impl Sums {
    pub(super) fn new(at: DateTime<Utc>) -> Self {
        Self { at, tenants: BTreeMap::new() }
    }

    /// Adds a home to each of its groups.
    pub(super) fn add(&mut self, home: &HomeHistory, times: &[Availability; 4], terms: &SlaPolicy) {
        let own = self.tenants.entry(home.tenant.clone()).or_default();
        let named = |kind, value: &Option<String>| Some((kind, value.clone()?));
        let traits = [
            named(UptimeGroup::Region, &home.traits.region),
            named(UptimeGroup::Model, &home.traits.model),
            Some((UptimeGroup::Tenant, home.tenant.as_str().to_owned())),
        ];
        let tags = home.tags.iter().map(|tag| (UptimeGroup::Tag, tag.clone()));
        for group in traits.into_iter().flatten().chain(tags) {
            match own.get_mut(&group) {
                Some((homes, sums)) => {
                    *homes = homes.saturating_add(1);
                    sums.iter_mut().zip(times).for_each(|(sum, time)| sum.add(time, terms));
                }
                None => {
                    own.insert(group, (1, times.clone()));
                }
            }
        }
    }

    /// Takes the groups of a tenant.
    pub(super) fn take(&mut self, tenant: &TenantId) -> Vec<GroupUptime> {
        let at = self.at;
        let groups = self.tenants.remove(tenant).unwrap_or_default();
        let rows = |((kind, value), (homes, times)): ((UptimeGroup, String), (u64, [Availability; 4]))| {
            UptimePeriod::ALL.into_iter().zip(times).map(move |(period, time)| GroupUptime {
                kind,
                value: value.clone(),
                period,
                homes,
                at,
                time: uptime(&time),
            })
        };
        groups.into_iter().flat_map(rows).collect()
    }
}

/// The seconds of an availability, as the store keeps them.
pub(super) fn uptime(time: &Availability) -> Uptime {
    Uptime {
        up: time.up_seconds,
        degraded: time.degraded_seconds,
        down: time.down_seconds,
        unknown: time.unknown_seconds,
        maintenance: time.maintenance_seconds,
        percent: time.uptime_percent,
    }
}
