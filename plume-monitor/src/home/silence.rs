//! Times without data.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::time::has_passed;

/// The memory of a home about times without data.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Silence {
    /// Whether there has been no data for so long that the status is unknown.
    pub(super) stale: bool,
    /// The first sample without data since the last one with data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<DateTime<Utc>>,
    /// The last sample before it, which had data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data_until: Option<DateTime<Utc>>,
    /// The same as `since`, without the time in which a source of data was down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unexplained_since: Option<DateTime<Utc>>,
    /// The last gap between two samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) gap: Option<Gap>,
}

/// A time without samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gap {
    /// The last sample before it.
    pub(super) from: DateTime<Utc>,
    /// The first sample after it.
    pub(super) to: DateTime<Utc>,
}

impl Silence {
    /// Observes that there is a sample. Returns the start of the stale time, if the pause before the sample makes the
    /// home stale.
    pub(super) fn note_gap(
        &mut self,
        last: Option<DateTime<Utc>>,
        at: DateTime<Utc>,
        stale_after: Duration,
    ) -> Option<DateTime<Utc>> {
        let from = last.filter(|last| has_passed(*last, at, stale_after))?;
        self.gap = Some(Gap { from, to: at });
        (!std::mem::replace(&mut self.stale, true)).then_some(self.since.unwrap_or(from))
    }

    /// Observes a sample without data. Returns the start of the stale time, if it makes the home stale.
    pub(super) fn note_nothing(
        &mut self,
        last: Option<DateTime<Utc>>,
        at: DateTime<Utc>,
        source_down: bool,
        stale_after: Duration,
    ) -> Option<DateTime<Utc>> {
        if self.since.is_none() {
            self.data_until = last;
        }
        // A start that lies ahead is from before the clock was set back.
        let begun = |since: Option<DateTime<Utc>>| since.map_or(at, |since| since.min(at));
        let since = *self.since.insert(begun(self.since));
        self.unexplained_since = (!source_down).then(|| begun(self.unexplained_since));
        let becomes = has_passed(since, at, stale_after) && !self.stale;
        self.stale |= becomes;
        becomes.then_some(since)
    }

    /// Observes a sample with data. Returns whether the home was stale.
    pub(super) fn note_data(&mut self) -> bool {
        (self.since, self.data_until, self.unexplained_since) = (None, None, None);
        std::mem::take(&mut self.stale)
    }

    /// Returns the last sample before the gap that ended with this one.
    pub(super) fn gap_before(&self, sample: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.gap.filter(|gap| gap.to == sample).map(|gap| gap.from)
    }
}
