//! `plume fleet scan`: the verdict on every home.

use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::Args;
use plume::{
    Continuation, FleetItem,
    cli::exit,
    health::{HealthReport, Policy, Status, analyze},
    types::{CustomerId, LocationId, LocationSnapshot},
};
use serde::{Deserialize, Serialize};

use crate::args::{Format, Length, help};
use crate::commands::fleet::checkpoint::Checkpoint;
use crate::commands::fleet::walk::{FAILED_COLUMNS, Failed, Walk, fleet, patient};
use crate::failure::{Failure, Result};
use crate::output::{Cell, Column, Outcome, Printed, Table, Tone};
use crate::session::Session;

/// Judge every home of the partner
///
/// As a table it shows the counts, the homes that are not green, and what failed. As JSON it is one document with every home.
/// As JSON lines and CSV each home is a row as soon as it is judged; the last JSON line is the summary.
///
/// After Ctrl-C, `--resume` continues where the scan stopped.
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo fleet scan",
    "plume fleet scan -o jsonl",
    "plume fleet scan --resume -o jsonl",
]))]
pub(crate) struct Scan {
    /// Continue the scan that was interrupted
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    length: Length,
}

const SCHEMA: &str = "plume.fleet.scan/1";
const HOME_SCHEMA: &str = "plume.fleet.home/1";
/// The homes in a table without --limit and --all.
const DEFAULT_LIMIT: u32 = 25;
/// The interval at which the place is stored.
const SAVE_EVERY: Duration = Duration::from_secs(2);

/// The verdict on a home.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Home {
    customer_id: CustomerId,
    location_id: LocationId,
    name: String,
    status: Status,
    online: Option<bool>,
    headline: String,
    findings: usize,
    /// Whether a part could not be read.
    incomplete: bool,
    taken_at: DateTime<Utc>,
}

const COLUMNS: [Column<Home>; 6] = [
    Column::word("STATUS", |home| Cell::new(home.status).with(tone(home.status))),
    Column::text("NAME", |home| Cell::new(&home.name)),
    Column::text("HEADLINE", |home| Cell::new(&home.headline)),
    Column::extra(Column::word("LOCATION ID", |home| Cell::new(&home.location_id))),
    Column::extra(Column::word("CUSTOMER ID", |home| Cell::new(&home.customer_id))),
    Column::extra(Column::number("FINDINGS", |home| Cell::new(home.findings))),
];

pub(super) fn tone(status: Status) -> Tone {
    match status {
        Status::Green => Tone::Good,
        Status::Yellow | Status::Unknown => Tone::Warning,
        Status::Orange | Status::Red => Tone::Bad,
    }
}

impl Home {
    fn new(item: FleetItem<LocationSnapshot>, now: DateTime<Utc>) -> Self {
        let FleetItem { customer_id, location_id, value: snapshot, .. } = item;
        let report: HealthReport = analyze(&snapshot, &Policy::standard(), now);
        Self {
            customer_id,
            location_id,
            incomplete: exit::report_code(&snapshot, &report) != exit::DONE,
            name: report.location.name,
            status: report.status,
            online: report.online,
            headline: report.headline,
            findings: report.findings.len(),
            taken_at: report.taken_at,
        }
    }
}

/// The counts of a scan, including those before it was resumed.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Counts {
    /// The number of homes.
    count: u64,
    green: u64,
    yellow: u64,
    orange: u64,
    red: u64,
    unknown: u64,
    /// Homes with a part that could not be read.
    incomplete: u64,
    failed: u64,
}

/// The results of a scan so far.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Found {
    counts: Counts,
    /// The homes that the document or table will show: none where each was written as a row.
    homes: Vec<Home>,
    failures: Vec<Failed>,
    /// The number of homes that an earlier run did not keep for this document.
    not_kept: u64,
}

impl Found {
    fn add(&mut self, home: Home, is_kept: bool) {
        let counts = &mut self.counts;
        counts.count += 1;
        counts.incomplete += u64::from(home.incomplete);
        *match home.status {
            Status::Green => &mut counts.green,
            Status::Yellow => &mut counts.yellow,
            Status::Orange => &mut counts.orange,
            Status::Red => &mut counts.red,
            Status::Unknown => &mut counts.unknown,
        } += 1;
        match is_kept {
            true => self.homes.push(home),
            false => self.not_kept += 1,
        }
    }
}

