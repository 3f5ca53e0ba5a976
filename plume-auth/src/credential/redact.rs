//! Redaction of secrets in texts of servers.

use std::{borrow::Cow, fmt, ops::Range};

use secrecy::{ExposeSecret, SecretString};

const INSTEAD: &str = "[redacted]";
/// Minimum length of a secret. Shorter ones would hit ordinary words.
const SHORTEST: usize = 4;
/// Length of the beginning of a secret that counts as the secret, because servers truncate what they repeat.
const PREFIX: usize = 16;
/// Maximum number of nested encodings that are undone.
const LAYERS: usize = 8;
/// Maximum length of a text. The rest is neither searched nor shown.
const LONGEST: usize = 64 << 10;

/// Replaces secrets in texts, in every form in which a server may repeat them.
///
/// A secret is found plain, with JSON escapes (`\u002e`, `\/`), percent-encoded, as HTML entities, with blanks or
/// invisible characters in it, encoded more than once, and truncated. Redact a text before you truncate it for display:
/// the beginning of a secret is recognised from 16 characters on.
///
/// ```
/// use plume_auth::Redactor;
///
/// let redactor = Redactor::new(["not-a-real.token".to_owned().into()]);
/// assert_eq!(redactor.redact(r"the token not-a-real\u002etoken is odd"), "the token [redacted] is odd");
/// ```
#[derive(Clone, Default)]
pub struct Redactor {
    secrets: Vec<Secret>,
}

/// A secret, plain and decoded in the same way as the texts.
#[derive(Clone)]
struct Secret {
    plain: SecretString,
    decoded: SecretString,
}

impl Redactor {
    /// Creates a redactor of all `secrets` that have four characters or more.
    pub fn new(secrets: impl IntoIterator<Item = SecretString>) -> Self {
        secrets.into_iter().fold(Self::default(), |redactor, secret| redactor.and(secret.expose_secret()))
    }

    /// Adds a secret.
    #[must_use]
    pub fn and(mut self, secret: &str) -> Self {
        let units = decode(secret);
        if units.len() >= SHORTEST {
            let decoded: String = units.iter().map(|unit| unit.character).collect();
            self.secrets.push(Secret { plain: secret.into(), decoded: decoded.into() });
        }
        self
    }

    /// Returns the text with `[redacted]` in place of every secret, truncated after 64 KiB.
    #[must_use]
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= LONGEST).last().unwrap_or(0);
        let (text, cut) = match text.len() > LONGEST {
            true => (text.get(..end).unwrap_or_default(), true),
            false => (text, false),
        };
        let found = self.find(text);
        if found.is_empty() && !cut {
            return Cow::Borrowed(text);
        }
        let mut clean = String::with_capacity(text.len());
        let mut copied = 0;
        for Range { start, end } in found {
            clean.push_str(text.get(copied..start).unwrap_or_default());
            clean.push_str(INSTEAD);
            copied = end;
        }
        clean.push_str(text.get(copied..).unwrap_or_default());
        if cut {
            clean.push('…');
        }
        Cow::Owned(clean)
    }

    /// Returns the places of the secrets.
    fn find(&self, text: &str) -> Vec<Range<usize>> {
        // Plain first: the text before a secret may look like the beginning of an escape.
        let plain = |secret: &Secret| {
            let secret = secret.plain.expose_secret();
            text.match_indices(secret).map(|(at, _)| at..at + secret.len()).collect::<Vec<_>>()
        };
        let mut found: Vec<Range<usize>> = self.secrets.iter().flat_map(plain).collect();
        let units = decode(text);
        let mut at = 0;
        while let Some(rest) = units.get(at..).filter(|rest| !rest.is_empty()) {
            // The longest: a secret may be a part of another one, which would remain in part.
            let decoded = self.secrets.iter().map(|secret| secret.decoded.expose_secret());
            let length = decoded.filter_map(|secret| common(rest, secret)).max();
            match (length, rest.first(), rest.get(length.unwrap_or(1) - 1)) {
                (Some(length), Some(first), Some(last)) => {
                    found.push(first.start..last.end);
                    at += length;
                }
                _ => at += 1,
            }
        }
        found.sort_unstable_by_key(|range| (range.start, range.end));
        found.dedup_by(|next, kept| {
            let overlaps = next.start < kept.end;
            if overlaps {
                kept.end = kept.end.max(next.end);
            }
            overlaps
        });
        found
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("secrets", &self.secrets.len()).finish()
    }
}

