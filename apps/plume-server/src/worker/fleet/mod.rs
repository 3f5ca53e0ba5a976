//! The homes of this process in memory: when each is checked, and to which groups it belongs.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use plume::monitor::{
    budget::{Check, DueQueue, Load},
    home::HomeContext,
    ids::{GroupKey, HomeId, IncidentId, TenantId},
    incident::{Incident, Scope},
    notify::RouteTarget,
    schedule::{CheckClass, HomeSchedule},
    source::{SourceChange, SourceCheck, SourceProblem, Sources},
};

use crate::store::model::{Claim, Decisions, Due, Enrolled, Traits};
use crate::worker::maintenance::Maintenance;
use crate::worker::policy::Policies;

/// With so many homes, half of an interval without any check is an exception.
const MANY: u32 = 16;

/// The homes of this process.
#[derive(Debug)]
pub struct Fleet {
    state: Mutex<State>,
    policies: Policies,
}

#[derive(Debug)]
struct State {
    queue: DueQueue,
    homes: HashMap<HomeId, Known>,
    /// Homes whose schedule is not the one of the store, because a decision or a claim failed.
    adrift: HashSet<HomeId>,
    sources: Sources,
    windows: HashMap<TenantId, Vec<Maintenance>>,
    /// The homes whose messages the open fleet incidents of a tenant replace.
    replaced: HashMap<TenantId, BTreeMap<IncidentId, BTreeSet<HomeId>>>,
    /// Completed checks, and those of them with data, since the start.
    checks: u64,
    with_data: u64,
}

/// The properties of a home that routes and groups depend on.
#[derive(Debug, Clone)]
struct Known {
    tenant: TenantId,
    groups: Vec<GroupKey>,
    tags: Vec<Box<str>>,
    /// The time of the newest data; `None` before there is any.
    data: Option<DateTime<Utc>>,
}

/// The newest data of a tenant, and the numbers of its homes that are checked.
#[derive(Debug, Default)]
struct Data {
    newest: Option<DateTime<Utc>>,
    regular: u32,
    in_maintenance: u32,
}

/// The effect of [`Fleet::load`].
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Loaded {
    /// Schedules that a jump of the clock has made impossible, repaired.
    pub repaired: Vec<Due>,
    /// Homes that were removed from their tenants.
    pub gone: Vec<(TenantId, HomeId)>,
    /// The tenants of homes that have other tags or groups than before, on which their routes depend.
    pub rerouted: BTreeSet<TenantId>,
}

/// The load of the call budget.
#[derive(Debug, Clone, Copy)]
pub struct FleetStatus {
    /// The number of homes.
    pub homes: usize,
    /// The load.
    pub load: Load,
    /// The time at which the next home becomes due.
    pub next_due: Option<DateTime<Utc>>,
    /// The number of completed checks since the start.
    pub checks: u64,
    /// The number of those that had data.
    pub with_data: u64,
}

