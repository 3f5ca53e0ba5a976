//! Cells of comma-separated values.

use std::borrow::Cow;

/// Returns a text as a cell of comma-separated values: quoted where needed. A text that a spreadsheet would run as a formula
/// begins with an apostrophe; a number does not. A part after a character that some spreadsheets take for the end of a cell
/// begins with one, too.
///
/// ```
/// use plume_text::csv_cell;
///
/// assert_eq!(csv_cell("Alder Street, 1"), "\"Alder Street, 1\"");
/// assert_eq!(csv_cell("=HYPERLINK(1)"), "'=HYPERLINK(1)");
/// ```
#[must_use]
pub fn csv_cell(text: &str) -> Cow<'_, str> {
    const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];
    const ENDS: [char; 4] = [';', '\t', '\n', '\r'];
    let is_formula = text.starts_with(FORMULA) && text.parse::<f64>().is_err();
    let text = if is_formula { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) };
    let is_split = |rest: &str| rest.chars().nth(1).is_some_and(|next| FORMULA.contains(&next));
    let mut splits =
        text.match_indices(ENDS).filter(|(at, _)| text.get(*at..).is_some_and(is_split)).peekable();
    let text = if splits.peek().is_some() {
        let (mut safe, mut last) = (String::with_capacity(text.len() + 8), 0);
        for (at, end) in splits {
            let next = at + end.len();
            safe.push_str(text.get(last..next).unwrap_or_default());
            safe.push('\'');
            last = next;
        }
        safe.push_str(text.get(last..).unwrap_or_default());
        Cow::Owned(safe)
    } else {
        text
    };
    if text.contains([',', '"', '\n', '\r']) {
        return Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_for_spreadsheets_are_quoted_and_run_nothing() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("a \"b\"", "\"a \"\"b\"\"\""),
            ("=HYPERLINK(1,2)", "\"'=HYPERLINK(1,2)\""),
            ("+1 555", "'+1 555"),
            ("@SUM", "'@SUM"),
            ("\r=1", "\"'\r'=1\""),
            ("＝1+1", "'＝1+1"),
            ("x;=1+1;2;@A", "x;'=1+1;2;'@A"),
            ("x\t=1", "x\t'=1"),
            ("x\n=1", "\"x\n'=1\""),
            ("a; b", "a; b"),
            ("-60.5", "-60.5"),
            ("", ""),
        ] {
            assert_eq!(csv_cell(text), expected);
        }
    }
}
