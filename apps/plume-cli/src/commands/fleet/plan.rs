//! `plume fleet plan`: the interval of checks that the call limit allows.

use std::time::Duration;

use clap::Args;
use plume::{
    cli::exit,
    monitor::plan::{Plan, PlanRequest},
};

use crate::args::help;
use crate::commands::fleet::walk::homes;
use crate::durations::duration;
use crate::failure::{Failure, Result};
use crate::output::{Cell, Column, Outcome, Table};
use crate::session::Session;

/// Plan the interval of health checks
///
/// Shows the arithmetic. The exit code is 0 whether or not the wanted interval fits: `interval_seconds` of the document is the
/// planned one. Without a number of homes it counts those of the fleet, with one call per customer.
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume fleet plan 2000",
    "plume --demo fleet plan",
    "plume fleet plan 300 --interval 1m --full-every 1",
    "plume fleet plan 20000 --egresses 12",
]))]
pub(crate) struct PlanChecks {
    /// The number of homes; counted if it is left out
    #[arg(value_parser = clap::value_parser!(u64).range(1..=PlanRequest::MAX_HOMES))]
    homes: Option<u64>,
    /// The wanted interval between two checks of a home, for example 5m
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    interval: Option<Duration>,
    /// The number of egress addresses, each with the whole limit
    #[arg(long, value_name = "ADDRESSES", value_parser = clap::value_parser!(u32).range(1..=i64::from(PlanRequest::MAX_EGRESSES)))]
    egresses: Option<u32>,
    /// The calls per second that the limit of an address allows
    #[arg(long, value_name = "CALLS", value_parser = rate)]
    rate: Option<f64>,
    /// One of this many checks of a home reads everything (4 calls), the others the nodes only (1 call)
    #[arg(long, value_name = "CHECKS", value_parser = clap::value_parser!(u32).range(1..))]
    full_every: Option<u32>,
    /// The share of the limit for checks in percent; the rest is for people
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    share: Option<f64>,
}

const COLUMNS: [Column<Plan>; 10] = [
    Column::number("HOMES", |plan| Cell::new(plan.request.homes)),
    Column::number("EGRESSES", |plan| Cell::new(plan.request.egresses)),
    Column::number("WANTED SECONDS", |plan| Cell::new(plan.request.interval_seconds)),
    Column::number("SHORTEST SECONDS", |plan| Cell::new(plan.shortest_seconds)),
    Column::number("PLANNED SECONDS", |plan| Cell::new(plan.interval_seconds)),
    Column::number("FULL EVERY", |plan| Cell::new(plan.full_every)),
    Column::number("CALLS PER INTERVAL", |plan| Cell::new(plan.planned_calls_per_interval)),
    Column::number("UTILISATION", |plan| Cell::new(plan.utilisation)),
    Column::number("NEEDED EGRESSES", |plan| Cell::new(plan.needed_egresses)),
    Column::number("MAXIMUM HOMES", |plan| Cell::new(plan.maximum_homes)),
];

impl PlanChecks {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<Plan>> {
        let (count, code) = match self.homes {
            Some(count) => (count, exit::DONE),
            None => {
                let (homes, code) = homes(session).await?;
                (homes.len() as u64, code)
            }
        };
        if count == 0 && self.homes.is_none() {
            return Err(Failure::not_found("the fleet has no homes", "Give a number of homes."));
        }
        let mut request = PlanRequest::standard(count);
        if let Some(interval) = self.interval {
            request = request.with_interval_seconds(interval.as_secs());
        }
        if let Some(egresses) = self.egresses {
            request = request.with_egresses(egresses);
        }
        if let Some(rate) = self.rate {
            request = request.with_per_second(rate);
            // A rate that a person gives is the only limit.
            request = request.with_window(None);
        }
        if let Some(full_every) = self.full_every {
            let PlanRequest { cheap_calls, full_calls, .. } = request;
            request = request.with_calls(cheap_calls, full_calls, full_every);
        }
        if let Some(share) = self.share {
            request = request.with_checks_share(share / 100.0);
        }
        let plan =
            request.plan().map_err(|error| Failure::usage(error.to_string(), "Correct the numbers."))?;
        let text = text(&plan, session);
        let table = Table::rows(std::slice::from_ref(&plan), &COLUMNS);
        Ok(Outcome { code, ..Outcome::fitted("plume.fleet.plan/1", plan, text, table) })
    }
}

/// The arithmetic, with a line per step, or where the screen is narrow with each name above its text.
fn text(plan: &Plan, session: &Session) -> String {
    let text = plan.to_string();
    if text.lines().all(|line| session.output.lines(line).len() == 1) {
        return text;
    }
    let head = text.lines().next().unwrap_or_default();
    let mut lines = session.output.lines(head);
    for step in &plan.steps {
        lines.extend(session.output.lines(&format!("  {}", step.name)));
        lines.extend(session.output.lines(&format!("    {}", step.text)));
    }
    lines.join("\n")
}

/// A whole number of seconds.
fn seconds(text: &str) -> std::result::Result<Duration, String> {
    let interval = duration(text)?;
    match interval.as_secs() {
        1.. if interval.subsec_nanos() == 0 => Ok(interval),
        _ => Err("it must be a whole number of seconds, at least 1s".to_owned()),
    }
}

/// A rate in calls per second.
fn rate(text: &str) -> std::result::Result<f64, String> {
    within(text, PlanRequest::MAX_PER_SECOND, "calls per second")
}

/// A share in percent.
fn percent(text: &str) -> std::result::Result<f64, String> {
    within(text, 100.0, "percent")
}

fn within(text: &str, most: f64, unit: &str) -> std::result::Result<f64, String> {
    match text.trim().trim_end_matches('%').parse() {
        Ok(number) if number > 0.0 && number <= most => Ok(number),
        _ => Err(format!("it must be above 0 and at most {most} {unit}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_out_of_range_gets_its_unit_and_its_range() {
        for (text, expected) in [("80", Ok(80.0)), ("80%", Ok(80.0)), ("0.5", Ok(0.5)), ("100", Ok(100.0))] {
            assert_eq!(percent(text), expected, "{text}");
        }
        for text in ["0", "-1", "101", "1e300", "NaN", "inf", "x", ""] {
            assert_eq!(percent(text).unwrap_err(), "it must be above 0 and at most 100 percent", "{text}");
        }
        assert_eq!(rate("0").unwrap_err(), "it must be above 0 and at most 1000000000 calls per second");
        assert_eq!(seconds("5m"), Ok(Duration::from_secs(300)));
        for text in ["500ms", "1500ms", "0s"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
