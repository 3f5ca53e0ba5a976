//! Tables: declared once per command, shown as rows, as one record, or as comma-separated values.

use chrono::{DateTime, Utc};

use crate::output::{
    cell::Cell,
    fit::{shorten, width, wrap},
    style::{Palette, Tone},
};

/// A column of a table about `T`.
#[derive(Debug)]
pub(crate) struct Column<T> {
    head: Head,
    cell: fn(&T) -> Cell,
}

#[derive(Debug, Clone, Copy)]
struct Head {
    name: &'static str,
    kind: Kind,
    /// Left out where the screen is narrow.
    is_extra: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Cut where the screen is narrow.
    Text,
    /// An id or a word: never cut.
    Word,
    /// Aligned to the right, and never cut.
    Number,
    /// Marks for people, never cut and without a value.
    Drawing,
}

impl<T> Column<T> {
    /// A column of texts, which are cut where the screen is narrow.
    pub(crate) const fn text(name: &'static str, cell: fn(&T) -> Cell) -> Self {
        Self::new(name, Kind::Text, cell)
    }

    /// A column of ids or words, which are never cut.
    pub(crate) const fn word(name: &'static str, cell: fn(&T) -> Cell) -> Self {
        Self::new(name, Kind::Word, cell)
    }

    /// A column of numbers, aligned to the right.
    pub(crate) const fn number(name: &'static str, cell: fn(&T) -> Cell) -> Self {
        Self::new(name, Kind::Number, cell)
    }

    /// A column of marks for people only.
    pub(crate) const fn drawing(name: &'static str, cell: fn(&T) -> Cell) -> Self {
        Self::extra(Self::new(name, Kind::Drawing, cell))
    }

    const fn new(name: &'static str, kind: Kind, cell: fn(&T) -> Cell) -> Self {
        Self { head: Head { name, kind, is_extra: false }, cell }
    }

    /// The same column, left out where the screen is narrow, the last one first.
    pub(crate) const fn extra(column: Self) -> Self {
        Self { head: Head { is_extra: true, ..column.head }, ..column }
    }
}

/// Rows of values under their names.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    heads: Vec<Head>,
    rows: Vec<Vec<Cell>>,
    is_record: bool,
}

/// The screen that a table has to fit.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Paper {
    /// The number of columns; `None` without a limit.
    pub(crate) columns: Option<usize>,
    pub(crate) palette: Palette,
    /// The time to which times are relative; `None` for exact times.
    pub(crate) now: Option<DateTime<Utc>>,
}

impl Paper {
    /// A remark under a table, with an empty line before it.
    pub(crate) fn remark(self, text: &str) -> String {
        let lines = wrap(text, self.columns.unwrap_or(usize::MAX));
        format!("\n\n{}", self.palette.paint(Tone::Dim, lines.join("\n")))
    }

    fn not_shown(self, hidden: &[&str]) -> String {
        match hidden {
            [] => String::new(),
            names => self.remark(&format!("Not shown at this width: {}.", names.join(", "))),
        }
    }
}

/// The blanks between two columns.
const GAP: usize = 2;
/// The fewest columns of a text that was cut, while there are other columns to leave out, and then.
const NARROW: [usize; 2] = [12, 8];

impl Table {
    /// A table with a row per item.
    pub(crate) fn rows<T>(items: &[T], columns: &[Column<T>]) -> Self {
        let row = |item: &T| columns.iter().map(|column| (column.cell)(item)).collect();
        Self {
            heads: columns.iter().map(|column| column.head).collect(),
            rows: items.iter().map(row).collect(),
            is_record: false,
        }
    }

    /// A table about one item, with a line per value.
    pub(crate) fn record<T>(item: &T, columns: &[Column<T>]) -> Self {
        Self { is_record: true, ..Self::rows(std::slice::from_ref(item), columns) }
    }

    /// The table for people, without a line break at the end.
    pub(crate) fn text(&self, paper: Paper) -> String {
        if self.is_record {
            return self.records(paper);
        }
        let mut narrower = self.clone();
        let mut hidden = Vec::new();
        loop {
            if let Some(widths) = narrower.widths(paper, NARROW[0]) {
                return narrower.grid(&widths, paper) + &paper.not_shown(&hidden);
            }
            let Some(at) = narrower.heads.iter().rposition(|head| head.is_extra) else { break };
            hidden.insert(0, narrower.heads.remove(at).name);
            narrower.rows.iter_mut().for_each(|row| drop(row.remove(at)));
        }
        match narrower.widths(paper, NARROW[1]) {
            Some(widths) => narrower.grid(&widths, paper) + &paper.not_shown(&hidden),
            None => self.records(paper),
        }
    }

    /// The columns' widths, or `None` if the table does not fit with its texts cut to `narrowest`.
    fn widths(&self, paper: Paper, narrowest: usize) -> Option<Vec<usize>> {
        let widest = |(at, head): (usize, &Head)| {
            let cells = self.rows.iter().filter_map(|row| row.get(at));
            cells.map(|cell| width(&cell.shown(paper.now))).max().unwrap_or_default().max(width(head.name))
        };
        let mut widths: Vec<usize> = self.heads.iter().enumerate().map(widest).collect();
        let Some(columns) = paper.columns else { return Some(widths) };
        let gaps = GAP * widths.len().saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > columns {
            let texts = widths
                .iter_mut()
                .zip(&self.heads)
                .filter(|(width, head)| head.kind == Kind::Text && **width > narrowest.max(head.name.len()));
            *texts.map(|(width, _)| width).max()? -= 1;
        }
        Some(widths)
    }

