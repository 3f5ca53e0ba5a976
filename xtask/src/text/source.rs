//! Rust source reduced to its code, so that a word in a comment or a string is not mistaken for a use.

use std::borrow::Cow;

use proc_macro2::{Span, TokenStream, TokenTree};

/// Returns the source with spaces in place of comments, strings and characters. Lines keep their numbers. Text without
/// any of `words`, or without tokens, is returned unchanged.
pub(crate) fn code_only<'s>(source: &'s str, words: &[&str]) -> Cow<'s, str> {
    // Most files have none, and tokenizing all of them takes seconds.
    if !words.iter().any(|word| source.contains(word)) {
        return source.into();
    }
    match code(source) {
        Some(code) => String::from_utf8_lossy(&code).into_owned().into(),
        None => source.into(),
    }
}

/// Returns the source with spaces in place of code, which leaves comments, strings and characters. Lines keep their
/// numbers. Text without tokens is returned unchanged.
pub(crate) fn prose_only(source: &str) -> String {
    let Some(code) = code(source) else { return source.to_owned() };
    let prose =
        source.bytes().zip(code).map(|(byte, code)| if byte == code && byte != b'\n' { b' ' } else { byte });
    String::from_utf8_lossy(&prose.collect::<Vec<_>>()).into_owned()
}

/// Returns the bytes of the code, with spaces elsewhere. `None` without tokens.
fn code(source: &str) -> Option<Vec<u8>> {
    proc_macro2::extra::invalidate_current_thread_spans();
    let tokens = source.parse().ok()?;
    let mut code: Vec<u8> = source.bytes().map(|byte| if byte == b'\n' { byte } else { b' ' }).collect();
    keep(source, tokens, &mut code);
    Some(code)
}

/// Copies the tokens to their places. The tokens of a doc comment differ from its text and are skipped.
fn keep(source: &str, tokens: TokenStream, code: &mut [u8]) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                copy(source, group.span_open(), |text| matches!(text, "(" | "[" | "{"), code);
                copy(source, group.span_close(), |text| matches!(text, ")" | "]" | "}"), code);
                keep(source, group.stream(), code);
            }
            TokenTree::Literal(literal) => {
                copy(
                    source,
                    literal.span(),
                    |text| text.starts_with(|first: char| first.is_ascii_digit()),
                    code,
                );
            }
            word => copy(source, word.span(), |text| text == word.to_string(), code),
        }
    }
}

fn copy(source: &str, span: Span, is_code: impl Fn(&str) -> bool, code: &mut [u8]) {
    let range = span.byte_range();
    if let (Some(text), Some(place)) = (source.get(range.clone()), code.get_mut(range))
        && is_code(text)
    {
        place.copy_from_slice(text.as_bytes());
    }
}

/// Whether `code` contains `word` as a whole identifier.
pub(crate) fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code.get(..at).and_then(|text| text.chars().next_back());
        let after = code.get(at + word.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_identifier) && !after.is_some_and(is_identifier)
    })
}

/// The line number, from 1, of a byte offset.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

pub(crate) fn is_identifier(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_blanked_and_code_is_kept() {
        let source = "a(\"x \\\" hidden\"); // hidden\n/* hidden /* hidden */ hidden */ b::<'s>('\"', '\\'', r#\"hidden \" hidden\"#, br\"hidden\");\nseen";
        let code = code_only(source, &["hidden"]);
        assert!(!code.contains("hidden"), "{code}");
        assert!(code.contains("b::<'s>("), "{code}");
        assert!(code.ends_with("\nseen"), "{code}");
        assert_eq!(code.lines().count(), source.lines().count());
    }

    #[test]
    fn code_is_blanked_and_comments_and_strings_are_kept() {
        let source = "/// doc\nfn code() { say(\"text\"); } // note\n";
        let prose = prose_only(source);
        assert_eq!(prose.split_whitespace().collect::<Vec<_>>(), ["///", "doc", "\"text\"", "//", "note"]);
        assert_eq!(prose.find("note"), source.find("note"));
    }

    #[test]
    fn raw_identifiers_and_words_that_end_in_r_start_no_string() {
        assert_eq!(code_only("for r#type in bar {seen}", &["seen"]), "for r#type in bar {seen}");
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("use tool::x", "tool"));
        assert!(!has_word("use my_tool::x", "tool"));
        assert!(!has_word("use toolbox::x", "tool"));
    }
}
