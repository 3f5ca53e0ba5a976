//! Telegram's HTML, read as strictly as Telegram reads it.

/// Elements that exist (core.telegram.org/bots/api#html-style).
const TAGS: [&str; 15] = [
    "a",
    "b",
    "blockquote",
    "code",
    "del",
    "em",
    "i",
    "ins",
    "pre",
    "s",
    "span",
    "strike",
    "strong",
    "tg-spoiler",
    "u",
];

/// The text without markup, and how many elements there were.
///
/// # Errors
///
/// What Telegram would say after "can't parse entities: ".
pub fn parse(html: &str) -> Result<(String, usize), String> {
    let mut text = String::new();
    let mut open: Vec<&str> = Vec::new();
    let mut count = 0;
    let mut rest = html;
    while let Some(first) = rest.chars().next() {
        let at = html.len() - rest.len();
        if first == '<' {
            let end = rest.find('>').ok_or_else(|| format!("Unclosed start tag at byte offset {at}"))?;
            let (tag, after) = rest.split_at(end + 1);
            rest = after;
            let inner = tag.trim_start_matches('<').trim_end_matches('>');
            match inner.strip_prefix('/') {
                Some(name) => match open.pop() {
                    Some(opened) if opened == name.trim() => {}
                    Some(opened) => {
                        return Err(format!(
                            "Unmatched end tag at byte offset {at}, expected \"</{opened}>\", found \"{tag}\""
                        ));
                    }
                    None => return Err(format!("Unexpected end tag at byte offset {at}")),
                },
                None => {
                    let name = inner.split_whitespace().next().unwrap_or_default();
                    if !TAGS.contains(&name) {
                        return Err(format!("Unsupported start tag \"{name}\" at byte offset {at}"));
                    }
                    open.push(name);
                    count += 1;
                }
            }
            continue;
        }
        if let Some((character, after)) = numeric(rest) {
            text.push(character);
            rest = after;
            continue;
        }
        let entity = [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"')]
            .into_iter()
            .find(|(entity, _)| rest.starts_with(entity));
        let (taken, character) =
            entity.map_or((first.len_utf8(), first), |(entity, shown)| (entity.len(), shown));
        text.push(character);
        rest = rest.get(taken..).unwrap_or_default();
    }
    match open.last() {
        Some(tag) => Err(format!("Can't find end tag corresponding to start tag \"{tag}\"")),
        None => Ok((text, count)),
    }
}

/// A character that is written by its number, and what follows.
fn numeric(rest: &str) -> Option<(char, &str)> {
    let (number, after) = rest.strip_prefix("&#")?.split_once(';')?;
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    Some((char::from_u32(code).filter(|character| *character != '\0')?, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_telegram_refuses_is_refused() {
        for html in ["<x>a</x>", "<b>a", "a</b>", "<b><i>a</b></i>", "a < b", "<b"] {
            assert!(parse(html).is_err(), "{html}");
        }
        assert_eq!(parse("<b>a &lt; b</b> & c"), Ok(("a < b & c".to_owned(), 1)));
        assert_eq!(parse("&#60;&#x3E;&#0;&#xFFFFFF;&nbsp;"), Ok(("<>&#0;&#xFFFFFF;&nbsp;".to_owned(), 0)));
    }
}
