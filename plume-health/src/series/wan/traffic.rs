//! Traffic of the Internet line.

use std::collections::BTreeMap;

use chrono::{DateTime, Timelike, Utc};
use plume_types::WanStats;
use serde::{Deserialize, Serialize};

use crate::named::named;
use crate::series::measure::stats::{float, nearest_rank};
use crate::series::wan::details::{self, QualityDetails};
use crate::series::wan::point::{BITS_PER_BYTE, DEFAULT_INTERVAL, Point, Read, Values, read};

/// The traffic of a location's Internet line. Returned by [`analyze`].
///
/// All numbers are based on valid values: finite and not negative. A missing value never counts as zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WanReport {
    /// The completeness of the response.
    pub quality: DataQuality,
    /// Points in the response, including those that could not be read. Points with the same time count once.
    pub points: usize,
    /// Points with four valid values.
    pub valid_points: usize,
    /// Points with four valid values in percent of all; `None` without points.
    pub valid_percent: Option<f64>,
    /// The defects of the other points, and the gaps.
    pub details: QualityDetails,
    /// The length of an interval in seconds: by the name of the series (`fifteenMins`), else the usual step between
    /// the times ([`Coverage`](crate::series::Coverage)), else 900.
    pub interval_seconds: i64,
    /// The time of the first point.
    pub first_point: Option<DateTime<Utc>>,
    /// The time of the last point.
    pub last_point: Option<DateTime<Utc>>,
    /// Traffic towards the location.
    pub download: Direction,
    /// Traffic from the location.
    pub upload: Direction,
    /// The hours of the day with clearly more traffic than the average, busiest first; at most three.
    pub busy_hours: Vec<BusyHour>,
}

impl WanReport {
    /// Returns whether there is any valid value.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.quality != DataQuality::Unknown
    }
}

/// The completeness of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DataQuality {
    /// All values are valid.
    Complete,
    /// Some values are valid.
    Partial,
    /// No value is valid.
    Unknown,
}

named!(DataQuality { Complete = "complete", Partial = "partial", Unknown = "unknown" });

/// The traffic in one direction. Each number is `None` if there is no valid value for it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Direction {
    /// The highest of the maxima with its time; the earliest of several.
    pub peak: Option<Peak>,
    /// The average in Mbps: all bytes over the time of the intervals with a byte count.
    pub average_mbps: Option<f64>,
    /// The mean of the intervals' maxima in Mbps. It is far above the average on a line with short bursts.
    pub mean_of_maxima_mbps: Option<f64>,
    /// The median of the maxima in Mbps (nearest rank).
    pub p50_mbps: Option<f64>,
    /// The 95th percentile of the maxima in Mbps (nearest rank).
    pub p95_mbps: Option<f64>,
    /// The 99th percentile of the maxima in Mbps (nearest rank).
    pub p99_mbps: Option<f64>,
    /// The sum of all bytes in MB.
    pub total_mb: Option<f64>,
}

/// The highest rate of a period.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Peak {
    /// The rate in Mbps.
    pub mbps: f64,
    /// The start of its interval, if known.
    pub at: Option<DateTime<Utc>>,
}

/// An hour of the day with clearly more traffic than the average.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BusyHour {
    /// The hour in UTC, from 0 to 23.
    pub hour: u32,
    /// The mean traffic of the hour over the mean traffic of all intervals.
    pub ratio: f64,
    /// The level of the traffic.
    pub level: BusyLevel,
}

/// The traffic level of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BusyLevel {
    /// At least twice the average.
    High,
    /// At least one and a half times the average.
    Moderate,
}

named!(BusyLevel { High = "high", Moderate = "moderate" });

const MODERATE_FROM: f64 = 1.5;
const HIGH_FROM: f64 = 2.0;
const MAX_BUSY_HOURS: usize = 3;

