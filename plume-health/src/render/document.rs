//! A report as lines.

use crate::phrases;

/// The maximum number of items in a list. Further items are counted.
pub const MAX_ITEMS: usize = 20;

/// A report as lines, before a format is applied.
///
/// Every text is made safe for terminals when it is added, and escaped when it is written.
#[derive(Debug, Default)]
pub struct Document {
    pub(super) lines: Vec<Line>,
}

/// One line of text. `Blank` separates sections.
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

    /// Adds an emphasized line: a title, a verdict, a heading.
    pub fn strong(&mut self, text: impl AsRef<str>) {
        self.lines.push(Line::Strong(plume_text::on_screen(text.as_ref()).into_owned()));
    }

    /// Adds a blank line between two sections.
    pub fn blank(&mut self) {
        self.lines.push(Line::Blank);
    }

    /// Adds a blank line, a heading, and at most [`MAX_ITEMS`] items; nothing if there are no items.
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

    /// Adds a heading and a bulleted list; nothing if there are no items.
    pub fn list<T: AsRef<str>>(&mut self, heading: impl AsRef<str>, items: &[T]) {
        self.section(heading, items, |document, item| document.plain(format!("  • {}", item.as_ref())));
    }

    /// Adds a blank line and these lines; nothing if there are no lines.
    pub fn paragraph(&mut self, lines: impl IntoIterator<Item = String>) {
        for (index, line) in lines.into_iter().enumerate() {
            if index == 0 {
                self.blank();
            }
            self.plain(line);
        }
    }

    /// Adds the number of items beyond the end of a list of `len`.
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
    fn a_document_makes_every_text_safe() {
        let mut document = Document::default();
        document.plain("a\u{1b}\nb");
        document.strong("c\u{202e}\nd");
        assert_eq!(
            crate::render::write::write(&document, &crate::render::style::TEXT, usize::MAX),
            "a\u{fffd} b\nc\u{fffd} d"
        );
    }
}
