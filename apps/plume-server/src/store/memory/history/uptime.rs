//! Counted times.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::{
    home::Transition,
    ids::{HomeId, TenantId},
};

use crate::store::error::Result;
use crate::store::memory::{MemoryStore, Stored};
use crate::store::model::{
    Counted, GroupUptime, HomeHistory, HomeUptime, Page, UptimeCursor, UptimeGroup, UptimePeriod,
};
use crate::store::traits::UptimeStore;

#[async_trait]
impl UptimeStore for MemoryStore {
    async fn histories(
        &self,
        after: Option<&HomeId>,
        since: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<HomeHistory>> {
        Ok(self.read(|state| {
            let homes = state.homes.iter().filter(|(home, _)| after.is_none_or(|after| *home > after));
            homes.take(limit).map(|(home, stored)| history(home, stored, since)).collect()
        }))
    }

    async fn put_uptimes(&self, at: DateTime<Utc>, counted: Vec<Counted>) -> Result<()> {
        self.write(|state| {
            for Counted { tenant, home, times } in counted {
                if state.home(&tenant, &home).is_some() {
                    state.uptimes.insert(home, (at, times));
                }
            }
            Ok(())
        })
    }

    async fn put_group_uptimes(&self, tenant: &TenantId, groups: Vec<GroupUptime>) -> Result<()> {
        self.write(|state| {
            state.check_tenant(tenant)?;
            state.group_uptimes.insert(tenant.clone(), groups);
            Ok(())
        })
    }

    async fn uptimes(
        &self,
        tenant: &TenantId,
        period: UptimePeriod,
        after: Option<UptimeCursor>,
        limit: usize,
    ) -> Result<Page<HomeUptime, UptimeCursor>> {
        Ok(self.read(|state| {
            let counted = state.uptimes.iter().filter_map(|(home, (at, times))| {
                let stored = state.home(tenant, home)?;
                let time = *times.get(usize::from(period.code()))?;
                Some(HomeUptime {
                    home: home.clone(),
                    name: stored.new.name.clone(),
                    region: stored.traits.region.clone(),
                    at: *at,
                    time,
                })
            });
            let place = |one: &HomeUptime| (one.time.rank(), one.home.clone());
            let mut items: Vec<HomeUptime> = counted
                .filter(|one| {
                    after.as_ref().is_none_or(|after| place(one) > (after.rank, after.home.clone()))
                })
                .collect();
            items.sort_by(|one, other| {
                one.time.rank().total_cmp(&other.time.rank()).then_with(|| one.home.cmp(&other.home))
            });
            let has_more = items.len() > limit;
            items.truncate(limit);
            let last = items.last().filter(|_| has_more);
            let next = last.map(|last| UptimeCursor { rank: last.time.rank(), home: last.home.clone() });
            Page { items, next }
        }))
    }

    async fn group_uptimes(
        &self,
        tenant: &TenantId,
        period: UptimePeriod,
        kind: UptimeGroup,
        limit: usize,
    ) -> Result<Vec<GroupUptime>> {
        Ok(self.read(|state| {
            let all = state.group_uptimes.get(tenant).into_iter().flatten();
            let mut found: Vec<GroupUptime> =
                all.filter(|group| group.kind == kind && group.period == period).cloned().collect();
            found.sort_by(|one, other| {
                one.time.rank().total_cmp(&other.time.rank()).then_with(|| one.value.cmp(&other.value))
            });
            found.truncate(limit);
            found
        }))
    }
}

fn history(home: &HomeId, stored: &Stored, since: DateTime<Utc>) -> HomeHistory {
    let transitions: Vec<Transition> = stored.transitions.iter().map(|logged| logged.transition).collect();
    let mut tags = stored.new.tags.clone();
    tags.sort_unstable();
    let history = HomeHistory {
        tenant: stored.new.tenant.clone(),
        home: home.clone(),
        traits: stored.traits.clone(),
        tags,
        before: stored.verdict.status,
        changes: Vec::new(),
    };
    history.with_changes(&transitions, since)
}
