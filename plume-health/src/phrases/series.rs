//! The phrases of series: speed tests, signal, QoE, saturation.

use crate::series::signal::SignalSeries;
use crate::series::speed::{Speed, SpeedReport};
use crate::series::wan::{
    Fit, FitVerdict, LineSource, PlanFit, QualityDetails, Saturation, SaturationReport,
};
use crate::series::{Coverage, Grade, GradedSeries, SeriesTrend};
use crate::text::{count, name, number, percent, plain, span, time};

fn trend(trend: SeriesTrend, slope: Option<f64>, unit: &str) -> String {
    let word = match trend {
        SeriesTrend::Rising => "rising",
        SeriesTrend::Steady => "steady",
        SeriesTrend::Falling => "falling",
        SeriesTrend::Unknown => "unknown",
    };
    match slope {
        Some(slope) => {
            let sign = if slope > 0.0 { "+" } else { "" };
            format!("Trend: {word} ({sign}{}{unit} per day)", plain(slope))
        }
        None => format!("Trend: {word}"),
    }
}

/// Returns the unknown share of a series; `None` if there is none.
fn coverage(coverage: &Coverage) -> Option<String> {
    let longest = coverage.longest_gap_seconds.filter(|longest| *longest > 0)?;
    Some(format!(
        "Known: {} of the time ({}, the longest {})",
        percent(coverage.known_percent?, 2),
        count(coverage.gaps.len(), "gap", "gaps"),
        span(longest)
    ))
}

fn not_counted(missing: usize, invalid: usize) -> Option<String> {
    match (missing, invalid) {
        (0, 0) => None,
        (missing, 0) => Some(format!("Not counted: {missing} without a value")),
        (0, invalid) => Some(format!("Not counted: {invalid} impossible")),
        (missing, invalid) => Some(format!("Not counted: {missing} without a value, {invalid} impossible")),
    }
}

pub(crate) fn grade(grade: Grade) -> &'static str {
    match grade {
        Grade::Good => "🟢 GOOD",
        Grade::Fair => "🟡 FAIR",
        Grade::Poor => "🟠 POOR",
        Grade::Unknown => "⚪ UNKNOWN",
    }
}

pub(crate) fn qoe_headline(score: &GradedSeries) -> String {
    match score.median {
        Some(median) => {
            format!("📶 Quality of experience: {} - median {}", grade(score.grade), plain(median))
        }
        None => format!("📶 Quality of experience: {} - No score could be read", grade(score.grade)),
    }
}

pub(crate) const SIGNAL: &str = "📶 Signal";

pub(crate) fn signal_unknown() -> String {
    format!("{SIGNAL}: {} - No sample could be read", grade(Grade::Unknown))
}

pub(crate) fn bands_unreadable(bands: &[String]) -> String {
    format!("Could not be read: {}", bands.join(", "))
}

pub(crate) fn signal_heading(series: &SignalSeries) -> String {
    let at = format!("{} at {}", series.band, name(series.node.as_str()));
    match series.signal.median {
        Some(median) => format!("{at}: {} - median {} dBm", grade(series.signal.grade), plain(median)),
        None => format!("{at}: {}", grade(series.signal.grade)),
    }
}

/// Returns the known values of a series.
pub(crate) fn graded(series: &GradedSeries, unit: &str) -> Vec<String> {
    let mut lines = Vec::new();
    if let (Some(good), Some(fair), Some(poor)) =
        (series.good_percent, series.fair_percent, series.poor_percent)
    {
        lines.push(format!(
            "{}: {} good, {} fair, {} poor",
            count(series.samples, "sample", "samples"),
            percent(good, 2),
            percent(fair, 2),
            percent(poor, 2)
        ));
    }
    if let Some(worst) = series.worst_hour {
        lines.push(format!("Worst hour (UTC): {:02}:00 - median {}{unit}", worst.hour, plain(worst.median)));
    }
    if series.samples > 0 {
        lines.push(trend(series.trend, series.slope_per_day, unit));
    }
    lines.extend(coverage(&series.coverage));
    lines.extend(not_counted(series.missing_samples, series.invalid_samples));
    lines
}