    fn grid(&self, widths: &[usize], paper: Paper) -> String {
        let line = |texts: Vec<(String, Tone)>| {
            let mut line = String::new();
            let mut gap = 0;
            for ((text, tone), (head, columns)) in texts.iter().zip(self.heads.iter().zip(widths)) {
                let text = shorten(text, *columns);
                let blanks = columns.saturating_sub(width(&text));
                let (before, after) = if head.kind == Kind::Number { (blanks, 0) } else { (0, blanks) };
                line.push_str(&" ".repeat(gap + before));
                line.push_str(&paper.palette.paint(*tone, text));
                gap = after + GAP;
            }
            line
        };
        let heads = self.heads.iter().map(|head| (head.name.to_owned(), Tone::Heading)).collect();
        let rows =
            self.rows.iter().map(|row| row.iter().map(|cell| (cell.shown(paper.now), cell.tone)).collect());
        std::iter::once(heads).chain(rows).map(line).collect::<Vec<_>>().join("\n")
    }

    /// A line per value, and an empty line between rows.
    fn records(&self, paper: Paper) -> String {
        let names = self.heads.iter().map(|head| width(head.name)).max().unwrap_or_default();
        let room = paper.columns.map_or(usize::MAX, |columns| columns.saturating_sub(names + GAP).max(1));
        let record = |row: &Vec<Cell>| {
            let mut lines = Vec::new();
            for (head, cell) in self.heads.iter().zip(row) {
                for (number, text) in wrap(&cell.shown(paper.now), room).into_iter().enumerate() {
                    let name = if number == 0 { head.name } else { "" };
                    let blanks = " ".repeat(names - width(name) + GAP);
                    let name = paper.palette.paint(Tone::Heading, name);
                    lines.push(format!("{name}{blanks}{}", paper.palette.paint(cell.tone, text)));
                }
            }
            lines.join("\n")
        };
        self.rows.iter().map(record).collect::<Vec<_>>().join("\n\n")
    }

    /// Comma-separated values with a header, without a line break at the end.
    pub(crate) fn csv(&self) -> String {
        let heads = self.heads.iter().filter(|head| head.kind != Kind::Drawing);
        let names = heads.map(|head| head.name.to_lowercase().replace(' ', "_"));
        let mut lines = vec![names.collect::<Vec<_>>().join(",")];
        for row in &self.rows {
            let cells = row.iter().zip(&self.heads).filter(|(_, head)| head.kind != Kind::Drawing);
            let values = cells.map(|(cell, _)| csv_value(&cell.exact()));
            lines.push(values.collect::<Vec<_>>().join(","));
        }
        lines.join("\n")
    }
}

/// Quotes a value where needed. A text that a spreadsheet would run as a formula begins with an apostrophe.
fn csv_value(text: &str) -> String {
    let is_formula =
        text.starts_with(['=', '+', '-', '@', '\t', '＝', '＋', '－', '＠']) && text.parse::<f64>().is_err();
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Pod {
        name: &'static str,
        id: &'static str,
        devices: u32,
    }

    const COLUMNS: [Column<Pod>; 3] = [
        Column::text("NAME", |pod| Cell::new(pod.name)),
        Column::word("ID", |pod| Cell::new(pod.id)),
        Column::extra(Column::number("DEVICES", |pod| Cell::new(pod.devices))),
    ];

    const PODS: [Pod; 2] = [
        Pod { name: "客厅 of the summer house", id: "TST0000001", devices: 7 },
        Pod { name: "Bedroom 🛏", id: "TST0000002", devices: 12 },
    ];

    fn at(columns: Option<usize>) -> String {
        Table::rows(&PODS, &COLUMNS).text(Paper { columns, ..Paper::default() })
    }

    #[test]
    fn a_table_cuts_texts_where_the_screen_is_narrow_and_never_ids() {
        assert_eq!(
            at(None),
            "NAME                      ID          DEVICES\n\
             客厅 of the summer house  TST0000001        7\n\
             Bedroom 🛏                 TST0000002       12"
        );
        assert_eq!(
            at(Some(36)),
            "NAME             ID          DEVICES\n\
             客厅 of the su…  TST0000001        7\n\
             Bedroom 🛏        TST0000002       12"
        );
    }

    #[test]
    fn a_narrow_screen_leaves_out_columns_and_says_so() {
        assert_eq!(
            at(Some(24)),
            "NAME          ID\n\
             客厅 of the…  TST0000001\n\
             Bedroom 🛏     TST0000002\n\n\
             Not shown at this width:\nDEVICES."
        );
    }

    #[test]
    fn a_table_that_does_not_fit_becomes_records() {
        assert_eq!(
            at(Some(19)),
            "NAME     客厅 of\n         the summer\n         house\nID       TST0000001\nDEVICES  7\n\n\
             NAME     Bedroom 🛏\nID       TST0000002\nDEVICES  12"
        );
    }

    #[test]
    fn every_line_fits() {
        for columns in 19..60 {
            for line in at(Some(columns)).lines() {
                assert!(width(line) <= columns, "{columns}: {line}");
            }
        }
    }

    #[test]
    fn values_for_spreadsheets_are_quoted_and_run_nothing() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("a \"b\"", "\"a \"\"b\"\"\""),
            ("=HYPERLINK(1,2)", "\"'=HYPERLINK(1,2)\""),
            ("+1 555", "'+1 555"),
            ("@SUM", "'@SUM"),
            ("＝1+1", "'＝1+1"),
            ("-60.5", "-60.5"),
            ("", ""),
        ] {
            assert_eq!(csv_value(text), expected);
        }
        assert!(Table::rows(&PODS, &COLUMNS).csv().starts_with("name,id,devices\n客厅"));
    }
}
