//! The result of a command.

use plume::{cli::exit, types::List};

use crate::args::Length;
use crate::output::table::{Column, Table};

/// The result of a command: data for programs, a view for people, and the exit code.
#[derive(Debug)]
pub(crate) struct Outcome<T> {
    pub(crate) data: Data<T>,
    pub(crate) view: View,
    pub(crate) code: u8,
    /// Whether the data is a part of what was requested.
    pub(crate) is_cut: bool,
}

/// The data of the documents.
#[derive(Debug)]
pub(crate) enum Data<T> {
    One { schema: &'static str, value: T },
    List { schemas: Schemas, rows: Rows<T> },
}

/// The forms of a list's documents.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schemas {
    /// The whole list, for example `plume.node.list/1`.
    pub(crate) list: &'static str,
    /// One row, for example `plume.node/1`.
    pub(crate) row: &'static str,
}

/// The same for people, and as comma-separated values.
#[derive(Debug)]
pub(crate) struct View {
    /// The text for people, in place of the table.
    pub(crate) text: Option<String>,
    /// Whether the lines of the text are not broken at the width of the screen.
    pub(crate) is_verbatim: bool,
    /// Whether the text is for programs too, such as a picture or a script: it is in UTF-8 in any locale.
    pub(crate) is_document: bool,
    /// The comma-separated values, if they differ from the table.
    pub(crate) csv: Option<Table>,
    pub(crate) table: Table,
    /// The rows as JSON documents with their schema, for a report that is a list.
    pub(crate) documents: Option<(&'static str, Vec<serde_json::Value>)>,
}

impl View {
    fn new(text: Option<String>, table: Table) -> Self {
        Self { text, is_verbatim: false, is_document: false, csv: None, table, documents: None }
    }
}

/// The rows of a list, perhaps not all.
#[derive(Debug)]
pub(crate) struct Rows<T> {
    pub(crate) items: Vec<T>,
    /// The number of rows that could not be read.
    pub(crate) unreadable: u64,
    /// How to see the rest, if there is more.
    pub(crate) more: Option<String>,
}

impl<T> Outcome<T> {
    /// One value, shown with a line per field.
    pub(crate) fn record(schema: &'static str, value: T, columns: &[Column<T>]) -> Self {
        let view = View::new(None, Table::record(&value, columns));
        Self { data: Data::One { schema, value }, view, code: exit::DONE, is_cut: false }
    }

    /// One value with a text of its own for people. `table` is for comma-separated values.
    pub(crate) fn report(schema: &'static str, value: T, text: String, table: Table) -> Self {
        let view = View::new(Some(text), table);
        Self { data: Data::One { schema, value }, view, code: exit::DONE, is_cut: false }
    }

    /// The same for a text that programs read too, such as a script.
    pub(crate) fn verbatim(schema: &'static str, value: T, text: String, columns: &[Column<T>]) -> Self {
        let table = Table::rows(std::slice::from_ref(&value), columns);
        let mut outcome = Self::fitted(schema, value, text, table);
        outcome.view.is_document = true;
        outcome
    }

    /// One value with a text that fits the screen already.
    pub(crate) fn fitted(schema: &'static str, value: T, text: String, table: Table) -> Self {
        let view = View { is_verbatim: true, ..View::new(Some(text), table) };
        Self { data: Data::One { schema, value }, view, code: exit::DONE, is_cut: false }
    }

    /// A list, shown as a table.
    pub(crate) fn list(schemas: Schemas, rows: Rows<T>, columns: &[Column<T>]) -> Self {
        let view = View::new(None, Table::rows(&rows.items, columns));
        let code = if rows.unreadable > 0 { exit::PARTLY } else { exit::DONE };
        Self { data: Data::List { schemas, rows }, view, code, is_cut: false }
    }
}

impl<T> Outcome<T> {
    /// The same with other comma-separated values than the table.
    pub(crate) fn with_csv(mut self, values: Table) -> Self {
        self.view.csv = Some(values);
        self
    }

    /// The same with a text for people in place of the table.
    pub(crate) fn with_text(mut self, text: String) -> Self {
        self.view.text = Some(text);
        self
    }

    /// The same, whose `jsonl` has the rows of the table in place of the whole.
    pub(crate) fn with_rows(
        mut self,
        schema: &'static str,
        rows: impl Fn(&T) -> Vec<serde_json::Value>,
    ) -> Self {
        if let Data::One { value, .. } = &self.data {
            self.view.documents = Some((schema, rows(value)));
        }
        self
    }

    /// The same with a document in a format of its own in place of the table.
    pub(crate) fn with_document(mut self, document: String) -> Self {
        self.view.text = Some(document);
        (self.view.is_verbatim, self.view.is_document) = (true, true);
        self
    }
}

impl<T> From<List<T>> for Rows<T> {
    fn from(list: List<T>) -> Self {
        let unreadable = list.unreadable() as u64;
        Self { items: list.into_vec(), unreadable, more: None }
    }
}

impl<T> Rows<T> {
    pub(crate) fn map<U>(self, change: impl FnMut(T) -> U) -> Rows<U> {
        let items = self.items.into_iter().map(change).collect();
        Rows { items, unreadable: self.unreadable, more: self.more }
    }

    /// Keeps the rows that `keep` accepts.
    pub(crate) fn filtered(mut self, keep: impl FnMut(&T) -> bool) -> Self {
        self.items.retain(keep);
        self
    }

    /// Cuts a list that came in one piece.
    pub(crate) fn cut(mut self, length: &Length) -> Self {
        let all = self.items.len();
        if let Some(limit) = length.limit
            && all > limit as usize
        {
            self.items.truncate(limit as usize);
            self.more = Some(format!("{limit} of {all} rows; --all shows every row."));
        }
        self
    }
}
