//! Comparison of the Internet line with its traffic.

use plume_types::{SpeedTest, SpeedTestStatus};
use serde::{Deserialize, Serialize};

use crate::named::named;
use crate::series::wan::traffic::{Direction, WanReport};

/// The speed of an Internet line, by contract or as measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InternetLine {
    /// The source of the numbers.
    pub source: LineSource,
    /// The download speed in Mbps.
    pub download_mbps: Option<f64>,
    /// The upload speed in Mbps.
    pub upload_mbps: Option<f64>,
}

/// The source of a line's speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LineSource {
    /// The customer's contract.
    Plan,
    /// A speed test.
    SpeedTest,
}

named!(LineSource { Plan = "plan", SpeedTest = "speed_test" });

impl InternetLine {
    /// Returns a line by contract, in Mbps.
    #[must_use]
    pub fn of_plan(download_mbps: Option<f64>, upload_mbps: Option<f64>) -> Self {
        Self { source: LineSource::Plan, download_mbps, upload_mbps }
    }

    /// Returns a line as measured by a speed test. A test that did not succeed gives no speeds.
    #[must_use]
    pub fn of_speed_test(test: &SpeedTest) -> Self {
        let measured = |mbps: Option<f64>| mbps.filter(|_| test.status == Some(SpeedTestStatus::Succeeded));
        Self {
            source: LineSource::SpeedTest,
            download_mbps: measured(test.download),
            upload_mbps: measured(test.upload),
        }
    }
}

/// Whether a line is large enough for its traffic. Returned by [`plan_fit`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlanFit {
    /// The worse verdict of both directions; `Unknown` only if both are unknown.
    pub verdict: FitVerdict,
    /// The source of the line's speed.
    pub source: LineSource,
    /// Traffic towards the location.
    pub download: Fit,
    /// Traffic from the location.
    pub upload: Fit,
}

/// The load of a line in one direction. Each number is `None` if the line or the traffic is not known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Fit {
    /// The verdict.
    pub verdict: FitVerdict,
    /// The speed of the line in Mbps, if it is above zero.
    pub line_mbps: Option<f64>,
    /// The highest maximum in percent of the line. Above 100, the line is faster than stated.
    pub peak_percent: Option<f64>,
    /// The p95 of the maxima in percent of the line.
    pub p95_percent: Option<f64>,
}

/// The load of a line, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FitVerdict {
    /// A p95 of at least 90 %: full in at least one interval of twenty.
    Saturated,
    /// A p95 of at least 70 % or a peak of at least 90 %: full at times.
    Tight,
    /// Below both limits.
    Fits,
    /// Not known.
    Unknown,
}

named!(FitVerdict { Saturated = "saturated", Tight = "tight", Fits = "fits", Unknown = "unknown" });

/// The p95 in percent of the line that is saturated. A peak of this is tight.
pub(super) const FULL_FROM: f64 = 90.0;
/// The p95 in percent of the line that is tight.
const TIGHT_FROM: f64 = 70.0;

/// Compares the traffic of `report` with `line`.
///
/// The verdict uses the maxima, not the averages, because people notice a line that is full for a minute.
///
/// ```
/// use plume_health::wan::{self, FitVerdict, InternetLine};
/// use plume_types::WanStats;
///
/// let stats: WanStats = serde_json::from_str(
///     r#"{"fifteenMins": [{"timestamp": "2026-01-15T09:30:00Z", "rxMaxMbps": 96, "txMaxMbps": 10}]}"#,
/// )?;
/// let fit = wan::plan_fit(&wan::analyze(&stats), &InternetLine::of_plan(Some(100.0), Some(40.0)));
/// assert_eq!(fit.download.peak_percent, Some(96.0));
/// assert_eq!(fit.verdict, FitVerdict::Saturated);
/// assert_eq!(fit.upload.verdict, FitVerdict::Fits);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn plan_fit(report: &WanReport, line: &InternetLine) -> PlanFit {
    let download = fit(&report.download, line.download_mbps);
    let upload = fit(&report.upload, line.upload_mbps);
    PlanFit { verdict: download.verdict.min(upload.verdict), source: line.source, download, upload }
}

fn fit(direction: &Direction, line: Option<f64>) -> Fit {
    let line_mbps = line.filter(|mbps| mbps.is_finite() && *mbps > 0.0);
    let percent =
        |mbps: Option<f64>| Some(mbps? / line_mbps? * 100.0).filter(|percent: &f64| percent.is_finite());
    let peak_percent = percent(direction.peak.map(|peak| peak.mbps));
    let p95_percent = percent(direction.p95_mbps);
    Fit { verdict: verdict(peak_percent, p95_percent), line_mbps, peak_percent, p95_percent }
}

pub(super) fn verdict(peak: Option<f64>, p95: Option<f64>) -> FitVerdict {
    match (peak, p95) {
        (Some(_), Some(FULL_FROM..)) => FitVerdict::Saturated,
        (Some(FULL_FROM..), Some(_)) | (Some(_), Some(TIGHT_FROM..)) => FitVerdict::Tight,
        (Some(_), Some(_)) => FitVerdict::Fits,
        _ => FitVerdict::Unknown,
    }
}
