//! Claims and commits.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::ids::TenantId;

use crate::store::error::Result;
use crate::store::memory::{MemoryStore, State, is_free};
use crate::store::model::{
    Announcer, CLASSES, ChangeKind, CheckResult, Claim, Committed, Decisions, Due, Enrolled, Traits,
};
use crate::store::traits::CheckStore;

#[async_trait]
impl CheckStore for MemoryStore {
    async fn due(&self, now: DateTime<Utc>, horizon: DateTime<Utc>, limit: usize) -> Result<Vec<Due>> {
        let lease_now = self.clock.monotonic();
        Ok(self.read(|state| {
            let mut found = Vec::new();
            for tenant in state.tenants.keys().filter(|tenant| !state.suspended.contains(*tenant)) {
                for class in CLASSES {
                    let mut due: Vec<Due> = state
                        .homes
                        .iter()
                        .filter(|(_, stored)| stored.new.tenant == *tenant && stored.schedule.class == class)
                        .filter(|(_, stored)| is_free(stored.leased_until, lease_now))
                        .filter(|(_, stored)| stored.schedule.due <= now || stored.schedule.due > horizon)
                        .map(|(home, stored)| Due {
                            tenant: tenant.clone(),
                            home: home.clone(),
                            schedule: stored.schedule,
                        })
                        .collect();
                    due.sort_by_key(|due| (due.schedule.due > now, due.schedule.due));
                    due.truncate(limit);
                    found.extend(due);
                }
            }
            found
        }))
    }

    async fn enrolled(&self) -> Result<Vec<Enrolled>> {
        Ok(self.read(|state| {
            let enrolled = state.homes.iter().map(|(home, stored)| Enrolled {
                due: Due { tenant: stored.new.tenant.clone(), home: home.clone(), schedule: stored.schedule },
                traits: stored.traits.clone(),
                tags: stored.new.tags.clone(),
                data: stored.data,
            });
            enrolled.collect()
        }))
    }

    async fn claim(&self, homes: &[Due], lease: Duration) -> Result<Vec<Claim>> {
        let now = self.clock.monotonic();
        self.write(|state| Ok(homes.iter().filter_map(|due| claim(state, due, now, lease)).collect()))
    }

    async fn release(&self, claim: &Claim) -> Result<()> {
        self.write(|state| {
            let stored = state.home_mut(&claim.tenant, &claim.home);
            if let Some(stored) = stored.filter(|stored| stored.fence == claim.fence) {
                stored.leased_until = None;
            }
            Ok(())
        })
    }

    async fn commit(&self, result: CheckResult, announcer: &Arc<dyn Announcer>) -> Result<Committed> {
        let now = self.clock.wall();
        self.write(|state| commit(state, &result, announcer.as_ref(), now))
    }

    async fn decide(
        &self,
        tenant: &TenantId,
        decisions: Decisions,
        announcer: &Arc<dyn Announcer>,
    ) -> Result<()> {
        let now = self.clock.wall();
        self.write(|state| state.decide(tenant, decisions, announcer.as_ref(), now))
    }
}

fn claim(state: &mut State, due: &Due, now: Duration, lease: Duration) -> Option<Claim> {
    if state.suspended.contains(&due.tenant) {
        return None;
    }
    let stored = state.home_mut(&due.tenant, &due.home)?;
    if stored.schedule.due != due.schedule.due || !is_free(stored.leased_until, now) {
        return None;
    }
    stored.fence = stored.fence.saturating_add(1);
    stored.leased_until = Some(now.saturating_add(lease));
    Some(Claim {
        tenant: due.tenant.clone(),
        home: due.home.clone(),
        fence: stored.fence,
        customer: stored.new.customer.clone(),
        location: stored.new.location.clone(),
        traits: stored.traits.clone(),
        verdict: stored.verdict.clone(),
        schedule: stored.schedule,
        state: stored.state.clone(),
    })
}

fn commit(
    state: &mut State,
    result: &CheckResult,
    announcer: &dyn Announcer,
    now: DateTime<Utc>,
) -> Result<Committed> {
    let Some(stored) = state.home_mut(&result.tenant, &result.home) else { return Ok(Committed::Taken) };
    if stored.fence != result.fence || stored.leased_until.is_none() {
        return Ok(Committed::Taken);
    }
    let traits = match &result.traits {
        Some(seen) => {
            Traits { region: seen.region.clone().or_else(|| stored.traits.region.clone()), ..seen.clone() }
        }
        None => stored.traits.clone(),
    };
    let is_news = stored.verdict != result.verdict || stored.traits != traits;
    stored.leased_until = None;
    stored.schedule = result.schedule;
    stored.checked = Some(result.point.at);
    stored.data = if result.point.has_data() { stored.checked } else { stored.data };
    stored.state = Some(result.state.clone());
    stored.points.push(result.point);
    stored.points.sort_by_key(|point| point.at);
    stored.verdict = result.verdict.clone();
    stored.traits = traits;
    stored.transitions.extend(result.transitions.iter().cloned());
    if is_news {
        state.change(&result.tenant, ChangeKind::Home, result.home.as_str());
    }
    state.summarize_again(&result.home, result.point.at);
    for change in &result.incidents {
        state.apply(&result.tenant, change, announcer, now)?;
    }
    Ok(Committed::Done)
}
