//! `plume doctor`: checks of the set-up.

use std::sync::Arc;

use clap::Args;
use plume::{
    Cause,
    cli::{self, exit},
    doctor::{Check, Diagnosis, Doctor as Checks, Finding},
};
use plume_sim::Simulator;

use crate::args::help;
use crate::config::Config;
use crate::failure::{Failure, Result};
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
        let mut diagnosis = match session.is_demo() {
            true => of_demo(session).await,
            false => match session.config() {
                Ok(config) => of_config(session, &config).await,
                // It decides about the settings, so none is known.
                Err(failure) => {
                    let none: [(&str, &str); 0] = [];
                    let broken = Check::new(CONFIGURATION, failed(failure));
                    Checks::from_variables(none).check(broken).run().await
                }
            },
        };
        if !session.is_demo() && session.config().is_ok_and(|config| config.needs_login()) {
            advise_login(&mut diagnosis, &session.login_advice());
        }
        let code = diagnosis.cause().map_or(exit::DONE, exit_code);
        let text = text(&diagnosis);
        let table = Table::rows(&diagnosis.checks, &COLUMNS);
        let report = Outcome::report("plume.doctor/1", diagnosis, text, table);
        Ok(Outcome {
            code,
            ..report.with_rows("plume.doctor.check/1", |diagnosis| values(&diagnosis.checks))
        })
    }
}

/// The names of the checks of this program.
const CONFIGURATION: &str = "configuration";
const STORE: &str = "credential-store";

async fn of_demo(session: &Session) -> Diagnosis {
    let simulator = session.simulator(Simulator::builder().seed(7));
    let checks = Checks::from_variables(simulator.environment());
    checks.transport(session.reported(simulator.transport())).run().await
}

async fn of_config(session: &Session, config: &Config) -> Diagnosis {
    let variables = config.variables();
    let mut checks = match &variables {
        Ok(variables) => Checks::from_variables(variables.clone()),
        Err(_) => Checks::from_variables(config.variables_without_store()),
    };
    checks = checks.check(Check::new(CONFIGURATION, configuration(config)));
    let place = &config.place;
    let opened = place.check_key().and_then(|()| Ok(place.existing()?.is_some()));
    let opened = opened.and_then(|is_there| place.check_room().map(|()| is_there));
    let store = match (opened, variables) {
        (Ok(_), Err(failure)) | (Err(failure), _) => failed(failure),
        (Ok(true), _) => {
            Finding::passed(format!("{} with the key in {}", config.place, config.place.key_place()))
        }
        (Ok(false), _) => Finding::skipped("there is no store yet"),
    };
    checks = checks.check(Check::new(STORE, store));
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
    let transport = session.reported(Arc::new(checks.http_transport()));
    checks.transport(transport).run().await
}

fn configuration(config: &Config) -> Finding {
    if let Err(failure) = config.check_file() {
        return failed(failure);
    }
    match (config.path(), config.profile()) {
        (Some(path), Some(profile)) if config.has_file() => {
            Finding::passed(format!("the profile `{profile}` of {}", path.display()))
        }
        (Some(path), None) if config.has_file() => Finding::passed(format!("{}, no profile", path.display())),
        _ => Finding::skipped("there is no configuration file"),
    }
}

/// The result of a check of this program that failed.
fn failed(failure: Failure) -> Finding {
    let failure = cli::Failure::from(failure);
    let cause = match failure.exit_code {
        exit::USAGE => Cause::Settings,
        exit::AUTH => Cause::Credential,
        _ => Cause::Other,
    };
    Finding::failed(cause, failure.message, failure.help)
}

/// The login sets what is missing.
fn advise_login(diagnosis: &mut Diagnosis, advice: &str) {
    for check in diagnosis.checks.iter_mut().filter(|check| check.name != CONFIGURATION) {
        if let Finding::Failed { help, cause: Cause::Settings, .. } = &mut check.finding {
            *help = format!("{advice} Or set the variables that are named above.");
        }
    }
}

fn values(checks: &[Check]) -> Vec<serde_json::Value> {
    checks.iter().filter_map(|check| serde_json::to_value(check).ok()).collect()
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
    const RESULT: usize = 9;
    let name = 1 + diagnosis.checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for check in &diagnosis.checks {
        let head = format!("{:<2$}{:<3$}", result(check), check.name, RESULT, name);
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

/// The exit code of the cause. Where no cause decides, some of the checks failed.
fn exit_code(cause: Cause) -> u8 {
    match exit::cause_code(cause) {
        exit::FAILED | exit::NOT_FOUND => exit::PARTLY,
        code => code,
    }
}
