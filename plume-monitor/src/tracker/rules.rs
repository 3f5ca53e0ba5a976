//! Policies of single rules, and their trackers.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use plume_health::policy::PolicyError;
use plume_health::{RuleId, Status};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::tracker::event::{Event, EventKind, TrackerState};
use crate::tracker::memory::HealthTracker;
use crate::tracker::policy::TrackerPolicy;

/// The policy of a home's status, and policies of rules that are tracked on their own.
///
/// ```
/// use plume_health::RuleId;
/// use plume_monitor::tracker::RulePolicies;
///
/// let policies: RulePolicies = serde_json::from_str(r#"{"rules": {"poor-qoe": {"enter_after": "30m"}}}"#)?;
/// assert_eq!(policies.of(&RuleId::PoorQoe).enter_after.as_secs(), 1_800);
/// assert_eq!(policies.of(&RuleId::NodeAlert), &policies.default);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct RulePolicies {
    /// The policy of all other rules.
    pub default: TrackerPolicy,
    /// The policies of rules that have their own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<RuleId, TrackerPolicy>,
}

impl RulePolicies {
    /// Returns one policy for all rules.
    #[must_use]
    pub fn new(default: TrackerPolicy) -> Self {
        Self { default, rules: BTreeMap::new() }
    }

    /// Returns the policy of a rule.
    #[must_use]
    pub fn of(&self, rule: &RuleId) -> &TrackerPolicy {
        self.rules.get(rule).unwrap_or(&self.default)
    }

    /// Checks for invalid values and unknown rules.
    ///
    /// # Errors
    ///
    /// Returns [`PolicyError`] for the first invalid value.
    pub fn validate(&self) -> Result<(), PolicyError> {
        self.default.validate()?;
        for (rule, policy) in &self.rules {
            if let RuleId::Other(word) = rule {
                return Err(PolicyError::new("rules", format!("`{}` is not a rule", word.as_str())));
            }
            policy.validate().map_err(|error| {
                PolicyError::new(format!("rules.{rule}.{}", error.key()), error.problem().to_owned())
            })?;
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for RulePolicies {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize, Default)]
        #[serde(deny_unknown_fields, default)]
        struct Document {
            default: TrackerPolicy,
            rules: BTreeMap<RuleId, TrackerPolicy>,
        }
        let Document { default, rules } = Document::deserialize(deserializer)?;
        let policies = Self { default, rules };
        policies.validate().map_err(D::Error::custom)?;
        Ok(policies)
    }
}

/// The statuses of one sample: of each rule that applies, and of all others.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleStatuses {
    /// The worst status of each rule that applies.
    pub rules: BTreeMap<RuleId, Status>,
    /// The status of rules that do not apply: green, or unknown if data is missing for them.
    pub others: Status,
}

impl RuleStatuses {
    /// Returns the statuses of a sample. `known`: no data that the verdict depends on is missing.
    #[must_use]
    pub fn new(rules: impl IntoIterator<Item = (RuleId, Status)>, known: bool) -> Self {
        let mut worst = BTreeMap::new();
        for (rule, status) in rules {
            let of_rule = worst.entry(rule).or_insert(status);
            *of_rule = status.worse_of(*of_rule);
        }
        Self { rules: worst, others: if known { Status::Green } else { Status::Unknown } }
    }

    /// Returns the worst status.
    #[must_use]
    pub fn worst(&self) -> Status {
        self.rules.values().fold(self.others, |worst, status| worst.worse_of(*status))
    }
}

/// Trackers of one home: one for each rule with its own policy that is in trouble, and one for the other rules.
///
/// The status of the home is the worst of all. A change of one tracker that does not change it is no event.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RuleTrackers {
    others: HealthTracker,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    rules: BTreeMap<RuleId, HealthTracker>,
}

