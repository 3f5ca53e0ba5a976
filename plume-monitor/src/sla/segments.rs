//! Segments of time from samples.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use plume_health::series::{is_gap, time_at, usual_step};
use plume_health::uptime::SampleState;
use plume_types::OnlineStats;

use crate::sla::policy::MaintenanceWindow;

/// The step of the daily reports, used if the samples do not give one.
const DEFAULT_STEP: i64 = 15 * 60;

/// From one second to another, the latter excluded.
#[derive(Clone, Copy)]
pub(super) struct Segment {
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) state: SampleState,
}

impl Segment {
    pub(super) fn length(&self) -> i64 {
        self.to.saturating_sub(self.from)
    }
}

/// The whole time of a report without gaps between segments.
pub(super) struct Line {
    pub(super) step: i64,
    /// Start and end; `None` without a usable time.
    pub(super) period: Option<(i64, i64)>,
    pub(super) segments: Vec<Segment>,
    pub(super) samples: usize,
    pub(super) unusable: usize,
    pub(super) future: usize,
}

pub(super) fn read(stats: &OnlineStats, now: DateTime<Utc>) -> Line {
    let now = now.timestamp();
    let (list, mut unusable) = stats.location_state.elements();
    let mut future = 0_usize;
    let mut samples = BTreeMap::<i64, SampleState>::new();
    for sample in list {
        let at = sample.timestamp.map(|at| at.timestamp());
        if at.is_some_and(|at| at > now) {
            future = future.saturating_add(1);
            continue;
        }
        let state = SampleState::of(sample.value.as_ref());
        if at.is_none() || state == SampleState::Unknown {
            unusable = unusable.saturating_add(1);
        }
        if let Some(at) = at {
            let kept = samples.entry(at).or_insert(state);
            *kept = state.min(*kept);
        }
    }
    let step = usual_step(samples.keys().copied().map(time_at)).unwrap_or(DEFAULT_STEP);
    // Two samples have a single distance, which may be a gap.
    let step = if samples.len() > 2 { step } else { step.min(DEFAULT_STEP) };
    let period = period(stats, &samples, step, now);
    Line {
        step,
        period,
        segments: period.map_or_else(Vec::new, |period| cut(&samples, step, period)),
        samples: samples.values().filter(|state| **state != SampleState::Unknown).count(),
        unusable,
        future,
    }
}

/// Returns the period: from the first sample to one step after the last, including the response's time range, but not
/// the future.
fn period(
    stats: &OnlineStats,
    samples: &BTreeMap<i64, SampleState>,
    step: i64,
    now: i64,
) -> Option<(i64, i64)> {
    let ranges = stats.stats_date_range.iter().flatten();
    let (mut begin, mut end) = (Vec::new(), Vec::new());
    for range in ranges {
        begin.extend(range.start.iter().flatten().map(DateTime::timestamp));
        end.extend(range.end.iter().flatten().map(DateTime::timestamp));
    }
    begin.extend(samples.keys().next());
    end.extend(samples.keys().next_back().map(|last| last.saturating_add(step)));
    let from = begin.into_iter().min()?;
    let to = end.into_iter().max()?.min(now);
    (from <= to).then_some((from, to))
}

/// Cuts `period` into segments. It starts with or before the first sample, and ends with or after the last one.
fn cut(samples: &BTreeMap<i64, SampleState>, step: i64, (from, to): (i64, i64)) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut covered = from;
    let next = samples.keys().skip(1).copied().chain([to]);
    for ((at, state), next) in samples.iter().zip(next) {
        segments.push(Segment { from: covered, to: *at, state: SampleState::Unknown });
        let jump = next.saturating_sub(*at);
        covered = if is_gap(jump, step) { at.saturating_add(step) } else { next };
        segments.push(Segment { from: *at, to: covered, state: *state });
    }
    segments.push(Segment { from: covered, to, state: SampleState::Unknown });
    // An empty segment is no gap, but a sample at this very moment is current.
    segments.retain(|segment| segment.length() > 0 || segment.state != SampleState::Unknown);
    segments
}

/// Maintenance windows as disjoint segments, oldest first.
pub(super) struct Windows(Vec<(i64, i64)>);

impl Windows {
    pub(super) fn new(windows: &[MaintenanceWindow]) -> Self {
        let mut sorted: Vec<(i64, i64)> = windows
            .iter()
            .map(|window| (window.from.timestamp(), window.to.timestamp()))
            .filter(|(from, to)| from < to)
            .collect();
        sorted.sort_unstable();
        let mut merged = Vec::<(i64, i64)>::new();
        for (from, to) in sorted {
            match merged.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        Self(merged)
    }

    /// Returns whether this second is within a window.
    pub(super) fn contain(&self, second: i64) -> bool {
        let begin = self.0.partition_point(|window| window.1 <= second);
        self.0.get(begin).is_some_and(|window| window.0 <= second)
    }

    /// Returns the seconds between the two that are within windows.
    pub(super) fn overlap(&self, from: i64, to: i64) -> i64 {
        let begin = self.0.partition_point(|window| window.1 <= from);
        let windows = self.0.iter().skip(begin).take_while(|window| window.0 <= to);
        windows.fold(0, |sum: i64, window| {
            #[cfg(test)]
            testkit::linear::step(1);
            sum.saturating_add(window.1.min(to).saturating_sub(window.0.max(from)))
        })
    }
}
