//! The part of HTML that Telegram accepts.

use super::{Document, Line};

pub(super) fn write(document: &Document) -> String {
    let lines: Vec<String> = document
        .lines
        .iter()
        .map(|line| match line {
            Line::Blank => String::new(),
            Line::Plain(text) => escape(text),
            Line::Strong(text) => format!("<b>{}</b>", escape(text)),
        })
        .collect();
    lines.join("\n")
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
