//! The state of all sources.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::home::CheckFailure;
use crate::ids::TenantId;
use crate::source::check::{SourceChange, SourceCheck, SourceEvent, SourceIncident, SourceProblem};
use crate::source::credential::Refusals;
use crate::source::policy::SourcePolicy;
use crate::source::window::{Outcome, Reach, Window};
use crate::time::has_passed;
use crate::version;

/// The version of the [`Sources`] format that this version of the crate writes.
pub const SOURCES_VERSION: u32 = 1;

/// The time by which a response may be late.
const LATE: Duration = Duration::from_secs(60);

/// The problems of one egress address, and of the credentials that are used from it.
///
/// The memory is bounded: the counts of five minutes, and each credential that is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Sources {
    #[serde(deserialize_with = "version::read::<SOURCES_VERSION, _>")]
    version: u32,
    window: Window,
    /// Unreachable, unreadable, or without the homes.
    unreachable: Option<SourceIncident>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limited: Option<SourceIncident>,
    block: Option<Refused>,
    refusals: BTreeMap<TenantId, Refusals>,
    credentials: BTreeMap<TenantId, Refused>,
}

/// An open problem that ends with responses in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Refused {
    incident: SourceIncident,
    /// The time of the newest refusal.
    last: DateTime<Utc>,
    /// The responses since then.
    responses: u32,
    /// The start of a probe whose result is outstanding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    probed_at: Option<DateTime<Utc>>,
    /// Whether a probe has got a response since then.
    #[serde(default)]
    is_ending: bool,
}

impl Refused {
    fn new(incident: SourceIncident) -> Self {
        Self { last: incident.opened_at, incident, responses: 0, probed_at: None, is_ending: false }
    }

    fn refuse(&mut self, at: DateTime<Utc>) {
        self.last = self.last.max(at);
        (self.responses, self.probed_at, self.is_ending) = (0, None, false);
    }

    /// Counts a response, and returns whether the problem has ended. A response from before the refusal says nothing.
    fn respond(&mut self, policy: &SourcePolicy, at: DateTime<Utc>) -> bool {
        if has_passed(at, self.last, LATE) {
            // The clock was set back.
            self.last = at;
        }
        if at >= self.last {
            self.responses = self.responses.saturating_add(1);
            self.is_ending |= self.probed_at.take().is_some();
        }
        self.responses >= policy.responses
    }

    /// Returns whether a probe may be started. One follows the response to the last one at once.
    fn wants_probe(&self, policy: &SourcePolicy, now: DateTime<Utc>) -> bool {
        let last = self.probed_at.unwrap_or(self.last);
        let is_outstanding = self.probed_at.is_some();
        (self.is_ending && !is_outstanding) || last > now || has_passed(last, now, policy.probe_every)
    }
}

impl Sources {
    /// Returns a state without problems.
    #[must_use]
    pub fn new() -> Self {
        Self {
            version: SOURCES_VERSION,
            window: Window::default(),
            unreachable: None,
            limited: None,
            block: None,
            refusals: BTreeMap::new(),
            credentials: BTreeMap::new(),
        }
    }

    /// Returns the open problem that explains why a home is stale whose credential has this owner.
    #[must_use]
    pub fn affecting(&self, owner: &TenantId) -> Option<&SourceIncident> {
        let block = self.block.as_ref().map(|block| &block.incident);
        let credential = self.credentials.get(owner).map(|credential| &credential.incident);
        block.or(self.unreachable.as_ref()).or(self.limited.as_ref()).or(credential)
    }

    /// Returns all open problems.
    pub fn open(&self) -> impl Iterator<Item = &SourceIncident> {
        let refused = self.block.iter().chain(self.credentials.values()).map(|refused| &refused.incident);
        self.unreachable.iter().chain(&self.limited).chain(refused)
    }

