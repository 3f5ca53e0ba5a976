//! `plume uptime`: when a location was online.

use clap::Args;
use plume::{
    Granularity,
    health::{
        Format,
        uptime::{self, UptimeReport},
    },
};

use crate::args::{LocationIds, help};
use crate::failure::Result;
use crate::output::{Cell, Column, Outcome, Table};
use crate::session::Session;

/// Analyze when a location was online in the last week
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo uptime --story flapping-wan --after 120",
    "plume uptime 5f0000000000000000000001 5f0000000000000000000002 -o json",
]))]
pub(crate) struct Uptime {
    #[command(flatten)]
    ids: LocationIds,
}

const COLUMNS: [Column<UptimeReport>; 8] = [
    Column::word("FIRST SAMPLE", |report| Cell::time(report.first_sample)),
    Column::word("LAST SAMPLE", |report| Cell::time(report.last_sample)),
    Column::word("LABEL", |report| Cell::new(report.label)),
    Column::number("UPTIME PERCENT", |report| Cell::option(report.uptime_percent)),
    Column::number("INCIDENTS", |report| Cell::new(report.incidents)),
    Column::number("SAMPLES", |report| Cell::new(report.samples)),
    Column::number("UNKNOWN SAMPLES", |report| Cell::new(report.unknown_samples)),
    Column::word("TREND", |report| Cell::new(report.trend)),
];

/// One week in steps of an hour.
const HOURS: u32 = 168;

impl Uptime {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<UptimeReport>> {
        let location = session.location(&self.ids).await?;
        let report =
            uptime::analyze(&location.reports().online_stats(Granularity::Hours, Some(HOURS)).await?);
        let table = Table::record(&report, &COLUMNS);
        let text = report.render(Format::Text);
        Ok(Outcome::report("plume.uptime/1", report, text, table))
    }
}
