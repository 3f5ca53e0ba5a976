//! The status of a home over a day as a strip. The height of a part shows its status, so that it needs no color.

use std::{collections::BTreeMap, ops::Range};

use askama::{Template, filters::HtmlSafe};
use chrono::{DateTime, TimeDelta, Utc};
use plume::health::Status;
use plume::monitor::sla::in_order;

use crate::store::model::Logged;
use crate::web::pages::row::order;
use crate::web::view::{Badge, Moment, age, moment};

/// The width of the strip: a unit is a minute of the day.
const WIDTH: i64 = 1440;
const HEIGHT: u32 = 40;

/// The strip with its description.
#[derive(Debug, Template)]
#[template(path = "timeline.html")]
pub(super) struct Timeline {
    spans: Vec<Span>,
    words: String,
    from: Moment,
    middle: Moment,
}

// The template escapes every text.
impl HtmlSafe for Timeline {}

#[derive(Debug)]
struct Span {
    code: &'static str,
    x: i64,
    y: u32,
    width: i64,
    height: u32,
    text: String,
}

impl Timeline {
    /// Describes a day. Before `first_seen` nothing is known.
    pub(super) fn new(
        transitions: &[Logged],
        present: Status,
        first_seen: Option<DateTime<Utc>>,
        day: &Range<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Self {
        let mut spans = Vec::new();
        let mut sums: BTreeMap<usize, (Status, TimeDelta)> = BTreeMap::new();
        for (status, period) in periods(transitions, present, first_seen, day) {
            let lasted = period.end.signed_duration_since(period.start);
            let sum = sums.entry(order(status)).or_insert((status, TimeDelta::zero()));
            sum.1 += lasted;
            let x = place(period.start, day);
            let height = height(status);
            let text = format!(
                "{}: {}, from {}",
                Badge::from(status).word,
                age(period.start, period.end).words(),
                period.start.format("%Y-%m-%d %H:%M:%S UTC")
            );
            spans.push(Span {
                code: Badge::from(status).code,
                x,
                y: HEIGHT - height,
                width: (place(period.end, day) - x).max(2),
                height,
                text,
            });
        }
        let words = sums.into_values().map(|(status, lasted)| {
            let start = now.checked_sub_signed(lasted).unwrap_or(now);
            format!("{} {}", Badge::from(status).word, age(start, now).words())
        });
        let middle = day.start.checked_add_signed(TimeDelta::hours(12)).unwrap_or(day.start);
        Self {
            words: words.collect::<Vec<_>>().join(", "),
            spans,
            from: moment(day.start, now),
            middle: moment(middle, now),
        }
    }
}

/// The statuses within a day. `transitions` are in the order of their decisions, and the first may be before the day.
fn periods(
    transitions: &[Logged],
    present: Status,
    first_seen: Option<DateTime<Utc>>,
    day: &Range<DateTime<Utc>>,
) -> Vec<(Status, Range<DateTime<Utc>>)> {
    let known = first_seen.unwrap_or(day.end).clamp(day.start, day.end);
    let changes = in_order(transitions.iter().map(|logged| &logged.transition));
    let (earlier, later) = changes.split_at(changes.partition_point(|(since, _)| *since <= day.start));
    let before = earlier.last().map(|(_, status)| *status);
    let inside: Vec<_> = later.iter().take_while(|(since, _)| *since < day.end).collect();
    let first = transitions.first().map(|logged| logged.transition.from);
    let at_start = before.or(first).unwrap_or(present);
    let (mut status, mut start) = (at_start, day.start);
    let mut found = Vec::new();
    // Without an older transition the home was not watched before its first sample.
    if before.is_none() && known > day.start {
        let end = inside.first().map_or(known, |first| known.min(first.0));
        found.push((Status::Unknown, start..end));
        start = end;
    }
    for (since, next) in inside {
        let since = (*since).max(start);
        found.push((status, start..since));
        (status, start) = (*next, since);
    }
    found.push((status, start..day.end));
    // The first sample of a home is a moment after the begin of the day, and that moment is no time without data.
    found.retain(|(_, period)| period.end.signed_duration_since(period.start) >= TimeDelta::seconds(1));
    found
}

fn place(at: DateTime<Utc>, day: &Range<DateTime<Utc>>) -> i64 {
    let length = day.end.signed_duration_since(day.start).num_seconds().max(1);
    at.signed_duration_since(day.start).num_seconds() * WIDTH / length
}

fn height(status: Status) -> u32 {
    match status {
        Status::Red => HEIGHT,
        Status::Orange => 32,
        Status::Yellow => 24,
        Status::Unknown => 6,
        Status::Green => 14,
    }
}

#[cfg(test)]
mod tests {
    use plume::monitor::home::Transition;

    use super::*;

    fn at(hour: u32) -> DateTime<Utc> {
        format!("2026-01-15T{hour:02}:00:00Z").parse().unwrap()
    }

    fn change(hour: u32, from: Status, to: Status) -> Logged {
        let json = serde_json::json!({
            "kind": "entered", "from": from, "to": to, "since": at(hour), "at": at(hour),
        });
        let transition: Transition = serde_json::from_value(json).unwrap();
        Logged { transition, headline: String::new() }
    }

    #[test]
    fn the_parts_of_a_day_touch_each_other_and_cover_it() {
        let day = at(0)..at(20);
        let (green, red, unknown) = (Status::Green, Status::Red, Status::Unknown);
        let list = |transitions: &[Logged], first| {
            let found = periods(transitions, green, first, &day);
            assert_eq!(found.first().map(|(_, period)| period.start), Some(at(0)));
            assert_eq!(found.last().map(|(_, period)| period.end), Some(at(20)));
            assert!(found.windows(2).all(|pair| pair[0].1.end == pair[1].1.start));
            found.into_iter().map(|(status, _)| status).collect::<Vec<_>>()
        };
        assert_eq!(list(&[], Some(at(0))), [green]);
        assert_eq!(list(&[], Some(at(5))), [unknown, green]);
        assert_eq!(list(&[], None), [unknown]);
        let moment = TimeDelta::milliseconds(400);
        assert_eq!(periods(&[], green, Some(at(0) + moment), &day), [(green, at(0) + moment..at(20))]);
        let outage = [change(10, green, red), change(12, red, green)];
        assert_eq!(list(&outage, Some(at(0))), [green, red, green]);
        assert_eq!(list(&outage, Some(at(5))), [unknown, green, red, green]);
        assert_eq!(list(&outage, Some(at(11))), [unknown, red, green], "the start of the outage was derived");
        // The outage was pending before a gap without data, and decided after it.
        let mut late = [change(10, green, unknown), change(15, unknown, green), change(9, green, red)];
        late[2].transition.at = at(15);
        assert_eq!(list(&late, Some(at(0))), [green, unknown, red]);
    }
}