    /// Returns whether the address is blocked.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.block.is_some()
    }

    /// Returns how many of `permits` calls may be used now. While the address is blocked, one cheap check at a time is
    /// made as a probe, every [`probe_every`](SourcePolicy::probe_every).
    #[must_use]
    pub fn permits(&self, policy: &SourcePolicy, permits: u32, now: DateTime<Utc>) -> u32 {
        match &self.block {
            Some(block) => permits.min(block.wants_probe(policy, now).into()),
            None => permits,
        }
    }

    /// Records that a check was started. Only a probe during a block counts.
    pub fn start(&mut self, now: DateTime<Utc>) {
        if let Some(block) = &mut self.block {
            block.probed_at = Some(now);
        }
    }

    /// Forgets the credentials of owners that no home uses any more, and returns their problems, which end. No check would end
    /// them.
    #[must_use = "the incident of an owner that is gone is still open"]
    pub fn retain(
        &mut self,
        mut is_used: impl FnMut(&TenantId) -> bool,
        now: DateTime<Utc>,
    ) -> Vec<SourceChange> {
        self.refusals.retain(|owner, _| is_used(owner));
        let mut gone = Vec::new();
        self.credentials.retain(|owner, refused| {
            let is_kept = is_used(owner);
            if !is_kept {
                gone.push(SourceChange::new(SourceEvent::Gone, &refused.incident, now));
            }
            is_kept
        });
        gone
    }

    /// Records a check, and returns the problems that began or ended.
    pub fn observe(&mut self, policy: &SourcePolicy, check: &SourceCheck) -> Vec<SourceChange> {
        self.version = SOURCES_VERSION;
        let mut changes = Vec::new();
        match check.failure {
            None => {
                self.end_block(policy, check.at, &mut changes);
                self.accept_credential(policy, check, &mut changes);
                self.count(policy, check, Outcome::Answered, &mut changes);
            }
            Some(CheckFailure::NotFound) => {
                self.end_block(policy, check.at, &mut changes);
                self.count(policy, check, Outcome::NotFound, &mut changes);
            }
            Some(CheckFailure::Other) => {
                self.end_block(policy, check.at, &mut changes);
                self.count(policy, check, Outcome::Unreadable, &mut changes);
            }
            Some(CheckFailure::Credential) => {
                self.end_block(policy, check.at, &mut changes);
                self.refuse_credential(check, &mut changes);
                self.count(policy, check, Outcome::Answered, &mut changes);
            }
            Some(CheckFailure::Transport | CheckFailure::Server) => {
                self.count(policy, check, Outcome::Unreachable, &mut changes);
            }
            Some(CheckFailure::Blocked) => self.begin_block(policy, check, &mut changes),
            Some(CheckFailure::RateLimited) => self.count(policy, check, Outcome::Limited, &mut changes),
        }
        changes
    }

    fn count(
        &mut self,
        policy: &SourcePolicy,
        check: &SourceCheck,
        outcome: Outcome,
        changes: &mut Vec<SourceChange>,
    ) {
        self.window.add(&check.home, check.at, outcome);
        // A check that was not made shows nothing about the cloud.
        if outcome != Outcome::Limited {
            let opened = self.unreachable.as_ref().map(|incident| incident.opened_at);
            let reach = self.window.reach(policy, opened);
            if follow(&mut self.unreachable, reach, check.at, changes) {
                // The failures before the end would count again as soon as the checks become fewer.
                self.window = Window::default();
            }
        }
        let limit = self.window.limit(policy);
        let _ = follow(&mut self.limited, limit, check.at, changes);
    }

    fn begin_block(&mut self, policy: &SourcePolicy, check: &SourceCheck, changes: &mut Vec<SourceChange>) {
        if let Some(block) = &mut self.block {
            block.refuse(check.at);
            return;
        }
        let is_shared = check.own_calls.is_some_and(|calls| calls < policy.shared_below);
        let incident = SourceIncident {
            problem: if is_shared { SourceProblem::AddressShared } else { SourceProblem::Blocked },
            tenant: None,
            since: check.at,
            opened_at: check.at,
        };
        changes.push(SourceChange::new(SourceEvent::Opened, &incident, check.at));
        self.block = Some(Refused::new(incident));
    }

    fn end_block(&mut self, policy: &SourcePolicy, at: DateTime<Utc>, changes: &mut Vec<SourceChange>) {
        if let Some(block) = self.block.take_if(|block| block.respond(policy, at)) {
            changes.push(SourceChange::new(SourceEvent::Closed, &block.incident, at));
        }
    }

    fn refuse_credential(&mut self, check: &SourceCheck, changes: &mut Vec<SourceChange>) {
        let SourceCheck { owner, home, at, .. } = check;
        if let Some(credential) = self.credentials.get_mut(owner) {
            credential.refuse(*at);
            return;
        }
        let refusals = self.refusals.entry(owner.clone()).or_insert_with(|| Refusals::new(home.clone(), *at));
        refusals.add(home, *at);
        if refusals.are_a_problem() {
            let incident = SourceIncident {
                problem: SourceProblem::CredentialRefused,
                tenant: Some(owner.clone()),
                since: refusals.since,
                opened_at: *at,
            };
            changes.push(SourceChange::new(SourceEvent::Opened, &incident, *at));
            self.refusals.remove(owner);
            self.credentials.insert(owner.clone(), Refused::new(incident));
        }
    }

    fn accept_credential(
        &mut self,
        policy: &SourcePolicy,
        check: &SourceCheck,
        changes: &mut Vec<SourceChange>,
    ) {
        let SourceCheck { owner, at, .. } = check;
        self.refusals.remove(owner);
        if let Some(credential) = self.credentials.get_mut(owner)
            && credential.respond(policy, *at)
        {
            changes.push(SourceChange::new(SourceEvent::Closed, &credential.incident, *at));
            self.credentials.remove(owner);
        }
    }
}

/// Opens or closes a problem, and returns whether it was closed.
fn follow(
    problem: &mut Option<SourceIncident>,
    reach: Reach,
    at: DateTime<Utc>,
    changes: &mut Vec<SourceChange>,
) -> bool {
    match (reach, &*problem) {
        (Reach::Lost(since, kind), None) => {
            let incident = SourceIncident { problem: kind, tenant: None, since, opened_at: at };
            changes.push(SourceChange::new(SourceEvent::Opened, &incident, at));
            *problem = Some(incident);
            false
        }
        (Reach::Kept, Some(incident)) => {
            changes.push(SourceChange::new(SourceEvent::Closed, incident, at));
            *problem = None;
            true
        }
        (Reach::Lost(..) | Reach::Unclear, Some(_)) | (Reach::Kept | Reach::Unclear, None) => false,
    }
}

impl Default for Sources {
    fn default() -> Self {
        Self::new()
    }
}
