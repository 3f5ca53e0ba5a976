//! Output formats.

use crate::named::named;

/// An output format.
///
/// In configuration: `text`, `markdown`, `html` or `json`.
///
/// ```
/// use plume_health::Format;
///
/// assert_eq!("html".parse::<Format>()?, Format::Html);
/// # Ok::<(), plume_health::ParseWordError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Plain text without escape sequences.
    ///
    /// A health report begins with title, headline, connection and nodes. Then follow, if there are any, critical
    /// issues, warnings, information, disconnected devices and poor traffic. At the end are the unknown parts and
    /// the steps to green, or a friendly word if the location is green. The other formats for people have the same
    /// layout.
    Text,
    /// Markdown for both `CommonMark` and Telegram's `MarkdownV2`: `*emphasis*`, and a backslash before every ASCII
    /// punctuation character of a text. Line breaks are two blanks at the end of a line.
    Markdown,
    /// The subset of HTML that Telegram accepts: `<b>`, newlines as line breaks, and `&`, `<`, `>` and `"` escaped.
    /// In a page, put it into an element with `white-space: pre-wrap`.
    Html,
    /// Indented JSON with all values exactly as the API gives them.
    Json,
}

named!(Format { Text = "text", Markdown = "markdown", Html = "html", Json = "json" });

impl Format {
    /// Limits the output to this number of UTF-16 units including markup, as Telegram counts them (4,096 for a message).
    ///
    /// A longer text is cut between two lines, and its last line gives the number of missing lines. JSON is never
    /// cut: if it does not fit it is written without blanks, and as `null` if that does not fit either.
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
    /// assert!(lines[2].starts_with("⚪ STATUS UNKNOWN - The nodes were not requested"));
    /// assert_eq!(lines.last(), Some(&"… and 10 more lines"));
    /// # Ok::<(), chrono::ParseError>(())
    /// ```
    #[must_use]
    pub fn within(self, utf16_units: usize) -> Rendering {
        Rendering { format: self, limit: utf16_units }
    }
}

/// A [`Format`] with or without a limit. Returned by [`Format::within`].
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
