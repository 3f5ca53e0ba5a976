//! `plume events`: restarts, changes and outages of a location.

use chrono::TimeDelta;
use clap::Args;
use plume::{
    Error, Granularity,
    cli::exit,
    monitor::timeline::{Event, Timeline},
};

use crate::args::{Length, LocationIds, help};
use crate::durations::Since;
use crate::failure::{Failure, Result};
use crate::output::{Cell, Column, Outcome, Rows, Schemas, Table};
use crate::session::Session;

/// List restarts, changes and outages of a location, newest first
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo events --story power-cut --after 40m",
    "plume events 5f0000000000000000000001 5f0000000000000000000002 --since 24h -o csv",
]))]
pub(crate) struct Events {
    #[command(flatten)]
    ids: LocationIds,
    /// The begin: a duration before now like 24h or 7d, a date, or a time like 2026-01-15T10:00:00Z
    #[arg(long, value_name = "TIME", value_parser = Since::parse, default_value = "7d")]
    since: Since,
    #[command(flatten)]
    length: Length,
}

const SCHEMAS: Schemas = Schemas { list: "plume.event.list/1", row: "plume.event/1" };

const COLUMNS: [Column<Event>; 4] = [
    Column::word("TIME", |event| Cell::clock(event.at)),
    Column::word("EVENT", |event| Cell::new(event.kind)),
    Column::prose("DETAILS", |event| match &event.name {
        Some(name) if event.text.is_empty() => Cell::new(name),
        Some(name) => Cell::new(format!("{name}: {}", event.text)),
        None => Cell::new(&event.text),
    }),
    Column::extra(Column::text("AUTHOR", |event| Cell::option(event.author.as_ref()))),
];

/// For programs, the name is a value of its own.
const VALUES: [Column<Event>; 5] = [
    Column::word("TIME", |event| Cell::clock(event.at)),
    Column::word("EVENT", |event| Cell::new(event.kind)),
    Column::text("NODE", |event| Cell::option(event.name.as_ref())),
    Column::text("DETAILS", |event| Cell::new(&event.text)),
    Column::text("AUTHOR", |event| Cell::option(event.author.as_ref())),
];

/// The number of rows without --limit and --all.
const DEFAULT_LIMIT: u32 = 50;
/// The longest online report, in hours.
const MAX_HOURS: i64 = 30 * 24;

impl Events {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<Event>> {
        let location = session.location(&self.ids).await?;
        let (now, since) = (session.now(), self.since.before(session.now()));
        if since > now {
            return Err(Failure::usage(
                "--since is in the future",
                "Give a time in the past, for example 24h.",
            ));
        }
        let hours = (now - since).num_hours().saturating_add(1).clamp(1, MAX_HOURS);
        let (reports, gateway) = (location.reports(), session.client()?.gateway_reports());
        let (nodes, restarts, changes, online) = tokio::join!(
            location.nodes(),
            gateway.reboot_history(location.id().clone()),
            location.audit_trail(),
            reports.online_stats(Granularity::Hours, u32::try_from(hours).ok()),
        );
        if now - since > TimeDelta::hours(MAX_HOURS) {
            session.warn(&format!("outages are known of the last {} days only", MAX_HOURS / 24));
        }
        let mut timeline = Timeline::since(since);
        let results = [
            ("the nodes", nodes.map(|nodes| timeline.add_nodes(&nodes))),
            ("the restarts", restarts.map(|history| timeline.add_restarts(&history))),
            ("the changes of settings", changes.map(|trail| timeline.add_changes(&trail))),
            ("the outages", online.map(|stats| timeline.add_online(&stats))),
        ];
        let mut missing: Vec<(&str, Error)> =
            results.into_iter().filter_map(|(part, result)| Some((part, result.err()?))).collect();
        // Without any part there is no list. An unknown location is an error, whatever the other parts say.
        let only = missing.len() == 4;
        if let Some(at) = missing.iter().position(|(_, error)| only || is_about_location(error)) {
            return Err(missing.swap_remove(at).1.into());
        }
        for (part, error) in &missing {
            session.warn(&format!("{part} could not be read: {error}"));
        }
        let unreadable = timeline.unreadable();
        let code = if missing.is_empty() && unreadable == 0 { exit::DONE } else { exit::PARTLY };
        let rows = Rows { items: timeline.into_events(), unreadable, more: None };
        let rows = rows.cut(&self.length.or(DEFAULT_LIMIT));
        let values = Table::rows(&rows.items, &VALUES);
        Ok(Outcome { code, ..Outcome::list(SCHEMAS, rows, &COLUMNS).with_csv(values) })
    }
}

fn is_about_location(error: &Error) -> bool {
    use plume::{ErrorKind, Resource};
    matches!(error.kind(), ErrorKind::NotFound(Resource::Customer | Resource::Location))
}