impl Fleet {
    /// Creates a fleet without homes.
    #[must_use]
    pub fn new(policies: &Policies) -> Self {
        let queue = DueQueue::new(policies.monitor.budget, policies.monitor.schedule);
        let state = State {
            queue,
            homes: HashMap::new(),
            adrift: HashSet::new(),
            sources: Sources::new(),
            windows: HashMap::new(),
            replaced: HashMap::new(),
            checks: 0,
            with_data: 0,
        };
        Self { state: Mutex::new(state), policies: policies.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is complete.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over the homes of the store: adds new ones, removes those that are gone, and repeats the schedules of those whose
    /// decision or claim failed. Homes of suspended tenants are known and not due: they take no share of the calls.
    pub fn load(&self, stored: Vec<Enrolled>, suspended: &BTreeSet<TenantId>, now: DateTime<Utc>) -> Loaded {
        let mut state = self.lock();
        let present: HashSet<&HomeId> = stored.iter().map(|enrolled| &enrolled.due.home).collect();
        let gone: Vec<HomeId> = state.homes.keys().filter(|home| !present.contains(home)).cloned().collect();
        let mut loaded = Loaded::default();
        for home in gone {
            state.queue.remove(&home);
            state.adrift.remove(&home);
            let known = state.homes.remove(&home);
            loaded.gone.extend(known.map(|known| (known.tenant, home)));
        }
        for Enrolled { due, traits, tags, data } in stored {
            let groups = traits.groups(&due.tenant);
            let tags = tags.into_iter().map(Into::into).collect();
            let data = state.homes.get(&due.home).map_or(data, |known| known.data);
            let known = Known { tenant: due.tenant.clone(), groups, tags, data };
            let is_rerouted = |before: &Known| (&before.tags, &before.groups) != (&known.tags, &known.groups);
            if state.homes.get(&due.home).is_some_and(is_rerouted) {
                loaded.rerouted.insert(due.tenant.clone());
            }
            let before = state.homes.insert(due.home.clone(), known);
            let is_adrift = state.adrift.remove(&due.home);
            let is_queued = state.queue.get(&due.home).is_some();
            if suspended.contains(&due.tenant) {
                state.queue.remove(&due.home);
            }
            match before {
                Some(before) if before.tenant != due.tenant => {
                    loaded.gone.push((before.tenant, due.home.clone()));
                }
                Some(_) if is_queued && !is_adrift => continue,
                _ => {}
            }
            if suspended.contains(&due.tenant) {
                continue;
            }
            let schedule = due.schedule.restored(&due.home, &self.policies.monitor.schedule, now);
            state.queue.insert(due.tenant.clone(), due.home.clone(), schedule, now);
            if schedule != due.schedule {
                loaded.repaired.push(Due { schedule, ..due });
            }
        }
        loaded
    }

    /// Has the schedule of a home read from the store again: what is in memory is not what the store has.
    pub(super) fn lose(&self, home: &HomeId) {
        self.lock().adrift.insert(home.clone());
    }

    /// Picks checks for a number of calls. While the address is blocked, one cheap check at a time is a probe.
    pub(super) fn pick(&self, permits: u32, now: DateTime<Utc>) -> Vec<Check> {
        let mut state = self.lock();
        let permits = state.sources.permits(&self.policies.monitor.source, permits, now);
        let picked = if state.sources.is_blocked() {
            state.queue.pick_cheap(permits, now)
        } else {
            state.queue.pick(permits, now)
        };
        if state.sources.is_blocked() && !picked.is_empty() {
            state.sources.start(now);
        }
        picked
    }

    /// Returns a picked check as the store knows it.
    pub(super) fn due(&self, check: &Check) -> Option<Due> {
        let schedule = *self.lock().queue.get(&check.home)?;
        Some(Due { tenant: check.tenant.clone(), home: check.home.clone(), schedule })
    }

    /// Takes over the schedule that was committed, the groups that the check saw, and whether it had data.
    pub(super) fn finish(
        &self,
        tenant: &TenantId,
        home: &HomeId,
        schedule: HomeSchedule,
        traits: &Traits,
        has_data: bool,
        now: DateTime<Utc>,
    ) {
        let mut state = self.lock();
        state.checks = state.checks.saturating_add(1);
        if has_data {
            state.with_data = state.with_data.saturating_add(1);
        }
        // It may have been removed meanwhile.
        let Some(known) = state.homes.get_mut(home) else { return };
        known.groups = traits.groups(tenant);
        known.data = if has_data { Some(now) } else { known.data };
        state.adrift.remove(home);
        state.queue.insert(tenant.clone(), home.clone(), schedule, now);
    }

    /// Pulls the checks of a tenant's homes of a group forward whose last check is the oldest. Returns their schedules to store.
    pub(super) fn pull_forward(
        &self,
        tenant: &TenantId,
        group: &GroupKey,
        most: u32,
        now: DateTime<Utc>,
    ) -> Vec<(HomeId, HomeSchedule)> {
        let mut state = self.lock();
        let State { queue, homes, .. } = &mut *state;
        let members =
            homes.iter().filter(|(_, known)| known.tenant == *tenant && known.groups.contains(group));
        let mut oldest: Vec<(DateTime<Utc>, HomeId)> =
            members.filter_map(|(home, _)| Some((queue.get(home)?.since, home.clone()))).collect();
        oldest.sort();
        oldest.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        oldest
            .into_iter()
            .filter_map(|(_, home)| Some((home.clone(), queue.pull_forward(&home, now)?)))
            .collect()
    }

    /// Makes the next check of a home due now, at the request of a person. Returns the decision, which the caller stores, or
    /// `None` for an unknown home.
    #[must_use]
    pub fn check_now(&self, home: &HomeId, now: DateTime<Utc>) -> Option<Decisions> {
        let schedule = self.lock().queue.pull_forward(home, now)?;
        Some(Decisions { rescheduled: vec![(home.clone(), schedule)], ..Decisions::default() })
    }

    /// Records the source of a check. Returns the problems that began or ended.
    pub(super) fn observe_source(&self, check: &SourceCheck) -> Vec<SourceChange> {
        self.lock().sources.observe(&self.policies.monitor.source, check)
    }

    /// Forgets the credentials that no home is read with, because its homes are gone, suspended, or read with that of the
    /// operator. `owner` returns the owner of a tenant's credential. Returns their problems, which end.
    pub(super) fn forget_credentials(
        &self,
        owner: impl Fn(&TenantId) -> TenantId,
        now: DateTime<Utc>,
    ) -> Vec<SourceChange> {
        let mut state = self.lock();
        let State { queue, homes, sources, .. } = &mut *state;
        let queued = homes.iter().filter(|(home, _)| queue.get(home).is_some());
        let tenants: BTreeSet<&TenantId> = queued.map(|(_, known)| &known.tenant).collect();
        let used: BTreeSet<TenantId> = tenants.into_iter().map(owner).collect();
        sources.retain(|owner| used.contains(owner), now)
    }

    /// Returns the open problems of sources.
    #[must_use]
    pub fn problems(&self) -> Vec<SourceProblem> {
        self.lock().sources.open().map(|incident| incident.problem).collect()
    }

    /// Returns the problems of sources, to be stored.
    pub(super) fn sources(&self) -> Sources {
        self.lock().sources.clone()
    }

    /// Takes over the stored problems of sources.
    pub(super) fn set_sources(&self, sources: Sources) {
        self.lock().sources = sources;
    }

    /// Replaces the maintenance windows of a tenant. Returns whether they differ from those before.
    pub(super) fn set_windows(&self, tenant: TenantId, windows: Vec<Maintenance>) -> bool {
        let mut state = self.lock();
        let known = state.windows.entry(tenant).or_default();
        let is_changed = *known != windows;
        *known = windows;
        is_changed
    }

    /// Returns the maintenance windows of a tenant.
    pub(super) fn windows(&self, tenant: &TenantId) -> Vec<Maintenance> {
        self.lock().windows.get(tenant).cloned().unwrap_or_default()
    }

    /// Returns the end of the maintenance that a home is in, or `None`.
    pub(super) fn maintenance(&self, home: &HomeId, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let state = self.lock();
        let known = state.homes.get(home)?;
        let windows = state.windows.get(&known.tenant)?.iter();
        windows
            .filter(|window| window.covers(home, &known.tags, &known.groups))
            .filter_map(|window| window.open_until(now))
            .max()
    }

    /// Gives the homes whose maintenance windows are over the intervals of the others. Returns their schedules to store.
    pub(super) fn end_maintenance(
        &self,
        now: DateTime<Utc>,
    ) -> BTreeMap<TenantId, Vec<(HomeId, HomeSchedule)>> {
        let mut state = self.lock();
        let State { queue, homes, windows, .. } = &mut *state;
        let mut ended: BTreeMap<TenantId, Vec<(HomeId, HomeSchedule)>> = BTreeMap::new();
        for (home, known) in homes.iter() {
            let is_waiting =
                queue.get(home).is_some_and(|schedule| schedule.class == CheckClass::Maintenance);
            let is_open = |window: &Maintenance| {
                window.covers(home, &known.tags, &known.groups) && window.open_until(now).is_some()
            };
            if !is_waiting || windows.get(&known.tenant).into_iter().flatten().any(is_open) {
                continue;
            }
            if let Some(schedule) = queue.set_class(home, CheckClass::Normal) {
                ended.entry(known.tenant.clone()).or_default().push((home.clone(), schedule));
            }
        }
        ended
    }

    /// Returns the circumstances of a check with the credential of an owner.
    pub(super) fn context(&self, claim: &Claim, owner: &TenantId, now: DateTime<Utc>) -> HomeContext {
        let in_maintenance = self.maintenance(&claim.home, now).is_some();
        let state = self.lock();
        let mut context = HomeContext::default();
        context.in_maintenance = in_maintenance;
        context.source_down = state.sources.affecting(owner).is_some();
        context.interval =
            state.queue.load().longest_interval(&self.policies.monitor.schedule, claim.schedule.class);
        context
    }

    /// Returns whether a tenant has a home.
    pub(super) fn has(&self, tenant: &TenantId, home: &HomeId) -> bool {
        self.lock().homes.get(home).is_some_and(|known| known.tenant == *tenant)
    }

    /// Returns the groups of a home.
    pub(super) fn groups(&self, home: &HomeId) -> Vec<GroupKey> {
        self.lock().homes.get(home).map(|known| known.groups.clone()).unwrap_or_default()
    }

    /// Takes over the homes whose messages the open fleet incidents of a tenant replace.
    pub(super) fn set_replaced(&self, tenant: &TenantId, replaced: BTreeMap<IncidentId, BTreeSet<HomeId>>) {
        self.lock().replaced.insert(tenant.clone(), replaced);
    }

    /// Returns the target of an incident's route, and the different ones of the homes whose messages it replaces.
    pub(super) fn targets(&self, incident: &Incident) -> (RouteTarget, Vec<RouteTarget>) {
        let state = self.lock();
        let own = RouteTarget::new(incident.tenant.clone(), incident.severity());
        let with = |tags: &[Box<str>], groups: &[GroupKey]| {
            let mut target = own.clone();
            (target.tags, target.groups) = (tags.to_vec(), groups.to_vec());
            target
        };
        match &incident.scope {
            Scope::Home(home) => {
                let known = state.homes.get(home);
                (known.map_or(own.clone(), |known| with(&known.tags, &known.groups)), Vec::new())
            }
            Scope::Group(group) => {
                let fleets = state.replaced.get(&incident.tenant);
                let homes = fleets.and_then(|fleets| fleets.get(&incident.id)).into_iter().flatten();
                // Most homes have the tags and groups of many others.
                let different: BTreeSet<(&[Box<str>], &[GroupKey])> = homes
                    .filter_map(|home| state.homes.get(home))
                    .map(|known| (&*known.tags, &*known.groups))
                    .collect();
                let homes = different.into_iter().map(|(tags, groups)| with(tags, groups)).collect();
                (with(&[], std::slice::from_ref(group)), homes)
            }
            _ => (own, Vec::new()),
        }
    }

    /// Returns the load of the call budget, and the work so far.
    pub fn status(&self) -> FleetStatus {
        let state = self.lock();
        FleetStatus {
            homes: state.homes.len(),
            load: state.queue.load(),
            next_due: state.queue.next_due(),
            checks: state.checks,
            with_data: state.with_data,
        }
    }

    /// Returns the time of the newest data of each tenant that has any, and whether it is old: among the checks of its homes there
    /// should have been newer data. It reads all homes.
    pub fn newest(&self, now: DateTime<Utc>) -> BTreeMap<TenantId, (DateTime<Utc>, bool)> {
        let mut state = self.lock();
        let State { queue, homes, .. } = &mut *state;
        let mut tenants: BTreeMap<TenantId, Data> = BTreeMap::new();
        for (home, known) in homes {
            // A time that lies ahead is from before the clock was set back.
            known.data = known.data.map(|data| data.min(now));
            let of_tenant = tenants.entry(known.tenant.clone()).or_default();
            of_tenant.newest = of_tenant.newest.max(known.data);
            match queue.get(home).map(|schedule| schedule.class) {
                None => {}
                Some(CheckClass::Maintenance) => of_tenant.in_maintenance += 1,
                Some(_) => of_tenant.regular += 1,
            }
        }
        let load = queue.load();
        let interval = |class| load.interval(&self.policies.monitor.schedule, class);
        let (regular, in_maintenance) = (interval(CheckClass::LongGreen), interval(CheckClass::Maintenance));
        let limit = |data: &Data| {
            // Homes in maintenance may be checked once a day, so they count only where there are no others.
            let (homes, interval) = match (data.regular, data.in_maintenance) {
                (0, 0) => return Duration::MAX,
                (0, homes) => (homes, in_maintenance.max(regular)),
                (homes, _) => (homes, regular),
            };
            // The checks of many homes are spread over the interval.
            if homes >= MANY { interval / 2 } else { interval.saturating_mul(2) }
        };
        let newest = tenants.into_iter().filter_map(|(tenant, data)| {
            let (at, limit) = (data.newest?, limit(&data));
            Some((tenant, (at, now.signed_duration_since(at).to_std().is_ok_and(|age| age > limit))))
        });
        newest.collect()
    }

    /// Returns the number of homes whose last check is older than twice their stretched interval. It reads all homes.
    pub fn unchecked(&self, now: DateTime<Utc>) -> usize {
        self.older(now, |_, schedule| schedule.since)
    }

    /// Returns the number of homes whose newest data is older than twice their stretched interval. It reads all homes.
    pub fn stale(&self, now: DateTime<Utc>) -> usize {
        self.older(now, |known, schedule| known.data.unwrap_or(schedule.since))
    }

    fn older(&self, now: DateTime<Utc>, time: impl Fn(&Known, &HomeSchedule) -> DateTime<Utc>) -> usize {
        let state = self.lock();
        let load = state.queue.load();
        let is_old = |(home, known): &(&HomeId, &Known)| {
            state.queue.get(home).is_some_and(|schedule| {
                let limit = load.interval(&self.policies.monitor.schedule, schedule.class).saturating_mul(2);
                now.signed_duration_since(time(known, schedule)).to_std().is_ok_and(|age| age > limit)
            })
        };
        state.homes.iter().filter(is_old).count()
    }
}

#[cfg(test)]
mod tests;
