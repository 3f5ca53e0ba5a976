//! Speed of an Internet line over time, from speed tests. (`plume-api` models §9 `SpeedTestSeries`, §4.4)

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use plume_types::{Field, List, Sample, SpeedTest, SpeedTestSeries, SpeedTestStatus};
use serde::{Deserialize, Serialize};

use crate::named::named;
use crate::series::measure::{Clean, Coverage, Level, Reading, SeriesTrend, Spread, median, stats, trend};

/// The speed tests of a location. Returned by [`analyze`] and [`analyze_tests`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SpeedReport {
    /// Tests with at least one valid speed.
    pub succeeded_tests: usize,
    /// Tests that failed.
    pub failed_tests: usize,
    /// Tests with neither a known success nor a known failure: without a speed, or unreadable.
    pub unknown_tests: usize,
    /// Failed tests in percent of failed and succeeded tests.
    pub failed_percent: Option<f64>,
    /// The download speed.
    pub download: Speed,
    /// The upload speed.
    pub upload: Speed,
}

/// The speed in one direction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Speed {
    /// Valid speeds: finite and not negative. Of several at the same time the lowest counts.
    pub samples: usize,
    /// Tests without this speed.
    pub missing_samples: usize,
    /// Tests with an impossible speed.
    pub invalid_samples: usize,
    /// The median in Mbps.
    pub median_mbps: Option<f64>,
    /// The latest speed in Mbps: by time, or the last one of a response without times.
    pub latest_mbps: Option<f64>,
    /// The time of the latest speed.
    pub latest_at: Option<DateTime<Utc>>,
    /// The latest speed compared with the speeds before it: high or low beyond three robust deviations of their
    /// median. At least five earlier speeds are needed; the deviation is at least 5 % of the median.
    pub latest: Level,
    /// The comparison as a sentence, for example "usual 38 ± 4, now 3".
    pub explanation: String,
    /// The direction of the speed over the whole time. A trend is a change of more than 10 % of the median and more
    /// than 0.1 Mbps.
    pub trend: SeriesTrend,
    /// The robust slope in Mbps per day (Theil–Sen: the median of the slopes between all pairs of tests).
    pub slope_mbps_per_day: Option<f64>,
    /// The times of the tests. A gap is a time without a valid speed.
    pub coverage: Coverage,
}

/// The part of the median beyond which a change over the whole time is a trend.
const TREND_BEYOND: f64 = 0.1;
/// The smallest change in Mbps that is a trend: a tenth of a median of zero is zero.
const TREND_BEYOND_MBPS: f64 = 0.1;
/// The number of earlier speeds that a comparison needs.
const USUAL_FROM: usize = 5;

/// Analyzes a series of speed tests.
///
/// ```
/// use plume_health::{series::Level, speed};
/// use plume_types::SpeedTestSeries;
///
/// let tests: SpeedTestSeries = serde_json::from_str(
///     r#"{"downloadSpeeds": [37, 38, 39, 36, 40, 3], "failedSpeedTests": [{"status": "failed"}]}"#,
/// )?;
/// let report = speed::analyze(&tests);
/// assert_eq!(report.download.median_mbps, Some(37.5));
/// assert_eq!(report.download.latest, Level::Low);
/// assert_eq!((report.succeeded_tests, report.failed_tests), (6, 1));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn analyze(tests: &SpeedTestSeries) -> SpeedReport {
    let (downloads, unread_downloads) = tests.download_speeds.elements();
    let (uploads, unread_uploads) = tests.upload_speeds.elements();
    let (download, upload) = (list(downloads), list(uploads));
    let (succeeded, tried) = (count_tests(&download, &upload, true), count_tests(&download, &upload, false));
    let (failures, unread_failures) = match &tests.failed_speed_tests {
        Field::Known(failed) => {
            let timed = count_timed(failed.iter().map(|test| test.timestamp));
            (timed.saturating_add(failed.unreadable()), 0)
        }
        Field::Absent => (0, 0),
        // Neither the number of failures nor their absence is known.
        Field::Unreadable => (0, 1),
    };
    let unreadable = unread_downloads.max(unread_uploads).saturating_add(unread_failures);
    report(
        &download,
        &upload,
        Counts {
            succeeded,
            failed: failures,
            unknown: tried.saturating_sub(succeeded).saturating_add(unreadable),
        },
    )
}

