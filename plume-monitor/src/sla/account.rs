//! The computation of an SLA report.

use chrono::{DateTime, Utc};
use plume_health::series::{Gap, time_at};
use plume_health::uptime::SampleState;
use plume_types::OnlineStats;

use crate::sla::policy::{CountAs, MaintenanceTime, SlaPolicy, WHOLE};
use crate::sla::report::{ErrorBudget, Incident, SlaReport, TimeByState, Verdict, Within};
use crate::sla::segments::{Line, Segment, Windows};
use crate::sla::{phrases, segments};

/// Compares the online report of a location with a service level.
///
/// The order of the samples does not matter. Of several at the same time the worst counts, and any known one before
/// one without a value. Times count in whole seconds. Samples after `now` are ignored.
#[must_use]
pub fn analyze(stats: &OnlineStats, policy: &SlaPolicy, now: DateTime<Utc>) -> SlaReport {
    let line = segments::read(stats, now);
    let windows = Windows::new(&policy.maintenance);
    let (time, maintenance) = times(&line, &windows);
    let counted = match policy.maintenance_time {
        MaintenanceTime::Excluded => time.without(&maintenance),
        MaintenanceTime::Counted => time,
    };
    let (up, down) = (counted.as_up(policy), counted.as_down(policy));
    // Unknown time neither meets nor misses a target, whatever it counts as.
    let basis = if counted.known_seconds() > 0 { up.saturating_add(down) } else { 0 };

    let (incidents, short_outages) = incidents(&line, &windows, policy);
    let counting = || incidents.iter().filter(|incident| incident.counted);
    SlaReport {
        verdict: policy.judge(up, down, counted.known_seconds(), counted.unknown_seconds),
        uptime_percent: percent(up, basis),
        target_percent: policy.target(),
        from: line.period.map(|(from, _)| time_at(from)),
        to: line.period.map(|(_, to)| time_at(to)),
        step_seconds: line.step,
        samples: line.samples,
        unusable_samples: line.unusable,
        future_samples: line.future,
        time,
        maintenance,
        up_seconds: up,
        down_seconds: down,
        excluded_seconds: time.total_seconds().saturating_sub(up).saturating_sub(down),
        budget: budget(up, down, policy),
        incident_count: counting().count(),
        // The earliest of equals: `max_by_key` returns the last.
        longest: counting().rev().max_by_key(|incident| incident.counted_seconds).copied(),
        mttr_seconds: mean(counting().filter(|incident| incident.end.is_some())),
        short_outages,
        gaps: gaps(&line),
        method: phrases::method(policy, line.step),
        incidents,
    }
}

fn times(line: &Line, windows: &Windows) -> (TimeByState, TimeByState) {
    let (mut all, mut within) = (TimeByState::default(), TimeByState::default());
    for segment in &line.segments {
        all.add(segment.state, segment.length());
        within.add(segment.state, windows.overlap(segment.from, segment.to));
    }
    (all, within)
}

impl TimeByState {
    fn add(&mut self, state: SampleState, seconds: i64) {
        let sum = match state {
            SampleState::Online => &mut self.online_seconds,
            SampleState::Offline => &mut self.offline_seconds,
            SampleState::Intermittent => &mut self.intermittent_seconds,
            SampleState::Unknown => &mut self.unknown_seconds,
        };
        *sum = sum.saturating_add(seconds);
    }

    fn without(&self, part: &Self) -> Self {
        Self {
            online_seconds: self.online_seconds.saturating_sub(part.online_seconds),
            offline_seconds: self.offline_seconds.saturating_sub(part.offline_seconds),
            intermittent_seconds: self.intermittent_seconds.saturating_sub(part.intermittent_seconds),
            unknown_seconds: self.unknown_seconds.saturating_sub(part.unknown_seconds),
        }
    }

    fn as_up(&self, policy: &SlaPolicy) -> i64 {
        self.online_seconds.saturating_add(self.counting(policy, CountAs::Up))
    }

    fn as_down(&self, policy: &SlaPolicy) -> i64 {
        self.offline_seconds.saturating_add(self.counting(policy, CountAs::Down))
    }

    /// Returns the intermittent and unknown time that the policy counts as `wanted`.
    fn counting(&self, policy: &SlaPolicy, wanted: CountAs) -> i64 {
        let of = |choice: CountAs, seconds: i64| if choice == wanted { seconds } else { 0 };
        of(policy.intermittent, self.intermittent_seconds)
            .saturating_add(of(policy.unknown, self.unknown_seconds))
    }
}

impl SlaPolicy {
    /// Compares time that counts as uptime and as downtime with the target. Integers keep the limits exact.
    pub(super) fn judge(&self, up: i64, down: i64, known: i64, unknown: i64) -> Verdict {
        let counted = up.saturating_add(down);
        if known == 0 || counted == 0 {
            return Verdict::Unknown;
        }
        let is_missed = |of: i64| product(down, WHOLE) > product(of, self.allowance());
        let all = known.saturating_add(unknown);
        let is_known =
            self.unknown == CountAs::Down || product(known, WHOLE) >= product(all, self.least_known());
        // Uptime that the unknown time could add.
        let missing = if self.unknown == CountAs::Excluded { unknown } else { 0 };
        match is_missed(counted) {
            true if is_known || is_missed(counted.saturating_add(missing)) => Verdict::Missed,
            false if is_known => Verdict::Met,
            _ => Verdict::Unknown,
        }
    }
}

