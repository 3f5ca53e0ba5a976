//! Telegram's HTML, parsed as strictly as Telegram does.

use crate::html::{Token, tokens};

/// Elements that exist (core.telegram.org/bots/api#html-style).
const TAGS: &str = "a b blockquote code del em i ins pre s span strike strong tg-spoiler u";

/// Returns the text without markup, and the number of elements.
///
/// # Errors
///
/// Telegram's text after "can't parse entities: ".
pub fn parse(html: &str) -> Result<(String, usize), String> {
    let mut text = String::new();
    let mut open: Vec<&str> = Vec::new();
    let (mut count, mut at) = (0, 0);
    for token in tokens(html) {
        match token {
            Token::Text("<", _) => return Err(format!("Unclosed start tag at byte offset {at}")),
            Token::Text(_, shown) => text.push(shown),
            Token::Tag(tag) => {
                let inner = tag.trim_start_matches('<').trim_end_matches('>');
                let name = inner.split_whitespace().next().unwrap_or_default();
                match (inner.strip_prefix('/'), open.last()) {
                    (Some(name), Some(opened)) if *opened == name.trim() => drop(open.pop()),
                    (Some(_), Some(opened)) => {
                        return Err(format!(
                            "Unmatched end tag at byte offset {at}, expected \"</{opened}>\", found \"{tag}\""
                        ));
                    }
                    (Some(_), None) => return Err(format!("Unexpected end tag at byte offset {at}")),
                    (None, _) if TAGS.split(' ').any(|known| known == name) => {
                        open.push(name);
                        count += 1;
                    }
                    (None, _) => return Err(format!("Unsupported start tag \"{name}\" at byte offset {at}")),
                }
            }
        }
        at += token.written().len();
    }
    match open.last() {
        Some(tag) => Err(format!("Can't find end tag corresponding to start tag \"{tag}\"")),
        None => Ok((text, count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_markup_is_refused_as_by_telegram() {
        for html in ["<x>a</x>", "<b>a", "a</b>", "<b><i>a</b></i>", "a < b", "<b"] {
            assert!(parse(html).is_err(), "{html}");
        }
        assert_eq!(parse("<b>a &lt; b</b> & c"), Ok(("a < b & c".to_owned(), 1)));
        assert_eq!(parse("&#60;&#x3E;&#0;&#xFFFFFF;&nbsp;"), Ok(("<>&#0;&#xFFFFFF;&nbsp;".to_owned(), 0)));
    }
}
