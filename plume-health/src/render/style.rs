//! The formats for people: how each writes and escapes a line.

use crate::render::document::Line;

/// How a format writes lines.
pub(super) struct Style {
    pub(super) line: fn(&Line) -> String,
    /// What stands between two lines.
    pub(super) between: fn(&Line, &Line) -> &'static str,
}

/// Plain text.
pub(super) const TEXT: Style = Style {
    line: |line| match line {
        Line::Blank => String::new(),
        Line::Plain(text) | Line::Strong(text) => text.clone(),
    },
    between: |_, _| "\n",
};

/// Markdown that `CommonMark` and Telegram's `MarkdownV2` both accept.
pub(super) const MARKDOWN: Style = Style {
    line: |line| match line {
        Line::Blank => String::new(),
        Line::Plain(text) => escape_markdown(text),
        Line::Strong(text) => format!("*{}*", escape_markdown(text)),
    },
    between,
};

/// The part of HTML that Telegram accepts.
pub(super) const HTML: Style = Style {
    line: |line| match line {
        Line::Blank => String::new(),
        Line::Plain(text) => escape_html(text),
        Line::Strong(text) => format!("<b>{}</b>", escape_html(text)),
    },
    between: |_, _| "\n",
};

/// A line break within a paragraph is two blanks in `CommonMark`; Telegram shows blanks at a line's end as nothing.
fn between(before: &Line, after: &Line) -> &'static str {
    match (before, after) {
        (Line::Blank, _) | (_, Line::Blank) => "\n",
        _ => "  \n",
    }
}

/// Both dialects let a backslash take the meaning from any ASCII punctuation character.
fn escape_markdown(text: &str) -> String {
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

fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}
