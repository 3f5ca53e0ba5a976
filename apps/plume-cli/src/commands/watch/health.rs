//! `plume watch health`: the statuses of homes.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::Args;
use plume::{
    cli::{exit, for_terminal},
    health::{Format as Rendering, Status},
    monitor::tracker::TrackerPolicy,
    types::{CustomerId, LocationId},
    watch::{Transition, WatchFailure},
};
use serde::Serialize;

use crate::args::{Format, LocationIds, help};
use crate::commands::fleet;
use crate::commands::watch::board::{Board, COLUMNS, Ids, Watched};
use crate::durations::{duration, duration_or_zero};
use crate::failure::{Failure, Result};
use crate::output::{Cell, Column, Outcome, Printed, Table, count};
use crate::session::Session;
use crate::session::feed::Feed;

/// Check homes at an interval, and report when a status changes
///
/// On a terminal a table is refreshed in place, and changes are lines above it; a changed status is marked with *. Elsewhere
/// each change is a line, as text, CSV or a JSON document. A check of a home is four calls. Ctrl-C ends the watch.
///
/// A change is confirmed and reported when it has lasted for a while (--settle). The table and the last document have the status
/// of the newest check and the confirmed one; `--rounds 1` checks each home once, as fast as the call limit allows.
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo watch health --story power-cut --interval 10s",
    "plume watch health 5f0000000000000000000001/5f0000000000000000000002 --interval 1m",
    "plume watch health --fleet --interval 30m -o jsonl",
]))]
pub(crate) struct WatchHealth {
    /// The homes; may be left out with --demo, and with a profile that has the ids
    #[arg(value_name = "CUSTOMER_ID/LOCATION_ID", value_parser = ids, conflicts_with = "fleet")]
    homes: Vec<Ids>,
    /// Watch every home of the partner
    #[arg(long)]
    fleet: bool,
    /// The time between two checks of a home, 5m unless given; the checks of several homes are spread over it
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    interval: Option<Duration>,
    /// A change is reported when it has lasted this long; unless given, 3m for a problem and 5m for its end
    #[arg(long, value_name = "DURATION", value_parser = duration_or_zero)]
    settle: Option<Duration>,
    /// End after this many checks of each home
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: Option<u32>,
}

const INTERVAL: Duration = Duration::from_secs(300);
/// The shortest interval of a watch.
const SHORTEST: Duration = Duration::from_secs(1);
/// The calls of a check.
const CALLS: u64 = 4;
const CONCURRENCY: usize = 8;

fn ids(text: &str) -> std::result::Result<Ids, String> {
    match text.split_once('/') {
        Some((customer, location)) if !customer.is_empty() && !location.is_empty() => {
            Ok((customer.into(), location.into()))
        }
        _ => Err("not two ids with a slash between them".to_owned()),
    }
}

/// A failed check.
#[derive(Debug, Serialize)]
struct Failed {
    customer_id: CustomerId,
    location_id: LocationId,
    at: DateTime<Utc>,
    message: String,
}

const CHANGE_SCHEMA: &str = "plume.watch.change/1";
const FAILED_SCHEMA: &str = "plume.watch.failure/1";

const CHANGE_COLUMNS: [Column<Transition>; 8] = [
    Column::word("AT", |change| Cell::time(Some(change.at))),
    Column::word("KIND", |change| Cell::new(change.event.kind)),
    Column::word("FROM", |change| Cell::new(change.event.from)),
    Column::word("TO", |change| Cell::new(change.event.to)),
    Column::text("NAME", |change| Cell::new(&change.report.location.name)),
    Column::text("HEADLINE", |change| Cell::new(&change.report.headline)),
    Column::word("CUSTOMER ID", |change| Cell::new(&change.customer_id)),
    Column::word("LOCATION ID", |change| Cell::new(&change.location_id)),
];

/// The `data` of the last document.
#[derive(Debug, Default, Serialize)]
struct Summary {
    changes: u64,
    failed_checks: u64,
    homes: Vec<Watched>,
}

