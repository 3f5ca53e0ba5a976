//! Small diagrams in a terminal.

use std::ffi::OsString;

use chrono::{DateTime, Utc};

use crate::args::Color;
use crate::output::ascii::is_utf8;
use crate::output::fit::width;

/// The room for a diagram, and the characters it may use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    pub(crate) columns: usize,
    /// Whether only ASCII characters are safe.
    pub(crate) ascii: bool,
}

/// The value of a time; `None` is a gap.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point {
    /// The start and the end in seconds since 1970.
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) value: Option<f64>,
}

const HEIGHT: usize = 4;
/// The times below a diagram need so many columns; with fewer it is left out.
const NARROWEST: usize = 32;
/// A wider diagram is harder to read.
const WIDEST: usize = 108;
/// The eighths of a character, lowest first.
const EIGHTHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Returns whether only ASCII characters are safe: a terminal or locale without others, or `--color never`. `variable`
/// reads the environment.
pub(crate) fn is_ascii_only(color: Color, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    if color == Color::Never || variable("TERM").is_some_and(|term| term == "dumb") {
        return true;
    }
    !is_utf8(variable).unwrap_or(cfg!(any(windows, target_os = "macos")))
}

/// A diagram of values from zero upwards over time, with a scale. `points` are sorted and do not overlap.
pub(crate) fn chart(points: &[Point], screen: Screen) -> Vec<String> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    let highest = points.iter().filter_map(|point| point.value).fold(0.0, f64::max);
    let top = label(highest);
    let labels = top.len().max(1);
    let columns = screen.columns.min(WIDEST).saturating_sub(labels + 2);
    if columns < NARROWEST {
        return Vec::new();
    }
    let (cells, span) = cells(points, (first.from, last.to), columns);
    let mut lines: Vec<String> = (0..HEIGHT)
        .rev()
        .map(|row| {
            let label = match row {
                0 => "0",
                row if row + 1 == HEIGHT => &top,
                _ => "",
            };
            let side = if screen.ascii { '|' } else { '│' };
            let marks: String =
                cells.iter().map(|cell| cell.mark(span, highest, row, screen.ascii)).collect();
            format!("{label:>labels$} {side}{}", marks.trim_end())
        })
        .collect();
    let (corner, line) = if screen.ascii { ('+', '-') } else { ('└', '─') };
    lines.push(format!("{:labels$} {corner}{}", "", line.to_string().repeat(columns)));
    let form = if last.to.saturating_sub(first.from) > 3 * 86_400 { "%-d %b" } else { "%-d %b %H:%M" };
    let [from, to] = [first.from, last.to].map(|at| time(at).format(form).to_string());
    let blanks = (columns + 1).saturating_sub(width(&from) + width(&to) + " UTC".len());
    lines.push(format!("{:labels$} {from}{}{to} UTC", "", " ".repeat(blanks)));
    if cells.iter().any(|cell| cell.has_gap(span)) {
        lines.push(format!("{:labels$}  {} no data", "", gap(screen.ascii)));
    }
    lines
}

/// A column of a diagram.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    /// The highest value.
    value: Option<f64>,
    /// The time with a value; see `has_gap`.
    known: i128,
}

fn cells(points: &[Point], (from, to): (i64, i64), columns: usize) -> (Vec<Cell>, i128) {
    // Times are multiplied by the number of columns, so that a column is as long as the whole time was.
    let scaled = |at: i64| (i128::from(at) - i128::from(from)) * columns as i128;
    let span = (i128::from(to) - i128::from(from)).max(1);
    let mut cells = vec![Cell::default(); columns];
    for point in points {
        let Some(value) = point.value else { continue };
        let (start, end) = (scaled(point.from), scaled(point.to));
        let first = usize::try_from(start / span).unwrap_or(0);
        let last = usize::try_from((end - 1).max(0) / span).unwrap_or(0).max(first);
        for (at, cell) in cells.iter_mut().enumerate().take(last.saturating_add(1)).skip(first) {
            cell.value = Some(cell.value.map_or(value, |kept| kept.max(value)));
            let begin = at as i128 * span;
            cell.known += end.min(begin + span) - start.max(begin);
        }
    }
    (cells, span)
}

impl Cell {
    /// A fifth of the column is unknown, so that the usual gap of one interval is shown where it lies in two columns, too.
    fn has_gap(self, span: i128) -> bool {
        self.known * 5 <= span * 4
    }

    /// The character in a row, of which 0 is the lowest. A known value has a mark even if it is zero.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an eighth of a character"
    )]
    fn mark(self, span: i128, highest: f64, row: usize, ascii: bool) -> char {
        if row == 0 && self.has_gap(span) {
            return gap(ascii);
        }
        let Some(value) = self.value else { return ' ' };
        let all = (HEIGHT * EIGHTHS.len()) as f64;
        let eighths = if highest > 0.0 { (value / highest * all).ceil() as usize } else { 0 }.max(1);
        let here = eighths.saturating_sub(row * EIGHTHS.len()).min(EIGHTHS.len());
        match here {
            0 => ' ',
            _ if !ascii => EIGHTHS.get(here - 1).copied().unwrap_or('█'),
            1 => '_',
            2..=4 => '.',
            5..=7 => ':',
            _ => '#',
        }
    }
}

