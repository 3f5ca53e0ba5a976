//! How much a location uses its Internet line, from the WAN report. (`plume-api` models §9, `WanStats`)
//!
//! [`analyze`] tells the traffic, [`plan_fit`] whether the line is large enough for it, and
//! [`saturation_history`] how full the cloud says it was.

mod details;
mod fit;
mod saturation;

use std::collections::BTreeMap;

use chrono::{DateTime, Timelike, Utc};
use plume_types::{WanPoint, WanStats};
use serde::Serialize;

pub use details::QualityDetails;
pub use fit::{Fit, FitVerdict, InternetLine, LineSource, PlanFit, plan_fit};
pub use saturation::{Saturation, SaturationReport, saturation, saturation_history};

use crate::render;
use crate::render::{Rendering, trends};
use crate::series::stats::{float, nearest_rank, without_negative_zero};
use crate::series::step::{step_of_name, usual_step};

/// What the WAN report of a location means. Made by [`analyze`].
///
/// Every number rests on valid values only: finite and not negative. A missing value is "no data" and never
/// zero.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WanReport {
    /// How much of the answer was valid.
    pub quality: DataQuality,
    /// Points in the answer, those that could not be read included. Points of the same time count once.
    pub points: usize,
    /// Points of which all four values are valid.
    pub valid_points: usize,
    /// Those in percent of all; `None` without points.
    pub valid_percent: Option<f64>,
    /// What was wrong with the rest, and the gaps.
    pub details: QualityDetails,
    /// The length of an interval in seconds: as the name of the series tells it (`fifteenMins`), else the usual step
    /// between the points' times ([`Coverage`](crate::series::Coverage)), else 900.
    pub interval_seconds: i64,
    /// The time of the first point.
    pub first_point: Option<DateTime<Utc>>,
    /// The time of the last point.
    pub last_point: Option<DateTime<Utc>>,
    /// Traffic towards the location.
    pub download: Direction,
    /// Traffic from the location.
    pub upload: Direction,
    /// The busiest hours of the day with clearly more traffic than the average, busiest first; at most three.
    pub busy_hours: Vec<BusyHour>,
}

impl WanReport {
    /// Whether there is any valid value.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.quality != DataQuality::Unknown
    }

    /// Writes the report. See [`HealthReport::render`](crate::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render::render(format, self, trends::wan)
    }
}

/// How much of an answer was valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DataQuality {
    /// Every value.
    Complete,
    /// Some values.
    Partial,
    /// None.
    Unknown,
}

/// Traffic in one direction. Each number is `None` when no valid value tells it.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Direction {
    /// The highest of the maxima, and when it was; the earliest of several.
    pub peak: Option<Peak>,
    /// The true average in Mbps: all bytes over the time of the intervals that have a byte count.
    pub average_mbps: Option<f64>,
    /// The mean of the intervals' maxima in Mbps. Much above the average on a line with short bursts.
    pub mean_of_maxima_mbps: Option<f64>,
    /// Half of the maxima are not above this (nearest rank), in Mbps.
    pub p50_mbps: Option<f64>,
    /// 95 % of the maxima are not above this (nearest rank), in Mbps.
    pub p95_mbps: Option<f64>,
    /// 99 % of the maxima are not above this (nearest rank), in Mbps.
    pub p99_mbps: Option<f64>,
    /// All bytes in MB.
    pub total_mb: Option<f64>,
}

/// The highest rate of a period.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Peak {
    /// The rate in Mbps.
    pub mbps: f64,
    /// The start of its interval, if known.
    pub at: Option<DateTime<Utc>>,
}

/// An hour of the day with clearly more traffic than the average.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BusyHour {
    /// The hour in UTC, from 0 to 23.
    pub hour: u32,
    /// Its mean traffic over the mean traffic of all intervals.
    pub ratio: f64,
    /// How busy that is.
    pub level: BusyLevel,
}

/// How busy an hour is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BusyLevel {
    /// At least twice the average.
    High,
    /// At least one and a half times the average.
    Moderate,
}

/// The step of the daily report.
const DEFAULT_INTERVAL: i64 = 15 * 60;
const MODERATE_FROM: f64 = 1.5;
const HIGH_FROM: f64 = 2.0;
const MAX_BUSY_HOURS: usize = 3;
const BITS_PER_BYTE: f64 = 8.0;

/// One point; `None` where a value is missing or not valid.
#[derive(Clone, Copy)]
struct Point {
    at: Option<DateTime<Utc>>,
    rx: Values,
    tx: Values,
}

#[derive(Clone, Copy)]
struct Values {
    mbytes: Option<f64>,
    max_mbps: Option<f64>,
}

/// Tells how much a location uses its Internet line.
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

impl Point {
    fn values(&self) -> [Option<f64>; 4] {
        [self.rx.mbytes, self.rx.max_mbps, self.tx.mbytes, self.tx.max_mbps]
    }

    fn is_complete(&self) -> bool {
        self.values().iter().all(Option::is_some)
    }

    fn has_value(&self) -> bool {
        self.values().iter().any(Option::is_some)
    }

    /// Traffic of both directions; of one, if only that is known.
    fn mbytes(&self) -> Option<f64> {
        match (self.rx.mbytes, self.tx.mbytes) {
            (None, None) => None,
            (rx, tx) => Some(rx.unwrap_or_default() + tx.unwrap_or_default()),
        }
    }
}

struct Read {
    /// By time, each time once.
    points: Vec<Point>,
    /// How many could not be read.
    unreadable: usize,
    /// Their step in seconds, if the name or the times tell it.
    step: Option<i64>,
}

fn read(stats: &WanStats) -> Read {
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
    // Sums of floating point numbers depend on the order, so even points without a time get one.
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

fn valid(value: Option<f64>) -> Option<f64> {
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

/// `None` when it is no finite number: nothing to divide by, or a sum beyond what a number can hold.
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
            // Points without a time come first; one with a time tells more. Else the earliest of equals stays.
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