impl RuleTrackers {
    /// Returns trackers without samples.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn all(&self) -> impl Iterator<Item = &HealthTracker> {
        std::iter::once(&self.others).chain(self.rules.values())
    }

    /// Returns the worst reported status.
    #[must_use]
    pub fn status(&self) -> Status {
        // A tracker of a rule begins with trouble that is not reported yet, which says nothing about the home.
        let known =
            |tracker: &HealthTracker| Some(tracker.status()).filter(|status| *status != Status::Unknown);
        self.rules.values().filter_map(known).fold(self.others.status(), Status::worse_of)
    }

    /// Returns the start of the reported status, if known.
    #[must_use]
    pub fn since(&self) -> Option<DateTime<Utc>> {
        let status = self.status();
        self.all().filter(|tracker| tracker.status() == status).filter_map(HealthTracker::since).min()
    }

    /// Returns the start of the earliest change that is not reported yet.
    pub(crate) fn pending_since(&self) -> Option<DateTime<Utc>> {
        self.all().filter_map(|tracker| tracker.pending().map(|(_, since)| since)).min()
    }

    /// Returns whether a sample at this time counts.
    pub(crate) fn counts(&self, policies: &RulePolicies, at: DateTime<Utc>) -> bool {
        self.others.counts(&policies.default, at)
    }

    /// Returns whether a tracker sees a change that it has not reported yet.
    #[must_use]
    pub fn is_changing(&self) -> bool {
        self.all().any(|tracker| {
            matches!(tracker.state(), TrackerState::Entering | TrackerState::Leaving)
                || tracker.pending().is_some()
        })
    }

    /// Returns whether a tracker flaps.
    #[must_use]
    pub fn is_flapping(&self) -> bool {
        self.all().any(|tracker| tracker.state() == TrackerState::Flapping)
    }

    /// Returns the start of the unknown time, if the newest sample was unknown.
    #[must_use]
    pub fn unknown_since(&self) -> Option<DateTime<Utc>> {
        self.others.unknown_since()
    }

    /// Observes a sample. Returns the event if the sample confirms a change of the home's status, or starts or ends
    /// flapping.
    #[must_use = "the event is returned only once"]
    pub fn observe(
        &mut self,
        policies: &RulePolicies,
        at: DateTime<Utc>,
        statuses: &RuleStatuses,
    ) -> Option<Event> {
        let (from, was_flapping) = (self.status(), self.is_flapping());
        let events = self.observe_each(policies, at, statuses);
        let (to, is_flapping) = (self.status(), self.is_flapping());
        let cause = events.iter().find(|event| event.to == to).or(events.last())?;
        let kind = match (was_flapping, is_flapping) {
            (false, true) => EventKind::FlappingStarted,
            (true, false) => EventKind::FlappingEnded,
            _ if to == from => return None,
            _ => EventKind::of_change(from, to),
        };
        let to = if kind == EventKind::FlappingStarted { statuses.worst() } else { to };
        Some(Event { kind, from, to, since: cause.since, at })
    }

    fn observe_each(
        &mut self,
        policies: &RulePolicies,
        at: DateTime<Utc>,
        statuses: &RuleStatuses,
    ) -> Vec<Event> {
        // One decision for all: a rule whose policy has another silence would see a sample that the home does not have.
        let counts = self.counts(policies, at);
        let mut events = Vec::new();
        for (rule, policy) in &policies.rules {
            let status = statuses.rules.get(rule).copied();
            if status.is_none() && !self.rules.contains_key(rule) {
                continue;
            }
            let tracker = self.rules.entry(rule.clone()).or_default();
            events.extend(tracker.observe_if(counts, policy, at, status.unwrap_or(statuses.others)));
        }
        let others = statuses.rules.iter().filter(|(rule, _)| !policies.rules.contains_key(*rule));
        let status = others.fold(statuses.others, |worst, (_, status)| worst.worse_of(*status));
        events.extend(self.others.observe_if(counts, &policies.default, at, status));
        // A tracker of a removed policy would keep its status without samples.
        self.rules.retain(|rule, tracker| policies.rules.contains_key(rule) && !tracker.is_quiet());
        events
    }
}
