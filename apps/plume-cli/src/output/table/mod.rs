//! Tables: declared once per command, shown as rows, as one record, or as comma-separated values.

mod csv;
mod layout;

use chrono::{DateTime, Utc};

use crate::output::{
    ascii::in_locale,
    cell::Cell,
    fit::wrap,
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
    /// The fewest columns that it leaves to a text, if it is extra.
    leaves: usize,
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
        Self { head: Head { name, kind, is_extra: false, leaves: NARROW[0] }, cell }
    }

    /// The same column, left out where the screen is narrow and earlier ones take the room.
    pub(crate) const fn extra(column: Self) -> Self {
        Self { head: Head { is_extra: true, ..column.head }, ..column }
    }

    /// The same column, left out where texts would be cut to less than a short sentence.
    pub(crate) const fn roomy(column: Self) -> Self {
        Self { head: Head { is_extra: true, leaves: ROOMY, ..column.head }, ..column }
    }
}

/// The fewest columns of a text that was cut, while there are other columns to leave out, and then.
const NARROW: [usize; 2] = [12, 8];
/// The fewest columns that a roomy column leaves to a text.
const ROOMY: usize = 32;

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
    /// A remark under a table, with an empty line before it.
    pub(crate) fn remark(self, text: &str) -> String {
        let lines = wrap(&in_locale(text), self.columns.unwrap_or(usize::MAX));
        format!("\n\n{}", self.palette.paint(Tone::Dim, lines.join("\n")))
    }
}

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

    /// The same table without the columns that have no value.
    pub(crate) fn known(&self) -> Self {
        let is_known =
            |at: usize| self.rows.iter().any(|row| row.get(at).is_some_and(|cell| !cell.is_absent()));
        let kept: Vec<usize> = (0..self.heads.len()).filter(|at| is_known(*at)).collect();
        let heads = kept.iter().filter_map(|at| self.heads.get(*at).copied()).collect();
        let row = |row: &Vec<Cell>| kept.iter().filter_map(|at| row.get(*at).cloned()).collect();
        Self { heads, rows: self.rows.iter().map(row).collect(), is_record: self.is_record }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::fit::width;

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
    fn comma_separated_values_have_the_names_of_the_columns() {
        assert!(Table::rows(&PODS, &COLUMNS).csv().starts_with("name,id,devices\n客厅"));
    }

    #[test]
    fn a_narrow_screen_shows_the_extra_columns_that_fit() {
        const WIDE: [Column<Pod>; 3] = [
            Column::text("NAME", |pod| Cell::new(pod.name)),
            Column::extra(Column::word("ID", |pod| Cell::new(pod.id))),
            Column::extra(Column::number("DEVICES", |pod| Cell::new(pod.devices))),
        ];
        let table = Table::rows(&PODS[1..], &WIDE).text(Paper { columns: Some(20), ..Paper::default() });
        assert_eq!(table, "NAME       DEVICES\nBedroom 🛏       12\n\nNot shown at this\nwidth: ID.");
    }

    #[test]
    fn sentences_are_broken_and_never_cut() {
        const PROSE: [Column<Pod>; 2] = [
            Column::word("ID", |pod| Cell::new(pod.id)),
            Column::prose("DETAILS", |_| Cell::new("online again after at most 1 h")),
        ];
        assert_eq!(
            Table::rows(&PODS[1..], &PROSE).text(Paper { columns: Some(28), ..Paper::default() }),
            "ID          DETAILS\n\
             TST0000002  online again\n            \
                         after at most 1\n            \
                         h"
        );
    }
}
