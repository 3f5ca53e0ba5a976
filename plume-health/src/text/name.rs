//! Text of the API in sentences: safe for terminals ([`on_screen`]), bounded, never empty.
//!
//! Every text passes here before it becomes part of a sentence. Escaping for Markdown or HTML follows in `render`.

use std::borrow::Cow;

use plume_text::on_screen;

/// The replacement for a name without visible characters.
const UNNAMED: &str = "(unnamed)";
/// The mark at the end of a cut text.
pub(crate) const ELLIPSIS: &str = "…";
/// The maximum length of a name in a sentence or list, in characters.
pub const MAX_NAME: usize = 64;
/// The maximum length of a reason or unknown word in a sentence, in characters.
pub(crate) const MAX_REASON: usize = 200;

/// Returns at most `max` characters of the [`on_screen`] text without surrounding blanks. If it was longer, the
/// last one is `…`.
pub(crate) fn short(text: &str, max: usize) -> Cow<'_, str> {
    // The common case: nearly every name is short and plain.
    if text.len() <= max && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text.trim_matches(' '));
    }
    // Nothing beyond this is shown, and the text may be of any length.
    let head = match text.char_indices().nth(max.saturating_mul(4)) {
        Some((end, _)) => text.get(..end).unwrap_or_default(),
        None => text,
    };
    let cut = head.len() < text.len();
    let clean = on_screen(head);
    let clean = clean.trim();
    if !cut && clean.chars().nth(max).is_none() {
        return Cow::Owned(clean.to_owned());
    }
    let kept: String = clean.chars().take(max.saturating_sub(1)).collect();
    Cow::Owned(format!("{}…", kept.trim_end()))
}

/// Returns a name for sentences and lists: at most [`MAX_NAME`] characters on one line, safe for terminals, never
/// empty.
#[must_use]
pub fn name(text: &str) -> Cow<'_, str> {
    let name = short(text, MAX_NAME);
    if plume_text::is_blank(&name) {
        return Cow::Borrowed(UNNAMED);
    }
    name
}

/// Returns a reason or word for a sentence.
pub(crate) fn reason(text: &str) -> Cow<'_, str> {
    short(text, MAX_REASON)
}

/// Returns the text with a capital first letter.
#[must_use]
pub fn capitalized(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_at_the_limit_and_never_empty() {
        let exact = "x".repeat(MAX_NAME);
        assert_eq!(name(&exact), exact);
        let text = "x".repeat(MAX_NAME + 1);
        let longer = name(&text);
        assert_eq!(longer.chars().count(), MAX_NAME);
        assert!(longer.ends_with('…'));
        assert_eq!(name(&"ü".repeat(10_000)).chars().count(), MAX_NAME);
        assert_eq!(name(" \u{200b}\u{200d}"), UNNAMED);
        assert_eq!(name(""), UNNAMED);
    }

    #[test]
    fn invisible_characters_take_no_room() {
        assert_eq!(name(&"\u{200b}x".repeat(MAX_NAME)), "x".repeat(MAX_NAME));
    }

    #[test]
    fn invisible_characters_do_not_hide_a_different_name() {
        let text = format!("{}tail", "\u{200b}".repeat(MAX_NAME * 4));
        assert_eq!(name(&text), "…");
    }
}
