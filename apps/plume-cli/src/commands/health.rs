//! `plume health`: the verdict on a location.

use clap::Args;
use plume::{
    cli::exit,
    health::{Format, HealthReport, Policy, Status, analyze, on_screen},
};

use crate::args::{LocationIds, help};
use crate::failure::Result;
use crate::output::{Cell, Column, Outcome, Printed, Table, in_locale};
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
    /// Runs the command. As a monitoring plugin it reports a failure as the status "unknown".
    pub(crate) async fn print(self, session: &Session) -> Result<Printed> {
        let is_check = self.check;
        match self.run(session).await {
            Ok(outcome) => Ok(session.print(&outcome)),
            Err(failure) if is_check && failure.exit_code() != Some(exit::INTERRUPTED) => {
                let line = status_line("UNKNOWN", &failure);
                let Printed { text, .. } = session.fail(failure).await;
                let text = if text.is_empty() { line } else { text };
                Ok(Printed { text, code: exit::CHECK_UNKNOWN })
            }
            Err(failure) => Err(failure),
        }
    }

    async fn run(self, session: &Session) -> Result<Outcome<HealthReport>> {
        let snapshot = session.location(&self.ids).await?.snapshot().await?;
        let report = analyze(&snapshot, &Policy::standard(), session.now());
        let mut code = exit::report_code(&snapshot, &report);
        if code == exit::LIMITED {
            session
                .warn("a call limit or a firewall kept away a part that the verdict needs; try again later");
        }
        let mut text = report.render(Format::Text);
        if self.check {
            code = exit::check_code(&report);
            text = format!("{}\n\n{text}", status_line(word(report.status), &report.headline));
        }
        let table = Table::rows(std::slice::from_ref(&report), &COLUMNS);
        Ok(Outcome { code, ..Outcome::report("plume.health/1", report, text, table) })
    }
}

/// The word of a monitoring system for a status.
fn word(status: Status) -> &'static str {
    match status {
        Status::Green => "OK",
        Status::Yellow => "WARNING",
        Status::Orange | Status::Red => "CRITICAL",
        Status::Unknown => "UNKNOWN",
    }
}

/// The line that a monitoring system shows.
fn status_line(word: &str, reason: &impl ToString) -> String {
    in_locale(&format!("PLUME {word} - {}", on_screen(&reason.to_string()))).into_owned()
}
