//! Everything that the program writes: one document to stdout, the rest to stderr.

mod ascii;
mod cell;
mod chart;
mod fit;
mod outcome;
mod style;
mod table;
mod tree;

use std::{
    borrow::Cow,
    io::{self, IsTerminal, Write},
};

use chrono::{DateTime, SubsecRound, Utc};
use plume::{
    cli::{Document, Failure, Meta, for_terminal},
    runtime::{Clock, SystemClock},
};
use serde::Serialize;

use crate::args::{Color, Format};

pub(crate) use ascii::in_locale;
pub(crate) use cell::Cell;
pub(crate) use chart::{Point, Screen, bar, chart, gap};
pub(crate) use outcome::{Data, Outcome, Rows, Schemas};
pub(crate) use style::Tone;
pub(crate) use table::{Column, Table};
pub(crate) use tree::Tree;

use ascii::is_foreign;
use chart::is_ascii_only;
use fit::{hang, wrap};
use style::Palette;
use table::Paper;

/// The format of this run, and the screen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    pub(crate) format: Format,
    paper: Paper,
    ascii: bool,
    /// The time of the documents; `None` for now.
    at: Option<DateTime<Utc>>,
}

/// The text of stdout and the exit code.
#[derive(Debug)]
pub(crate) struct Printed {
    pub(crate) text: String,
    pub(crate) code: u8,
}

impl Output {
    pub(crate) fn new(format: Format, color: Color) -> Self {
        let is_terminal = io::stdout().is_terminal();
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let columns = columns.filter(|columns| *columns > 0).or_else(|| {
            let (width, _) = is_terminal.then(terminal_size::terminal_size)??;
            Some(usize::from(width.0))
        });
        let palette = Palette::new(color, is_terminal, |name| std::env::var_os(name));
        let ascii = is_ascii_only(color, |name| std::env::var_os(name));
        let paper = Paper { columns, palette, now: columns.map(|_| now()), ascii: is_foreign() };
        Self { format, paper, ascii, at: None }
    }

    /// The same output after the window may have got another size.
    pub(crate) fn resized(self) -> Self {
        let (Some(_), None, Some((width, _))) =
            (self.paper.columns, std::env::var_os("COLUMNS"), terminal_size::terminal_size_of(io::stdout()))
        else {
            return self;
        };
        Self { paper: Paper { columns: Some(usize::from(width.0)), ..self.paper }, ..self }
    }

    /// The room for diagrams: 80 columns where there is no limit.
    pub(crate) fn screen(self) -> Screen {
        Screen { columns: self.paper.columns.unwrap_or(80), ascii: self.ascii }
    }

    /// The same output for documents of another time.
    pub(crate) fn as_of(self, at: DateTime<Utc>) -> Self {
        Self { paper: Paper { now: self.paper.now.map(|_| at), ..self.paper }, at: Some(at), ..self }
    }

    fn json(
        self,
        schema: &'static str,
        data: &impl Serialize,
        meta: Meta,
        warnings: Vec<String>,
        pretty: bool,
    ) -> String {
        json(Document { warnings, ..Document::new(schema, self.at.unwrap_or_else(now), data, meta) }, pretty)
    }

    /// The text of a result. `warnings` were written to stderr before.
    pub(crate) fn print<T: Serialize>(
        self,
        outcome: &Outcome<T>,
        meta: Meta,
        warnings: Vec<String>,
    ) -> Printed {
        let text = match self.format {
            Format::Table => self.text(outcome),
            Format::Csv => {
                if let Some(more) = outcome.more() {
                    complain(&format!("note: {more}"));
                }
                outcome.view.csv.as_ref().unwrap_or(&outcome.view.table).csv()
            }
            Format::Json => match &outcome.data {
                Data::One { schema, value } => self.json(schema, value, meta, warnings, true),
                Data::List { schemas, rows } => self.json(schemas.list, &rows.items, meta, warnings, true),
            },
            Format::Jsonl => match (&outcome.data, &outcome.view.documents) {
                (_, Some((schema, rows))) => self.json_lines(schema, rows, meta, &warnings),
                (Data::One { schema, value }, None) => self.json(schema, value, meta, warnings, false),
                (Data::List { schemas, rows }, None) => {
                    self.json_lines(schemas.row, &rows.items, meta, &warnings)
                }
            },
        };
        Printed { text, code: outcome.code }
    }

