//! The decisions under test: `plume_monitor`, driven by the results of checks.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use plume_client::Error;
use plume_health::{HealthReport, Status as Health};
use plume_monitor::budget::CallWindow;
use plume_monitor::home::{CheckFailure, HomeState, Sample, Transition as Confirmed, TransitionKind};
use plume_monitor::ids::{GroupKey, GroupKind, HomeId, TenantId};
use plume_monitor::incident::Scope;
use plume_monitor::monitor::{Due as Ready, HomeProfile, Monitor, MonitorState, Policies};
use plume_monitor::notify::{DigestKind, MessageKind, Route};
use plume_monitor::schedule::CheckDetail;

use crate::fleet::{Home, Pace, TENANTS};
use crate::journal::{Journal, Message, Reason, Status, Transition};
use crate::plants::{self, Plant};
use crate::store::Commit;

/// A check that the decisions want.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Due {
    pub(crate) home: usize,
    pub(crate) detail: CheckDetail,
}

/// The monitor, and the numbers of its homes.
pub(crate) struct Decisions {
    plant: Option<Plant>,
    start: DateTime<Utc>,
    policies: Policies,
    monitor: Monitor,
    profiles: Vec<HomeProfile>,
    places: BTreeMap<HomeId, usize>,
    /// The calls of the last pick beyond its permits, as the queue counts them.
    debt: u64,
}

impl Decisions {
    pub(crate) fn new(homes: &[Home], pace: Pace, plant: Option<Plant>, start: DateTime<Utc>) -> Self {
        let mut policies = Policies::default();
        policies.budget.per_second = Some(pace.per_second);
        policies.budget.window = Some(CallWindow::new(pace.per_window as u64, 300));
        let mut route = Route::default();
        route.channels = vec!["pager".into()];
        policies.notify.routes = vec![route];
        plants::change_policies(plant, &mut policies);
        let mut monitor = Monitor::new(policies.clone(), start);
        let profiles: Vec<HomeProfile> = homes.iter().map(profile).collect();
        for profile in &profiles {
            monitor.insert(profile.clone(), start);
        }
        let places = profiles.iter().enumerate().map(|(place, profile)| (profile.home.clone(), place));
        Self { plant, start, policies, monitor, places: places.collect(), profiles, debt: 0 }
    }

    /// Picks checks, and takes their calls from `permits`.
    pub(crate) fn due(&mut self, permits: &mut f64, now: DateTime<Utc>) -> Vec<Due> {
        let whole = permits.floor() as u32;
        let checks = self.monitor.next_checks(whole, now);
        let paid = self.debt.min(whole.into());
        let left = u64::from(whole) - paid;
        let calls: u64 = checks.iter().map(|check| u64::from(check.detail.calls())).sum();
        self.debt = self.debt - paid + calls.saturating_sub(left);
        *permits -= (paid + calls.min(left)) as f64;
        let due = |home: &HomeId, detail| Some(Due { home: self.places.get(home).copied()?, detail });
        checks.iter().filter_map(|check| due(&check.home, check.detail)).collect()
    }

    /// Judges the result of a check.
    pub(crate) fn observe(
        &mut self,
        due: Due,
        result: &Result<HealthReport, Error>,
        now: DateTime<Utc>,
    ) -> Commit {
        let sample = match result {
            Ok(report) => Sample::of_report(report, due.detail),
            Err(_) if self.plant == Some(Plant::UnknownIsDown) => plants::down(now, due.detail),
            Err(error) => Sample::failed(now, due.detail, failure(error)),
        };
        let Some(profile) = self.profiles.get(plants::home(self.plant, due.home)) else {
            return Commit::default();
        };
        let confirmed = self.monitor.observe(&profile.home, &sample, now);
        let home = plants::home(self.plant, due.home);
        let transition = |confirmed: &Confirmed| self.transition(home, confirmed, result.is_err(), now);
        Commit { transitions: confirmed.iter().map(transition).collect(), messages: Vec::new() }
    }

    /// Decides about groups and messages.
    pub(crate) fn tick(&mut self, now: DateTime<Utc>) -> Commit {
        plants::change_incidents(self.plant, &mut self.monitor);
        let ready = self.monitor.tick(now);
        let messages = ready.iter().map(|ready| self.message(ready, now)).collect();
        Commit { transitions: Vec::new(), messages }
    }

    pub(crate) fn stretch(&self) -> f64 {
        self.monitor.load().stretch
    }

