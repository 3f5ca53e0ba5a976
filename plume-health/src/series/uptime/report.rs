//! The samples of the online report, and their share of online ones.

use chrono::{DateTime, Utc};
use plume_types::{OnlineSample, OnlineStats, OnlineWord};
use serde::{Deserialize, Serialize};

use crate::named::named;
use crate::series::measure::stats;

/// The uptime of a location by samples. Returned by [`analyze`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UptimeReport {
    /// The rating of the uptime.
    pub label: UptimeLabel,
    /// Online samples in percent of the samples with a value. `None` if fewer than half of the samples have a
    /// value.
    pub uptime_percent: Option<f64>,
    /// Samples with a value in percent of all; `None` without any sample.
    pub known_percent: Option<f64>,
    /// Samples with a value.
    pub samples: usize,
    /// Samples with `online`.
    pub online_samples: usize,
    /// Samples with `offline`.
    pub offline_samples: usize,
    /// Samples with any other word.
    pub intermittent_samples: usize,
    /// Samples that are unreadable, have no value, or have one that is no word or a word for "no value" (`n/a`).
    /// They count neither as online nor as offline.
    pub unknown_samples: usize,
    /// Changes to `offline`. A series that begins offline counts one.
    pub incidents: usize,
    /// The comparison of the second half of the samples with the first half.
    pub trend: Trend,
    /// The online share of the second half minus that of the first half, in percentage points.
    pub trend_points: Option<f64>,
    /// The time of the first sample with a value.
    pub first_sample: Option<DateTime<Utc>>,
    /// The time of the last sample with a value.
    pub last_sample: Option<DateTime<Utc>>,
}

/// The rating of an uptime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UptimeLabel {
    /// At least 99.5 %.
    Excellent,
    /// At least 98 %.
    Good,
    /// At least 95 %.
    Fair,
    /// At least 90 %.
    Poor,
    /// Less than 90 %.
    Critical,
    /// Fewer than half of the samples have a value.
    Unknown,
}

named!(UptimeLabel {
    Excellent = "excellent",
    Good = "good",
    Fair = "fair",
    Poor = "poor",
    Critical = "critical",
    Unknown = "unknown",
});

/// The comparison of the second half of the samples with the first half.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Trend {
    /// Better by more than 5 points.
    Improving,
    /// Different by at most 5 points.
    Stable,
    /// Worse by more than 5 points.
    Declining,
    /// Fewer than two samples, or fewer than half of them with a value.
    Unknown,
}

named!(Trend {
    Improving = "improving",
    Stable = "stable",
    Declining = "declining",
    Unknown = "unknown",
});

/// The ratings and their lower limits in tenths of a percent, best first.
const LABELS: [(UptimeLabel, u128); 4] = [
    (UptimeLabel::Excellent, 995),
    (UptimeLabel::Good, 980),
    (UptimeLabel::Fair, 950),
    (UptimeLabel::Poor, 900),
];
/// The largest difference of the halves in percentage points that is no trend.
const STABLE_WITHIN: i128 = 5;

/// Words that mean "no value".
const NO_VALUE: [&str; 12] = [
    "n/a",
    "na",
    "none",
    "null",
    "nil",
    "unknown",
    "undefined",
    "missing",
    "no data",
    "no_data",
    "nodata",
    "not available",
];

/// The state of a location in a sample, worst first and unknown last.
#[expect(clippy::exhaustive_enums, reason = "any word but the known two is between them")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SampleState {
    /// Offline.
    Offline,
    /// Any other word.
    Intermittent,
    /// Online.
    Online,
    /// No value, or one without a meaning.
    Unknown,
}

named!(SampleState {
    Offline = "offline",
    Intermittent = "intermittent",
    Online = "online",
    Unknown = "unknown",
});

impl SampleState {
    /// Returns the state of a sample.
    ///
    /// Case does not matter. Any other word than "online" and "offline" is intermittent, as in the report's own
    /// clients. A number, a text without letters and a word for "no value" are unknown.
    #[must_use]
    pub fn of(word: Option<&OnlineWord>) -> Self {
        let Some(word) = word else { return Self::Unknown };
        let text = word.as_str().trim();
        let says = |known: OnlineWord| text.eq_ignore_ascii_case(known.as_str());
        if says(OnlineWord::Online) {
            return Self::Online;
        }
        if says(OnlineWord::Offline) {
            return Self::Offline;
        }
        let is_word = text.chars().any(char::is_alphabetic)
            && text.parse::<f64>().is_err()
            && !NO_VALUE.iter().any(|known| text.eq_ignore_ascii_case(known));
        if is_word { Self::Intermittent } else { Self::Unknown }
    }
}

/// A sample with its position.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Placed {
    /// Its own time, or the time of the sample before it.
    place: Option<DateTime<Utc>>,
    /// The index in the response, if the sample has no time of its own.
    behind: Option<usize>,
    state: SampleState,
}

impl Placed {
    fn is_timed(&self) -> bool {
        self.behind.is_none()
    }
}