    /// A document per row, with the warnings in the last one. Without rows there is none, which stderr says.
    fn json_lines<T: Serialize>(
        self,
        schema: &'static str,
        rows: &[T],
        meta: Meta,
        warnings: &[String],
    ) -> String {
        if rows.is_empty() {
            complain("note: the list is empty");
        }
        let last = rows.len().saturating_sub(1);
        let line = |(at, row): (usize, &T)| {
            let more = at < last || meta.more;
            let warnings = if at == last { warnings.to_vec() } else { Vec::new() };
            self.json(schema, row, Meta { more, ..meta }, warnings, false)
        };
        rows.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Whether the format has rows that can be written while they arrive.
    pub(crate) fn has_rows(self) -> bool {
        matches!(self.format, Format::Jsonl | Format::Csv)
    }

    /// Whether a row is a document on its line.
    pub(crate) fn has_documents_per_row(self) -> bool {
        self.format == Format::Jsonl
    }

    pub(crate) fn is_csv(self) -> bool {
        self.format == Format::Csv
    }

    /// One row of a list that continues, as a document on a line or as comma-separated values.
    pub(crate) fn row<T: Serialize>(
        self,
        schema: &'static str,
        row: &T,
        columns: &[Column<T>],
        meta: Meta,
        with_header: bool,
    ) -> String {
        if self.format != Format::Csv {
            return self.json(schema, row, Meta { more: true, ..meta }, Vec::new(), false);
        }
        let csv = Table::rows(std::slice::from_ref(row), columns).csv();
        match csv.split_once('\n') {
            Some((_, values)) if !with_header => values.to_owned(),
            _ => csv,
        }
    }

    /// A line for people, broken at the width of the screen.
    pub(crate) fn lines(self, line: &str) -> Vec<String> {
        wrap(&in_locale(line), self.paper.columns.unwrap_or(usize::MAX))
    }

    /// A table that fits the screen.
    pub(crate) fn table(self, table: &Table) -> String {
        table.text(self.paper)
    }

    fn text<T>(self, outcome: &Outcome<T>) -> String {
        if let Some(text) = &outcome.view.text {
            let text = if outcome.view.is_document { Cow::from(text) } else { in_locale(text) };
            let columns = self.paper.columns.filter(|_| !outcome.view.is_verbatim);
            let Some(columns) = columns else {
                let text = text.trim_end();
                return if outcome.view.is_verbatim { text.to_owned() } else { text.replace('\t', "") };
            };
            return text
                .trim_end()
                .lines()
                .flat_map(|line| hang(line, columns))
                .collect::<Vec<_>>()
                .join("\n");
        }
        let text = match &outcome.data {
            Data::List { rows, .. } if rows.items.is_empty() => "Nothing there.".to_owned(),
            _ => outcome.view.table.text(self.paper),
        };
        match outcome.more() {
            Some(more) => text + &self.paper.remark(more),
            None => text,
        }
    }

    /// A failure as text on stderr, and as a document where documents are requested.
    pub(crate) fn failed(self, failure: &Failure, meta: Meta, warnings: Vec<String>) -> Printed {
        complain(&format!("error: {}\nhelp: {}", failure.message, failure.help));
        Printed { text: self.failure_document(failure, meta, warnings), code: failure.exit_code }
    }

    /// The document of a failure; empty for formats without documents.
    pub(crate) fn failure_document(self, failure: &Failure, meta: Meta, warnings: Vec<String>) -> String {
        match self.format {
            Format::Table | Format::Csv => String::new(),
            Format::Json => self.json(Failure::SCHEMA, failure, meta, warnings, true),
            Format::Jsonl => self.json(Failure::SCHEMA, failure, meta, warnings, false),
        }
    }
}

impl<T> Outcome<T> {
    pub(crate) fn more(&self) -> Option<&str> {
        match &self.data {
            Data::One { .. } => None,
            Data::List { rows, .. } => rows.more.as_deref(),
        }
    }

