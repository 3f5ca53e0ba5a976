//! The part of HTML that Telegram accepts.

use super::{Line, Style};

pub(super) const STYLE: Style = Style { line, between: |_, _| "\n" };

fn line(line: &Line) -> String {
    match line {
        Line::Blank => String::new(),
        Line::Plain(text) => escape(text),
        Line::Strong(text) => format!("<b>{}</b>", escape(text)),
    }
}

fn escape(text: &str) -> String {
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
