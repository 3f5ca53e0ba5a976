//! From the samples of a home to the changes of its incident.

use std::time::Duration;

use chrono::{DateTime, Utc};
use plume_health::Status;

use crate::ids::{HomeId, IncidentId};
use crate::incident::cause::Cause;
use crate::incident::change::{ChangeKind, CloseReason, IncidentChange, Scope};
use crate::incident::memory::causes;
use crate::incident::memory::explain::{Observed, confirmed, is_problem, situation_at_begin, situation_now};
use crate::incident::memory::state::{ClosedAt, IncidentMemory, Newest};
use crate::incident::policy::{IncidentPolicy, LONGEST_HOLD, no_data_window};
use crate::incident::severity::is_worse;
use crate::incident::situation::Situation;
use crate::time::{has_passed, later};

impl IncidentMemory {
    /// Observes a sample. Returns the change of the incident, if there is one.
    pub(crate) fn observe(
        &mut self,
        home: &HomeId,
        policy: &IncidentPolicy,
        sample: &Observed<'_>,
    ) -> Option<IncidentChange> {
        if let Some(newest) = &mut self.newest {
            newest.follow_clock(sample.at, sample.now, policy);
        }
        match (is_trouble(sample), self.is_open()) {
            (true, false) => self.begin(policy, sample),
            (true, true) => self.update(policy, sample),
            // Only a sample with data can end an incident.
            (false, true) if sample.seen.is_some() => {
                self.close(sample.now, sample.in_maintenance, CloseReason::Recovered)
            }
            (false, _) => None,
        }
        .and_then(|draft| self.change(home, draft))
    }

    /// Closes the incident of a home that no longer exists.
    pub(crate) fn gone(&mut self, home: &HomeId, now: DateTime<Utc>) -> Option<IncidentChange> {
        let draft = self.is_open().then(|| self.close(now, false, CloseReason::Gone)).flatten()?;
        self.change(home, draft)
    }

    fn begin(&mut self, policy: &IncidentPolicy, sample: &Observed<'_>) -> Option<Draft> {
        let mut situation = situation_at_begin(sample);
        let hold = hold(policy, situation.status, sample.interval);
        let mut draft = Draft::new(ChangeKind::Opened, sample.now);
        draft.hold_until = hold.map(|hold| later(sample.now, hold));
        match self.newest.as_mut().filter(|newest| may_reopen(newest, policy, sample)) {
            Some(newest) => {
                draft.kind = ChangeKind::Reopened;
                let is_news = is_worse(situation.status, newest.status) || !newest.knows(&situation.root);
                newest.version = newest.version.saturating_add(u32::from(is_news));
                (newest.closed, newest.settle_until, newest.candidate) = (None, None, None);
                newest.from_before = false;
            }
            None => {
                self.count = self.count.saturating_add(1);
                // Flapping is a change that was seen.
                situation.from_before = sample.is_first && !situation.flapping;
                self.newest = Some(Newest {
                    opened_at: sample.now,
                    since: situation.since,
                    version: 1,
                    status: situation.status,
                    flapping: situation.flapping,
                    from_before: situation.from_before,
                    root: situation.root.key(),
                    known: Vec::new(),
                    candidate: None,
                    settle_until: None,
                    digest: 0,
                    closed: None,
                });
            }
        }
        let newest = self.newest.as_mut()?;
        newest.learn(confirmed(sample).into_iter().chain([&situation.root]));
        draft.situation = Some(newest.remember(situation));
        Some(draft)
    }

    fn update(&mut self, policy: &IncidentPolicy, sample: &Observed<'_>) -> Option<Draft> {
        let newest = self.newest.as_mut()?;
        let (version, digest) = (newest.version, newest.digest);
        let mut draft = Draft::new(ChangeKind::Updated, sample.now);
        let mut situation = situation_now(newest, sample)?;
        if situation.flapping && !is_problem(sample.status) {
            // Only a confirmed status is better or worse.
        } else if is_worse(situation.status, newest.status) {
            // It may be the start of a fleet incident as well.
            draft.hold_until =
                hold(policy, situation.status, sample.interval).map(|hold| later(sample.now, hold));
            newest.version = newest.version.saturating_add(1);
            newest.settle_until = None;
            newest.learn(confirmed(sample).into_iter().chain([&situation.root]));
        } else if is_worse(newest.status, situation.status) {
            newest.settle_until = Some(later(sample.now, policy.grace));
            // What remains after the grace is another cause, and one message says both.
            draft.settle_until = newest.settle_until.map(|until| later(until, LONGEST_HOLD));
        } else if sample.seen.is_some() && !sample.flapping {
            let other =
                causes::observe(newest, &confirmed(sample), sample.at, sample.now, policy.cause_after);
            newest.version = newest.version.saturating_add(u32::from(other));
        }
        newest.from_before &= newest.version == version && !situation.flapping;
        situation.from_before = newest.from_before;
        draft.situation = Some(newest.remember(situation));
        (newest.version != version || newest.digest != digest).then_some(draft)
    }