pub(crate) fn gap(ascii: bool) -> char {
    if ascii { '?' } else { '·' }
}

/// A bar of at most `columns` for a value of at most `highest`.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a fraction of a character"
)]
pub(crate) fn bar(value: f64, highest: f64, columns: usize, ascii: bool) -> String {
    let share = if highest > 0.0 { (value / highest).clamp(0.0, 1.0) } else { 0.0 };
    let whole = (share * columns as f64).round() as usize;
    let (full, least) = if ascii { ("#", "|") } else { ("█", "▏") };
    if whole == 0 { least.to_owned() } else { full.repeat(whole) }
}

fn label(value: f64) -> String {
    match value {
        value if value >= 1e9 => format!("{value:.0e}"),
        value if value >= 10.0 => format!("{value:.0}"),
        value => format!("{value:.1}").trim_end_matches(".0").to_owned(),
    }
}

pub(crate) fn time(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: &[Option<f64>]) -> Vec<Point> {
        let point = |(at, value): (usize, &Option<f64>)| {
            let from = 1_768_471_200 + 900 * i64::try_from(at).unwrap();
            Point { from, to: from + 900, value: *value }
        };
        values.iter().enumerate().map(point).collect()
    }

    #[test]
    fn a_gap_is_neither_zero_nor_low() {
        let values = points(&[Some(0.0), Some(8.0), None, Some(4.0)]);
        let screen = Screen { columns: 35, ascii: false };
        assert_eq!(
            chart(&values, screen),
            [
                "8 │        ████████",
                "  │        ████████",
                "  │        ████████        ████████",
                "0 │▁▁▁▁▁▁▁▁████████········████████",
                "  └────────────────────────────────",
                "  15 Jan 10:00     15 Jan 11:00 UTC",
                "   · no data",
            ]
        );
        let ascii = chart(&values, Screen { ascii: true, ..screen });
        assert_eq!(ascii[3], "0 |________########????????########");
        assert!(ascii.iter().all(|line| line.is_ascii()));
        assert!(chart(&values, Screen { columns: 34, ..screen }).is_empty());
        assert!(chart(&[], screen).is_empty());
    }

    #[test]
    fn a_gap_that_is_narrower_than_a_column_is_shown() {
        let mut values = vec![Some(1.0); 96];
        for at in 0..96 {
            values[at] = None;
            for columns in [43, 60, 80, 110] {
                let lines = chart(&points(&values), Screen { columns, ascii: false });
                let gaps = lines[3].matches('·').count();
                assert!((1..=2).contains(&gaps), "{at} at {columns}: {lines:?}");
            }
            values[at] = Some(1.0);
        }
    }

    #[test]
    fn every_line_fits_and_no_value_fails() {
        for values in [
            points(&[None, None]),
            points(&[Some(f64::MAX), Some(0.0)]),
            points(&[Some(f64::MIN_POSITIVE)]),
            vec![Point { from: i64::MIN, to: i64::MAX, value: Some(1.0) }],
        ] {
            for columns in [0, 1, 30, 40, 80, 200] {
                for line in chart(&values, Screen { columns, ascii: false }) {
                    assert!(width(&line) <= columns, "{columns}: {line}");
                }
            }
        }
    }

    #[test]
    fn the_terminal_the_locale_and_the_option_decide_on_ascii() {
        let ascii = |color, variables: &[(&str, &str)]| {
            is_ascii_only(color, |name| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
            })
        };
        assert!(!ascii(Color::Auto, &[("LANG", "en_US.UTF-8")]));
        assert!(!ascii(Color::Auto, &[("LANG", "C"), ("LC_ALL", "C.utf8")]));
        assert!(ascii(Color::Auto, &[("LANG", "en_US.UTF-8"), ("LC_ALL", "POSIX")]));
        assert!(!ascii(Color::Auto, &[("LANG", "en_US.UTF-8"), ("LC_ALL", "")]));
        assert!(ascii(Color::Never, &[("LANG", "en_US.UTF-8")]));
        assert!(ascii(Color::Auto, &[("LANG", "en_US.UTF-8"), ("TERM", "dumb")]));
        assert_eq!(ascii(Color::Auto, &[]), cfg!(not(any(windows, target_os = "macos"))));
    }

    #[test]
    fn a_bar_shows_zero_too() {
        assert_eq!(bar(5.0, 10.0, 10, false), "█████");
        assert_eq!(bar(0.0, 10.0, 10, true), "|");
        assert_eq!(bar(f64::NAN, 0.0, 10, true), "|");
        assert_eq!(bar(20.0, 10.0, 4, true), "####");
    }
}