/// Analyzes the WAN report of a location.
///
/// The order of the points does not matter; of several with the same time the higher values count.
///
/// ```
/// use plume_health::wan;
/// use plume_types::WanStats;
///
/// let stats: WanStats = serde_json::from_str(
///     r#"{"fifteenMins": [
///         {"timestamp": "2026-01-15T09:30:00Z", "rxMbytes": 450, "txMbytes": 45, "rxMaxMbps": 98, "txMaxMbps": 25},
///         {"timestamp": "2026-01-15T09:45:00Z", "rxMbytes": null, "txMbytes": null, "rxMaxMbps": null}
///     ]}"#,
/// )?;
/// let report = wan::analyze(&stats);
/// assert_eq!(report.valid_percent, Some(50.0));
/// assert_eq!(report.download.average_mbps, Some(4.0)); // 450 MB in 900 s
/// assert_eq!(report.download.p95_mbps, Some(98.0));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn analyze(stats: &WanStats) -> WanReport {
    let Read { points, unreadable, step } = read(stats);
    let all = points.len().saturating_add(unreadable);
    let valid_points = points.iter().filter(|point| point.is_complete()).count();
    let interval = step.unwrap_or(DEFAULT_INTERVAL);
    let direction = |values: fn(&Point) -> Values| direction(&points, values, interval);
    WanReport {
        quality: if !points.iter().any(Point::has_value) {
            DataQuality::Unknown
        } else if valid_points == all {
            DataQuality::Complete
        } else {
            DataQuality::Partial
        },
        points: all,
        valid_points,
        valid_percent: ratio(float(valid_points) * 100.0, float(all)),
        details: details::details(stats.points(), &points, unreadable, step),
        interval_seconds: interval,
        first_point: points.iter().filter_map(|point| point.at).min(),
        last_point: points.iter().filter_map(|point| point.at).max(),
        download: direction(|point| point.rx),
        upload: direction(|point| point.tx),
        busy_hours: busy_hours(&points),
    }
}

/// Returns `None` if the result is not finite: division by zero or overflow.
fn ratio(part: f64, all: f64) -> Option<f64> {
    Some(part / all).filter(|ratio| ratio.is_finite())
}

#[expect(clippy::cast_precision_loss, reason = "a step of 2^52 seconds is not on the calendar")]
fn direction(points: &[Point], values: fn(&Point) -> Values, interval: i64) -> Direction {
    let mbytes: Vec<f64> = points.iter().filter_map(|point| values(point).mbytes).collect();
    let total: f64 = mbytes.iter().sum();
    let mut maxima: Vec<f64> = points.iter().filter_map(|point| values(point).max_mbps).collect();
    maxima.sort_by(f64::total_cmp);
    let sum: f64 = maxima.iter().sum();
    Direction {
        peak: peak(points, values),
        average_mbps: ratio(total * BITS_PER_BYTE, float(mbytes.len()) * interval as f64),
        mean_of_maxima_mbps: ratio(sum, float(maxima.len())),
        p50_mbps: nearest_rank(&maxima, 50),
        p95_mbps: nearest_rank(&maxima, 95),
        p99_mbps: nearest_rank(&maxima, 99),
        total_mb: Some(total).filter(|total| total.is_finite() && !mbytes.is_empty()),
    }
}

fn peak(points: &[Point], values: fn(&Point) -> Values) -> Option<Peak> {
    let mut peak: Option<Peak> = None;
    for point in points {
        if let Some(mbps) = values(point).max_mbps {
            let next = Peak { mbps, at: point.at };
            // Points without a time sort first, and one with a time is preferred. Otherwise the earliest of equal
            // peaks stays.
            let better = peak.is_none_or(|peak| {
                mbps > peak.mbps || (mbps >= peak.mbps && peak.at.is_none() && point.at.is_some())
            });
            if better {
                peak = Some(next);
            }
        }
    }
    peak
}

fn busy_hours(points: &[Point]) -> Vec<BusyHour> {
    let timed: Vec<(u32, f64)> =
        points.iter().filter_map(|point| Some((point.at?.hour(), point.mbytes()?))).collect();
    let mean = |values: &[f64]| ratio(values.iter().sum(), float(values.len()));
    let all: Vec<f64> = timed.iter().map(|(_, mbytes)| *mbytes).collect();
    let Some(average) = mean(&all) else {
        return Vec::new();
    };
    let mut hours = BTreeMap::<u32, Vec<f64>>::new();
    for (hour, mbytes) in timed {
        hours.entry(hour).or_default().push(mbytes);
    }
    let mut busy: Vec<BusyHour> = hours
        .into_iter()
        .filter_map(|(hour, values)| {
            let ratio = ratio(mean(&values)?, average)?;
            let level = match ratio {
                HIGH_FROM.. => BusyLevel::High,
                MODERATE_FROM.. => BusyLevel::Moderate,
                _ => return None,
            };
            Some(BusyHour { hour, ratio, level })
        })
        .collect();
    busy.sort_by(|a, b| b.ratio.total_cmp(&a.ratio).then(a.hour.cmp(&b.hour)));
    busy.truncate(MAX_BUSY_HOURS);
    busy
}
