//! Tables: declared once per command, shown as rows, as one record, or as comma-separated values.

use chrono::{DateTime, Utc};

use crate::output::{
    ascii::ascii,
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
    /// Sentences: broken into lines where the screen is narrow, and never cut.
    Prose,
    /// Marks for people, never cut and without a value.
    Drawing,
}

impl Head {
    /// The fewest columns that its texts can have, if they can have fewer than they are long.
    fn narrowest(self, narrowest: usize) -> Option<usize> {
        match self.kind {
            Kind::Text | Kind::Prose => Some(narrowest.max(width(self.name))),
            _ => None,
        }
    }
}

impl<T> Column<T> {
    /// A column of texts, which are cut where the screen is narrow.
    pub(crate) const fn text(name: &'static str, cell: fn(&T) -> Cell) -> Self {
        Self::new(name, Kind::Text, cell)
    }

    /// A column of sentences, which are broken into lines where the screen is narrow.
    pub(crate) const fn prose(name: &'static str, cell: fn(&T) -> Cell) -> Self {
        Self::new(name, Kind::Prose, cell)
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

    /// The same column, left out where the screen is narrow and earlier ones take the room.
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
    /// Whether only ASCII characters are safe.
    pub(crate) ascii: bool,
}

impl Paper {
    fn shown(self, cell: &Cell) -> String {
        let shown = cell.shown(self.now);
        if self.ascii { ascii(&shown).into_owned() } else { shown }
    }

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
        let widest = self.widest(paper);
        let mut shown: Vec<bool> = self.heads.iter().map(|head| !head.is_extra).collect();
        for at in 0..shown.len() {
            let before = shown.get(at).copied().unwrap_or_default();
            set(&mut shown, at, true);
            if !before && self.widths(&widest, &shown, paper, NARROW[0]).is_none() {
                set(&mut shown, at, false);
            }
        }
        let widths = NARROW.iter().find_map(|narrowest| self.widths(&widest, &shown, paper, *narrowest));
        let Some(widths) = widths else { return self.records(paper) };
        let hidden = self.heads.iter().zip(&shown).filter(|(_, shown)| !**shown).map(|(head, _)| head.name);
        self.grid(&widths, paper) + &paper.not_shown(&hidden.collect::<Vec<_>>())
    }

    /// The width of each column's longest text.
    fn widest(&self, paper: Paper) -> Vec<usize> {
        let widest = |(at, head): (usize, &Head)| {
            let cells = self.rows.iter().filter_map(|row| row.get(at));
            cells.map(|cell| width(&paper.shown(cell))).max().unwrap_or_default().max(width(head.name))
        };
        self.heads.iter().enumerate().map(widest).collect()
    }

    /// The widths of the columns, none for those that are not shown; `None` if the table does not fit with its texts cut to
    /// `narrowest`.
    fn widths(
        &self,
        widest: &[usize],
        shown: &[bool],
        paper: Paper,
        narrowest: usize,
    ) -> Option<Vec<Option<usize>>> {
        let mut widths: Vec<Option<usize>> =
            widest.iter().zip(shown).map(|(width, shown)| shown.then_some(*width)).collect();
        let Some(columns) = paper.columns else { return Some(widths) };
        let gaps = GAP * widths.iter().flatten().count().saturating_sub(1);
        while widths.iter().flatten().sum::<usize>() + gaps > columns {
            let texts = widths.iter_mut().zip(&self.heads).filter_map(|(width, head)| {
                let width = width.as_mut()?;
                (*width > head.narrowest(narrowest)?).then_some(width)
            });
            *texts.max()? -= 1;
        }
        Some(widths)
    }

    fn grid(&self, widths: &[Option<usize>], paper: Paper) -> String {
        let columns = || {
            self.heads
                .iter()
                .zip(widths)
                .enumerate()
                .filter_map(|(at, (head, width))| Some((at, head, (*width)?)))
        };
        let mut lines = vec![line(
            columns().map(|(_, head, width)| (head, width, head.name.to_owned(), Tone::Heading)),
            paper,
        )];
        for row in &self.rows {
            let cells: Vec<_> = columns()
                .filter_map(|(at, head, width)| {
                    let cell = row.get(at)?;
                    let shown = paper.shown(cell);
                    let parts = if head.kind == Kind::Prose { wrap(&shown, width) } else { vec![shown] };
                    Some((head, width, parts, cell.tone))
                })
                .collect();
            let height = cells.iter().map(|(_, _, parts, _)| parts.len()).max().unwrap_or_default();
            for number in 0..height {
                let cells = cells.iter().map(|(head, width, parts, tone)| {
                    (*head, *width, parts.get(number).cloned().unwrap_or_default(), *tone)
                });
                lines.push(line(cells, paper));
            }
        }
        lines.join("\n")
    }

    /// A line per value, and an empty line between rows. Where the screen is narrow, the value is below its name.
    fn records(&self, paper: Paper) -> String {
        let names = self.heads.iter().map(|head| width(head.name)).max().unwrap_or_default();
        let columns = paper.columns.unwrap_or(usize::MAX);
        let room = columns.saturating_sub(names + GAP);
        let record = |row: &Vec<Cell>| {
            let mut lines = Vec::new();
            for (head, cell) in self.heads.iter().zip(row) {
                let shown = paper.shown(cell);
                let name = |text: &str| paper.palette.paint(Tone::Heading, text);
                let value = |text: &String| paper.palette.paint(cell.tone, text);
                if room < NARROW[1] {
                    lines.extend(wrap(head.name, columns).iter().map(|text| name(text)));
                    lines.extend(wrap(&format!(" {shown}"), columns).iter().map(value));
                    continue;
                }
                for (number, text) in wrap(&shown, room).iter().enumerate() {
                    let head = if number == 0 { head.name } else { "" };
                    let blanks = " ".repeat(names - width(head) + GAP);
                    lines.push(format!("{}{blanks}{}", name(head), value(text)));
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

fn set(shown: &mut [bool], at: usize, value: bool) {
    if let Some(shown) = shown.get_mut(at) {
        *shown = value;
    }
}

/// A line of a table: its cells in their columns.
fn line<'a>(cells: impl Iterator<Item = (&'a Head, usize, String, Tone)>, paper: Paper) -> String {
    let mut line = String::new();
    let mut gap = 0;
    for (head, columns, text, tone) in cells {
        let text = shorten(&text, columns, if paper.ascii { "..." } else { "…" });
        let blanks = columns.saturating_sub(width(&text));
        let (before, after) = if head.kind == Kind::Number { (blanks, 0) } else { (0, blanks) };
        if !text.is_empty() {
            line.push_str(&" ".repeat(gap + before));
            line.push_str(&paper.palette.paint(tone, text));
            gap = after + GAP;
        } else {
            gap += columns + GAP;
        }
    }
    line
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
        for columns in 2..60 {
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
