//! `plume diff`: what changed between two reports.

use std::io::{self, Read};

use clap::Args;
use plume::{
    cli::exit,
    health::{
        Format, HealthReport, Policy, analyze,
        change::{ReportChanges, diff_reports},
    },
};
use serde_json::Value;

use crate::args::help;
use crate::failure::{Failure, Result};
use crate::output::{Cell, Column, Outcome, Table};
use crate::session::Session;

/// Compare two health reports, or a stored one with now
///
/// A report is what `plume health -o json` printed. The exit code is 0 whether something changed or not; with --exit-code it is
/// 1 after a change, as with `git diff`.
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume diff yesterday.json today.json",
    "plume diff yesterday.json --exit-code",
    "plume --demo diff yesterday.json --story power-cut",
]))]
pub(crate) struct Diff {
    /// The file of the earlier report, or - for stdin
    earlier: String,
    /// The file of the later report, or - for stdin; the location is read now if it is left out
    later: Option<String>,
    /// End with the code 1 if something changed
    #[arg(long)]
    exit_code: bool,
}

/// The documents that are compared.
const SCHEMA: &str = "plume.health/1";

struct Row {
    change: &'static str,
    rule: String,
    subject: String,
    message: String,
}

const COLUMNS: [Column<Row>; 4] = [
    Column::word("CHANGE", |row| Cell::new(row.change)),
    Column::word("RULE", |row| Cell::new(&row.rule)),
    Column::text("SUBJECT", |row| Cell::new(&row.subject)),
    Column::text("MESSAGE", |row| Cell::new(&row.message)),
];

impl Diff {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<ReportChanges>> {
        if self.earlier == "-" && self.later.as_deref() == Some("-") {
            return Err(Failure::usage("stdin cannot be both reports", "Name a file for one of them."));
        }
        let before = stored(self.earlier).await?;
        let after = match self.later {
            Some(after) => stored(after).await?,
            None => {
                let customer = session.customer(Some(before.location.customer_id.as_str()))?;
                let snapshot = customer.location(before.location.id.clone()).snapshot().await?;
                analyze(&snapshot, &Policy::standard(), session.now())
            }
        };
        let changes = diff_reports(&before, &after);
        if before.location.id != after.location.id {
            session.warn(&format!(
                "the reports are about two locations: {} and {}",
                before.location.id, after.location.id
            ));
        }
        let code = if self.exit_code && !changes.is_empty() { exit::FAILED } else { exit::DONE };
        let (text, table) = (changes.render(Format::Text), Table::rows(&rows(&changes), &COLUMNS));
        Ok(Outcome { code, ..Outcome::report("plume.diff/1", changes, text, table) })
    }
}

fn rows(changes: &ReportChanges) -> Vec<Row> {
    let lists = [
        ("entered", &changes.entered),
        ("emerged", &changes.emerged),
        ("newly-expected", &changes.newly_expected),
        ("newly-known", &changes.newly_known),
        ("left", &changes.left),
        ("absorbed", &changes.absorbed),
        ("no-longer-expected", &changes.no_longer_expected),
        ("no-longer-known", &changes.no_longer_known),
    ];
    let moved = [("worsened", &changes.worsened), ("eased", &changes.eased)];
    let moved =
        moved.into_iter().flat_map(|(change, list)| list.iter().map(move |pair| (change, &pair.after)));
    let all = lists.into_iter().flat_map(|(change, list)| list.iter().map(move |finding| (change, finding)));
    all.chain(moved)
        .map(|(change, finding)| Row {
            change,
            rule: finding.rule.to_string(),
            subject: finding.subject.name.clone(),
            message: finding.message.clone(),
        })
        .collect()
}

/// Reads a stored report.
async fn stored(path: String) -> Result<HealthReport> {
    let name = if path == "-" { "stdin".to_owned() } else { path.clone() };
    // On a thread of its own, so that Ctrl-C ends the program meanwhile.
    let read = tokio::task::spawn_blocking(move || match path.as_str() {
        "-" => {
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
        }
        path => std::fs::read(path),
    });
    let bytes = read.await.unwrap_or_else(|error| Err(io::Error::other(error)));
    let bytes = bytes
        .map_err(|error| Failure::usage(format!("failed to read {name}: {error}"), "Correct the path."))?;
    report(&bytes).map_err(|why| {
        Failure::usage(format!("{name}: {why}"), "Store a report with `plume health -o json > FILE`.")
    })
}

fn report(bytes: &[u8]) -> std::result::Result<HealthReport, String> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("the file is UTF-16, not UTF-8; some shells write that with `>`".to_owned());
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.trim_ascii().is_empty() {
        return Err("the file is empty".to_owned());
    }
    let mut document: Value =
        serde_json::from_slice(bytes).map_err(|error| format!("no JSON document: {error}"))?;
    match document.get("schema").and_then(Value::as_str) {
        Some(SCHEMA) => {}
        Some("plume.error/1") => {
            let message = document.pointer("/data/message").and_then(Value::as_str).unwrap_or_default();
            return Err(format!("the document is about a failure: {message}"));
        }
        Some(other) if other.starts_with("plume.health/") => {
            return Err(format!(
                "the report is `{other}`, of another version; this program reads `{SCHEMA}`"
            ));
        }
        Some(other) => return Err(format!("the document is `{other}`, not `{SCHEMA}`")),
        None => return Err("not a document of this program".to_owned()),
    }
    let data = document.get_mut("data").map(Value::take).unwrap_or_default();
    serde_json::from_value(data).map_err(|error| format!("the report cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_report_is_refused_with_the_reason() {
        for (text, expected) in [
            (&b""[..], "the file is empty"),
            (b"\xef\xbb\xbf ", "the file is empty"),
            (b"\xff\xfe{\0", "UTF-16"),
            (b"{", "no JSON document"),
            (b"[]", "not a document of this program"),
            (br#"{"schema":"plume.node/1","data":{}}"#, "`plume.node/1`, not `plume.health/1`"),
            (br#"{"schema":"plume.health/2","data":{}}"#, "of another version"),
            (
                br#"{"schema":"plume.error/1","data":{"message":"no such customer"}}"#,
                "failure: no such customer",
            ),
            (br#"{"schema":"plume.health/1","data":{}}"#, "the report cannot be read: missing field"),
            (br#"{"schema":"plume.health/1"}"#, "the report cannot be read"),
        ] {
            let why = report(text).unwrap_err();
            assert!(why.contains(expected), "{why}");
        }
    }
}
