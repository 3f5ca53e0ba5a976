//! The picture of the uptime of a location.

use plume_types::OnlineStats;

use crate::picture::canvas::{Anchor, BELOW_TITLE, Canvas, Path, RIGHT};
use crate::series::uptime::{Calendar, CalendarCell, SampleState, analyze, calendar};
use crate::text::{count, name, percent};

/// The left edge of the cells.
const CELLS: f64 = 112.0;
const ROW: f64 = 26.0;

/// Draws when a location was online: a row of hours per day, or of days per month. `location` is the location's name.
///
/// An online cell is full, an intermittent one half full, an offline one a crossed box, and an unknown one hatched.
#[must_use]
pub fn uptime(location: &str, stats: &OnlineStats) -> String {
    let calendar = calendar(stats);
    let mut canvas = Canvas::new("uptime");
    let title = format!("Uptime of {}", name(location));
    if calendar.rows.is_empty() {
        canvas.text((16.0, 90.0), Anchor::Start, "heading", "No data");
        return canvas.finish(
            120.0,
            &title,
            "no sample with a time",
            "The report has no sample with a time.",
        );
    }
    let report = analyze(stats);
    let share = match report.uptime_percent {
        Some(share) => format!("{} online", percent(share, 2)),
        None => "most samples have no value".to_owned(),
    };
    let (columns, unit, every) = match calendar.cell {
        CalendarCell::Hour => (24_u8, "hours of the day in UTC", 3),
        CalendarCell::Day => (31, "days of the month in UTC", 5),
    };
    let width = (RIGHT - CELLS) / f64::from(columns);
    let mut y = BELOW_TITLE + 8.0;
    for column in 0..columns {
        let (number, middle) = match calendar.cell {
            CalendarCell::Hour => (column, 0.0),
            CalendarCell::Day => (column + 1, width / 2.0),
        };
        if number % every == 0 {
            let x = CELLS + f64::from(column) * width + middle;
            canvas.text((x, y - 8.0), Anchor::Middle, "dim", &number.to_string());
        }
    }
    for row in &calendar.rows {
        let label = match calendar.cell {
            CalendarCell::Hour => row.start.format("%a %-d %b").to_string(),
            CalendarCell::Day => row.start.format("%b %Y").to_string(),
        };
        canvas.text((CELLS - 10.0, y + ROW / 2.0 + 2.0), Anchor::End, "", &label);
        let mut x = CELLS;
        for state in &row.cells {
            if let Some(state) = state {
                cell(&mut canvas, (x + 1.0, y), (width - 2.0, ROW - 6.0), *state);
            }
            x += width;
        }
        y += ROW;
    }
    y += 22.0;
    let mut x = CELLS;
    for (state, word) in [
        (SampleState::Online, "online"),
        (SampleState::Intermittent, "intermittent"),
        (SampleState::Offline, "offline"),
        (SampleState::Unknown, "no data"),
    ] {
        cell(&mut canvas, (x, y - 12.0), (22.0, 16.0), state);
        canvas.text((x + 28.0, y), Anchor::Start, "", word);
        x += 130.0;
    }
    let cut = if calendar.is_cut { ", the newest part" } else { "" };
    let subtitle = format!("{share} · {unit}{cut}");
    canvas.finish(y + 20.0, &title, &subtitle, &description(&calendar, &share, report.incidents))
}

fn cell(canvas: &mut Canvas, (x, y): (f64, f64), (width, height): (f64, f64), state: SampleState) {
    match state {
        SampleState::Online => canvas.rect((x, y), (width, height), "good"),
        SampleState::Intermittent => canvas.rect((x, y + height / 2.0), (width, height / 2.0), "half"),
        SampleState::Offline => {
            canvas.rect((x + 0.7, y + 0.7), (width - 1.4, height - 1.4), "bad-box");
            let (left, right, top, bottom) = (x + 3.0, x + width - 3.0, y + 3.0, y + height - 3.0);
            canvas.path(&Path::at((left, top)).to((right, bottom)), "bad");
            canvas.path(&Path::at((left, bottom)).to((right, top)), "bad");
        }
        SampleState::Unknown => canvas.unknown((x, y), (width, height)),
    }
}

fn description(calendar: &Calendar, share: &str, incidents: usize) -> String {
    let cells = || calendar.rows.iter().flat_map(|row| &row.cells).flatten();
    let of = |wanted: SampleState| cells().filter(|state| **state == wanted).count();
    let unit = |number: usize| match calendar.cell {
        CalendarCell::Hour => count(number, "hour", "hours"),
        CalendarCell::Day => count(number, "day", "days"),
    };
    let start = calendar.rows.first().map(|row| row.start.format("%-d %b %Y").to_string());
    format!(
        "From {} in UTC: {share}, {}. {} with a time offline, {} intermittent, {} without data.",
        start.unwrap_or_default(),
        count(incidents, "outage", "outages"),
        unit(of(SampleState::Offline)),
        unit(of(SampleState::Intermittent)),
        unit(of(SampleState::Unknown)),
    )
}
