//! `plume health`: the verdict on a location.

use clap::Args;
use plume::{
    cli::exit,
    health::{Format, HealthReport, Policy, Status, analyze},
};

use crate::args::{LocationIds, help};
use crate::failure::Result;
use crate::output::{Cell, Column, Outcome, Table, now};
use crate::session::Session;

/// Judge a location: findings, verdict, what is unknown
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo health --home two-pods-down",
    "plume health 5f0000000000000000000001 5f0000000000000000000002 --check",
]))]
pub(crate) struct Health {
    #[command(flatten)]
    ids: LocationIds,
    /// Answer as a monitoring plugin: one status line first, and exit code 0 (green), 1 (yellow), 2 (orange, red) or
    /// 3 (unknown)
    #[arg(long)]
    check: bool,
}

const COLUMNS: [Column<HealthReport>; 6] = [
    Column::text("LOCATION", |report| Cell::new(&report.location.name)),
    Column::word("ID", |report| Cell::new(&report.location.id)),
    Column::text("STATUS", |report| Cell::new(report.status)),
    Column::text("ONLINE", |report| Cell::yes_no(report.online)),
    Column::number("FINDINGS", |report| Cell::new(report.findings.len())),
    Column::text("HEADLINE", |report| Cell::new(&report.headline)),
];

impl Health {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<HealthReport>> {
        let snapshot = session.location(&self.ids).await?.snapshot().await?;
        let report = analyze(&snapshot, &Policy::standard(), now());
        let mut code = exit::report_code(&snapshot, &report);
        if code == exit::LIMITED {
            session
                .warn("a call limit or a firewall kept away a part that the verdict needs; try again later");
        }
        let mut text = report.render(Format::Text);
        if self.check {
            code = exit::check_code(&report);
            text = format!("{}\n\n{text}", status_line(&report));
        }
        let table = Table::rows(std::slice::from_ref(&report), &COLUMNS);
        Ok(Outcome { code, ..Outcome::report("plume.health/1", report, text, table) })
    }
}

/// The line that a monitoring system shows.
fn status_line(report: &HealthReport) -> String {
    let word = match report.status {
        Status::Green => "OK",
        Status::Yellow => "WARNING",
        Status::Orange | Status::Red => "CRITICAL",
        Status::Unknown => "UNKNOWN",
    };
    format!("PLUME {word} - {}", report.headline)
}
