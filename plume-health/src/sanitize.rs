//! Text of the API made harmless for people's screens.
//!
//! Names are chosen by customers and host names by devices, so they are hostile input: escape sequences that
//! a terminal would obey, direction marks that turn a line around, text without end. Every text passes here
//! before it becomes part of a sentence; escaping for Markdown or HTML comes on top, in `render`.

use std::borrow::Cow;

/// The longest name in a sentence or list, in characters.
pub(crate) const MAX_NAME: usize = 64;
/// The longest reason or unknown word in a sentence, in characters.
pub(crate) const MAX_REASON: usize = 200;

enum Fate {
    Keep,
    Space,
    Drop,
    Replace,
}

fn fate(character: char) -> Fate {
    match character {
        '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Fate::Space,
        character if character.is_control() => Fate::Replace,
        // Direction marks: one of them can make a line read as another.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Fate::Replace
        }
        // Invisible. The joiners U+200C and U+200D stay: scripts and emoji need them.
        '\u{ad}'
        | '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => Fate::Drop,
        _ => Fate::Keep,
    }
}

/// The text on one line, without control, direction and invisible characters.
///
/// For every text of the API that is shown in a terminal or log: a name can hold sequences that the terminal
/// would obey.
///
/// ```
/// assert_eq!(plume_health::on_screen("Living\nRoom\u{1b}[31m"), "Living Room\u{fffd}[31m");
/// ```
#[must_use]
pub fn neutral(text: &str) -> Cow<'_, str> {
    if text.chars().all(|character| matches!(fate(character), Fate::Keep)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.chars()
            .filter_map(|character| match fate(character) {
                Fate::Keep => Some(character),
                Fate::Space => Some(' '),
                Fate::Drop => None,
                Fate::Replace => Some(char::REPLACEMENT_CHARACTER),
            })
            .collect(),
    )
}

/// At most `max` characters of [`neutral`] text without blanks around it, the last one `…` if it was longer.
pub(crate) fn short(text: &str, max: usize) -> Cow<'_, str> {
    // Nearly every name, and every report has dozens.
    if text.len() <= max && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text.trim_matches(' '));
    }
    // Nothing beyond this can be seen, and the text may be of any length.
    let head = match text.char_indices().nth(max.saturating_mul(4)) {
        Some((end, _)) => text.get(..end).unwrap_or_default(),
        None => text,
    };
    let cut = head.len() < text.len();
    let clean = neutral(head);
    let clean = clean.trim();
    if !cut && clean.chars().nth(max).is_none() {
        return Cow::Owned(clean.to_owned());
    }
    let kept: String = clean.chars().take(max.saturating_sub(1)).collect();
    Cow::Owned(format!("{}…", kept.trim_end()))
}

/// A name as it stands in sentences and lists; never empty.
pub(crate) fn name(text: &str) -> Cow<'_, str> {
    let name = short(text, MAX_NAME);
    // A joiner alone has nothing to see either.
    if name.chars().all(|character| matches!(character, '\u{200c}' | '\u{200d}')) {
        return Cow::Borrowed(crate::words::UNNAMED);
    }
    name
}

/// A reason or word as it stands in sentences.
pub(crate) fn reason(text: &str) -> Cow<'_, str> {
    short(text, MAX_REASON)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_steer_a_screen_is_neutralised() {
        assert_eq!(neutral("a\u{1b}[31mb"), "a\u{fffd}[31mb");
        assert_eq!(neutral("a\nb\tc\u{2028}d"), "a b c d");
        assert_eq!(neutral("a\u{202e}b\u{2066}c"), "a\u{fffd}b\u{fffd}c");
        assert_eq!(neutral("\u{feff}a\u{200b}b\u{ad}"), "ab");
        assert_eq!(neutral("\u{9b}31m"), "\u{fffd}31m");
        assert_eq!(neutral("Küche 👨‍👩‍👧"), "Küche 👨‍👩‍👧");
    }

    #[test]
    fn names_are_cut_at_the_limit_and_never_empty() {
        let exact = "x".repeat(MAX_NAME);
        assert_eq!(name(&exact), exact);
        let text = "x".repeat(MAX_NAME + 1);
        let longer = name(&text);
        assert_eq!(longer.chars().count(), MAX_NAME);
        assert!(longer.ends_with('…'));
        assert_eq!(name(&"ü".repeat(10_000)).chars().count(), MAX_NAME);
        assert_eq!(name(" \u{200b}\u{200d}"), crate::words::UNNAMED);
        assert_eq!(name(""), crate::words::UNNAMED);
    }

    #[test]
    fn invisible_characters_take_no_room() {
        assert_eq!(name(&"\u{200b}x".repeat(MAX_NAME)), "x".repeat(MAX_NAME));
    }

    #[test]
    fn what_is_hidden_by_invisible_characters_is_not_taken_for_the_whole() {
        let text = format!("{}tail", "\u{200b}".repeat(MAX_NAME * 4));
        assert_eq!(name(&text), "…");
    }
}
