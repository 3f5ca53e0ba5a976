//! The table of a watch, which is refreshed in place on a terminal.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plume::{
    health::Status,
    monitor::tracker::{HealthTracker, TrackerState},
    runtime::{Clock, SystemClock},
    types::{CustomerId, LocationId},
    watch::WatchState,
};
use serde::Serialize;

use crate::output::{Cell, Column, Table, Tone};
use crate::session::Session;

/// A home by its ids.
pub(super) type Ids = (CustomerId, LocationId);

/// The state of a watched home.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Watched {
    customer_id: CustomerId,
    location_id: LocationId,
    name: String,
    /// By the newest check.
    pub(super) status: Status,
    /// By checks over the time that a change must last.
    pub(super) confirmed: Status,
    /// The start of the confirmed status.
    since: Option<DateTime<Utc>>,
    /// A change that has not lasted long enough.
    pending: Option<Status>,
    pending_since: Option<DateTime<Utc>>,
    flapping: bool,
    /// Whether the newest check had no verdict.
    unknown: bool,
    #[serde(skip)]
    changed: bool,
}

pub(super) const COLUMNS: [Column<Watched>; 6] = [
    Column::word("STATUS", |home| {
        let mark = if home.changed { " *" } else { "" };
        Cell::new(format!("{}{mark}", home.status)).with(tone(home.status))
    }),
    Column::text("NAME", |home| Cell::new(&home.name)),
    Column::word("SINCE", |home| {
        let is_pending = home.status != home.confirmed && home.pending_since.is_some();
        Cell::time(if is_pending { home.pending_since } else { home.since })
    }),
    Column::word("CONFIRMED", |home| match home.confirmed {
        Status::Unknown if home.unknown => Cell::new("no verdict").with(Tone::Warning),
        confirmed if home.unknown => Cell::new(format!("was {confirmed}")).with(Tone::Warning),
        _ if home.status == Status::Unknown => Cell::new("checking"),
        _ if home.flapping => Cell::new("flapping").with(Tone::Warning),
        confirmed if home.status == confirmed => Cell::new("yes"),
        Status::Unknown => Cell::new("not yet"),
        confirmed => Cell::new(format!("still {confirmed}")),
    }),
    Column::extra(Column::word("LOCATION ID", |home| Cell::new(&home.location_id))),
    Column::extra(Column::word("CUSTOMER ID", |home| Cell::new(&home.customer_id))),
];

fn tone(status: Status) -> Tone {
    match status {
        Status::Green => Tone::Good,
        Status::Yellow | Status::Unknown => Tone::Warning,
        Status::Orange | Status::Red => Tone::Bad,
    }
}

impl Watched {
    fn new(ids: &Ids, name: &str, tracker: &HealthTracker, changed: bool) -> Self {
        let pending = tracker.pending();
        Self {
            customer_id: ids.0.clone(),
            location_id: ids.1.clone(),
            name: name.to_owned(),
            status: tracker.latest(),
            confirmed: tracker.status(),
            since: tracker.since(),
            pending: pending.map(|(status, _)| status),
            pending_since: pending.map(|(_, since)| since),
            flapping: tracker.state() == TrackerState::Flapping,
            unknown: tracker.unknown_since().is_some(),
            changed,
        }
    }
}

/// The homes with their names, and when each last changed.
#[derive(Debug)]
pub(super) struct Board {
    names: HashMap<Ids, String>,
    changed: HashMap<Ids, DateTime<Utc>>,
    /// How long a change is marked.
    mark: Duration,
    bar: ProgressBar,
    clock: SystemClock,
}

impl Board {
    /// `on_screen` is whether stdout takes a table in place.
    pub(super) fn new(names: HashMap<Ids, String>, mark: Duration, on_screen: bool) -> Self {
        let target = if on_screen { ProgressDrawTarget::stdout() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        Self { names, changed: HashMap::new(), mark, bar, clock: SystemClock::new() }
    }

    pub(super) fn name(&self, ids: &Ids) -> String {
        self.names.get(ids).cloned().unwrap_or_else(|| ids.1.to_string())
    }

    pub(super) fn note_change(&mut self, ids: Ids, at: DateTime<Utc>) {
        self.changed.insert(ids, at);
    }

    /// The homes, worst first.
    pub(super) fn homes(&self, state: &WatchState, now: DateTime<Utc>) -> Vec<Watched> {
        let is_new = |at: &DateTime<Utc>| (now - *at).to_std().unwrap_or_default() <= self.mark;
        let mut homes: Vec<Watched> = state
            .iter()
            .map(|(customer, location, tracker)| {
                let ids = (customer.clone(), location.clone());
                Watched::new(&ids, &self.name(&ids), tracker, self.changed.get(&ids).is_some_and(is_new))
            })
            .collect();
        // Stable: homes of one status stay where they are.
        homes.sort_by_key(|home| home.status);
        homes
    }

    /// Waits until the table is to be refreshed. Never ends without a screen.
    pub(super) async fn tick(&self) {
        match self.bar.is_hidden() {
            true => std::future::pending().await,
            false => self.clock.sleep(Duration::from_secs(1)).await,
        }
    }

    /// Refreshes the table. The lines that fit below the head are shown.
    pub(super) fn show(&self, session: &Session, head: &str, state: &WatchState) {
        if self.bar.is_hidden() {
            return;
        }
        let now = session.now();
        let mut homes = self.homes(state, now);
        let all = homes.len();
        let height = terminal_size::terminal_size().map_or(24, |(_, height)| usize::from(height.0));
        homes.truncate(height.saturating_sub(6).max(3));
        let output = session.output.resized().as_of(now);
        let mut lines = output.lines(head);
        lines.push(output.table(&Table::rows(&homes, &COLUMNS)));
        if homes.len() < all {
            lines.extend(output.lines(&format!("and {} more homes", all - homes.len())));
        }
        self.bar.set_message(lines.join("\n"));
    }

    /// Writes lines above the table.
    pub(super) fn above<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }
}

/// The last table stays on the screen, also after a signal.
impl Drop for Board {
    fn drop(&mut self) {
        let is_shown = !self.bar.is_hidden();
        self.bar.abandon();
        if is_shown {
            // The prompt of the shell begins on a line of its own.
            let _ = crate::output::print("\r");
        }
    }
}
