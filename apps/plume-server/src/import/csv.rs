//! CSV by RFC 4180: fields with quotes, and line breaks within them. Spreadsheets also separate with semicolons or tabs.

/// A record with the line on which it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) line: usize,
    pub(super) fields: Vec<String>,
}

/// Returns the separator of a text, and the part after a line that names it.
fn separator(text: &str) -> (char, &str, usize) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let first = first.trim_end_matches('\r');
    if let Some(separator) = first.strip_prefix("sep=").and_then(|rest| rest.chars().next()) {
        return (separator, rest, 2);
    }
    let count = |separator: char| first.matches(separator).count();
    let separator = [';', '\t'].into_iter().find(|separator| count(*separator) > count(','));
    (separator.unwrap_or(','), text, 1)
}

/// Returns the records of a text without its empty lines, or the line of a quote that is not closed.
pub(super) fn parse(text: &str) -> Result<Vec<Row>, usize> {
    let (separator, text, mut line) = separator(text.trim_start_matches('\u{feff}'));
    let mut rows = Vec::new();
    let mut row = Row { line, fields: Vec::new() };
    let mut field = String::new();
    let mut quoted_at = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        line += usize::from(character == '\n');
        match (character, quoted_at) {
            ('"', Some(_)) if characters.next_if_eq(&'"').is_some() => field.push('"'),
            ('"', Some(_)) => quoted_at = None,
            (other, Some(_)) => field.push(other),
            ('"', None) if field.trim().is_empty() => {
                field.clear();
                quoted_at = Some(line);
            }
            (other, None) if other == separator => row.fields.push(std::mem::take(&mut field)),
            ('\n', None) => {
                row.fields.push(std::mem::take(&mut field));
                rows.push(std::mem::replace(&mut row, Row { line, fields: Vec::new() }));
            }
            (other, None) => field.push(other),
        }
    }
    if let Some(line) = quoted_at {
        return Err(line);
    }
    row.fields.push(field);
    rows.push(row);
    for row in &mut rows {
        for field in &mut row.fields {
            *field = plume_text::trim(field).to_owned();
        }
    }
    rows.retain(|row| row.fields.iter().any(|field| !field.is_empty()));
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<(usize, Vec<String>)> {
        parse(text).unwrap().into_iter().map(|row| (row.line, row.fields)).collect()
    }

    #[test]
    fn fields_may_have_quotes_commas_and_line_breaks() {
        let text = "\u{feff}a, b\r\n\r\n\"x, \"\"y\"\"\",\"two\nlines\"\r\nlast,";
        let expected = [(1, ["a", "b"]), (3, ["x, \"y\"", "two\nlines"]), (5, ["last", ""])];
        assert_eq!(fields(text), expected.map(|(line, row)| (line, row.map(str::to_owned).to_vec())));
        assert_eq!(parse("a\n\"b"), Err(2));
        assert_eq!(fields(""), []);
    }

    #[test]
    fn files_of_spreadsheets_have_other_separators() {
        let expected = [["a", "b"], ["1,5", "x"]].map(|row| row.map(str::to_owned).to_vec());
        for (text, first) in
            [("\u{feff}a;b\r\n1,5;x\r\n", 1), ("a\tb\n1,5\tx\n", 1), ("sep=;\r\na;b\r\n1,5;x\r\n", 2)]
        {
            let lines = [first, first + 1];
            let expected: Vec<_> = lines.into_iter().zip(expected.clone()).collect();
            assert_eq!(fields(text), expected, "{text:?}");
        }
    }
}
