//! Untrusted text, neutralized for terminals and logs and repaired for JSON parsers; durations for people.
//!
//! Customers choose names, devices choose host names, and servers write error texts, so each of them is untrusted
//! input: escape sequences that a terminal executes, direction marks that reorder a line, invisible characters that
//! make two texts look equal. Every crate of the SDK that shows such a text passes it through [`on_screen`]. Escaping
//! for Markdown or HTML is a second step, done where those are written.
//!
//! **One crate below all others neutralizes untrusted text.** The error types of every crate pass their text through
//! [`on_screen`] on creation, so no program has to. The crate has no dependencies, because `plume-types` and
//! `plume-auth` have no other crate in common.
//!
//! ```
//! use std::time::Duration;
//!
//! assert_eq!(plume_text::on_screen("Living\nRoom\u{1b}[31m"), "Living Room\u{fffd}[31m");
//! assert_eq!(plume_text::human(Duration::from_secs(270)).to_string(), "4 min 30 s");
//! ```

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

mod csv;
mod distance;
mod duration;
mod json;

use std::{borrow::Cow, error::Error, fmt};

pub use csv::csv_cell;
pub use distance::{distance, nearest};
pub use duration::{Human, human};
pub use json::{RepairedJson, repair_json};

enum Fate {
    Keep,
    /// Joins the character before it to the next, or changes its look.
    Join,
    Space,
    Drop,
    Replace,
}

fn fate(character: char) -> Fate {
    match character {
        '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Fate::Space,
        character if character.is_control() => Fate::Replace,
        // Direction marks: one of them can reorder a line.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Fate::Replace
        }
        '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' => Fate::Join,
        '\u{ad}'
        | '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => Fate::Drop,
        _ => Fate::Keep,
    }
}

/// Returns whether scripts or emoji may need a joiner or a variation selector after `character`. Between plain
/// letters it is only invisible.
fn takes_joiners(character: char) -> bool {
    // Keycap emoji begin with these.
    !character.is_ascii() || matches!(character, '0'..='9' | '#' | '*')
}

/// Maximum number of marks on one letter. Scripts use up to three; a pile of marks covers the lines around it.
const MAX_MARKS: usize = 4;

/// Returns whether a character is a mark on the one before it (the property `Grapheme_Extend`). The standard library
/// exposes the property only so: `escape_debug` shows a mark after another character and escapes it alone.
fn is_mark(character: char) -> bool {
    if character.is_ascii() || character.escape_debug().len() == 1 {
        return false;
    }
    let mut behind = String::from("a");
    behind.push(character);
    behind.escape_debug().nth(1) == Some(character)
}

/// Returns whether nothing of the text is visible: only blanks, hidden characters and marks without a letter.
///
/// ```
/// assert!(plume_text::is_blank(" \u{2800}\u{301}") && plume_text::is_blank(""));
/// assert!(!plume_text::is_blank("-"));
/// ```
#[must_use]
pub fn is_blank(text: &str) -> bool {
    // Braille without dots, and the musical null notehead.
    let empty = |character| matches!(character, '\u{2800}' | '\u{1d159}');
    on_screen(text)
        .chars()
        .all(|character| character.is_whitespace() || is_mark(character) || empty(character))
}

/// Returns whether a character is invisible or changes the look of its neighbours: control, direction and invisible
/// characters. Line breaks are hidden, blanks are not.
///
/// ```
/// assert!(plume_text::is_hidden('\u{200b}') && plume_text::is_hidden('\r'));
/// assert!(!plume_text::is_hidden(' ') && !plume_text::is_hidden('é'));
/// ```
#[must_use]
pub fn is_hidden(character: char) -> bool {
    !matches!(fate(character), Fate::Keep)
}

/// Returns the text without blanks and hidden characters at its ends, such as the byte order mark and the `\r` of a
/// Windows file.
///
/// ```
/// assert_eq!(plume_text::trim("\u{feff}/run/secrets/header\r\n"), "/run/secrets/header");
/// ```
#[must_use]
pub fn trim(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || is_hidden(character))
}

