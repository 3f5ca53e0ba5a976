//! The phrases of the SLA report.

use chrono::{DateTime, Utc};
use plume_health::series::Gap;
use plume_health::text::{count, percent, plain, span, time};

use crate::sla::policy::{CountAs, MaintenanceTime, SlaPolicy};
use crate::sla::report::{Availability, ErrorBudget, Incident, SlaReport, TimeByState, Verdict, Within};

pub(super) const INCIDENTS: &str = "Incidents:";
pub(super) const GAPS: &str = "Unknown time:";
pub(super) const METHOD: &str = "Method:";

pub(super) fn headline(report: &SlaReport) -> String {
    let verdict = match report.verdict {
        Verdict::Met => "🟢 MET",
        Verdict::Missed => "🔴 MISSED",
        Verdict::Unknown => "⚪ UNKNOWN",
    };
    // With all decimals: 99.95 must not be shown as 100.
    let target = report.target_percent;
    match report.uptime_percent {
        Some(_) if report.verdict == Verdict::Unknown => {
            format!("📜 Uptime target: {verdict} - Too little of the time is known")
        }
        Some(uptime) => {
            format!("📜 Uptime target: {verdict} - {} of {target} % promised", percent(uptime, 3))
        }
        None => format!("📜 Uptime target: {verdict} - No counted sample could be read"),
    }
}

pub(super) fn period(from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Option<String> {
    Some(format!("Period: {} to {}", time(from?), time(to?)))
}

pub(super) fn spent(spent: &TimeByState) -> String {
    format!(
        "Time: {} online, {} offline, {} intermittent, {} unknown",
        span(spent.online_seconds),
        span(spent.offline_seconds),
        span(spent.intermittent_seconds),
        span(spent.unknown_seconds)
    )
}

pub(super) fn maintenance(seconds: i64) -> String {
    format!("Of this in maintenance: {}", span(seconds))
}

pub(super) fn budget(budget: &ErrorBudget) -> String {
    let left = match budget.left_seconds {
        0.. => format!("{} left", span(budget.left_seconds)),
        _ => format!("overspent by {}", span(budget.left_seconds.saturating_neg())),
    };
    let burn = budget.burn_rate.map(|rate| format!(" (burn rate {})", plain(rate))).unwrap_or_default();
    format!(
        "Error budget: {} allowed, {} used, {left}{burn}",
        span(budget.allowed_seconds),
        span(budget.used_seconds)
    )
}

pub(super) fn incidents(report: &SlaReport) -> String {
    let short = match report.short_outages {
        0 => String::new(),
        short => format!(" (and {})", count(short, "shorter outage", "shorter outages")),
    };
    format!("Incidents: {}{short}", report.incident_count)
}

pub(super) fn repair(report: &SlaReport) -> Option<String> {
    let longest = span(report.longest?.counted_seconds);
    Some(match report.mttr_seconds {
        Some(mean) => format!("Longest: {longest}, mean time to repair (MTTR): {}", span(mean)),
        None => format!("Longest: {longest}"),
    })
}

pub(super) fn incident(incident: &Incident) -> String {
    let when = match incident.end {
        Some(end) => {
            format!("{} to {} - {}", time(incident.start), time(end), span(incident.duration_seconds))
        }
        None => {
            format!("since {} - ongoing, {} so far", time(incident.start), span(incident.duration_seconds))
        }
    };
    let maintenance = match incident.in_maintenance {
        Within::No => "",
        Within::Partly => " (partly in maintenance)",
        Within::Wholly => " (in maintenance)",
    };
    format!("{when}{maintenance}")
}

pub(super) fn gap(gap: &Gap) -> String {
    let length = gap.to.signed_duration_since(gap.from).num_seconds();
    format!("{} to {} - {}", time(gap.from), time(gap.to), span(length))
}

pub(super) fn unusable(samples: usize) -> String {
    format!("Without a value or a time: {}", count(samples, "sample", "samples"))
}

pub(super) fn future(samples: usize) -> String {
    format!("Ignored: {} of the future", count(samples, "sample", "samples"))
}

fn counts_as(choice: CountAs) -> &'static str {
    match choice {
        CountAs::Up => "counts as uptime",
        CountAs::Down => "counts as downtime",
        CountAs::Excluded => "does not count",
    }
}

/// Returns the rules of the count, as sentences for people who did not write the policy.
pub(super) fn method(policy: &SlaPolicy, step: i64) -> Vec<String> {
    let mut method = vec![
        "Uptime is time up over time up and down.".to_owned(),
        format!(
            "A sample counts for the time to the next one; after a jump of more than one and a half of the usual \
             {}, for one of these, and the rest is unknown.",
            span(step)
        ),
        format!("Unknown time {}.", counts_as(policy.unknown)),
        format!("Intermittent time {}.", counts_as(policy.intermittent)),
        judged(policy),
    ];
    if !policy.maintenance.is_empty() {
        let windows = count(policy.maintenance.len(), "maintenance window", "maintenance windows");
        method.push(match policy.maintenance_time {
            MaintenanceTime::Excluded => format!("Time within {windows} does not count."),
            MaintenanceTime::Counted => format!("Time within {windows} counts as any other."),
        });
    }
    if !policy.minimum_outage.is_zero() {
        method.push(format!(
            "An outage shorter than {} is no incident, but it is downtime.",
            span(policy.minimum_outage_seconds())
        ));
    }
    method.push(match policy.budget_seconds() {
        Some(seconds) => format!("The error budget is for {}.", span(seconds)),
        None => "The error budget is for the counted time of this report.".to_owned(),
    });
    method
}

/// Returns the classes of an availability in one line.
pub(super) fn availability_headline(time: &Availability) -> String {
    let uptime = time.uptime_percent.map_or_else(|| "unknown".to_owned(), |uptime| percent(uptime, 3));
    format!(
        "Uptime: {uptime} - {} up, {} disrupted, {} down, {} unknown, {} in maintenance",
        span(time.up_seconds),
        span(time.degraded_seconds),
        span(time.down_seconds),
        span(time.unknown_seconds),
        span(time.maintenance_seconds)
    )
}

/// Returns the rules of an availability, as sentences for people who did not write the policy.
pub(super) fn availability(policy: &SlaPolicy) -> Vec<String> {
    let maintenance = match policy.maintenance_time {
        MaintenanceTime::Excluded => "Time in maintenance windows does not count.",
        MaintenanceTime::Counted => "Time in maintenance windows counts as any other.",
    };
    vec![
        "Uptime is time up over time up and down, from confirmed changes of the status.".to_owned(),
        "Green (OK) and yellow (degraded) are up, orange is disrupted, red (offline) is down.".to_owned(),
        format!("Disrupted time {}.", counts_as(policy.intermittent)),
        format!("Unknown time {}.", counts_as(policy.unknown)),
        maintenance.to_owned(),
        judged(policy),
    ]
}

fn judged(policy: &SlaPolicy) -> String {
    match policy.unknown {
        CountAs::Down => "The target is met or missed by the time that counts.".to_owned(),
        _ => format!(
            "The target is met only if {} % of the time is known; it is missed also with less if the rest could not \
             change it.",
            policy.least_known_percent
        ),
    }
}