/// The `data` of the document.
#[derive(Debug, Serialize)]
struct Summary {
    #[serde(flatten)]
    counts: Counts,
    customers: u64,
    /// `null` if it is not known.
    customers_total: Option<u64>,
    unreadable_rows: u64,
    seconds: f64,
    /// Left out where each home was a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    homes: Option<Vec<Home>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failures: Option<Vec<Failed>>,
}

/// The rows of a customer come in one piece, so that a resumed scan repeats none and loses none.
enum Row {
    Home(Home),
    Failed(Failed),
}

impl Scan {
    pub(crate) async fn run(self, session: &Session) -> Result<Printed> {
        if self.length.limit.is_some() && session.output.format != Format::Table {
            return Err(Failure::usage(
                "--limit is about the table: as json, jsonl and csv a scan lists every home",
                "Leave out --limit, or take the first lines with `| head`.",
            ));
        }
        let client = patient(session)?;
        let partner = client.partner_id().map(ToString::to_string).unwrap_or_default();
        let checkpoint = Checkpoint::of(session, &partner);
        let mut stored = None;
        if self.resume {
            let Some(checkpoint) = &checkpoint else {
                return Err(Failure::usage(
                    "a scan with --sanitize or --replay, or without a home directory, cannot be resumed",
                    "Leave out --resume.",
                ));
            };
            stored = checkpoint.load::<Found>()?;
            if stored.is_none() {
                session.remark("note: no interrupted scan; this one starts at the beginning");
            }
        }
        let (at, found) = match stored {
            Some((at, found)) => (Some(at), found),
            None => (None, Found::default()),
        };
        let mut fleet = fleet(&client);
        if let Some(at) = &at {
            fleet = fleet.resume(at)?;
        }
        let walk = Walk::new(session, &client, fleet.snapshots());
        let at = walk.stream.continuation();
        let mut scan =
            Scanning { session, walk, checkpoint, at, found, saved: Duration::ZERO, is_done: false };
        scan.follow(self.keeps(session.output.format)).await?;
        self.print(session, scan)
    }

    /// Returns whether the document or the table will show a home.
    fn keeps(&self, format: Format) -> fn(&Home) -> bool {
        match format {
            Format::Jsonl | Format::Csv => |_| false,
            Format::Json => |_| true,
            Format::Table if self.length.all => |_| true,
            Format::Table => |home| home.status != Status::Green,
        }
    }

    fn print(self, session: &Session, mut scan: Scanning<'_>) -> Result<Printed> {
        if !scan.walk.feed.is_open() {
            return Ok(Printed { text: String::new(), code: exit::DONE });
        }
        scan.walk.feed.end(&COLUMNS)?;
        let is_streamed = session.output.has_rows();
        let found = std::mem::take(&mut scan.found);
        let Found { counts, homes, failures, not_kept } = found;
        let progress = scan.walk.stream.progress();
        let code = scan.walk.code(counts.failed == 0 && counts.incomplete == 0);
        let is_cut = scan.walk.ended.is_some();
        let summary = Summary {
            counts,
            customers: progress.customers_done,
            customers_total: progress.customers_total,
            unreadable_rows: scan.walk.stream.notes().unreadable,
            seconds: (scan.walk.passed().as_secs_f64() * 1_000.0).round() / 1_000.0,
            homes: (!is_streamed).then_some(homes),
            failures: (!is_streamed).then_some(failures),
        };
        if summary.unreadable_rows > 0 {
            session.warn(&format!("{} rows could not be read and are left out", summary.unreadable_rows));
        }
        if let Some(error) = &scan.walk.ended {
            session.warn(&format!("the scan ended early: {error}"));
        }
        let expected =
            if self.length.all || session.output.format == Format::Json { 0 } else { counts.green };
        if not_kept > expected && !is_streamed {
            session.warn(&format!(
                "{} homes before the scan was resumed are counted and not listed",
                not_kept - expected
            ));
        }
        let text = self.text(session, &summary, scan.walk.calls());
        drop(scan);
        let empty = Table::rows::<Home>(&[], &[]);
        Ok(session.print(&Outcome { code, is_cut, ..Outcome::fitted(SCHEMA, summary, text, empty) }))
    }

