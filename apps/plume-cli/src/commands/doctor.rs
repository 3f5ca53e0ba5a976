//! `plume doctor`: checks of the set-up.

use clap::Args;
use plume::{
    cli::exit,
    doctor::{Check, Diagnosis, Doctor as Checks, Finding},
};
use plume_sim::Simulator;

use crate::args::help;
use crate::failure::Result;
use crate::output::{Cell, Column, Outcome, Table};
use crate::session::Session;

/// Check the set-up from the settings to one call of each kind
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume doctor",
    "plume doctor --profile lab -o json",
]))]
pub(crate) struct Doctor {}

const COLUMNS: [Column<Check>; 5] = [
    Column::word("CHECK", |check| Cell::new(&check.name)),
    Column::word("SUBJECT", |check| Cell::option(check.subject.as_ref())),
    Column::word("RESULT", |check| Cell::new(result(check))),
    Column::text("DETAIL", |check| Cell::option(check.seen().or(check.reason()))),
    Column::text("FIX", |check| Cell::option(check.help())),
];

impl Doctor {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<Diagnosis>> {
        let diagnosis = if session.is_demo() {
            let simulator = session.simulator(Simulator::builder().seed(7));
            Checks::from_variables(simulator.environment()).transport(simulator.transport()).run().await
        } else {
            let config = session.config()?;
            let mut checks = Checks::from_variables(config.variables()?);
            if let Some(timeout) = session.timeout() {
                checks = checks.check_deadline(timeout);
            }
            if let Some(key) = config.place.key_file().filter(|path| path.exists()) {
                checks = checks.secret_file(key);
            }
            match (config.get("customer_id"), config.get("location_id")) {
                (Some(customer), Some(location)) => checks = checks.location(customer, location),
                (Some(customer), None) => checks = checks.customer(customer),
                _ => {}
            }
            checks.run().await
        };
        let code = exit_code(&diagnosis);
        let text = text(&diagnosis);
        let table = Table::rows(&diagnosis.checks, &COLUMNS);
        Ok(Outcome { code, ..Outcome::report("plume.doctor/1", diagnosis, text, table) })
    }
}

fn result(check: &Check) -> &'static str {
    match check.finding {
        Finding::Passed { .. } => "PASSED",
        Finding::Failed { .. } => "FAILED",
        _ => "SKIPPED",
    }
}

/// A line per check, with its fix or warnings below it.
fn text(diagnosis: &Diagnosis) -> String {
    const WIDTHS: (usize, usize) = (9, 16);
    let mut lines = Vec::new();
    for check in &diagnosis.checks {
        let head = format!("{:<2$}{:<3$}", result(check), check.name, WIDTHS.0, WIDTHS.1);
        let detail = check.seen().or(check.reason()).unwrap_or_default();
        let detail = match &check.subject {
            Some(subject) => format!("{subject}: {detail}"),
            None => detail.to_owned(),
        };
        let mut below = detail.lines().map(str::to_owned).collect::<Vec<_>>();
        below.extend(check.warnings().iter().map(|warning| format!("warning: {warning}")));
        below.extend(check.help().map(|help| format!("fix: {help}")));
        for (at, line) in below.iter().enumerate() {
            let head = if at == 0 { head.clone() } else { " ".repeat(head.len()) };
            lines.push(format!("{head}\t{line}"));
        }
    }
    // The numbers are the last line of the text for libraries.
    let numbers = diagnosis.to_string();
    lines.push(String::new());
    lines.extend(numbers.lines().last().map(str::to_owned));
    lines.join("\n")
}

/// The exit code of the worst cause: without settings there is no network, without a network no token.
fn exit_code(diagnosis: &Diagnosis) -> u8 {
    const CAUSES: [(&[&str], u8); 5] = [
        (&["settings", "partner-id", "base-urls"], exit::USAGE),
        (&["dns", "connect", "tls", "proxy"], exit::NETWORK),
        (&["token", "scopes"], exit::AUTH),
        (&["call-limit"], exit::LIMITED),
        (&["setting-names", "secret-files", "clock"], exit::FAILED),
    ];
    let has_failed = |name: &str| diagnosis.failed().any(|check| check.name == name);
    let cause = CAUSES.iter().find(|(names, _)| names.iter().any(|name| has_failed(name)));
    match cause {
        Some((_, code)) => *code,
        // Some of the calls.
        None if diagnosis.failed().next().is_some() => exit::PARTLY,
        None => exit::DONE,
    }
}
