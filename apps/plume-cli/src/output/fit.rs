//! Text in columns of a terminal.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Returns the number of columns that a text takes. Wide characters and emoji take two.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// Returns the text in at most `columns`, with `sign` at its end if it was cut.
pub(crate) fn shorten(text: &str, columns: usize, sign: &str) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    for cluster in text.graphemes(true) {
        if width(&kept) + width(cluster) + width(sign) > columns {
            break;
        }
        kept.push_str(cluster);
    }
    kept.truncate(kept.trim_end().len());
    kept.push_str(sign);
    kept
}

/// Breaks a line between its words into lines of at most `columns`, and a longer word where it must. Later lines keep
/// the indentation of the first.
pub(crate) fn wrap(line: &str, columns: usize) -> Vec<String> {
    if width(line) <= columns {
        return vec![line.to_owned()];
    }
    let indent = line.get(..line.len() - line.trim_start().len()).unwrap_or_default();
    let indent = if width(indent) * 2 >= columns { "" } else { indent };
    let mut lines = Vec::new();
    let mut current = indent.to_owned();
    for word in line.split_whitespace() {
        let is_first = current.len() == indent.len();
        if !is_first && width(&current) + 1 + width(word) > columns {
            lines.push(std::mem::replace(&mut current, indent.to_owned()));
        } else if !is_first {
            current.push(' ');
        }
        for cluster in word.graphemes(true) {
            if current.len() > indent.len() && width(&current) + width(cluster) > columns {
                lines.push(std::mem::replace(&mut current, indent.to_owned()));
            }
            current.push_str(cluster);
        }
    }
    lines.push(current);
    lines
}

/// Breaks a line like [`wrap`]. With a tab in it, later lines begin below the tab, or near the left edge if that is too far
/// to the right.
pub(crate) fn hang(line: &str, columns: usize) -> Vec<String> {
    let Some((head, tail)) = line.split_once('\t') else { return wrap(line, columns) };
    let indent = " ".repeat(if width(head) * 2 <= columns { width(head) } else { 2 });
    let head = if head.trim().is_empty() { indent.as_str() } else { head };
    let mut lines = wrap(&format!("{indent}{tail}"), columns).into_iter();
    let first = lines.next().unwrap_or_default();
    let joined = format!("{head}{}", first.trim_start());
    if width(&joined) <= columns {
        return std::iter::once(joined).chain(lines).collect();
    }
    wrap(head.trim_end(), columns).into_iter().chain(wrap(&format!("{indent}{tail}"), columns)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_that_people_see() {
        for (text, columns, expected) in [
            ("Bedroom", 7, "Bedroom"),
            ("Living Room", 8, "Living…"),
            ("客厅的路由器", 7, "客厅的…"),
            ("客厅的路由器", 6, "客厅…"),
            ("👨‍👩‍👧 Home", 3, "👨‍👩‍👧…"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
            ("abc", 1, "…"),
        ] {
            let cut = shorten(text, columns, "…");
            assert_eq!(cut, expected);
            assert!(width(&cut) <= columns, "{text}");
        }
    }

    #[test]
    fn later_lines_begin_below_the_tab() {
        assert_eq!(hang("FAILED  \tone two three", 18), ["FAILED  one two", "        three"]);
        assert_eq!(hang("        \tone two three", 18), ["        one two", "        three"]);
        assert_eq!(hang("FAILED  \tone two three", 10), ["FAILED", "  one two", "  three"]);
        assert_eq!(hang("        \tone two", 10), ["  one two"]);
        assert_eq!(hang("one two", 4), ["one", "two"]);
    }

    #[test]
    fn a_line_is_broken_between_words() {
        assert_eq!(wrap("  one two three", 9), ["  one two", "  three"]);
        assert_eq!(wrap("a incomprehensible word", 8), ["a", "incompre", "hensible", "word"]);
        assert_eq!(wrap("", 5), [""]);
    }
}
