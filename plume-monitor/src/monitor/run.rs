//! The monitor.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::budget::{Check, DueQueue, Load};
use crate::groups::{HomeSignal, TenantGroups};
use crate::home::{HomeContext, HomeState, Sample, SampleOutcome, Transition, gone, step};
use crate::ids::{HomeId, IncidentId, TenantId};
use crate::incident::Incident;
use crate::monitor::board::{Board, Due};
use crate::monitor::fleet::{Home, HomeProfile, Homes};
use crate::monitor::policies::Policies;
use crate::monitor::sources::incident_change;
use crate::monitor::stored::{MONITOR_VERSION, MonitorState, StoredHome};
use crate::notify::next_digest;
use crate::schedule::{CheckClass, CheckDone, HomeSchedule};
use crate::source::{SourceCheck, Sources};

/// A monitor of a fleet in memory: it decides which home is checked next, and which messages are due.
///
/// It only composes the decisions of this crate: the states of homes, groups, sources and incidents are those of a
/// server with a database. See the [module](crate::monitor) for an example.
#[derive(Debug, Clone)]
pub struct Monitor {
    policies: Policies,
    homes: Homes,
    queue: DueQueue,
    sources: Sources,
    groups: BTreeMap<TenantId, TenantGroups>,
    board: Board,
}

impl Monitor {
    /// Returns a monitor without homes.
    #[must_use]
    pub fn new(policies: Policies, now: DateTime<Utc>) -> Self {
        let queue = DueQueue::new(policies.budget, policies.schedule);
        let board = Board::new(Vec::new(), next_digest(&policies.notify, now));
        Self {
            policies,
            homes: Homes::default(),
            queue,
            sources: Sources::new(),
            groups: BTreeMap::new(),
            board,
        }
    }

    /// Returns a monitor that continues from a stored state.
    #[must_use]
    pub fn restore(policies: Policies, state: MonitorState, now: DateTime<Utc>) -> Self {
        let mut monitor = Self::new(policies, now);
        for StoredHome { profile, state, schedule } in state.homes {
            monitor.queue.insert(profile.tenant.clone(), profile.home.clone(), schedule, now);
            monitor.homes.insert(Home { profile, state });
        }
        monitor.sources = state.sources;
        monitor.groups = state.groups.into_iter().map(|groups| (groups.tenant().clone(), groups)).collect();
        monitor.board = Board::new(state.incidents, state.next_digest);
        monitor
    }

    /// Returns the state to store, for [`restore`](Self::restore).
    #[must_use]
    pub fn state(&self) -> MonitorState {
        let stored = |home: &Home| {
            let schedule = *self.queue.get(&home.profile.home)?;
            Some(StoredHome { profile: home.profile.clone(), state: home.state.clone(), schedule })
        };
        MonitorState {
            version: MONITOR_VERSION,
            homes: self.homes.iter().filter_map(stored).collect(),
            sources: self.sources.clone(),
            groups: self.groups.values().cloned().collect(),
            incidents: self.board.incidents().cloned().collect(),
            next_digest: self.board.next_digest,
        }
    }

    /// Adds a home, or changes its profile. A home that moves to another tenant leaves its state and its incident
    /// behind.
    pub fn insert(&mut self, profile: HomeProfile, now: DateTime<Utc>) {
        let known = self.homes.get(&profile.home).filter(|home| home.profile.tenant == profile.tenant);
        if let Some(state) = known.map(|home| home.state.clone()) {
            self.homes.insert(Home { profile, state });
            self.forget_credentials(now);
            self.board.decide_all();
            return;
        }
        self.remove(&profile.home, now);
        let schedule = HomeSchedule::new(&profile.home, &self.policies.schedule, now);
        self.queue.insert(profile.tenant.clone(), profile.home.clone(), schedule, now);
        let state = HomeState::new(profile.home.clone());
        self.homes.insert(Home { profile, state });
    }

    /// Removes a home. Its open incident is closed as gone.
    pub fn remove(&mut self, home: &HomeId, now: DateTime<Utc>) {
        let Some(removed) = self.homes.remove(home) else { return };
        let _ = self.queue.remove(home);
        let tenant = &removed.profile.tenant;
        if let Some(change) = gone(&removed.state, now).1 {
            self.board.apply(tenant, &change);
        }
        if let Some(groups) = self.groups.get_mut(tenant) {
            groups.remove(home);
        }
        self.forget_credentials(now);
        // An end that waits for the end of its maintenance waits for nothing now.
        self.board.decide_all();
    }