/// Returns the number of leading units that are the secret, or a long enough beginning of it.
fn common(units: &[Unit], secret: &str) -> Option<usize> {
    let mut wanted = secret.chars();
    let same =
        units.iter().zip(wanted.by_ref()).take_while(|(unit, wanted)| unit.character == *wanted).count();
    let whole = same == secret.chars().count();
    (whole || same >= PREFIX).then_some(same)
}

/// A character and its place in the text before decoding.
#[derive(Clone, Copy, PartialEq)]
struct Unit {
    character: char,
    start: usize,
    end: usize,
}

/// Decodes a text and drops blanks and hidden characters. Text and secret are decoded in the same way, so a secret may
/// contain what looks like an encoding.
fn decode(text: &str) -> Vec<Unit> {
    let unit =
        |(start, character): (usize, char)| Unit { character, start, end: start + character.len_utf8() };
    let mut units: Vec<Unit> = text.char_indices().map(unit).collect();
    for _ in 0..LAYERS {
        let before = units.len();
        units = unwrapped(&units);
        if units.len() == before {
            break;
        }
    }
    units
}

/// Undoes one layer of encoding.
fn unwrapped(units: &[Unit]) -> Vec<Unit> {
    let mut inner = Vec::with_capacity(units.len());
    let mut rest = units;
    while let Some(first) = rest.first() {
        let (character, length) = match first.character {
            '\\' => escape(rest),
            '%' => percent(rest),
            '&' => entity(rest),
            _ => None,
        }
        .unwrap_or((first.character, 1));
        // `+` is a blank in a form.
        let shown = !(character.is_whitespace()
            || plume_text::is_hidden(character)
            || matches!(character, '+' | '\\'));
        if let Some(last) = rest.get(length - 1).filter(|_| shown) {
            inner.push(Unit { character, start: first.start, end: last.end });
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    inner
}

/// Returns at most twelve characters, more than the number of any character has.
fn head(units: &[Unit]) -> String {
    units.iter().take(12).map(|unit| unit.character).collect()
}

fn hex(digits: &str) -> Option<char> {
    let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| all).and_then(char::from_u32)
}

/// Decodes an escape of JSON, C or Rust.
fn escape(units: &[Unit]) -> Option<(char, usize)> {
    let head = head(units.get(1..)?);
    match head.chars().next()? {
        'u' if head.starts_with("u{") => {
            let (digits, _) = head.get(2..)?.split_once('}')?;
            Some((hex(digits)?, digits.len() + 4))
        }
        'u' => Some((hex(head.get(1..5)?)?, 6)),
        'x' => Some((hex(head.get(1..3)?)?, 4)),
        'n' | 'r' | 't' => Some(('\n', 2)),
        _ => None,
    }
}

/// Decodes a percent-encoded character: as many bytes as its first one announces.
fn percent(units: &[Unit]) -> Option<(char, usize)> {
    let head = head(units);
    let byte = |at: usize| {
        let digits = head.get(at * 3..at * 3 + 3)?.strip_prefix('%')?;
        hex(digits).and_then(|byte| u8::try_from(byte).ok())
    };
    let first = byte(0)?;
    let length = match first {
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0.. => 4,
        _ => 1,
    };
    let bytes: Vec<u8> = (0..length).map_while(byte).collect();
    let character = std::str::from_utf8(&bytes).ok()?.chars().next()?;
    Some((character, length * 3))
}

/// Decodes an HTML entity.
fn entity(units: &[Unit]) -> Option<(char, usize)> {
    let head = head(units);
    let (name, _) = head.strip_prefix('&')?.split_once(';')?;
    let character = match (name.strip_prefix('#'), name) {
        (Some(number), _) => match number.strip_prefix(['x', 'X']) {
            Some(digits) => hex(digits)?,
            None => char::from_u32(number.parse().ok()?)?,
        },
        (_, "amp") => '&',
        (_, "lt") => '<',
        (_, "gt") => '>',
        (_, "quot") => '"',
        (_, "apos") => '\'',
        _ => return None,
    };
    Some((character, name.chars().count() + 2))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn redactor(secrets: &[&str]) -> Redactor {
        Redactor::new(secrets.iter().map(|secret| SecretString::from(*secret)))
    }

    #[test]
    fn secret_is_found_in_every_encoding() {
        let secret = "not/a.real+token é=";
        for form in [
            "not/a.real+token é=",
            r"not\/a\u002ereal\u002Btoken\u0020\u00e9\u003d",
            r"not\\/a\\u002ereal+token é=",
            r"not\x2fa\u{2e}real+token é=",
            "not%2Fa.real%2btoken%20%C3%A9%3D",
            "not%252Fa%252ereal%252Btoken+%25C3%25A9%253D",
            "not&#47;a&#x2E;real&#43;token&#32;&#233;&#061;",
            "not&amp;#47;a&amp;amp;#46;real+token é=",
            "not/a.re\u{200b}al+to\u{feff}ken é=",
            "not/a.re\r\n al+to\\r\\nken é=",
        ] {
            let text = format!("<{form}>, {form}");
            assert_eq!(redactor(&[secret]).redact(&text), "<[redacted]>, [redacted]", "{form}");
        }
    }

    #[test]
    fn a_secret_that_looks_encoded_is_found() {
        for (secret, form) in [
            (r#"a\b"c&d%e"#, r#"a\b"c&d%e"#),
            (r#"a\b"c&d%e"#, r#"a\\b\"c&amp;d%25e"#),
            ("amp;&#46;", "amp;&#46;"),
            ("amp;&#46;", "amp;&amp;#46;"),
            ("%41%42%43%44", "%41%42%43%44"),
            (r"\u0041+\u0042bc", r"\u0041+\u0042bc"),
            ("n000!aaa", "n000!aaa"),
        ] {
            assert_eq!(redactor(&[secret]).redact(form), "[redacted]", "{form}");
        }
    }

    #[test]
    fn text_before_a_secret_does_not_hide_it() {
        for before in [r"\", r"\u", "%", "%4", "&", "&#"] {
            assert_eq!(
                redactor(&["n000;aaa"]).redact(&format!("{before}n000;aaa")),
                format!("{before}[redacted]")
            );
        }
    }

    #[test]
    fn longest_match_and_long_prefix_are_redacted() {
        let both = redactor(&["canary", "canary-and-more"]);
        assert_eq!(both.redact("canary-and-more canary"), "[redacted] [redacted]");
        let long = redactor(&["0123456789abcdefghij"]);
        assert_eq!(long.redact("0123456789abcdef… was cut"), "[redacted]… was cut");
        assert_eq!(long.redact("0123456789abcde… was cut"), "0123456789abcde… was cut");
    }

    #[test]
    fn other_texts_stay_as_they_are() {
        let text = r"abc \u002e %2e &#46; % & \ \u %zz &; &#x; not-a-real-toke n";
        assert!(matches!(redactor(&["not-a-real-secret"]).redact(text), Cow::Borrowed(same) if same == text));
        assert_eq!(redactor(&["abc", ""]).redact(text), text, "too short for a secret");
        assert_eq!(redactor(&["canary"]).redact(""), "");
    }

    #[test]
    fn a_long_text_is_cut_and_clean() {
        let text = format!("{}canary", "ä".repeat(LONGEST));
        let clean = redactor(&["canary"]).redact(&text).into_owned();
        assert!(clean.len() <= LONGEST + 3 && clean.ends_with("ä…"));
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in ".{0,40}", secret in "[!-~]{8}") {
            prop_assume!(decode(&secret).len() >= SHORTEST);
            let shown = redactor(&[&secret]).redact(&format!("{text}{secret}")).into_owned();
            prop_assert!(!shown.contains(&secret), "{}", shown);
        }
    }
}
