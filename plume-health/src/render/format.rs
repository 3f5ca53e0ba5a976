//! How a report is written.

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
    pub(super) format: Format,
    pub(super) limit: usize,
}

impl From<Format> for Rendering {
    fn from(format: Format) -> Self {
        format.within(usize::MAX)
    }
}
