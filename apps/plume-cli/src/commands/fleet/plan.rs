//! `plume fleet plan`: the interval of checks that the call limit allows.

use std::time::Duration;

use clap::Args;
use plume::{
    cli::exit,
    monitor::plan::{Plan, PlanRequest},
};

use crate::args::{duration, help};
use crate::commands::fleet::walk::homes;
use crate::failure::{Failure, Result};
use crate::output::{Cell, Column, Outcome, Table};
use crate::session::Session;

/// Plan the interval of health checks
///
/// Shows the arithmetic. Without a number of homes it counts those of the fleet, with one call per customer.
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume fleet plan 2000",
    "plume --demo fleet plan",
    "plume fleet plan 300 --interval 1m --full-every 1",
]))]
pub(crate) struct PlanChecks {
    /// The number of homes; counted if it is left out
    homes: Option<u64>,
    /// The wanted interval between two checks of a home, for example 5m
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    interval: Option<Duration>,
    /// The calls per second that the limit allows
    #[arg(long, value_name = "CALLS")]
    rate: Option<f64>,
    /// One of this many checks of a home reads everything (4 calls), the others the nodes only (1 call)
    #[arg(long, value_name = "CHECKS")]
    full_every: Option<u32>,
    /// The share of the limit for checks in percent; the rest is for people
    #[arg(long, value_name = "PERCENT")]
    share: Option<f64>,
}

const COLUMNS: [Column<Plan>; 8] = [
    Column::number("HOMES", |plan| Cell::new(plan.request.homes)),
    Column::number("WANTED SECONDS", |plan| Cell::new(plan.request.interval_seconds)),
    Column::number("SHORTEST SECONDS", |plan| Cell::new(plan.shortest_seconds)),
    Column::number("PLANNED SECONDS", |plan| Cell::new(plan.interval_seconds)),
    Column::number("FULL EVERY", |plan| Cell::new(plan.full_every)),
    Column::number("CALLS PER INTERVAL", |plan| Cell::new(plan.planned_calls_per_interval)),
    Column::number("UTILISATION", |plan| Cell::new(plan.utilisation)),
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
        let plan = request.plan().map_err(|error| {
            let argument = match error.key() {
                "homes" => "<HOMES>",
                "per_second" => "--rate",
                "full_every" => "--full-every",
                "checks_share" => "--share",
                _ => "--interval",
            };
            Failure::usage(error.to_string(), format!("Correct {argument}."))
        })?;
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
        lines.push(format!("  {}", step.name));
        lines.extend(session.output.lines(&format!("    {}", step.text)));
    }
    lines.join("\n")
}