    /// Counts, homes and failures for people.
    fn text(&self, session: &Session, summary: &Summary, calls: u64) -> String {
        let Counts { count, green, yellow, orange, red, unknown, incomplete, failed } = summary.counts;
        let mut lines = vec![
            format!("{count} homes of {} customers, {calls} calls", summary.customers),
            format!("green {green}, yellow {yellow}, orange {orange}, red {red}, unknown {unknown}"),
        ];
        if incomplete > 0 {
            lines.push(format!("{incomplete} homes with a part that could not be read"));
        }
        if failed > 0 {
            lines.push(format!("{failed} calls failed: their homes are not counted"));
        }
        let lines: Vec<String> = lines.iter().flat_map(|line| session.output.lines(line)).collect();
        let mut parts = vec![lines.join("\n")];
        let mut worst: Vec<&Home> = summary.homes.iter().flatten().collect();
        worst.sort_by_key(|home| home.status);
        let limit = if self.length.all { usize::MAX } else { self.limit() };
        let shown: Vec<Home> = worst.iter().take(limit).map(|home| (*home).clone()).collect();
        if !shown.is_empty() {
            parts.push(session.output.table(&Table::rows(&shown, &COLUMNS)));
        }
        if shown.len() < worst.len() {
            let text = format!(
                "{} of {} homes that are not green; --all shows every home.",
                shown.len(),
                worst.len()
            );
            parts.push(session.output.lines(&text).join("\n"));
        }
        if let Some(failures) = summary.failures.as_deref().filter(|failures| !failures.is_empty()) {
            parts.push(session.output.table(&Table::rows(failures, &FAILED_COLUMNS)));
        }
        parts.join("\n\n")
    }

    fn limit(&self) -> usize {
        self.length.limit.unwrap_or(DEFAULT_LIMIT) as usize
    }
}

/// A scan on its way. Dropping it stores the place, also when a signal ends the program.
struct Scanning<'s> {
    session: &'s Session,
    walk: Walk<'s, LocationSnapshot>,
    checkpoint: Option<Checkpoint>,
    /// The place behind the last customer in `found`.
    at: Continuation,
    found: Found,
    saved: Duration,
    is_done: bool,
}

impl Scanning<'_> {
    async fn follow(&mut self, keeps: fn(&Home) -> bool) -> Result<()> {
        let mut rows = Vec::new();
        while let Some(item) = self.walk.next().await {
            let is_last = self.walk.ended.is_some();
            rows.push(match item {
                Ok(item) => Row::Home(Home::new(item, self.session.now())),
                Err(failed) => Row::Failed(failed),
            });
            if is_last || self.walk.stream.continuation().offset() > self.at.offset() {
                self.take(&mut rows, keeps)?;
            }
        }
        // The customers after the last home have none.
        self.take(&mut rows, keeps)?;
        match (self.walk.ended.take(), self.found.counts.count) {
            (Some(error), 0) => {
                // The place of an earlier scan stays.
                self.checkpoint = None;
                Err(error.into())
            }
            (ended, _) => {
                self.is_done = ended.is_none() && self.walk.feed.is_open();
                self.walk.ended = ended;
                Ok(())
            }
        }
    }

    /// Writes the rows of complete customers, and counts them.
    fn take(&mut self, rows: &mut Vec<Row>, keeps: fn(&Home) -> bool) -> Result<()> {
        for row in rows.drain(..) {
            match row {
                Row::Home(home) => {
                    self.walk.row(HOME_SCHEMA, &home, &COLUMNS)?;
                    let is_kept = keeps(&home);
                    self.found.add(home, is_kept);
                }
                Row::Failed(failed) => {
                    self.walk.failed(&failed)?;
                    self.found.counts.failed += 1;
                    if !self.session.output.has_rows() {
                        self.found.failures.push(failed);
                    }
                }
            }
        }
        self.at = self.walk.stream.continuation();
        let now = self.walk.passed();
        if now.saturating_sub(self.saved) >= SAVE_EVERY {
            self.saved = now;
            self.save();
        }
        Ok(())
    }

    fn save(&mut self) {
        let Some(checkpoint) = &self.checkpoint else { return };
        if let Err(error) = checkpoint.save(&self.at, &self.found) {
            let path = checkpoint.path().display();
            self.walk.remark(&format!("warning: --resume will not work: cannot write {path}: {error}"));
            self.checkpoint = None;
        }
    }
}

impl Drop for Scanning<'_> {
    fn drop(&mut self) {
        if self.is_done {
            if let Some(checkpoint) = &self.checkpoint {
                checkpoint.remove();
            }
            return;
        }
        self.save();
        if self.checkpoint.is_some() && self.walk.feed.is_open() {
            let done = self.walk.stream.progress().customers_done;
            self.walk.remark(&format!("note: {done} customers are done; --resume continues after them"));
        }
    }
}
