//! CSV by RFC 4180: fields with quotes, and line breaks within them.

/// A record with the line on which it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) line: usize,
    pub(super) fields: Vec<String>,
}

/// Returns the records of a text without its empty lines, or the line of a quote that is not closed.
pub(super) fn parse(text: &str) -> Result<Vec<Row>, usize> {
    let mut rows = Vec::new();
    let mut row = Row { line: 1, fields: Vec::new() };
    let (mut field, mut line) = (String::new(), 1);
    let mut quoted_at = None;
    let mut characters = text.trim_start_matches('\u{feff}').chars().peekable();
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
            (',', None) => row.fields.push(std::mem::take(&mut field)),
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
}