    /// Returns the start and the end of all source incidents that are open or ended within the last day.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (Duration, Option<Duration>, bool)> {
        let source = |incident: &plume_monitor::incident::Incident| match &incident.scope {
            Scope::Source(source) => Some((
                self.since(incident.opened_at),
                incident.closed.map(|closed| self.since(closed.at)),
                !source.starts_with("credential"),
            )),
            _ => None,
        };
        self.monitor.incidents().filter_map(source)
    }

    /// Restarts the process: the state passes through JSON. Returns whether it stayed the same.
    pub(crate) fn restart(&mut self, now: DateTime<Utc>) -> Result<bool, String> {
        let text = |error: serde_json::Error| error.to_string();
        let before = self.monitor.state();
        let mut stored = serde_json::to_value(&before).map_err(text)?;
        plants::change_state(self.plant, &mut stored, now);
        let state: MonitorState = serde_json::from_str(&stored.to_string()).map_err(text)?;
        self.monitor = Monitor::restore(self.policies.clone(), state, now);
        self.debt = 0;
        Ok(self.monitor.state() == before)
    }

    pub(crate) fn finish(&self, journal: &mut Journal) {
        let status = |profile: &HomeProfile| self.monitor.home(&profile.home).map(|state| state.status());
        journal.last =
            self.profiles.iter().map(|home| status(home).map_or(Status::Unknown, status_of)).collect();
    }

    fn since(&self, time: DateTime<Utc>) -> Duration {
        (time - self.start).to_std().unwrap_or_default()
    }

    fn transition(
        &self,
        home: usize,
        confirmed: &Confirmed,
        by_failure: bool,
        now: DateTime<Utc>,
    ) -> Transition {
        let flapping =
            matches!(confirmed.kind, TransitionKind::FlappingStarted | TransitionKind::FlappingEnded);
        let (from, to) = (status_of(confirmed.from), status_of(confirmed.to));
        let state = self.profiles.get(home).and_then(|profile| self.monitor.home(&profile.home));
        let flaps = state.is_some_and(HomeState::is_flapping);
        Transition { home, at: self.since(now), from, to, flapping, flaps, by_failure }
    }

    fn message(&self, ready: &Ready, now: DateTime<Utc>) -> Message {
        let mut message = Message {
            key: String::new(),
            about: String::new(),
            reason: Reason::Digest,
            homes: Vec::new(),
            is_end_of_home: false,
            is_end_of_flapping: false,
            is_summary: false,
            down: false,
            created: self.since(now),
            accepted: Vec::new(),
        };
        let Ready::Message(sent) = ready else {
            if let Ready::Digest(digest) = ready {
                message.key = digest.key.to_string();
                message.is_summary = digest.kind != DigestKind::Daily;
                message.down = digest.entries.iter().any(|entry| entry.status == Health::Red);
                let homes = digest.entries.iter().filter_map(|entry| match &entry.scope {
                    Scope::Home(home) => self.places.get(home).copied(),
                    _ => None,
                });
                message.homes = homes.collect();
            }
            return message;
        };
        message.key = sent.key.to_string();
        let scope = match &sent.scope {
            Scope::Home(home) => format!("home {home}"),
            Scope::Group(group) => group.to_string(),
            other => format!("{other:?}"),
        };
        message.about = format!("{} ({scope}, {})", sent.kind, sent.status);
        message.is_end_of_home = matches!(sent.scope, Scope::Home(_)) && sent.ended_at.is_some();
        message.is_end_of_flapping = sent.kind == MessageKind::FlappingEnded;
        message.down = sent.status == Health::Red;
        message.homes = match &sent.scope {
            Scope::Home(home) => self.places.get(home).copied().into_iter().collect(),
            Scope::Group(group) => self.of_group(&sent.tenant, group),
            _ => Vec::new(),
        };
        message.reason = match &sent.scope {
            _ if sent.kind == MessageKind::Reminder => Reason::Reminder,
            Scope::Home(_) => Reason::Home,
            Scope::Group(_) => Reason::Fleet,
            _ => Reason::Source,
        };
        message
    }

    fn of_group(&self, tenant: &TenantId, group: &GroupKey) -> Vec<usize> {
        let homes = self.profiles.iter().enumerate();
        let members = homes.filter(|(_, home)| {
            home.tenant == *tenant && (group.kind == GroupKind::Tenant || home.groups.contains(group))
        });
        members.map(|(place, _)| place).collect()
    }
}

fn profile(home: &Home) -> HomeProfile {
    let tenant = TENANTS.get(home.tenant).map_or("", |(name, _)| *name);
    let mut profile = HomeProfile::new(home.location.as_str(), tenant);
    profile.groups = vec![GroupKey::new(GroupKind::Region, format!("{}", home.region))];
    profile
}

fn failure(error: &Error) -> CheckFailure {
    match error {
        _ if error.is_blocked() => CheckFailure::Blocked,
        _ if error.is_limited() => CheckFailure::RateLimited,
        _ if error.is_auth() => CheckFailure::Credential,
        _ if error.is_not_found() => CheckFailure::NotFound,
        _ if error.is_server() => CheckFailure::Server,
        _ if error.is_network() || error.is_timeout() => CheckFailure::Transport,
        _ => CheckFailure::Other,
    }
}

fn status_of(status: Health) -> Status {
    match status {
        Health::Green => Status::Up,
        Health::Red => Status::Down,
        Health::Unknown => Status::Unknown,
        _ => Status::Degraded,
    }
}