    fn close(&mut self, now: DateTime<Utc>, in_maintenance: bool, reason: CloseReason) -> Option<Draft> {
        let newest = self.newest.as_mut()?;
        newest.closed = Some(ClosedAt { at: now, in_maintenance });
        let mut draft = Draft::new(ChangeKind::Closed, now);
        draft.reason = Some(reason);
        Some(draft)
    }

    fn change(&self, home: &HomeId, draft: Draft) -> Option<IncidentChange> {
        let newest = self.newest.as_ref()?;
        Some(IncidentChange {
            id: IncidentId::of_home(home, newest.opened_at, self.count),
            scope: Scope::Home(home.clone()),
            kind: draft.kind,
            at: draft.at,
            version: newest.version,
            situation: draft.situation,
            hold_until: draft.hold_until,
            settle_until: draft.settle_until,
            reason: draft.reason,
        })
    }
}

/// A change without the identity of its incident.
struct Draft {
    kind: ChangeKind,
    at: DateTime<Utc>,
    situation: Option<Situation>,
    hold_until: Option<DateTime<Utc>>,
    settle_until: Option<DateTime<Utc>>,
    reason: Option<CloseReason>,
}

impl Draft {
    fn new(kind: ChangeKind, at: DateTime<Utc>) -> Self {
        Self { kind, at, situation: None, hold_until: None, settle_until: None, reason: None }
    }
}

fn is_trouble(sample: &Observed<'_>) -> bool {
    is_problem(sample.status) || sample.flapping || sample.no_data_since.is_some()
}

/// Returns whether new trouble belongs to the last incident: it ended a short time ago, or in the maintenance window
/// that is still open.
fn may_reopen(newest: &Newest, policy: &IncidentPolicy, sample: &Observed<'_>) -> bool {
    newest.closed.is_some_and(|closed| {
        !has_passed(closed.at, sample.now, policy.reopen_within)
            || (closed.in_maintenance && sample.in_maintenance)
    })
}

/// Returns the time for which the first message is held. A milder problem has no message at once.
fn hold(policy: &IncidentPolicy, status: Status, interval: Duration) -> Option<Duration> {
    match status {
        Status::Red | Status::Orange => Some(policy.hold.min(LONGEST_HOLD)),
        Status::Unknown => Some(no_data_window(interval)),
        Status::Yellow | Status::Green => None,
    }
}

impl Newest {
    /// Handles a clock that was set back: what began later than now began now.
    fn follow_clock(&mut self, at: DateTime<Utc>, now: DateTime<Utc>, policy: &IncidentPolicy) {
        self.since = self.since.min(at);
        if let Some(candidate) = &mut self.candidate {
            candidate.since = candidate.since.min(at);
        }
        if let Some(closed) = &mut self.closed {
            closed.at = closed.at.min(now);
        }
        self.settle_until = self.settle_until.map(|until| until.min(later(now, policy.grace)));
    }

    /// Takes the situation as the present one.
    fn remember(&mut self, situation: Situation) -> Situation {
        self.status = situation.status;
        self.flapping = situation.flapping;
        self.root = situation.root.key();
        self.digest = digest(&situation);
        situation
    }
}

/// Returns a hash of all that a person would see change (FNV-1a).
fn digest(situation: &Situation) -> u64 {
    let Situation { status, flapping, root, further, headline, .. } = situation;
    let further: Vec<u32> = further.iter().map(Cause::key).collect();
    let consequences = root.consequences.total();
    let text =
        format!("{status} {flapping} {} {consequences} {further:?} {} {headline}", root.key(), root.message);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
