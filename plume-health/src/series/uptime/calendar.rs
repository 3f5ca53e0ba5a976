//! The online report of a location as a calendar: one row per day with its hours, or one row per month with its days.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Utc};
use plume_types::OnlineStats;
use serde::{Deserialize, Serialize};

use crate::named::named;
use crate::series::measure::{time_at, usual_step};
use crate::series::uptime::report::{SampleState, samples};

/// The states of a location, arranged for people. Returned by [`calendar`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Calendar {
    /// The length of a cell.
    pub cell: CalendarCell,
    /// The rows, oldest first, at most [`MAX_ROWS`].
    pub rows: Vec<CalendarRow>,
    /// Whether the report has older samples than the first row.
    pub is_cut: bool,
}

/// A day or a month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CalendarRow {
    /// The start of the day or month, in UTC.
    pub start: DateTime<Utc>,
    /// The worst state in each hour of the day, or on each day of the month. `None` before the first sample and after the
    /// last one; a cell without a sample between them is unknown.
    pub cells: Vec<Option<SampleState>>,
}

/// The length of a cell of a [`Calendar`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CalendarCell {
    /// An hour; a row is a day.
    Hour,
    /// A day; a row is a month.
    Day,
}

named!(CalendarCell { Hour = "hour", Day = "day" });

/// The maximum number of rows of a [`Calendar`].
pub const MAX_ROWS: usize = 31;

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
/// The step from which a sample is about a day.
const DAILY_FROM: i64 = 20 * HOUR;

/// Arranges the samples of an online report. A sample covers one usual step.
///
/// ```
/// use plume_health::uptime::{self, CalendarCell, SampleState};
/// use plume_types::OnlineStats;
///
/// let stats: OnlineStats = serde_json::from_str(
///     r#"{"locationState": [
///         {"timestamp": "2026-01-15T08:00:00Z", "value": "online"},
///         {"timestamp": "2026-01-15T09:00:00Z", "value": "offline"},
///         {"timestamp": "2026-01-15T11:00:00Z", "value": "online"}
///     ]}"#,
/// )?;
/// let calendar = uptime::calendar(&stats);
/// assert_eq!(calendar.cell, CalendarCell::Hour);
/// let row = &calendar.rows[0];
/// assert_eq!(row.cells[9], Some(SampleState::Offline));
/// assert_eq!(row.cells[10], Some(SampleState::Unknown));
/// assert_eq!((row.cells[7], row.cells[12]), (None, None));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn calendar(stats: &OnlineStats) -> Calendar {
    let samples = samples(stats);
    let step = usual_step(samples.iter().map(|sample| sample.at)).unwrap_or(HOUR);
    let cell = if step >= DAILY_FROM { CalendarCell::Day } else { CalendarCell::Hour };
    let mut states = BTreeMap::<i64, SampleState>::new();
    for sample in &samples {
        let from = sample.at.timestamp();
        let last = from.saturating_add(step.min(DAILY_FROM)).saturating_sub(1);
        for index in cell.index(from)..=cell.index(last).max(cell.index(from)) {
            let kept = states.entry(index).or_insert(sample.state);
            *kept = (*kept).min(sample.state);
        }
    }
    let (Some((&first, _)), Some((&last, _))) = (states.first_key_value(), states.last_key_value()) else {
        return Calendar { cell, rows: Vec::new(), is_cut: false };
    };
    let mut rows = Vec::new();
    let mut row = cell.row(last);
    loop {
        let state = |index: i64| {
            let within = (first..=last).contains(&index);
            within.then(|| states.get(&index).copied().unwrap_or(SampleState::Unknown))
        };
        let cells = (row..row.saturating_add(cell.row_len(row))).map(state).collect();
        rows.push(CalendarRow { start: cell.time(row), cells });
        if row <= first || rows.len() == MAX_ROWS {
            break;
        }
        row = cell.row(row.saturating_sub(1));
    }
    rows.reverse();
    Calendar { cell, rows, is_cut: row > first }
}

