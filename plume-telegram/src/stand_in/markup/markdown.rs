//! Telegram's `MarkdownV2`, parsed as strictly as Telegram does.

/// Characters that have to be escaped outside of code.
const RESERVED: &str = "_*[]()~`>#+-=|{}.!";

/// Elements that begin and end with the same mark, the longer marks first.
const MARKS: [(&str, &str); 5] =
    [("__", "Underline"), ("||", "Spoiler"), ("_", "Italic"), ("*", "Bold"), ("~", "Strikethrough")];

/// Returns the text without markup, and the number of elements.
///
/// # Errors
///
/// Telegram's text after "can't parse entities: ".
pub fn parse(markdown: &str) -> Result<(String, usize), String> {
    let mut text = String::new();
    // The mark of each open element, its name and its start.
    let mut open: Vec<(&str, &str, usize)> = Vec::new();
    let mut count = 0;
    let mut rest = markdown;
    let mut line_begins = true;
    while let Some(first) = rest.chars().next() {
        let at = markdown.len() - rest.len();
        if first == '\\' {
            let escaped = rest.chars().nth(1).filter(char::is_ascii);
            text.push(escaped.unwrap_or('\\'));
            rest = rest.get(1 + escaped.map_or(0, char::len_utf8)..).unwrap_or_default();
            line_begins = false;
            continue;
        }
        if line_begins && first == '>' {
            rest = rest.get(1..).unwrap_or_default();
            line_begins = false;
            continue;
        }
        line_begins = first == '\n';
        if let Some((code, after)) = code(rest, at)? {
            text.push_str(&code);
            count += 1;
            rest = after;
            continue;
        }
        let mark = MARKS.iter().find(|(mark, _)| rest.starts_with(mark));
        if let Some((mark, name)) = mark {
            match open.last() {
                Some((opened, ..)) if opened == mark => {
                    open.pop();
                    count += 1;
                }
                _ => open.push((mark, name, at)),
            }
            rest = rest.get(mark.len()..).unwrap_or_default();
            continue;
        }
        let begin = if rest.starts_with("![") { 2 } else { usize::from(first == '[') };
        if begin > 0 {
            open.push(("]", "Link", at));
            rest = rest.get(begin..).unwrap_or_default();
            continue;
        }
        if first == ']' && open.last().is_some_and(|(mark, ..)| *mark == "]") {
            open.pop();
            count += 1;
            rest = url(rest.get(1..).unwrap_or_default(), at)?;
            continue;
        }
        if RESERVED.contains(first) {
            return Err(format!(
                "Character '{first}' is reserved and must be escaped with the preceding '\\'"
            ));
        }
        text.push(first);
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    match open.last() {
        Some((_, name, at)) => Err(format!("Can't find end of {name} entity at byte offset {at}")),
        None => Ok((text, count)),
    }
}

/// Returns a piece of code at the beginning of a text, and the rest.
fn code(rest: &str, at: usize) -> Result<Option<(String, &str)>, String> {
    let (mark, name) = match rest {
        _ if rest.starts_with("```") => ("```", "Pre"),
        _ if rest.starts_with('`') => ("`", "Code"),
        _ => return Ok(None),
    };
    let mut text = String::new();
    let mut inner = rest.get(mark.len()..).unwrap_or_default();
    while let Some(first) = inner.chars().next() {
        if let Some(after) = inner.strip_prefix(mark) {
            return Ok(Some((text, after)));
        }
        let escaped = (first == '\\').then(|| inner.chars().nth(1)).flatten();
        text.push(escaped.unwrap_or(first));
        let taken = escaped.map_or(first.len_utf8(), |escaped| 1 + escaped.len_utf8());
        inner = inner.get(taken..).unwrap_or_default();
    }
    Err(format!("Can't find end of {name} entity at byte offset {at}"))
}

/// Returns the rest after the target of a link, if there is one.
fn url(rest: &str, at: usize) -> Result<&str, String> {
    let Some(target) = rest.strip_prefix('(') else { return Ok(rest) };
    let mut escaped = false;
    let end = target.char_indices().find(|(_, character)| {
        let ends = *character == ')' && !escaped;
        escaped = *character == '\\' && !escaped;
        ends
    });
    let (end, _) = end.ok_or_else(|| format!("Can't find end of a URL at byte offset {at}"))?;
    Ok(target.get(end + 1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_markup_is_parsed_as_by_telegram() {
        for (markdown, text, count) in [
            ("plain", "plain", 0),
            ("*a _b_ c*", "a b c", 2),
            ("__a__ ~b~ ||c||", "a b c", 3),
            (r"1\.5 \- \(x\)\!", "1.5 - (x)!", 0),
            ("`a.b*` ```\nc_d```", "a.b* \nc_d", 2),
            (r"`a\`b`", "a`b", 1),
            (r"[a\.b](https://example.net/x.y_z) c", "a.b c", 1),
            ("![👍](tg://emoji?id=5)", "👍", 1),
            ("> quoted\n>more", " quoted\nmore", 0),
        ] {
            assert_eq!(parse(markdown), Ok((text.to_owned(), count)), "{markdown}");
        }
    }

    #[test]
    fn invalid_markup_is_refused_as_by_telegram() {
        for (markdown, error) in [
            ("1.5", "Character '.' is reserved and must be escaped with the preceding '\\'"),
            ("a-b", "Character '-' is reserved and must be escaped with the preceding '\\'"),
            ("a)", "Character ')' is reserved and must be escaped with the preceding '\\'"),
            ("*a", "Can't find end of Bold entity at byte offset 0"),
            ("ü _a", "Can't find end of Italic entity at byte offset 3"),
            ("*a _b* c_", "Can't find end of Italic entity at byte offset 8"),
            ("`a", "Can't find end of Code entity at byte offset 0"),
            ("[a", "Can't find end of Link entity at byte offset 0"),
            ("[a](b", "Can't find end of a URL at byte offset 2"),
        ] {
            assert_eq!(parse(markdown), Err(error.to_owned()), "{markdown}");
        }
    }
}
