//! Load of the Internet line as reported by the cloud. (`plume-api` models §9, `wan-saturation`)

use chrono::{DateTime, Utc};
use plume_types::{WanSaturation, WanSaturationHistory};
use serde::{Deserialize, Serialize};

use crate::series::measure::{Clean, Coverage, Reading, stats};
use crate::series::wan::fit::{self, FULL_FROM, FitVerdict};

/// The load of the Internet line. Returned by [`saturation`] and [`saturation_history`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SaturationReport {
    /// The worse verdict of both directions; `Unknown` only if both are unknown.
    pub verdict: FitVerdict,
    /// Traffic towards the location.
    pub download: Saturation,
    /// Traffic from the location.
    pub upload: Saturation,
}

/// The load of the line in one direction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Saturation {
    /// The verdict, with the same limits as [`plan_fit`](crate::wan::plan_fit).
    pub verdict: FitVerdict,
    /// Valid values: finite and not negative. Of several at the same time the highest counts.
    pub samples: usize,
    /// Samples without a value, or unreadable.
    pub missing_samples: usize,
    /// Samples with an impossible value.
    pub invalid_samples: usize,
    /// The highest value in percent of the line.
    pub peak_percent: Option<f64>,
    /// The time of the highest value, the earliest of several.
    pub peak_at: Option<DateTime<Utc>>,
    /// The median in percent of the line (nearest rank).
    pub p50_percent: Option<f64>,
    /// The 95th percentile in percent of the line (nearest rank).
    pub p95_percent: Option<f64>,
    /// Values of at least 90 % of the line, in percent of all values.
    pub full_percent: Option<f64>,
    /// The share of the time that is known.
    pub coverage: Coverage,
}

/// Analyzes one response about the present.
#[must_use]
pub fn saturation(now: &WanSaturation) -> SaturationReport {
    report(std::slice::from_ref(now), 0)
}

/// Analyzes the load over time. The order of the points does not matter.
///
/// ```
/// use plume_health::wan::{self, FitVerdict};
/// use plume_types::WanSaturationHistory;
///
/// let history: WanSaturationHistory = serde_json::from_str(
///     r#"{"items": [
///         {"timestamp": "2026-01-15T09:30:00Z", "rxMaxPercentage": 95, "txMaxPercentage": 3},
///         {"timestamp": "2026-01-15T09:45:00Z", "rxMaxPercentage": 20, "txMaxPercentage": null}
///     ]}"#,
/// )?;
/// let report = wan::saturation_history(&history);
/// assert_eq!(report.download.full_percent, Some(50.0));
/// assert_eq!(report.verdict, FitVerdict::Saturated);
/// assert_eq!(report.upload.missing_samples, 1);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn saturation_history(history: &WanSaturationHistory) -> SaturationReport {
    let (points, unreadable) = history.items.elements();
    report(points, unreadable)
}

fn report(points: &[WanSaturation], unreadable: usize) -> SaturationReport {
    let download = direction(points, unreadable, |point| point.rx_max_percentage);
    let upload = direction(points, unreadable, |point| point.tx_max_percentage);
    SaturationReport { verdict: download.verdict.min(upload.verdict), download, upload }
}

fn direction(
    points: &[WanSaturation],
    unreadable: usize,
    value: fn(&WanSaturation) -> Option<f64>,
) -> Saturation {
    // The series keeps the lowest of several values at the same time; here the highest is the worst.
    let negated = points.iter().map(|point| {
        let reading = Reading::of(value(point).map(|value| -value), |value| value <= 0.0);
        (point.timestamp, reading)
    });
    let series = Clean::new(negated, unreadable);
    let values: Vec<f64> = series.values().into_iter().map(positive).collect();
    let sorted = stats::sorted(&values);
    let peak = sorted.last().copied();
    let p95 = stats::nearest_rank(&sorted, 95);
    let is_peak = |value: f64| peak.is_some_and(|peak| positive(value) >= peak);
    Saturation {
        verdict: fit::verdict(peak, p95),
        samples: values.len(),
        missing_samples: series.missing,
        invalid_samples: series.invalid,
        peak_percent: peak,
        peak_at: series.timed.iter().find(|(_, value)| is_peak(*value)).map(|(at, _)| *at),
        p50_percent: stats::nearest_rank(&sorted, 50),
        p95_percent: p95,
        full_percent: stats::percent(
            values.iter().filter(|value| **value >= FULL_FROM).count(),
            values.len(),
        ),
        coverage: series.coverage(),
    }
}

fn positive(value: f64) -> f64 {
    stats::without_negative_zero(-value)
}
