//! `plume fleet scan`: the verdict on every home.

mod home;
mod place;
mod report;

use std::time::Duration;

use clap::Args;
use plume::{
    Continuation, FleetCheckpoint, FleetFailure, FleetItem, FleetStep, cli::exit, health::Status,
    types::LocationSnapshot,
};
use serde::de::IgnoredAny;

use crate::args::{Format, Length, help};
use crate::commands::fleet::scan::home::{COLUMNS, Found, HOME_SCHEMA, Home};
use crate::commands::fleet::scan::report::Summary;
use crate::commands::fleet::walk::{Walk, fleet, patient};
use crate::failure::{Failure, Result};
use crate::output::{Outcome, Printed, Table, count};
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
/// The interval at which the place is stored.
const SAVE_EVERY: Duration = Duration::from_secs(2);

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
        let checkpoint = place::of(session, &partner);
        let stored = if self.resume { self.stored(session, checkpoint.as_ref())? } else { None };
        let replaces = !self.resume && warn_of_earlier(session, &partner);
        let mut fleet = fleet(&client);
        let mut found = Found::default();
        if let Some((at, before)) = stored {
            fleet = fleet.resume(&at)?;
            found = before;
        }
        let walk = Walk::new(session, &client, fleet.snapshots());
        let at = walk.stream.continuation();
        let began = at.offset();
        let mut scan =
            Scanning { session, walk, checkpoint, began, at, found, saved: None, replaces, is_done: false };
        scan.follow(self.keeps(session.output.format)).await?;
        self.print(session, scan)
    }

    /// The place and the findings of the interrupted scan.
    fn stored(
        &self,
        session: &Session,
        checkpoint: Option<&FleetCheckpoint>,
    ) -> Result<Option<(Continuation, Found)>> {
        let Some(checkpoint) = checkpoint else {
            return Err(Failure::usage(
                "a scan with --sanitize or --replay, or without a home directory, cannot be resumed",
                "Leave out --resume.",
            ));
        };
        let stored = place::load(checkpoint)?;
        if stored.is_none() {
            session.remark("note: no interrupted scan; this one starts at the beginning");
        }
        Ok(stored)
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
                "{} before the scan was resumed: counted and not listed",
                count(not_kept - expected, "home")
            ));
        }
        let text = summary.text(session.output, &self.length, scan.walk.calls());
        drop(scan);
        let empty = Table::rows::<Home>(&[], &[]);
        Ok(session.print(&Outcome { code, is_cut, ..Outcome::fitted(SCHEMA, summary, text, empty) }))
    }
}

/// Says that an interrupted scan could be continued. Returns whether there is one.
fn warn_of_earlier(session: &Session, partner: &str) -> bool {
    // A checkpoint of its own: the one of this scan would remove what it has loaded.
    let loaded = place::of(session, partner).map(|file| file.load::<IgnoredAny>());
    let Some(Ok(Some((at, _)))) = loaded else { return false };
    session.remark(&format!(
        "note: an earlier scan stopped after {}, and --resume would continue it; this one starts at the beginning",
        count(at.offset(), "customer")
    ));
    true
}

type Item = std::result::Result<FleetItem<LocationSnapshot>, FleetFailure>;

/// A scan on its way. Dropping it stores the place, also when a signal ends the program.
struct Scanning<'s> {
    session: &'s Session,
    walk: Walk<'s, LocationSnapshot>,
    checkpoint: Option<FleetCheckpoint>,
    /// The offset at the start.
    began: u64,
    /// The place behind the last customer in `found`.
    at: Continuation,
    found: Found,
    /// The time of the last save.
    saved: Option<Duration>,
    /// Whether the first save replaces the place of an earlier scan.
    replaces: bool,
    is_done: bool,
}

impl Scanning<'_> {
    async fn follow(&mut self, keeps: fn(&Home) -> bool) -> Result<()> {
        while let Some(step) = self.walk.next_step().await {
            self.take(step, keeps)?;
        }
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

    /// Writes the rows of whole customers, and counts them: a resumed scan repeats none and loses none.
    fn take(&mut self, step: FleetStep<LocationSnapshot>, keeps: fn(&Home) -> bool) -> Result<()> {
        let (counts, not_kept) = (self.found.counts, self.found.not_kept);
        let written = self.write(step.items, keeps);
        if written.is_err() || !self.walk.feed.is_open() {
            // A full disk or a closed pipe: the reader has not seen all of these rows.
            (self.found.counts, self.found.not_kept) = (counts, not_kept);
            return written;
        }
        self.at = step.continuation;
        let now = self.walk.passed();
        if now.saturating_sub(self.saved.unwrap_or_default()) >= SAVE_EVERY {
            self.saved = Some(now);
            self.save();
        }
        Ok(())
    }

    fn write(&mut self, items: Vec<Item>, keeps: fn(&Home) -> bool) -> Result<()> {
        for item in items {
            match item {
                Ok(item) => {
                    let home = Home::new(item, self.session.now());
                    self.walk.row(HOME_SCHEMA, &home, &COLUMNS)?;
                    let is_kept = keeps(&home);
                    self.found.add(home, is_kept);
                }
                Err(failure) => {
                    let failed = self.walk.failure(failure)?;
                    self.found.counts.failed += 1;
                    if !self.session.output.has_rows() {
                        self.found.failures.push(failed);
                    }
                }
            }
        }
        Ok(())
    }

    fn save(&mut self) {
        let Some(checkpoint) = &self.checkpoint else { return };
        if let Err(error) = checkpoint.save(&self.at, &self.found) {
            let path = checkpoint.path().display();
            self.walk.remark(&format!("warning: --resume will not continue this scan: {path}: {error}"));
            self.checkpoint = None;
        }
    }
}

impl Drop for Scanning<'_> {
    fn drop(&mut self) {
        if self.is_done {
            if let Some(checkpoint) = &self.checkpoint {
                // A place that stays is offered, and replaced by the next scan.
                let _ = checkpoint.remove();
            }
            return;
        }
        if self.replaces && self.saved.is_none() {
            self.walk.remark("note: --resume continues the earlier scan: this one has just begun");
            return;
        }
        if self.at.offset() == self.began {
            return;
        }
        self.save();
        if self.checkpoint.is_some() && self.walk.feed.is_open() {
            let done = count(self.at.offset(), "customer");
            self.walk.remark(&format!("note: {done} done; --resume continues there"));
        }
    }
}
