//! A report as lines.

use crate::phrases;

/// The longest list; what is beyond it is counted.
pub const MAX_ITEMS: usize = 20;

/// A report as lines, before a format decides how a line and a text are written.
///
/// Every text is made harmless for screens on its way in, and escaped on its way out.
#[derive(Debug, Default)]
pub struct Document {
    pub(super) lines: Vec<Line>,
}

/// One line of text, by what it is. `Blank` separates sections.
#[derive(Debug)]
pub(super) enum Line {
    Blank,
    Plain(String),
    Strong(String),
}

impl Document {
    /// Adds a line.
    pub fn plain(&mut self, text: impl AsRef<str>) {
        self.lines.push(Line::Plain(plume_text::on_screen(text.as_ref()).into_owned()));
    }

    /// Adds a line that stands out: a title, a verdict, a heading.
    pub fn strong(&mut self, text: impl AsRef<str>) {
        self.lines.push(Line::Strong(plume_text::on_screen(text.as_ref()).into_owned()));
    }

    /// Adds the blank between two sections.
    pub fn blank(&mut self) {
        self.lines.push(Line::Blank);
    }

    /// Adds a blank line, a heading, and a list of at most [`MAX_ITEMS`]; nothing without items.
    pub fn section<T>(&mut self, heading: impl AsRef<str>, items: &[T], mut each: impl FnMut(&mut Self, &T)) {
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

    /// Adds a bulleted list under a heading; nothing without items.
    pub fn list<T: AsRef<str>>(&mut self, heading: impl AsRef<str>, items: &[T]) {
        self.section(heading, items, |document, item| document.plain(format!("  • {}", item.as_ref())));
    }

    /// Adds a blank line and these lines; nothing without lines.
    pub fn paragraph(&mut self, lines: impl IntoIterator<Item = String>) {
        for (index, line) in lines.into_iter().enumerate() {
            if index == 0 {
                self.blank();
            }
            self.plain(line);
        }
    }

    /// The count of what a list of `len` has beyond its end.
    pub(crate) fn and_more(&mut self, len: usize, indent: &str) {
        let hidden = len.saturating_sub(MAX_ITEMS);
        if hidden > 0 {
            self.plain(format!("{indent}• {}", phrases::and_more(hidden)));
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
        assert_eq!(
            crate::render::write::write(&document, &crate::render::style::TEXT, usize::MAX),
            "a\u{fffd} b\nc\u{fffd} d"
        );
    }
}