    /// Ends the incidents of credentials that no home uses any more.
    fn forget_credentials(&mut self, now: DateTime<Utc>) {
        for change in self.sources.retain(|owner| self.homes.is_used(owner), now) {
            let (tenant, change) = incident_change(&change);
            self.board.apply(&tenant, &change);
        }
    }

    /// Returns the checks to make now with this many calls, the most urgent first. While the address is blocked, one
    /// cheap check at a time is a probe, see [`Sources::permits`].
    #[must_use]
    pub fn next_checks(&mut self, permits: u32, now: DateTime<Utc>) -> Vec<Check> {
        let permits = self.sources.permits(&self.policies.source, permits, now);
        if !self.sources.is_blocked() {
            return self.queue.pick(permits, now);
        }
        let probes = self.queue.pick_cheap(permits, now);
        if !probes.is_empty() {
            self.sources.start(now);
        }
        probes
    }

    /// Records the result of a check. Returns the confirmed changes of the home's status.
    pub fn observe(&mut self, home: &HomeId, sample: &Sample, now: DateTime<Utc>) -> Vec<Transition> {
        self.observe_after(Duration::ZERO, home, sample, now)
    }

    /// Records the result of a check of a home whose usual interval is at least this long.
    pub(crate) fn observe_after(
        &mut self,
        usual: Duration,
        home: &HomeId,
        sample: &Sample,
        now: DateTime<Utc>,
    ) -> Vec<Transition> {
        let class = self.queue.get(home).map_or(CheckClass::Normal, |schedule| schedule.class);
        let interval = self.load().longest_interval(&self.policies.schedule, class).max(usual);
        let Some(Home { profile, state }) = self.homes.get_mut(home) else { return Vec::new() };
        let failure = match sample.outcome {
            SampleOutcome::Failed(failure) => Some(failure),
            SampleOutcome::Checked(_) => None,
        };
        let check = SourceCheck::new(profile.owner().clone(), home.clone(), now, failure);
        for change in self.sources.observe(&self.policies.source, &check) {
            let (tenant, change) = incident_change(&change);
            self.board.apply(&tenant, &change);
        }
        let context = HomeContext {
            in_maintenance: profile.maintenance.is_open(now),
            source_down: self.sources.affecting(profile.owner()).is_some(),
            interval,
        };
        let step = step(state, sample, &self.policies.home, context, now);
        state.clone_from(&step.state);
        for change in &step.incidents {
            self.board.apply(&profile.tenant, change);
        }
        let groups = self.groups.entry(profile.tenant.clone());
        let groups = groups.or_insert_with_key(|tenant| TenantGroups::new(tenant.clone()));
        groups.observe(&HomeSignal::of_step(&step, profile.all_groups(), now));
        let done = CheckDone::new(now, sample.detail, step.class).with_wants_full(step.wants_full);
        let _ = self.queue.complete(home, done);
        step.transitions
    }

    /// Decides about fleet incidents and messages. Call it every few seconds.
    #[must_use = "a message is returned only once"]
    pub fn tick(&mut self, now: DateTime<Utc>) -> Vec<Due> {
        let mut due = self.tick_all(now);
        due.retain(|due| !due.channels().is_empty());
        due
    }

    /// Decides as [`tick`](Self::tick) does, and returns also what has no channel.
    pub(crate) fn tick_all(&mut self, now: DateTime<Utc>) -> Vec<Due> {
        for (tenant, groups) in &mut self.groups {
            let step = groups.tick(&self.policies.groups, now);
            for change in &step.incidents {
                self.board.apply(tenant, change);
            }
            step.links.iter().for_each(|link| self.board.link(link));
            for pull in &step.pulls {
                for home in self.homes.oldest(tenant, &pull.group, pull.homes) {
                    let _ = self.queue.pull_forward(&home, now);
                }
            }
        }
        self.board.decide(&self.policies.notify, &self.homes, now)
    }

    /// Returns the time of the next digest.
    pub(crate) fn next_digest(&self) -> DateTime<Utc> {
        self.board.next_digest
    }

    /// Returns the present load of the call budget.
    #[must_use]
    pub fn load(&self) -> Load {
        self.queue.load()
    }

    /// Returns the state of a home.
    #[must_use]
    pub fn home(&self, home: &HomeId) -> Option<&HomeState> {
        self.homes.get(home).map(|home| &home.state)
    }

    /// Returns the incidents that are open or ended within the last day, by id.
    pub fn incidents(&self) -> impl Iterator<Item = &Incident> {
        self.board.incidents()
    }

    /// Returns an incident, for an action of a person.
    pub fn incident_mut(&mut self, id: &IncidentId) -> Option<&mut Incident> {
        self.board.incident_mut(id)
    }
}
