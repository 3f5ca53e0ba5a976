//! The text of a message: lines without markup, which every channel escapes for its own format.

use plume::health::Format;
use plume_text::{on_screen, shorten};

use crate::notify::content::body::{Body, Entry, Summary};
use crate::notify::content::names::Names;
use crate::worker::Letter;

/// Maximum length of a line in characters.
pub const MAX_LINE: usize = 300;
/// Maximum number of lines below the title.
pub const MAX_LINES: usize = 60;

/// The text of a message, neutralized: no control, direction or invisible characters, and of limited length.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Text {
    /// The title, in one line.
    pub title: String,
    /// The lines below it.
    pub lines: Vec<String>,
}

impl Text {
    /// Creates a text.
    #[must_use]
    pub fn new<'a>(title: &str, lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut lines: Vec<String> =
            lines.into_iter().map(|line| shorten(line.trim_end(), MAX_LINE)).collect();
        if lines.len() > MAX_LINES {
            let more = lines.len() - MAX_LINES;
            lines.truncate(MAX_LINES);
            lines.push(format!("… and {more} more lines"));
        }
        Self { title: shorten(title.trim(), MAX_LINE), lines }
    }

    /// Returns the text of a message with the names that people know. `replaced` is the number of older messages that are not sent because of it.
    #[must_use]
    pub fn of(body: &Body, names: &Names, replaced: u32) -> Self {
        let mut text = match body {
            Body::Notice { notice } => Self::new(&notice.title, notice.lines.iter().map(String::as_str)),
            Body::Summary { summary } => return Self::of_summary(summary),
            Body::Letter(Letter::Message(message)) => {
                let mut shown = message.clone();
                shown.scope = names.scope(&message.scope);
                let mut text = Self::split(&shown.render(Format::Text));
                text.lines.extend(names.line(&message.scope));
                text
            }
            Body::Letter(Letter::Digest { digest }) => {
                let mut shown = digest.clone();
                shown.tenant = names.tenant(digest.tenant.as_str()).into();
                for entry in &mut shown.entries {
                    entry.scope = names.scope(&entry.scope);
                }
                Self::split(&shown.render(Format::Text))
            }
        };
        match replaced {
            0 => {}
            1 => text.lines.push("1 older message is not sent because of this one".to_owned()),
            more => text.lines.push(format!("{more} older messages are not sent because of this one")),
        }
        text
    }

    fn split(text: &str) -> Self {
        let mut lines = text.lines();
        let title = lines.next().unwrap_or_default();
        Self::new(title, lines)
    }

    fn of_summary(summary: &Summary) -> Self {
        let title = format!(
            "{} messages since {} UTC that could not be sent one by one",
            summary.total,
            summary.from.format("%Y-%m-%d %H:%M")
        );
        let mut lines: Vec<String> = summary.entries.iter().map(Entry::to_line).collect();
        let listed = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        if summary.total > listed {
            lines.push(format!("and {} older ones", summary.total - listed));
        }
        Self::new(&title, lines.iter().map(String::as_str))
    }

    /// Returns title and lines as one text.
    #[must_use]
    pub fn joined(&self) -> String {
        let mut text = self.title.clone();
        for line in &self.lines {
            text.push('\n');
            text.push_str(line);
        }
        text
    }

    /// Marks the text as a possible repetition.
    #[must_use]
    pub fn repeated(mut self) -> Self {
        self.title.push_str(" (repeat)");
        self
    }

    /// Removes the last line, and counts it. Returns whether there was one.
    pub(in crate::notify) fn drop_line(&mut self) -> bool {
        let counted = |line: &str| line.strip_prefix("… and ")?.strip_suffix(" more lines")?.parse().ok();
        let Some(last) = self.lines.pop() else { return false };
        let (dropped, last): (u64, _) = match counted(&last) {
            Some(before) => (before, self.lines.pop()),
            None => (0, Some(last)),
        };
        let Some(_) = last else { return false };
        self.lines.push(format!("… and {} more lines", dropped.saturating_add(1)));
        true
    }
}

impl Entry {
    fn to_line(&self) -> String {
        on_screen(&format!("{}: {}", self.title, self.line)).into_owned()
    }
}
