//! Markdown that `CommonMark` and Telegram's `MarkdownV2` both accept.

use super::{Document, Line};

/// A line break within a paragraph, in `CommonMark`; Telegram shows blanks at a line's end as nothing.
const BREAK: &str = "  ";

pub(super) fn write(document: &Document) -> String {
    let mut out = String::new();
    let mut lines = document.lines.iter().peekable();
    while let Some(line) = lines.next() {
        match line {
            Line::Blank => {}
            Line::Plain(text) => out.push_str(&escape(text)),
            Line::Strong(text) => {
                out.push('*');
                out.push_str(&escape(text));
                out.push('*');
            }
        }
        match (line, lines.peek()) {
            (_, None) => {}
            (Line::Blank, _) | (_, Some(Line::Blank)) => out.push('\n'),
            _ => {
                out.push_str(BREAK);
                out.push('\n');
            }
        }
    }
    out
}

/// Both dialects let a backslash take the meaning from any ASCII punctuation character.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    // CommonMark would drop blanks at the beginning of a line, or take them for code.
    let indent = text.len() - text.trim_start_matches(' ').len();
    escaped.extend(std::iter::repeat_n('\u{a0}', indent));
    for character in text.trim_start_matches(' ').chars() {
        if character.is_ascii_punctuation() {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
