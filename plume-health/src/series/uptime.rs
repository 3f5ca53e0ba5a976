//! How much of the time a location was online, from the online report. (`plume-api` models §9, `OnlineStats`)

use chrono::{DateTime, Utc};
use plume_types::{OnlineStats, OnlineWord};
use serde::Serialize;

use crate::named::named;
use crate::series::measure::stats;

/// What the online report of a location means. Made by [`analyze`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct UptimeReport {
    /// The uptime in a word.
    pub label: UptimeLabel,
    /// Online samples in percent of all with a value. `None` if fewer than half of the samples have one: too little is
    /// known then, which is neither 0 % nor 100 %.
    pub uptime_percent: Option<f64>,
    /// Samples with a value in percent of all; `None` without any sample.
    pub known_percent: Option<f64>,
    /// Samples with a value.
    pub samples: usize,
    /// Those with `online`.
    pub online_samples: usize,
    /// Those with `offline`.
    pub offline_samples: usize,
    /// Those with any other word.
    pub intermittent_samples: usize,
    /// Samples without a value, with one that is no word or a word for none (`n/a`), or unreadable. They count neither as online nor as offline.
    pub unknown_samples: usize,
    /// Changes into `offline`; a series that begins offline begins with one.
    pub incidents: usize,
    /// How the second half of the samples compares with the first.
    pub trend: Trend,
    /// By how many percentage points the online share of the second half is above that of the first.
    pub trend_points: Option<f64>,
    /// The time of the first sample with a value.
    pub first_sample: Option<DateTime<Utc>>,
    /// The time of the last sample with a value.
    pub last_sample: Option<DateTime<Utc>>,
}

/// The uptime in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UptimeLabel {
    /// 99.5 % and more.
    Excellent,
    /// 98 % and more.
    Good,
    /// 95 % and more.
    Fair,
    /// 90 % and more.
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

/// How the second half of the samples compares with the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Trend {
    /// More than 5 points better.
    Improving,
    /// Within 5 points.
    Stable,
    /// More than 5 points worse.
    Declining,
    /// There are fewer than two samples, or fewer than half of them have a value.
    Unknown,
}

named!(Trend {
    Improving = "improving",
    Stable = "stable",
    Declining = "declining",
    Unknown = "unknown",
});

/// Labels and their lower ends in tenths of a percent, best first.
const LABELS: [(UptimeLabel, u128); 4] = [
    (UptimeLabel::Excellent, 995),
    (UptimeLabel::Good, 980),
    (UptimeLabel::Fair, 950),
    (UptimeLabel::Poor, 900),
];
/// A difference of the halves within this many percentage points is no trend.
const STABLE_WITHIN: i128 = 5;

/// Words that are written where there is no value.
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

/// What a location was at the time of a sample, worst first and what is not known last.
#[expect(clippy::exhaustive_enums, reason = "any word but the known two is between them")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SampleState {
    /// Offline.
    Offline,
    /// Any other word.
    Intermittent,
    /// Online.
    Online,
    /// No value, or one that says nothing.
    Unknown,
}

impl SampleState {
    /// What a sample says.
    ///
    /// The report's own clients do not mind capital letters, and take any other word for something between. A number,
    /// a text without letters, or a word for "no value" says nothing.
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

/// A sample in its place.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Placed {
    /// Its time, or that of the sample it follows.
    place: Option<DateTime<Utc>>,
    /// The position in the answer, if it has no time of its own.
    behind: Option<usize>,
    state: SampleState,
}

impl Placed {
    fn is_timed(&self) -> bool {
        self.behind.is_none()
    }
}

/// Tells how much of the time a location was online.
///
/// The samples are put into the order of their times; of several at the same time the worst counts. One without a
/// time stays behind the one that it follows in the answer. The halves of the trend are split at `len / 2`.
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
            // Of a sample with a time the place in the answer does not matter.
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

fn count(states: &[SampleState], wanted: SampleState) -> usize {
    states.iter().filter(|state| **state == wanted).count()
}

fn incidents(states: &[SampleState]) -> usize {
    states.chunk_by(|a, b| a == b).filter(|run| run.first() == Some(&SampleState::Offline)).count()
}

/// In whole numbers, so that an edge is exactly where it is said to be.
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
    // The difference of the shares times both lengths, in whole numbers for exact edges.
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
