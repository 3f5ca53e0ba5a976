//! Markdown that `CommonMark` and Telegram's `MarkdownV2` both accept.

use super::{Line, Style};

pub(super) const STYLE: Style = Style { line, between };

fn line(line: &Line) -> String {
    match line {
        Line::Blank => String::new(),
        Line::Plain(text) => escape(text),
        Line::Strong(text) => format!("*{}*", escape(text)),
    }
}

/// A line break within a paragraph is two blanks in `CommonMark`; Telegram shows blanks at a line's end as nothing.
fn between(before: &Line, after: &Line) -> &'static str {
    match (before, after) {
        (Line::Blank, _) | (_, Line::Blank) => "\n",
        _ => "  \n",
    }
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