pub(crate) fn speed_headline(report: &SpeedReport) -> String {
    let tests = report.succeeded_tests.saturating_add(report.failed_tests);
    match report.failed_percent {
        Some(share) => format!(
            "🚀 Speed tests - {} of {} failed ({})",
            report.failed_tests,
            count(tests, "test", "tests"),
            percent(share, 2)
        ),
        None => "🚀 Speed tests: ⚪ UNKNOWN - No test could be read".to_owned(),
    }
}

pub(crate) fn tests_unknown(tests: usize) -> String {
    format!("Not counted: {} without a result", count(tests, "test", "tests"))
}

/// Returns the known values of a direction.
pub(crate) fn speed(speed: &Speed) -> Vec<String> {
    let (Some(median), Some(latest)) = (speed.median_mbps, speed.latest_mbps) else {
        return vec!["  unknown".to_owned()];
    };
    let at = speed.latest_at.map(|at| format!(" at {}", time(at))).unwrap_or_default();
    let lines = [
        Some(format!("Median: {} Mbps", number(median))),
        Some(format!("Latest: {} Mbps{at}", number(latest))),
        Some(format!("{}: {}", speed.latest.headline(), speed.explanation)),
        Some(trend(speed.trend, speed.slope_mbps_per_day, " Mbps")),
        coverage(&speed.coverage),
    ];
    lines.into_iter().flatten().map(|line| format!("  {line}")).collect()
}

fn verdict(verdict: FitVerdict) -> &'static str {
    match verdict {
        FitVerdict::Saturated => "🔴 SATURATED",
        FitVerdict::Tight => "🟡 TIGHT",
        FitVerdict::Fits => "🟢 FITS",
        FitVerdict::Unknown => "⚪ UNKNOWN",
    }
}

pub(crate) fn fit_headline(fit: &PlanFit) -> String {
    let source = match fit.source {
        LineSource::Plan => "plan",
        LineSource::SpeedTest => "speed test",
    };
    format!("📏 Internet line by {source}: {}", verdict(fit.verdict))
}

pub(crate) fn fit(fit: &Fit) -> Vec<String> {
    let (Some(line), Some(peak), Some(p95)) = (fit.line_mbps, fit.peak_percent, fit.p95_percent) else {
        return vec!["  unknown".to_owned()];
    };
    vec![
        format!("  {}: peak {}, p95 {}", verdict(fit.verdict), percent(peak, 2), percent(p95, 2)),
        format!("  Line: {} Mbps", number(line)),
    ]
}

pub(crate) fn saturation_headline(report: &SaturationReport) -> String {
    format!("📏 Internet line: {}", verdict(report.verdict))
}

pub(crate) fn saturation(direction: &Saturation) -> Vec<String> {
    let (Some(peak), Some(p95), Some(full)) =
        (direction.peak_percent, direction.p95_percent, direction.full_percent)
    else {
        return vec!["  unknown".to_owned()];
    };
    let at = direction.peak_at.map(|at| format!(" at {}", time(at))).unwrap_or_default();
    let lines = [
        Some(format!(
            "{}: peak {}{at}, p95 {}",
            verdict(direction.verdict),
            percent(peak, 2),
            percent(p95, 2)
        )),
        Some(format!("Full: {} of {}", percent(full, 2), count(direction.samples, "sample", "samples"))),
        coverage(&direction.coverage),
        not_counted(direction.missing_samples, direction.invalid_samples),
    ];
    lines.into_iter().flatten().map(|line| format!("  {line}")).collect()
}

pub(crate) const DATA_QUALITY: &str = "Data quality:";

/// Returns the defects of the points of the WAN report.
pub(crate) fn data_quality(details: &QualityDetails) -> Vec<String> {
    let counts = [
        (details.missing_values, "value missing", "values missing"),
        (details.negative_values, "value below zero", "values below zero"),
        (details.not_finite_values, "value is no number", "values are no numbers"),
        (details.contradictions, "interval contradicts itself", "intervals contradict themselves"),
        (details.unreadable_points, "point unreadable", "points unreadable"),
        (details.timeless_points, "point without a time", "points without a time"),
        (details.repeated_points, "point came twice", "points came twice"),
    ];
    let mut lines: Vec<String> = counts
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, one, many)| count(number, one, many))
        .collect();
    lines.extend(coverage(&details.coverage));
    lines.into_iter().map(|line| format!("  • {line}")).collect()
}