/// Analyzes single speed tests, for example those of the nodes of a location over some days.
///
/// A test counts at its end, or at its start if the end is missing. Identical tests count once. A test that reports
/// neither success nor failure is unknown, whatever numbers it has.
#[must_use]
pub fn analyze_tests(tests: &[SpeedTest]) -> SpeedReport {
    let mut distinct: Vec<&SpeedTest> = Vec::with_capacity(tests.len());
    let mut seen = BTreeSet::new();
    for test in tests {
        let at = at(test);
        let bits = |value: Option<f64>| value.map(f64::to_bits);
        let key = (at, &test.server_id, bits(test.download), bits(test.upload), status_key(test));
        // Without a time, two tests cannot be recognized as the same one.
        if at.is_none() || seen.insert(key) {
            distinct.push(test);
        }
    }
    let side = |value: fn(&SpeedTest) -> Option<f64>| -> Side {
        distinct
            .iter()
            .filter(|test| test.status == Some(SpeedTestStatus::Succeeded))
            .map(|test| (at(test), reading(value(test))))
            .collect()
    };
    let (download, upload) = (side(|test| test.download), side(|test| test.upload));
    let succeeded =
        download.iter().zip(&upload).filter(|((_, down), (_, up))| is_valid(*down) || is_valid(*up)).count();
    let failed = distinct.iter().filter(|test| test.status == Some(SpeedTestStatus::Failed)).count();
    let unknown = distinct.len().saturating_sub(succeeded).saturating_sub(failed);
    report(&download, &upload, Counts { succeeded, failed, unknown })
}

/// A speed test of a series. Returned by [`tests`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TestedSpeed {
    /// The time.
    pub at: DateTime<Utc>,
    /// The outcome.
    pub outcome: TestOutcome,
    /// The download speed in Mbps, if it is valid.
    pub download_mbps: Option<f64>,
    /// The upload speed in Mbps, if it is valid.
    pub upload_mbps: Option<f64>,
}

/// The outcome of a speed test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TestOutcome {
    /// At least one speed is valid.
    Succeeded,
    /// The test failed.
    Failed,
    /// Neither a valid speed nor a known failure.
    Unknown,
}

named!(TestOutcome { Succeeded = "succeeded", Failed = "failed", Unknown = "unknown" });

type SpeedOf = fn(&mut TestedSpeed) -> &mut Option<f64>;

/// Returns the speed tests of a series by time, oldest first. Speeds at the same time belong to one test; of several in the
/// same direction the lowest counts. Tests without a time are left out.
///
/// ```
/// use plume_health::speed::{self, TestOutcome};
/// use plume_types::SpeedTestSeries;
///
/// let series: SpeedTestSeries = serde_json::from_str(
///     r#"{"downloadSpeeds": [{"timestamp": "2026-01-15T04:00:00Z", "value": 480}],
///         "uploadSpeeds": [{"timestamp": "2026-01-15T04:00:00Z", "value": 40}],
///         "failedSpeedTests": [{"timestamp": "2026-01-15T05:00:00Z", "status": "failed"}]}"#,
/// )?;
/// let tests = speed::tests(&series);
/// assert_eq!((tests[0].download_mbps, tests[0].upload_mbps), (Some(480.0), Some(40.0)));
/// assert_eq!(tests[1].outcome, TestOutcome::Failed);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn tests(series: &SpeedTestSeries) -> Vec<TestedSpeed> {
    let mut by_time = BTreeMap::<DateTime<Utc>, TestedSpeed>::new();
    let mut test_at = |at: DateTime<Utc>, change: &dyn Fn(&mut TestedSpeed)| {
        let unknown =
            TestedSpeed { at, outcome: TestOutcome::Unknown, download_mbps: None, upload_mbps: None };
        change(by_time.entry(at).or_insert(unknown));
    };
    for failed in series.failed_speed_tests.elements().0 {
        let Some(at) = failed.timestamp else { continue };
        test_at(at, &|test| test.outcome = TestOutcome::Failed);
    }
    let sides: [(&Field<List<Sample>>, SpeedOf); 2] = [
        (&series.download_speeds, |test| &mut test.download_mbps),
        (&series.upload_speeds, |test| &mut test.upload_mbps),
    ];
    for (list, speed) in sides {
        for sample in list.elements().0 {
            let Some(at) = sample.timestamp else { continue };
            test_at(at, &|test| {
                if let Reading::Valid(mbps) = reading(sample.value) {
                    let kept = speed(test);
                    *kept = Some(kept.map_or(mbps, |kept| kept.min(mbps)));
                    test.outcome = TestOutcome::Succeeded;
                }
            });
        }
    }
    by_time.into_values().collect()
}

