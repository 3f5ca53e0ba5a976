//! Plain text.

use super::{Line, Style};

pub(super) const STYLE: Style = Style { line, between: |_, _| "\n" };

fn line(line: &Line) -> String {
    match line {
        Line::Blank => String::new(),
        Line::Plain(text) | Line::Strong(text) => text.clone(),
    }
}
