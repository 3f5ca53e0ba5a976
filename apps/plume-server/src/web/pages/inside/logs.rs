//! The log: the latest events, with filters.

use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use crate::journal::{Entry, Filter};
use crate::web::dashboard::Visible;
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::pages::given::Query;
use crate::web::view::{Moment, moment, part};

/// Events on one page.
const PAGE: usize = 100;
/// The levels and times that a reader can choose.
const LEVELS: [(&str, tracing::Level); 5] = [
    ("error", tracing::Level::ERROR),
    ("warn", tracing::Level::WARN),
    ("info", tracing::Level::INFO),
    ("debug", tracing::Level::DEBUG),
    ("trace", tracing::Level::TRACE),
];
const SPANS: [(&str, &str, i64); 4] =
    [("15m", "15 minutes", 15), ("1h", "hour", 60), ("6h", "6 hours", 360), ("24h", "24 hours", 1_440)];

/// The selection of a reader. An unknown place selects all.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web::pages) struct Selection {
    level: String,
    q: String,
    since: String,
    before: String,
    after: String,
}

#[derive(Template)]
#[template(path = "logs.html")]
struct Page<'a> {
    frame: &'a Frame,
    levels: Vec<Choice>,
    spans: Vec<Choice>,
    q: String,
    filtered: bool,
    follows: bool,
    lines: Vec<Line>,
    newest: String,
    newer: String,
    older: String,
}

struct Choice {
    value: &'static str,
    name: &'static str,
    chosen: bool,
}

struct Line {
    at: Moment,
    level: String,
    target: String,
    message: String,
    fields: Vec<(&'static str, String)>,
}

impl Line {
    fn new(entry: &Arc<Entry>, now: DateTime<Utc>) -> Self {
        Self {
            at: moment(entry.at, now).with_seconds(),
            level: entry.level.as_str().to_lowercase(),
            target: entry.target.clone(),
            message: entry.message.clone(),
            fields: entry.fields.clone(),
        }
    }
}

impl Selection {
    fn filter(&self, now: DateTime<Utc>) -> Filter {
        let level = LEVELS.into_iter().find(|(word, _)| *word == self.level).map(|(_, level)| level);
        let since = SPANS.into_iter().find(|(word, ..)| *word == self.since);
        Filter {
            level,
            text: self.q.trim().to_owned(),
            since: since.and_then(|(.., minutes)| now.checked_sub_signed(TimeDelta::minutes(minutes))),
            before: self.before.parse().ok(),
            after: self.after.parse().ok(),
            limit: PAGE,
        }
    }

    fn check(&self) -> Result<(), Fault> {
        Fault::unless_known("Level", &self.level, &LEVELS.map(|(word, _)| word), "/logs")?;
        Fault::unless_known("Since", &self.since, &SPANS.map(|(word, ..)| word), "/logs")
    }

    /// The address of a part of the same selection.
    fn address(&self, place: &str) -> String {
        let mut address = format!("/logs?level={}", part(&self.level));
        for (name, value) in [("q", &self.q), ("since", &self.since)] {
            if !value.is_empty() {
                address.push_str(&format!("&{name}={}", part(value)));
            }
        }
        address.push_str(place);
        address
    }
}

pub(in crate::web::pages) async fn page(
    visible: Visible,
    frame: Frame,
    Query(selection): Query<Selection>,
) -> Response {
    if let Err(fault) = selection.check() {
        return frame.refuse(&fault);
    }
    let now = visible.now();
    let found = visible.log(&selection.filter(now));
    let link = |name, entry: Option<&Arc<Entry>>| {
        entry.map_or_else(String::new, |entry| selection.address(&format!("&{name}={}", entry.number)))
    };
    let is_part = !selection.before.is_empty() || !selection.after.is_empty();
    let page = Page {
        levels: LEVELS
            .iter()
            .map(|(word, _)| Choice { value: word, name: word, chosen: *word == selection.level })
            .collect(),
        spans: SPANS
            .iter()
            .map(|(word, name, _)| Choice { value: word, name, chosen: *word == selection.since })
            .collect(),
        q: selection.q.clone(),
        filtered: !selection.level.is_empty() || !selection.q.is_empty() || !selection.since.is_empty(),
        follows: !is_part,
        lines: found.entries.iter().map(|entry| Line::new(entry, now)).collect(),
        newest: if is_part { selection.address("") } else { String::new() },
        newer: link("after", found.entries.first().filter(|_| found.has_newer)),
        older: link("before", found.entries.last().filter(|_| found.has_older)),
        frame: &frame,
    };
    frame.answer(Ok(page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_keep_the_filters() {
        let selection = Selection { level: "warn".to_owned(), q: "a&b".to_owned(), ..Selection::default() };
        assert_eq!(selection.address("&before=7"), "/logs?level=warn&q=a%26b&before=7");
        let filter = selection.filter(DateTime::UNIX_EPOCH);
        assert_eq!((filter.level, filter.since), (Some(tracing::Level::WARN), None));
        let other = Selection { before: "x".to_owned(), ..Selection::default() };
        assert_eq!(other.filter(DateTime::UNIX_EPOCH).before, None);
    }
}
