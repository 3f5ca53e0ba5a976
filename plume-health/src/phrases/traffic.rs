//! The phrases of the uptime and WAN reports.

use chrono::{DateTime, Utc};

use crate::series::uptime::{Trend, UptimeLabel, UptimeReport};
use crate::series::wan::{BusyHour, BusyLevel, Direction, Peak, WanReport};
use crate::text::{count, number, percent, time};

pub(crate) const DOWNLOAD: &str = "⬇️ Download:";
pub(crate) const UPLOAD: &str = "⬆️ Upload:";
pub(crate) const BUSY_HOURS: &str = "⏰ Busiest hours (UTC):";

fn label(label: UptimeLabel) -> &'static str {
    match label {
        UptimeLabel::Critical => "🔴 CRITICAL",
        UptimeLabel::Poor => "🟠 POOR",
        UptimeLabel::Fair => "🟡 FAIR",
        UptimeLabel::Unknown => "⚪ UNKNOWN",
        UptimeLabel::Good => "🟢 GOOD",
        UptimeLabel::Excellent => "🟢 EXCELLENT",
    }
}

pub(crate) fn uptime_headline(report: &UptimeReport) -> String {
    match report.uptime_percent {
        Some(share) => {
            let known = report.known_percent.filter(|_| report.unknown_samples > 0);
            let known = known.map(|known| format!(" of the known {} of the samples", percent(known, 2)));
            format!("📈 Uptime: {} - {}{}", label(report.label), percent(share, 2), known.unwrap_or_default())
        }
        None if report.samples > 0 => {
            format!("📈 Uptime: {} - Most samples have no value", label(report.label))
        }
        None => format!("📈 Uptime: {} - No sample could be read", label(report.label)),
    }
}

pub(crate) fn period(from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Option<String> {
    Some(format!("Period: {} to {}", time(from?), time(to?)))
}

pub(crate) fn samples(report: &UptimeReport) -> String {
    format!(
        "Samples: {} ({} online, {} offline, {} intermittent)",
        report.samples, report.online_samples, report.offline_samples, report.intermittent_samples
    )
}

pub(crate) fn incidents(report: &UptimeReport) -> String {
    format!("Outages: {}", report.incidents)
}

pub(crate) fn trend(report: &UptimeReport) -> String {
    let word = match report.trend {
        Trend::Improving => "improving",
        Trend::Stable => "stable",
        Trend::Declining => "declining",
        Trend::Unknown => "unknown",
    };
    match report.trend_points {
        Some(points) => format!("Trend: {word} ({points:+.1} points)"),
        None => format!("Trend: {word}"),
    }
}

pub(crate) fn not_counted(samples: usize) -> String {
    format!("Not counted: {} without a value", count(samples, "sample", "samples"))
}

pub(crate) fn wan_headline(report: &WanReport) -> String {
    match report.valid_percent {
        Some(share) if report.is_known() => format!(
            "🌐 WAN traffic - {} of {} complete ({})",
            report.valid_points,
            count(report.points, "point", "points"),
            percent(share, 2)
        ),
        _ => "🌐 WAN traffic: ⚪ UNKNOWN - No point could be read".to_owned(),
    }
}

fn peak(peak: Peak) -> String {
    let at = peak.at.map(|at| format!(" at {}", time(at))).unwrap_or_default();
    format!("  Peak: {} Mbps{at}", number(peak.mbps))
}

/// Returns an amount of megabytes in a unit that leaves at most four digits before the point.
fn amount(mb: f64) -> String {
    match mb {
        mb if mb >= 1e10 => format!("{} PB", number(mb / 1e9)),
        mb if mb >= 1e7 => format!("{} TB", number(mb / 1e6)),
        mb if mb >= 1e4 => format!("{} GB", number(mb / 1e3)),
        mb => format!("{} MB", number(mb)),
    }
}

/// Returns the known values of a direction.
pub(crate) fn direction(direction: &Direction) -> Vec<String> {
    let mut lines: Vec<String> = direction.peak.map(peak).into_iter().collect();
    let rate =
        |what: &str, value: Option<f64>| value.map(|value| format!("  {what}: {} Mbps", number(value)));
    lines.extend(rate("Average", direction.average_mbps));
    lines.extend(rate("Mean of the peaks", direction.mean_of_maxima_mbps));
    if let (Some(p50), Some(p95), Some(p99)) = (direction.p50_mbps, direction.p95_mbps, direction.p99_mbps) {
        lines.push(format!("  Peaks p50/p95/p99: {} / {} / {} Mbps", number(p50), number(p95), number(p99)));
    }
    lines.extend(direction.total_mb.map(|total| format!("  Total: {}", amount(total))));
    if lines.is_empty() {
        lines.push("  unknown".to_owned());
    }
    lines
}

pub(crate) fn busy_hour(hour: &BusyHour) -> String {
    let level = match hour.level {
        BusyLevel::High => "high",
        BusyLevel::Moderate => "moderate",
    };
    format!("  • {:02}:00 - {level}, {} × the average", hour.hour, number(hour.ratio))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short() {
        let amounts = [0.5, 9_999.0, 10_000.0, 210_121.05, 12_345_678.0, 5e10].map(amount);
        assert_eq!(amounts, ["0.50 MB", "9999.00 MB", "10.00 GB", "210.12 GB", "12.35 TB", "50.00 PB"]);
    }
}
