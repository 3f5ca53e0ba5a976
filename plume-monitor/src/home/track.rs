//! The status of a home after a sample, and its transitions.

use chrono::{DateTime, Utc};
use plume_health::Status;

use crate::home::policy::MonitorPolicy;
use crate::home::sample::{Evidence, HomeContext, Sample, evidence, to_carry};
use crate::home::state::HomeState;
use crate::home::transition::{Transition, TransitionKind};
use crate::tracker::{Event, RuleStatuses};

/// The outcome of tracking a sample that counts.
#[derive(Debug)]
pub(super) struct Tracked {
    pub(super) at: DateTime<Utc>,
    /// `None`: the sample has no data.
    pub(super) evidence: Option<Evidence>,
    pub(super) event: Option<Event>,
    /// The start of a time without data that makes the status unknown.
    stale_since: Option<DateTime<Utc>>,
    /// Whether the status was unknown for lack of data until this sample.
    is_fresh: bool,
}

impl HomeState {
    /// Tracks a sample. Returns `None` if the sample does not count.
    pub(super) fn track(
        &mut self,
        sample: &Sample,
        policy: &MonitorPolicy,
        context: HomeContext,
    ) -> Option<Tracked> {
        let (at, confirmed) = (sample.at, self.trackers.status());
        let evidence = evidence(sample, &self.carried, confirmed);
        let counts = self.trackers.counts(&policy.tracker, at);
        let nothing = RuleStatuses::new([], false);
        let statuses = evidence.as_ref().map_or(&nothing, |evidence| &evidence.statuses);
        let event = self.trackers.observe(&policy.tracker, at, statuses);
        if !counts {
            return None;
        }
        let stale_after = policy.stale_after.max(context.interval.saturating_mul(2));
        let gap = self.silence.note_gap(self.last_at, at, stale_after);
        let nothing = match evidence {
            Some(_) => None,
            None => self.silence.note_nothing(self.last_at, at, context.source_down, stale_after),
        };
        let is_fresh = evidence.is_some() && self.silence.note_data();
        self.last_at = Some(at);
        if let Some(Evidence { statuses, causes, .. }) = &evidence {
            self.last_status =
                Some(statuses.worst()).filter(|status| *status != Status::Unknown).or(self.last_status);
            if let Some(cause) = causes.first() {
                self.last_cause = Some(cause.brief());
            }
        }
        if let Some(carried) = to_carry(sample) {
            self.carried = carried;
        }
        Some(Tracked { at, evidence, event, stale_since: gap.or(nothing), is_fresh })
    }
}

impl Tracked {
    pub(super) fn transitions(
        &self,
        before: &HomeState,
        after: &HomeState,
        context: HomeContext,
    ) -> Vec<Transition> {
        let (from, to) = (before.trackers.status(), after.trackers.status());
        let was_stale = before.silence.stale;
        let transition = |kind, from, to, since, unseen_since| Transition {
            kind,
            from,
            to,
            since,
            at: self.at,
            in_maintenance: context.in_maintenance,
            unseen_since,
        };
        let mut transitions = Vec::new();
        if let Some(since) = self.stale_since.filter(|_| from != Status::Unknown) {
            transitions.push(transition(TransitionKind::Stale, from, Status::Unknown, since, None));
        }
        let known = if from == Status::Unknown && self.event.is_none() { to } else { from };
        let first = from == Status::Unknown && known != Status::Unknown;
        if (self.is_fresh && known != Status::Unknown) || first {
            transitions.push(transition(TransitionKind::Fresh, Status::Unknown, known, self.at, None));
        }
        if let Some(event) = self.event {
            let unseen = after.silence.gap_before(event.since).filter(|_| !was_stale || self.is_fresh);
            let kind = TransitionKind::of_event(event.kind);
            transitions.push(transition(kind, from, to, event.since, unseen));
        }
        transitions
    }
}