/// Returns the text on one line, without control, direction and invisible characters.
///
/// Direction and control characters become U+FFFD, line breaks become blanks, and invisible characters are removed.
/// Joiners of scripts and emoji are kept where they join something, and at most four marks on one letter.
///
/// ```
/// assert_eq!(plume_text::on_screen("Living\nRoom\u{1b}[31m"), "Living Room\u{fffd}[31m");
/// ```
#[must_use]
pub fn on_screen(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut joins = false;
    let mut marks = 0;
    for character in text.chars() {
        marks = if is_mark(character) { marks + 1 } else { 0 };
        match fate(character) {
            Fate::Keep | Fate::Join if marks > MAX_MARKS => {}
            Fate::Keep => {
                shown.push(character);
                joins = takes_joiners(character);
            }
            Fate::Join if joins => shown.push(character),
            Fate::Join | Fate::Drop => {}
            Fate::Space => {
                shown.push(' ');
                joins = false;
            }
            Fate::Replace => {
                shown.push(char::REPLACEMENT_CHARACTER);
                joins = false;
            }
        }
    }
    if shown == text { Cow::Borrowed(text) } else { Cow::Owned(shown) }
}

/// Returns at most `max` characters of the [`on_screen`] text, followed by `…` if there were more.
///
/// Redact secrets before you shorten a text: half a secret is not recognized.
///
/// ```
/// assert_eq!(plume_text::shorten("a long\nstory", 6), "a long…");
/// ```
#[must_use]
pub fn shorten(text: &str, max: usize) -> String {
    let shown = on_screen(text);
    match shown.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", shown.get(..end).unwrap_or_default()),
        None => shown.into_owned(),
    }
}