fn product(a: i64, b: i64) -> i128 {
    i128::from(a).saturating_mul(i128::from(b))
}

fn budget(up: i64, down: i64, policy: &SlaPolicy) -> ErrorBudget {
    let counted = up.saturating_add(down);
    let allowance = policy.allowance();
    let share = product(policy.budget_seconds().unwrap_or(counted), allowance) / i128::from(WHOLE);
    let allowed = i64::try_from(share).unwrap_or(i64::MAX);
    ErrorBudget {
        allowed_seconds: allowed,
        used_seconds: down,
        left_seconds: allowed.saturating_sub(down),
        used_percent: percent(down, allowed),
        burn_rate: ratio(product(down, WHOLE), product(counted, allowance)),
    }
}

pub(super) fn percent(part: i64, all: i64) -> Option<f64> {
    ratio(product(part, 100), i128::from(all))
}

/// Returns `None` if the divisor is zero.
#[expect(clippy::cast_precision_loss, reason = "a ratio for people needs no more digits")]
fn ratio(part: i128, all: i128) -> Option<f64> {
    (all > 0).then(|| part as f64 / all as f64)
}

fn mean<'a>(incidents: impl Iterator<Item = &'a Incident>) -> Option<i64> {
    let (mut sum, mut count) = (0_i64, 0_i64);
    for incident in incidents {
        sum = sum.saturating_add(incident.counted_seconds);
        count = count.saturating_add(1);
    }
    sum.checked_div(count)
}

/// An outage, as far as it is known.
struct Outage {
    from: i64,
    /// The end of the last offline segment.
    to: i64,
    /// The unknown time within.
    unknown: i64,
    /// The unknown time since the last offline segment.
    pending: i64,
}

/// Returns the incidents, and the number of outages that ended before they were one.
fn incidents(line: &Line, windows: &Windows, policy: &SlaPolicy) -> (Vec<Incident>, usize) {
    let (outages, ongoing) = outages(&line.segments);
    let last = outages.len().saturating_sub(1);
    let minimum = policy.minimum_outage_seconds();
    let mut short = 0_usize;
    let mut incidents = Vec::new();
    for (index, outage) in outages.iter().enumerate() {
        let is_ongoing = ongoing && index == last;
        let incident = incident(outage, is_ongoing, windows, policy);
        if incident.duration_seconds < minimum {
            // An outage that is not over may still become an incident.
            short = short.saturating_add(usize::from(!is_ongoing));
        } else {
            incidents.push(incident);
        }
    }
    (incidents, short)
}

/// Returns the outages, and whether the last one is ongoing.
fn outages(segments: &[Segment]) -> (Vec<Outage>, bool) {
    let mut outages = Vec::<Outage>::new();
    let mut is_open = false;
    for segment in segments {
        match (segment.state, outages.last_mut()) {
            (SampleState::Offline, Some(outage)) if is_open => {
                outage.to = segment.to;
                outage.unknown = outage.unknown.saturating_add(outage.pending);
                outage.pending = 0;
            }
            (SampleState::Offline, _) => {
                outages.push(Outage { from: segment.from, to: segment.to, unknown: 0, pending: 0 });
                is_open = true;
            }
            // A gap does not show that the location was back.
            (SampleState::Unknown, Some(outage)) => {
                outage.pending = outage.pending.saturating_add(segment.length());
            }
            (SampleState::Unknown, None) => {}
            (SampleState::Online | SampleState::Intermittent, _) => is_open = false,
        }
    }
    (outages, is_open)
}

fn incident(outage: &Outage, is_ongoing: bool, windows: &Windows, policy: &SlaPolicy) -> Incident {
    let duration = outage.to.saturating_sub(outage.from);
    let maintenance = windows.overlap(outage.from, outage.to);
    let excused = match policy.maintenance_time {
        MaintenanceTime::Excluded => maintenance,
        MaintenanceTime::Counted => 0,
    };
    let in_maintenance = match (duration, maintenance) {
        // An outage at the last sample has no length yet.
        (0, _) if windows.contain(outage.from) => Within::Wholly,
        (_, 0) => Within::No,
        (duration, part) if part < duration => Within::Partly,
        _ => Within::Wholly,
    };
    Incident {
        start: time_at(outage.from),
        end: (!is_ongoing).then(|| time_at(outage.to)),
        duration_seconds: duration,
        unknown_seconds: outage.unknown,
        maintenance_seconds: maintenance,
        counted_seconds: duration.saturating_sub(excused),
        in_maintenance,
        counted: in_maintenance != Within::Wholly || policy.maintenance_time == MaintenanceTime::Counted,
    }
}

/// Merges adjacent gaps: a sample without a value and a missing sample are the same to the reader.
fn gaps(line: &Line) -> Vec<Gap> {
    line.segments
        .chunk_by(|a, b| a.state == SampleState::Unknown && b.state == SampleState::Unknown)
        .filter_map(|run| {
            let (first, last) = (run.first()?, run.last()?);
            (first.state == SampleState::Unknown).then(|| Gap::new(time_at(first.from), time_at(last.to)))
        })
        .collect()
}