impl WatchHealth {
    pub(crate) async fn run(self, session: &Session) -> Result<Printed> {
        if session.output.format == Format::Json {
            return Err(Failure::usage(
                "a watch has no single document",
                "Use -o jsonl: a document per change.",
            ));
        }
        let (names, code) = self.names(session).await?;
        // The clock of a recording does not wait.
        let rounds = self.rounds.or(session.global.replay.as_ref().map(|_| 1));
        let interval = match rounds {
            // Nothing to spread.
            Some(1) => self.interval.unwrap_or(SHORTEST),
            _ => self.interval.unwrap_or(INTERVAL),
        };
        let mut policy = TrackerPolicy::standard();
        if let Some(settle) = self.settle {
            policy = policy.with_enter_after(settle).with_leave_after(settle);
        }
        let head = match (rounds, self.interval) {
            (Some(1), None) => once(session, names.len() as u64)?,
            _ => format!("{}; {}", estimate(session, names.len() as u64, interval)?, settled(&policy)),
        };
        let homes: Vec<Ids> = names.keys().cloned().collect();
        let mut watch =
            plume::watch(session.client()?, homes).every(interval).tracker(policy).concurrency(CONCURRENCY);
        if let Some(rounds) = rounds {
            watch = watch.rounds(rounds as usize);
        }
        let on_screen = session.output.format == Format::Table && std::io::stdout().is_terminal();
        let board = Board::new(names, interval, on_screen);
        let mut reporter = Reporter {
            session,
            board,
            feed: session.feed(),
            last_failures: HashMap::new(),
            summary: Summary::default(),
        };
        if !on_screen {
            session.remark(&format!("note: {head}"));
        }
        while reporter.feed.is_open() {
            reporter.board.show(session, &head, &watch.state());
            tokio::select! {
                biased;
                item = watch.next() => match item {
                    Some(Ok(change)) => reporter.changed(&change)?,
                    Some(Err(failure)) => reporter.failed(&failure)?,
                    None => break,
                },
                () = reporter.board.tick() => {}
            }
        }
        if !reporter.feed.is_open() {
            return Ok(Printed { text: String::new(), code: exit::DONE });
        }
        reporter.board.show(session, &head, &watch.state());
        reporter.feed.end(&CHANGE_COLUMNS)?;
        let mut summary = std::mem::take(&mut reporter.summary);
        summary.homes = reporter.board.homes(&watch.state(), session.now());
        let code = if summary.failed_checks > 0 { exit::PARTLY } else { code };
        // On a screen the table is there already.
        let text = match on_screen {
            true => String::new(),
            false => session.output.table(&Table::rows(&summary.homes, &COLUMNS)),
        };
        drop(reporter);
        let is_open = |home: &&Watched| home.status != Status::Unknown && home.status != home.confirmed;
        match summary.homes.iter().filter(is_open).count() {
            0 => {}
            open => session.remark(&format!(
                "note: the status of {} is not confirmed: {} (--settle)",
                count(open as u64, "home"),
                settled(&policy)
            )),
        }
        let empty = Table::rows::<Watched>(&[], &[]);
        Ok(session.print(&Outcome { code, ..Outcome::fitted("plume.watch/1", summary, text, empty) }))
    }

    /// The homes with their names, and the exit code so far.
    async fn names(&self, session: &Session) -> Result<(HashMap<Ids, String>, u8)> {
        if self.fleet {
            let (homes, code) = fleet::homes(session).await?;
            if homes.is_empty() {
                return Err(Failure::not_found("the fleet has no homes", "Check the partner id."));
            }
            let named = homes.into_iter().map(|home| {
                let name = home.value.display_name().to_owned();
                ((home.customer_id, home.location_id), name)
            });
            return Ok((named.collect(), code));
        }
        let mut handles = Vec::new();
        for (customer, location) in &self.homes {
            let (customer_id, location_id) = (Some(customer.to_string()), Some(location.to_string()));
            handles.push(session.location(&LocationIds { customer_id, location_id }).await?);
        }
        if handles.is_empty() {
            handles.push(session.location(&LocationIds::default()).await?);
        }
        let mut names = HashMap::new();
        for home in handles {
            let name = home.get().await?.display_name().to_owned();
            names.insert((home.customer_id().clone(), home.id().clone()), name);
        }
        Ok((names, exit::DONE))
    }
}

