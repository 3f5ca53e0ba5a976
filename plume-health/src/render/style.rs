//! The line styles and escaping of the formats for people.

use crate::render::document::Line;

/// The line style of a format.
pub(super) struct Style {
    pub(super) line: fn(&Line) -> String,
    /// The separator of two lines.
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

/// Markdown for both `CommonMark` and Telegram's `MarkdownV2`.
pub(super) const MARKDOWN: Style = Style {
    line: |line| match line {
        Line::Blank => String::new(),
        Line::Plain(text) => escape_markdown(text),
        Line::Strong(text) => format!("*{}*", escape_markdown(text)),
    },
    between,
};

/// The subset of HTML that Telegram accepts.
pub(super) const HTML: Style = Style {
    line: |line| match line {
        Line::Blank => String::new(),
        Line::Plain(text) => escape_html(text),
        Line::Strong(text) => format!("<b>{}</b>", escape_html(text)),
    },
    between: |_, _| "\n",
};

/// Returns the break between lines. Two blanks at a line's end are a line break in `CommonMark`, and invisible in
/// Telegram.
fn between(before: &Line, after: &Line) -> &'static str {
    match (before, after) {
        (Line::Blank, _) | (_, Line::Blank) => "\n",
        _ => "  \n",
    }
}

/// Escapes a text. In both dialects a backslash escapes any ASCII punctuation character.
fn escape_markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    // CommonMark drops leading blanks or reads them as code.
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
