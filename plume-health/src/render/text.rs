//! Plain text.

use super::{Document, Line};

pub(super) fn write(document: &Document) -> String {
    let lines: Vec<&str> = document
        .lines
        .iter()
        .map(|line| match line {
            Line::Blank => "",
            Line::Plain(text) | Line::Strong(text) => text,
        })
        .collect();
    lines.join("\n")
}
