//! The summary of a scan.

use serde::Serialize;

use crate::args::Length;
use crate::commands::fleet::scan::home::{COLUMNS, Counts, Home};
use crate::commands::fleet::walk::{FAILED_COLUMNS, Failed};
use crate::output::{self, Output, Table};

/// The homes in a table without --limit and --all.
const DEFAULT_LIMIT: u32 = 25;

/// The `data` of the document.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    #[serde(flatten)]
    pub(super) counts: Counts,
    pub(super) customers: u64,
    /// `null` if it is not known.
    pub(super) customers_total: Option<u64>,
    pub(super) unreadable_rows: u64,
    pub(super) seconds: f64,
    /// Left out where each home was a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) homes: Option<Vec<Home>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) failures: Option<Vec<Failed>>,
}

impl Summary {
    /// Counts, homes and failures for people.
    pub(super) fn text(&self, output: Output, length: &Length, calls: u64) -> String {
        let Counts { count, green, yellow, orange, red, unknown, incomplete, failed } = self.counts;
        let mut lines = vec![
            format!(
                "{} of {}, {}",
                output::count(count, "home"),
                output::count(self.customers, "customer"),
                output::count(calls, "call")
            ),
            format!("green {green}, yellow {yellow}, orange {orange}, red {red}, unknown {unknown}"),
        ];
        if incomplete > 0 {
            lines.push(format!("{} with a part that could not be read", output::count(incomplete, "home")));
        }
        if failed > 0 {
            lines.push(format!("{} failed: their homes are not counted", output::count(failed, "call")));
        }
        let lines: Vec<String> = lines.iter().flat_map(|line| output.lines(line)).collect();
        let mut parts = vec![lines.join("\n")];
        let mut worst: Vec<&Home> = self.homes.iter().flatten().collect();
        worst.sort_by_key(|home| home.status);
        let limit = if length.all { usize::MAX } else { length.limit.unwrap_or(DEFAULT_LIMIT) as usize };
        let shown: Vec<Home> = worst.iter().take(limit).map(|home| (*home).clone()).collect();
        if !shown.is_empty() {
            parts.push(output.table(&Table::rows(&shown, &COLUMNS)));
        }
        if shown.len() < worst.len() {
            let text = format!(
                "{} of {} homes that are not green; --all shows every home.",
                shown.len(),
                worst.len()
            );
            parts.push(output.lines(&text).join("\n"));
        }
        if let Some(failures) = self.failures.as_deref().filter(|failures| !failures.is_empty()) {
            parts.push(output.table(&Table::rows(failures, &FAILED_COLUMNS)));
        }
        parts.join("\n\n")
    }
}
