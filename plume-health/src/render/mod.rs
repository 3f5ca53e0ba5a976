//! Writing reports for people and machines.
//!
//! The layout is one [`Document`] of lines; each format only decides how a line and a text are written. Every
//! text passes the format's escaping on its way out, the layout's own words included, so that no name can
//! become markup and no sentence can forget to escape.

pub(crate) mod change;
mod cut;
pub(crate) mod fleet;
mod health;
mod html;
mod markdown;
pub(crate) mod series;
mod text;
pub(crate) mod topology;
pub(crate) mod trends;

use serde::Serialize;

use crate::report::HealthReport;

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Plain text, without escape sequences.
    ///
    /// A health report has its title, the headline, the connection and the nodes first; then, as far as there
    /// is something to tell, critical issues, warnings and information, the disconnected devices and the
    /// traffic of poor quality; and at the end what is unknown and what would make the location green, or a
    /// good word if it is green. The other formats for people have the same layout.
    Text,
    /// Markdown that `CommonMark` and Telegram's `MarkdownV2` both accept: `*emphasis*`, and a backslash before
    /// every ASCII punctuation character of a text. Line breaks are two blanks at the end of a line.
    Markdown,
    /// The part of HTML that Telegram accepts: `<b>`, line breaks as newlines, `&`, `<`, `>` and `"` escaped.
    /// In a page, put it into an element with `white-space: pre-wrap`.
    Html,
    /// JSON, indented, with every value exactly as the API gives it.
    Json,
}

impl Format {
    /// The format with a limit: at most so many UTF-16 units, markup included, as Telegram counts them (4,096 for a
    /// message).
    ///
    /// A text that is longer is cut between two lines, and its last line says how many are missing. JSON is never cut:
    /// what does not fit is written without blanks, and is `null` if it does not fit even so.
    ///
    /// ```
    /// use plume_health::{Format, Policy, analyze};
    /// use plume_types::LocationSnapshot;
    ///
    /// let now = "2026-01-15T10:00:00Z".parse()?;
    /// let report = analyze(&LocationSnapshot::new("customer", "Home", now), &Policy::standard(), now);
    /// let text = report.render(Format::Text.within(150));
    /// let lines: Vec<&str> = text.lines().collect();
    /// assert_eq!(lines[0], "🏥 Health Status for Home");
    /// assert!(lines[2].starts_with("⚪ STATUS UNKNOWN - The nodes were not asked for"));
    /// assert_eq!(lines.last(), Some(&"… and 10 more lines"));
    /// # Ok::<(), chrono::ParseError>(())
    /// ```
    #[must_use]
    pub fn within(self, utf16_units: usize) -> Rendering {
        Rendering { format: self, limit: utf16_units }
    }
}

/// How a report is written, and how long it may be: a [`Format`] without a limit, or one made by [`Format::within`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rendering {
    format: Format,
    limit: usize,
}

impl From<Format> for Rendering {
    fn from(format: Format) -> Self {
        format.within(usize::MAX)
    }
}

impl HealthReport {
    /// Writes the report.
    ///
    /// In all formats but JSON names are cut to 64 characters and lists to 20 entries ("and 3 more"), and
    /// text of the API is freed of control, direction and invisible characters and escaped. No line break
    /// ends the text. For a limit on the whole: [`Format::within`].
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render(format, self, health::layout)
    }
}

/// Writes `report` as JSON, or as the document that `layout` makes of it.
pub(crate) fn render<R: Serialize>(
    rendering: impl Into<Rendering>,
    report: &R,
    layout: impl Fn(&R) -> Document,
) -> String {
    let Rendering { format, limit } = rendering.into();
    let style = match format {
        Format::Json => return json(report, limit),
        Format::Text => text::STYLE,
        Format::Markdown => markdown::STYLE,
        Format::Html => html::STYLE,
    };
    cut::write(&layout(report), &style, limit)
}

const NULL: &str = "null";

/// Reports have text keys and finite or null numbers, so this cannot fail.
fn json<R: Serialize>(report: &R, limit: usize) -> String {
    let fits = |text: &String| cut::units(text) <= limit;
    let pretty = serde_json::to_string_pretty(report).ok().filter(fits);
    let short = || serde_json::to_string(report).ok().filter(fits);
    pretty.or_else(short).unwrap_or_else(|| if limit < NULL.len() { String::new() } else { NULL.to_owned() })
}

/// The longest list; what is beyond it is counted.
pub(crate) const MAX_ITEMS: usize = 20;

/// A report as lines.
#[derive(Default)]
pub(crate) struct Document {
    lines: Vec<Line>,
}

/// One line of text, by what it is. `Blank` separates sections.
enum Line {
    Blank,
    Plain(String),
    Strong(String),
}

/// How a format writes lines.
struct Style {
    line: fn(&Line) -> String,
    /// What stands between two lines.
    between: fn(&Line, &Line) -> &'static str,
}

impl Document {
    pub(crate) fn plain(&mut self, text: impl AsRef<str>) {
        self.lines.push(Line::Plain(plume_text::on_screen(text.as_ref()).into_owned()));
    }

    pub(crate) fn strong(&mut self, text: impl AsRef<str>) {
        self.lines.push(Line::Strong(plume_text::on_screen(text.as_ref()).into_owned()));
    }

    pub(crate) fn blank(&mut self) {
        self.lines.push(Line::Blank);
    }

    /// A blank line, a heading, and a bounded list; nothing without items.
    pub(crate) fn section<T>(
        &mut self,
        heading: impl AsRef<str>,
        items: &[T],
        mut each: impl FnMut(&mut Self, &T),
    ) {
        if items.is_empty() {
            return;
        }
        self.blank();
        self.strong(heading);
        for item in items.iter().take(MAX_ITEMS) {
            each(self, item);
        }
        self.and_more(items.len(), "  ");
    }

    /// The count of what a list of `len` has beyond its end.
    pub(crate) fn and_more(&mut self, len: usize, indent: &str) {
        let hidden = len.saturating_sub(MAX_ITEMS);
        if hidden > 0 {
            self.plain(format!("{indent}• {}", crate::words::and_more(hidden)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_trusts_nobody() {
        let mut document = Document::default();
        document.plain("a\u{1b}\nb");
        document.strong("c\u{202e}\nd");
        assert_eq!(cut::write(&document, &text::STYLE, usize::MAX), "a\u{fffd} b\nc\u{fffd} d");
    }
}