/// The speeds in one direction, in the order of the response.
type Side = Vec<(Option<DateTime<Utc>>, Reading)>;

struct Counts {
    succeeded: usize,
    failed: usize,
    unknown: usize,
}

fn at(test: &SpeedTest) -> Option<DateTime<Utc>> {
    test.ended_at.or(test.started_at)
}

fn status_key(test: &SpeedTest) -> Option<&str> {
    test.status.as_ref().map(SpeedTestStatus::as_str)
}

fn list(list: &[Sample]) -> Side {
    list.iter().map(|sample| (sample.timestamp, reading(sample.value))).collect()
}

fn reading(value: Option<f64>) -> Reading {
    Reading::of(value, |value| value >= 0.0)
}

fn is_valid(reading: Reading) -> bool {
    matches!(reading, Reading::Valid(_))
}

/// Counts each time once, and everything without a time.
fn count_timed(times: impl Iterator<Item = Option<DateTime<Utc>>>) -> usize {
    let (mut timed, mut timeless) = (BTreeSet::new(), 0_usize);
    for at in times {
        match at {
            Some(at) => {
                timed.insert(at);
            }
            None => timeless = timeless.saturating_add(1),
        }
    }
    timed.len().saturating_add(timeless)
}

/// Counts the tests. A test can be in both lists: at the same time, or at the same index if it has no time.
fn count_tests(download: &Side, upload: &Side, only_valid: bool) -> usize {
    let of = |side: &Side| -> Vec<Option<DateTime<Utc>>> {
        side.iter().filter(|(_, reading)| !only_valid || is_valid(*reading)).map(|(at, _)| *at).collect()
    };
    let (download, upload) = (of(download), of(upload));
    let timeless = |times: &[Option<DateTime<Utc>>]| times.iter().filter(|at| at.is_none()).count();
    let timed = count_timed(download.iter().chain(&upload).filter(|at| at.is_some()).copied());
    timed.saturating_add(timeless(&download).max(timeless(&upload)))
}

fn report(download: &Side, upload: &Side, counts: Counts) -> SpeedReport {
    SpeedReport {
        succeeded_tests: counts.succeeded,
        failed_tests: counts.failed,
        unknown_tests: counts.unknown,
        failed_percent: stats::percent(counts.failed, counts.failed.saturating_add(counts.succeeded)),
        download: speed(download),
        upload: speed(upload),
    }
}

fn speed(side: &Side) -> Speed {
    let series = Clean::new(side.iter().copied(), 0);
    let values = series.values();
    let median = median(&values);
    let (before, latest, latest_at) = match (series.timed.split_last(), series.untimed.split_last()) {
        // The order of the response counts only if no time is known.
        (None, Some((latest, before))) => (before.to_vec(), Some(*latest), None),
        (Some(((at, latest), before)), _) => {
            (before.iter().map(|(_, value)| *value).collect(), Some(*latest), Some(*at))
        }
        (None, None) => (Vec::new(), None, None),
    };
    let spread = (before.len() >= USUAL_FROM).then(|| Spread::of(&before)).flatten();
    let (level, explanation) = Spread::judge(spread.as_ref(), latest);
    let beyond = median.map_or(0.0, |median| median * TREND_BEYOND).max(TREND_BEYOND_MBPS);
    let (trend, slope) = trend(&series.timed, beyond);
    Speed {
        samples: values.len(),
        missing_samples: series.missing,
        invalid_samples: series.invalid,
        median_mbps: median,
        latest_mbps: latest,
        latest_at,
        latest: level,
        explanation,
        trend,
        slope_mbps_per_day: slope,
        coverage: series.coverage(),
    }
}