/// Analyzes the online report of a location.
///
/// Samples are sorted by time; of several at the same time the worst counts. A sample without a time stays behind
/// the one before it in the response. The halves of the trend are split at `len / 2`.
///
/// ```
/// use plume_health::uptime::{self, UptimeLabel};
/// use plume_types::OnlineStats;
///
/// let stats: OnlineStats = serde_json::from_str(
///     r#"{"locationState": [
///         {"timestamp": "2026-01-15T08:00:00Z", "value": "online"},
///         {"timestamp": "2026-01-15T09:00:00Z", "value": "offline"}
///     ]}"#,
/// )?;
/// let report = uptime::analyze(&stats);
/// assert_eq!(report.uptime_percent, Some(50.0));
/// assert_eq!(report.label, UptimeLabel::Critical);
/// assert_eq!(report.incidents, 1);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn analyze(stats: &OnlineStats) -> UptimeReport {
    let (list, unreadable) = stats.location_state.elements();

    let mut place = None;
    let mut samples: Vec<Placed> = list
        .iter()
        .enumerate()
        .filter_map(|(index, sample)| {
            place = sample.timestamp.or(place);
            let state = SampleState::of(sample.value.as_ref());
            if state == SampleState::Unknown {
                return None;
            }
            // The index of a sample with a time does not matter.
            let behind = sample.timestamp.is_none().then_some(index);
            Some(Placed { place, behind, state })
        })
        .collect();
    let unknown = list.len().saturating_sub(samples.len()).saturating_add(unreadable);
    samples.sort_unstable();
    samples.dedup_by(|later, earlier| later.is_timed() && earlier.is_timed() && later.place == earlier.place);
    let states: Vec<SampleState> = samples.iter().map(|sample| sample.state).collect();
    let times = || samples.iter().filter(|sample| sample.is_timed()).filter_map(|sample| sample.place);

    let of = |wanted: SampleState| count(&states, wanted);
    let online = of(SampleState::Online);
    let enough = states.len() >= unknown;
    let (trend, trend_points) = if enough { trend(&states) } else { (Trend::Unknown, None) };
    UptimeReport {
        label: if enough { label(online, states.len()) } else { UptimeLabel::Unknown },
        uptime_percent: stats::percent(online, states.len()).filter(|_| enough),
        known_percent: stats::percent(states.len(), states.len().saturating_add(unknown)),
        samples: states.len(),
        online_samples: online,
        offline_samples: of(SampleState::Offline),
        intermittent_samples: of(SampleState::Intermittent),
        unknown_samples: unknown,
        incidents: incidents(&states),
        trend,
        trend_points,
        first_sample: times().min(),
        last_sample: times().max(),
    }
}

/// The state of a location at one time. Returned by [`samples`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UptimeSample {
    /// The time.
    pub at: DateTime<Utc>,
    /// The state.
    pub state: SampleState,
}

/// Returns the samples of an online report by time, each time once; of several at the same time the worst counts. Samples
/// without a time are left out.
///
/// ```
/// use plume_health::uptime::{self, SampleState};
/// use plume_types::OnlineStats;
///
/// let stats: OnlineStats = serde_json::from_str(
///     r#"{"locationState": [
///         {"timestamp": "2026-01-15T08:00:00Z", "value": "online"},
///         {"timestamp": "2026-01-15T09:00:00Z", "value": null}
///     ]}"#,
/// )?;
/// let states: Vec<SampleState> = uptime::samples(&stats).into_iter().map(|sample| sample.state).collect();
/// assert_eq!(states, [SampleState::Online, SampleState::Unknown]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn samples(stats: &OnlineStats) -> Vec<UptimeSample> {
    let (list, _) = stats.location_state.elements();
    let sample = |sample: &OnlineSample| {
        Some(UptimeSample { at: sample.timestamp?, state: SampleState::of(sample.value.as_ref()) })
    };
    let mut samples: Vec<UptimeSample> = list.iter().filter_map(sample).collect();
    samples.sort_unstable();
    samples.dedup_by_key(|sample| sample.at);
    samples
}

fn count(states: &[SampleState], wanted: SampleState) -> usize {
    states.iter().filter(|state| **state == wanted).count()
}

fn incidents(states: &[SampleState]) -> usize {
    states.chunk_by(|a, b| a == b).filter(|run| run.first() == Some(&SampleState::Offline)).count()
}

/// Returns the label. Integers keep the limits exact.
fn label(online: usize, all: usize) -> UptimeLabel {
    if all == 0 {
        return UptimeLabel::Unknown;
    }
    let (online, all) = (online as u128, all as u128);
    LABELS
        .iter()
        .find(|(_, from)| online * 1000 >= from * all)
        .map_or(UptimeLabel::Critical, |(label, _)| *label)
}

fn trend(states: &[SampleState]) -> (Trend, Option<f64>) {
    let (first, second) = states.split_at(states.len() / 2);
    let (online_1, online_2) = (count(first, SampleState::Online), count(second, SampleState::Online));
    let (Some(share_1), Some(share_2)) =
        (stats::percent(online_1, first.len()), stats::percent(online_2, second.len()))
    else {
        return (Trend::Unknown, None);
    };
    // The difference of the shares times both lengths: whole numbers keep the limits exact.
    let product = |a: usize, b: usize| a as i128 * b as i128;
    let difference = 100 * (product(online_2, first.len()) - product(online_1, second.len()));
    let limit = STABLE_WITHIN * product(first.len(), second.len());
    let trend = if difference > limit {
        Trend::Improving
    } else if difference < -limit {
        Trend::Declining
    } else {
        Trend::Stable
    };
    (trend, Some(share_2 - share_1))
}