/// Writes `error`, its causes and what to do next, each on its own line and harmless on a screen.
///
/// The error types of the SDK use it for `{:?}`, so that a `main` that returns one prints the report; `{:#?}` shows
/// the fields. A cause that the line above it repeats already is left out.
///
/// # Errors
///
/// Only those of the formatter.
///
/// ```
/// use std::{error::Error, fmt};
///
/// struct Failed;
///
/// impl fmt::Display for Failed {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         f.write_str("failed to read the settings: PLUME_SSO_URL is missing")
///     }
/// }
///
/// impl fmt::Debug for Failed {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         plume_text::write_report(f, self, Some("Set the variable and start again."))
///     }
/// }
///
/// impl Error for Failed {}
///
/// assert_eq!(
///     format!("{Failed:?}"),
///     "failed to read the settings: PLUME_SSO_URL is missing\nhelp: Set the variable and start again."
/// );
/// ```
pub fn write_report(f: &mut fmt::Formatter<'_>, error: &dyn Error, help: Option<&str>) -> fmt::Result {
    let mut shown = on_screen(&error.to_string()).into_owned();
    f.write_str(&shown)?;
    let mut cause = error.source();
    while let Some(next) = cause {
        let text = on_screen(&next.to_string()).into_owned();
        if !shown.contains(&text) {
            write!(f, "\ncaused by: {text}")?;
            shown = text;
        }
        cause = next.source();
    }
    match help {
        Some(help) => write!(f, "\nhelp: {help}"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn control_characters_are_neutralized() {
        for (text, shown) in [
            ("a\u{1b}[31mb", "a\u{fffd}[31mb"),
            ("a\nb\tc\u{2028}d\r", "a b c d "),
            ("a\u{202e}b\u{2066}c\u{200f}", "a\u{fffd}b\u{fffd}c\u{fffd}"),
            ("\u{feff}a\u{200b}b\u{ad}\u{3164}\u{2063}", "ab"),
            ("\u{9b}31m\u{7f}\0", "\u{fffd}31m\u{fffd}\u{fffd}"),
            ("tag\u{e0041}\u{e007f}", "tag"),
        ] {
            assert_eq!(on_screen(text), shown, "{text:?}");
        }
    }

    #[test]
    fn joiners_are_kept_where_they_join() {
        for text in ["Küche 👨‍👩‍👧", "می‌خواهم", "⚠️", "1️⃣ plain"] {
            assert_eq!(on_screen(text), text);
        }
        assert_eq!(on_screen("pay\u{200d}ment\u{fe0f} \u{200c}"), "payment ");
    }

    #[test]
    fn marks_on_one_letter_are_limited() {
        let marks = |count: usize| format!("a{}b", "\u{301}".repeat(count));
        assert_eq!(on_screen(&marks(4)), marks(4));
        assert_eq!(on_screen(&marks(62)), marks(4));
        let mixed = "a\u{489}\u{e38}\u{64b}\u{301}\u{316}\u{20dd}b\u{301}";
        assert_eq!(on_screen(mixed), "a\u{489}\u{e38}\u{64b}\u{301}b\u{301}");
        for text in ["ที่อยู่", "हिन्दी", "שָׁלוֹם", "👩‍❤️‍💋‍👨", "e\u{301}\u{323}"]
        {
            assert_eq!(on_screen(text), text);
        }
    }

    #[test]
    fn text_without_visible_characters_is_blank() {
        for text in [
            "",
            " ",
            "\u{a0}\u{3000}",
            "\u{200b}",
            "\u{2800}\u{2800}",
            "\u{301}",
            "\u{fe0f}",
            "\u{200d}",
            "\u{3164}",
        ] {
            assert!(is_blank(text), "{text:?}");
        }
        for text in ["a", "é", "한", "🏠", "-", "\u{202e}"] {
            assert!(!is_blank(text), "{text:?}");
        }
    }

    #[test]
    fn text_is_shortened_between_characters() {
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(shorten("äöü", 2), "äö…");
        assert_eq!(shorten("\u{200b}ä\nü", 2), "ä …");
        assert_eq!(shorten("x", 0), "…");
        assert_eq!(shorten("", 0), "");
    }

    proptest! {
        #[test]
        fn only_hidden_characters_are_removed(text in ".*") {
            let shown = on_screen(&text);
            prop_assert!(
                shown.chars().all(|character| !is_hidden(character) || matches!(fate(character), Fate::Join))
            );
            prop_assert_eq!(on_screen(&shown), shown.as_ref());
            let kept = |text: &str| text.chars().filter(|character| !is_hidden(*character)).collect::<String>();
            prop_assert_eq!(kept(&shown).replace([' ', '\u{fffd}'], ""), kept(&text).replace([' ', '\u{fffd}'], ""));
        }
    }

    #[derive(Debug)]
    struct Chain(&'static str, Option<Box<Chain>>);

    impl fmt::Display for Chain {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Chain {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|cause| cause as &(dyn Error + 'static))
        }
    }

    struct Reported(Chain, Option<&'static str>);

    impl fmt::Display for Reported {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write_report(f, &self.0, self.1)
        }
    }

    #[test]
    fn a_report_has_the_causes_once_and_the_help_last() {
        let chain = |texts: &[&'static str]| {
            let one = |cause, text: &&'static str| Some(Box::new(Chain(text, cause)));
            *texts.iter().rev().fold(None, one).unwrap()
        };
        for (texts, help, expected) in [
            (&["failed"][..], None, "failed"),
            (&["failed", "reset"], Some("Retry."), "failed\ncaused by: reset\nhelp: Retry."),
            (&["failed: reset", "reset", "os error 7"], None, "failed: reset\ncaused by: os error 7"),
            (&["a\u{1b}[2Jb", "c\nd"], None, "a\u{fffd}[2Jb\ncaused by: c d"),
        ] {
            let mut text = String::new();
            write!(text, "{}", Reported(chain(texts), help)).unwrap();
            assert_eq!(text, expected);
        }
    }
}