/// A cell is an index: hours or days since 1970.
impl CalendarCell {
    fn seconds(self) -> i64 {
        match self {
            Self::Hour => HOUR,
            Self::Day => DAY,
        }
    }

    fn index(self, seconds: i64) -> i64 {
        seconds.div_euclid(self.seconds())
    }

    fn time(self, index: i64) -> DateTime<Utc> {
        time_at(index.saturating_mul(self.seconds()))
    }

    /// Returns the first cell of a row.
    fn row(self, index: i64) -> i64 {
        match self {
            Self::Hour => index.saturating_sub(index.rem_euclid(24)),
            Self::Day => index.saturating_sub(i64::from(self.time(index).day0())),
        }
    }

    fn row_len(self, row: i64) -> i64 {
        match self {
            Self::Hour => 24,
            Self::Day => {
                let month = self.time(row).month();
                // A month has 28 to 31 days.
                (28..=30).find(|days| self.time(row.saturating_add(*days)).month() != month).unwrap_or(31)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(samples: &[(&str, &str)]) -> Calendar {
        let rows: Vec<_> =
            samples.iter().map(|(at, value)| json!({"timestamp": at, "value": value})).collect();
        calendar(&serde_json::from_value(json!({ "locationState": rows })).unwrap())
    }

    fn shape(calendar: &Calendar) -> Vec<(String, String)> {
        let sign = |state: &Option<SampleState>| match state {
            None => '-',
            Some(SampleState::Online) => 'o',
            Some(SampleState::Offline) => 'x',
            Some(SampleState::Intermittent) => '~',
            Some(SampleState::Unknown) => '?',
        };
        let row = |row: &CalendarRow| (row.start.to_string(), row.cells.iter().map(sign).collect());
        calendar.rows.iter().map(row).collect()
    }

    #[test]
    fn hours_make_days_and_days_make_months() {
        let hours = of(&[
            ("2026-01-15T22:00:00Z", "online"),
            ("2026-01-15T23:00:00Z", "partly"),
            ("2026-01-16T00:00:00Z", "offline"),
            ("2026-01-16T02:00:00Z", "online"),
        ]);
        assert_eq!(
            shape(&hours),
            [
                ("2026-01-15 00:00:00 UTC".to_owned(), format!("{}o~", "-".repeat(22))),
                ("2026-01-16 00:00:00 UTC".to_owned(), format!("x?o{}", "-".repeat(21))),
            ]
        );
        let days = of(&[
            ("2024-02-27T00:00:00Z", "online"),
            ("2024-02-28T00:00:00Z", "online"),
            ("2024-03-01T00:00:00Z", "offline"),
        ]);
        assert_eq!(days.cell, CalendarCell::Day);
        assert_eq!(
            shape(&days),
            [
                ("2024-02-01 00:00:00 UTC".to_owned(), format!("{}oo?", "-".repeat(26))),
                ("2024-03-01 00:00:00 UTC".to_owned(), format!("x{}", "-".repeat(30))),
            ]
        );
    }

    #[test]
    fn the_worst_state_of_a_cell_counts_and_a_sample_covers_its_step() {
        let minutes = of(&[
            ("2026-01-15T08:00:00Z", "online"),
            ("2026-01-15T08:20:00Z", "offline"),
            ("2026-01-15T08:40:00Z", "online"),
        ]);
        assert_eq!(minutes.rows[0].cells[8], Some(SampleState::Offline));
        let long = of(&[("2026-01-15T00:00:00Z", "online"), ("2026-01-15T06:00:00Z", "offline")]);
        assert_eq!(shape(&long)[0].1, format!("ooooooxxxxxx{}", "-".repeat(12)));
    }

    #[test]
    fn a_report_with_distant_times_has_a_bounded_calendar() {
        let far = of(&[("1990-01-01T00:00:00Z", "online"), ("2100-01-01T00:00:00Z", "online")]);
        assert_eq!((far.rows.len(), far.is_cut), (MAX_ROWS, true));
        assert!(of(&[]).rows.is_empty());
        assert!(of(&[("soon", "online")]).rows.is_empty());
    }
}