/// The calls of the watch in words, with a warning if the call limit does not allow them.
#[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
fn estimate(session: &Session, homes: u64, interval: Duration) -> Result<String> {
    let calls = CALLS * homes;
    let per_second = calls as f64 / interval.as_secs_f64().max(1.0);
    if let Some(pace) = session.client()?.rate_limiter().status().pace
        && per_second > pace
    {
        let round = plume_text::human(Duration::from_secs((calls as f64 / pace).ceil() as u64));
        session.warn(&format!(
            "{per_second:.1} calls/s are more than the call limit of {pace:.1} calls/s: a round takes {round}"
        ));
    }
    let (homes, every) = (count(homes, "home"), plume_text::human(interval));
    Ok(format!("{homes} every {every}: {calls} calls per round, {:.1} calls a minute", 60.0 * per_second))
}

/// The calls of a single round in words.
#[expect(clippy::cast_precision_loss, reason = "shown in whole seconds")]
fn once(session: &Session, homes: u64) -> Result<String> {
    let calls = CALLS * homes;
    let pace = session.client()?.rate_limiter().status().pace;
    let time = pace.and_then(|pace| Duration::try_from_secs_f64((calls as f64 / pace).ceil()).ok());
    let time = time.map_or_else(String::new, |time| format!(", at most {}", plume_text::human(time)));
    Ok(format!("{} once: {calls} calls{time}", count(homes, "home")))
}

/// The time until a change is confirmed, in words.
fn settled(policy: &TrackerPolicy) -> String {
    let (problem, end) = (plume_text::human(policy.enter_after), plume_text::human(policy.leave_after));
    if policy.enter_after == policy.leave_after {
        return format!("a change is confirmed after {problem}");
    }
    format!("a problem is confirmed after {problem}, its end after {end}")
}

/// Writes changes and failures.
struct Reporter<'s> {
    session: &'s Session,
    board: Board,
    feed: Feed<'s>,
    /// The last failure of each home: the same one is not repeated on a screen.
    last_failures: HashMap<Ids, String>,
    summary: Summary,
}

impl Reporter<'_> {
    fn changed(&mut self, change: &Transition) -> Result<()> {
        self.summary.changes += 1;
        let ids = (change.customer_id.clone(), change.location_id.clone());
        self.last_failures.remove(&ids);
        self.board.note_change(ids, change.at);
        if self.session.output.has_rows() {
            return self.feed.row(CHANGE_SCHEMA, change, &CHANGE_COLUMNS);
        }
        let time = change.at.format("%Y-%m-%d %H:%M:%SZ");
        let event = change.event.render(Rendering::Text).replace('\n', ". ");
        let name = plume::health::on_screen(&change.report.location.name).into_owned();
        let text = for_terminal(&format!("{time}  {name}: {event}\n  {}", change.report.headline));
        let lines: Vec<String> = text.lines().flat_map(|line| self.session.output.lines(line)).collect();
        let (board, feed) = (&self.board, &mut self.feed);
        board.above(|| feed.line(&lines.join("\n")))
    }

    fn failed(&mut self, failure: &WatchFailure) -> Result<()> {
        self.summary.failed_checks += 1;
        let ids = (failure.customer_id.clone(), failure.location_id.clone());
        let message = failure.to_string();
        if self.session.output.format == Format::Jsonl {
            let (customer_id, location_id) = ids;
            let failed = Failed { customer_id, location_id, at: failure.at, message };
            return self.feed.row(FAILED_SCHEMA, &failed, &[]);
        }
        if self.last_failures.get(&ids) != Some(&message) {
            self.board.above(|| self.session.remark(&format!("warning: {message}")));
            self.last_failures.insert(ids, message);
        }
        Ok(())
    }
}
