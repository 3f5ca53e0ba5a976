//! The points of a response, sorted by time and each time once.

use chrono::{DateTime, Utc};
use plume_types::{WanPoint, WanStats};
use serde::{Deserialize, Serialize};

use crate::series::measure::stats::without_negative_zero;
use crate::series::measure::{step_of_name, usual_step};

/// The step of the daily report, in seconds.
pub(super) const DEFAULT_INTERVAL: i64 = 15 * 60;
pub(super) const BITS_PER_BYTE: f64 = 8.0;

/// One point. A missing or invalid value is `None`.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub(super) at: Option<DateTime<Utc>>,
    pub(super) rx: Values,
    pub(super) tx: Values,
}

#[derive(Clone, Copy)]
pub(super) struct Values {
    pub(super) mbytes: Option<f64>,
    pub(super) max_mbps: Option<f64>,
}

impl Point {
    fn values(&self) -> [Option<f64>; 4] {
        [self.rx.mbytes, self.rx.max_mbps, self.tx.mbytes, self.tx.max_mbps]
    }

    pub(super) fn is_complete(&self) -> bool {
        self.values().iter().all(Option::is_some)
    }

    pub(super) fn has_value(&self) -> bool {
        self.values().iter().any(Option::is_some)
    }

    /// Returns the traffic of both directions, or of one if only that is known.
    pub(super) fn mbytes(&self) -> Option<f64> {
        match (self.rx.mbytes, self.tx.mbytes) {
            (None, None) => None,
            (rx, tx) => Some(rx.unwrap_or_default() + tx.unwrap_or_default()),
        }
    }
}

pub(super) struct Read {
    /// The points by time, each time once.
    pub(super) points: Vec<Point>,
    /// Points that could not be read.
    pub(super) unreadable: usize,
    /// The step in seconds, by the name of the series or its times.
    pub(super) step: Option<i64>,
}

pub(super) fn read(stats: &WanStats) -> Read {
    let chosen = stats.points();
    let series = stats.series().find(|(_, list)| std::ptr::eq::<[WanPoint]>(&***list, chosen));
    let mut points: Vec<Point> = chosen
        .iter()
        .map(|point| Point {
            at: point.timestamp,
            rx: Values::of(point.rx_mbytes, point.rx_max_mbps),
            tx: Values::of(point.tx_mbytes, point.tx_max_mbps),
        })
        .collect();
    // Sums of floating point numbers depend on the order, so points without a time are sorted too.
    points.sort_by_key(|point| (point.at, point.values().map(|value| value.map(f64::to_bits))));
    points.dedup_by(|later, earlier| {
        let same = later.at.is_some() && later.at == earlier.at;
        if same {
            earlier.rx = earlier.rx.or_higher(later.rx);
            earlier.tx = earlier.tx.or_higher(later.tx);
        }
        same
    });
    let usual = usual_step(points.iter().filter_map(|point| point.at));
    Read {
        points,
        unreadable: series.map_or(0, |(_, list)| list.unreadable()),
        step: series.and_then(|(name, _)| step_of_name(name, usual)).or(usual),
    }
}

pub(super) fn valid(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite() && *value >= 0.0).map(without_negative_zero)
}

impl Values {
    fn of(mbytes: Option<f64>, max_mbps: Option<f64>) -> Self {
        Self { mbytes: valid(mbytes), max_mbps: valid(max_mbps) }
    }

    fn or_higher(self, other: Self) -> Self {
        let higher = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
        Self { mbytes: higher(self.mbytes, other.mbytes), max_mbps: higher(self.max_mbps, other.max_mbps) }
    }
}

/// The traffic of one interval of the Internet line. Returned by [`intervals`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Interval {
    /// The start.
    pub at: DateTime<Utc>,
    /// The length in seconds.
    pub seconds: i64,
    /// Traffic towards the location.
    pub download: Rate,
    /// Traffic from the location.
    pub upload: Rate,
}

/// The traffic of an interval in one direction. A missing or invalid value is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Rate {
    /// The average in Mbps, by the bytes of the interval.
    pub average_mbps: Option<f64>,
    /// The highest rate in Mbps.
    pub max_mbps: Option<f64>,
}

/// Returns the intervals of a WAN report by time, each time once; of several with the same time the higher values count.
/// Points without a time are left out. An interval without a point is a gap.
///
/// ```
/// use plume_health::wan;
/// use plume_types::WanStats;
///
/// let stats: WanStats = serde_json::from_str(
///     r#"{"fifteenMins": [
///         {"timestamp": "2026-01-15T09:45:00Z", "rxMbytes": null, "rxMaxMbps": null},
///         {"timestamp": "2026-01-15T09:30:00Z", "rxMbytes": 450, "rxMaxMbps": 98}
///     ]}"#,
/// )?;
/// let intervals = wan::intervals(&stats);
/// assert_eq!(intervals[0].download.average_mbps, Some(4.0)); // 450 MB in 900 s
/// assert_eq!(intervals[1].download.average_mbps, None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a step of 2^52 seconds is not on the calendar")]
pub fn intervals(stats: &WanStats) -> Vec<Interval> {
    let Read { points, step, .. } = read(stats);
    let seconds = step.unwrap_or(DEFAULT_INTERVAL);
    let rate = |values: Values| Rate {
        average_mbps: valid(values.mbytes.map(|mbytes| mbytes * BITS_PER_BYTE / seconds as f64)),
        max_mbps: values.max_mbps,
    };
    let interval = |point: &Point| {
        Some(Interval { at: point.at?, seconds, download: rate(point.rx), upload: rate(point.tx) })
    };
    points.iter().filter_map(interval).collect()
}