    pub(crate) fn unreadable(&self) -> u64 {
        match &self.data {
            Data::One { .. } => 0,
            Data::List { rows, .. } => rows.unreadable,
        }
    }
}

fn json(document: Document<impl Serialize>, pretty: bool) -> String {
    let text =
        if pretty { serde_json::to_string_pretty(&document) } else { serde_json::to_string(&document) };
    // Only maps with keys other than text could fail, and no document has one.
    // Exact for programs, and harmless on a screen.
    text.map_or_else(|error| format!("\"{error}\""), |text| harmless(&text))
}

/// The same text, with the characters that could change a screen as the escapes of JSON.
pub(crate) fn harmless(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character == '\n' || !(character.is_control() || plume_text::is_hidden(character)) {
            shown.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // A string takes everything.
            let _ = std::fmt::Write::write_fmt(&mut shown, format_args!("\\u{unit:04x}"));
        }
    }
    shown
}

pub(crate) fn now() -> DateTime<Utc> {
    SystemClock::new().wall().trunc_subsecs(3)
}

/// Writes to stdout. A closed pipe (`| head -1`) is no error, also in the middle of a list. Returns whether the pipe is open.
pub(crate) fn print(text: &str) -> io::Result<bool> {
    if text.is_empty() {
        return Ok(true);
    }
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        result => result.map(|()| true),
    }
}

/// Writes to stderr, on a terminal broken between words. If stderr is closed too, only the exit code remains.
pub(crate) fn complain(text: &str) {
    let text = for_terminal(text);
    let text = in_locale(&text);
    let columns = io::stderr().is_terminal().then(|| terminal_size::terminal_size_of(io::stderr())).flatten();
    let text = match columns {
        Some((width, _)) => broken(&text, usize::from(width.0)),
        None => text.into_owned(),
    };
    let _ = writeln!(io::stderr(), "{text}");
}

/// The text in lines of at most `columns`. A line with a longer word, such as a path, is left as it is, so that the word can be
/// copied.
fn broken(text: &str, columns: usize) -> String {
    let fits = |line: &str| line.split_whitespace().all(|word| fit::width(word) <= columns);
    let lines =
        text.lines().flat_map(|line| if fits(line) { wrap(line, columns) } else { vec![line.to_owned()] });
    lines.collect::<Vec<_>>().join("\n")
}

/// A number of things in words: `1 home`, `2 homes`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_remark_is_broken_between_words_and_a_path_is_not() {
        let path = "help: see /home/me/.local/state/plume/store/file";
        let text = format!("note: read as a name; searched customers\n{path}");
        assert_eq!(broken(&text, 30), format!("note: read as a name; searched\ncustomers\n{path}"));
        assert_eq!(broken(&text, 80), text);
        assert_eq!((count(1, "home"), count(0, "home")), ("1 home".to_owned(), "0 homes".to_owned()));
    }

    #[test]
    fn a_text_of_the_api_stays_json_and_cannot_change_the_screen() {
        let value = serde_json::json!({"name": "a\u{1b}[31m\u{202e}\u{200b}\u{9b}\u{e0001}é客"});
        let shown = harmless(&serde_json::to_string_pretty(&value).unwrap());
        assert!(
            !shown.chars().any(|c| c != '\n' && (c.is_control() || plume_text::is_hidden(c))),
            "{shown:?}"
        );
        assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), value);
    }
}
