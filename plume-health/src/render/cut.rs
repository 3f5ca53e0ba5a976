//! Writing a document, whole or up to a limit.

use super::{Document, Line, Style};
use crate::words;

/// The length as Telegram and JavaScript count it.
pub(super) fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).fold(0, usize::saturating_add)
}

/// At most `limit` UTF-16 units: whole lines, and one that counts those that are missing. If not even that one fits,
/// an ellipsis.
pub(super) fn write(document: &Document, style: &Style, limit: usize) -> String {
    let lines: Vec<String> = document.lines.iter().map(style.line).collect();
    let mut whole = String::new();
    // Where each line ends, in bytes and in units.
    let mut ends = vec![(0_usize, 0_usize)];
    let mut before: Option<&Line> = None;
    for (line, text) in document.lines.iter().zip(&lines) {
        whole.push_str(before.map_or("", |before| (style.between)(before, line)));
        whole.push_str(text);
        let (from, so_far) = ends.last().copied().unwrap_or_default();
        let added = units(whole.get(from..).unwrap_or_default());
        ends.push((whole.len(), so_far.saturating_add(added)));
        before = Some(line);
    }
    if ends.last().is_none_or(|(_, units)| *units <= limit) {
        return whole;
    }
    for kept in (0..lines.len()).rev() {
        let (head, left_out) = document.lines.split_at(kept);
        // A heading without what it is above, and a blank, are no use. Behind a title or verdict there is a blank.
        let ends_badly = match (head.last(), left_out.first()) {
            (Some(Line::Blank), _) => true,
            (Some(Line::Strong(_)), next) => !matches!(next, Some(Line::Blank)),
            _ => false,
        };
        if kept > 1 && ends_badly {
            continue;
        }
        let missing = left_out.iter().filter(|line| !matches!(line, Line::Blank)).count();
        let end = Line::Plain(words::more_lines(missing));
        let between = head.last().map_or("", |last| (style.between)(last, &end));
        let end = (style.line)(&end);
        let Some((bytes, so_far)) = ends.get(kept) else { continue };
        if so_far.saturating_add(units(between)).saturating_add(units(&end)) <= limit {
            return [whole.get(..*bytes).unwrap_or_default(), between, &end].concat();
        }
    }
    if limit == 0 { String::new() } else { words::ELLIPSIS.to_owned() }
}
