//! Texts for people in a locale without UTF-8.

use std::borrow::Cow;
use std::ffi::OsString;
use std::sync::LazyLock;

use unicode_segmentation::UnicodeSegmentation;

/// Whether the locale of this run has other characters than UTF-8.
static IS_FOREIGN: LazyLock<bool> = LazyLock::new(|| is_utf8(|name| std::env::var_os(name)) == Some(false));

/// Returns a text for people in the characters of the locale. Documents for programs are always UTF-8.
pub(crate) fn in_locale(text: &str) -> Cow<'_, str> {
    if *IS_FOREIGN { ascii(text) } else { Cow::Borrowed(text) }
}

/// Whether only ASCII characters are safe in texts.
pub(super) fn is_foreign() -> bool {
    *IS_FOREIGN
}

/// Whether the locale is one with UTF-8; `None` if the environment names none. `variable` reads the environment.
pub(super) fn is_utf8(variable: impl Fn(&str) -> Option<OsString>) -> Option<bool> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    // The first of them counts, as for the C library. Windows has none.
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set)?;
    Some(locale.to_string_lossy().to_ascii_lowercase().replace('-', "").contains("utf8"))
}

/// Replaces what is not ASCII. The words beside an emoji say the same, so most are left out.
pub(super) fn ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut clusters = text.graphemes(true).peekable();
    while let Some(cluster) = clusters.next() {
        if cluster.is_ascii() {
            plain.push_str(cluster);
            continue;
        }
        match replacement(cluster) {
            Some(replacement) => plain.push_str(replacement),
            None if is_emoji(cluster) => {
                clusters.next_if_eq(&" ");
            }
            None => plain.push('?'),
        }
    }
    Cow::Owned(plain)
}

fn replacement(cluster: &str) -> Option<&'static str> {
    Some(match cluster.chars().next()? {
        '🟢' | '✅' => "[ok]",
        '🟡' | '🟠' | '⚠' => "[!]",
        '🔴' | '❌' => "[!!]",
        '⚪' | '❓' => "[?]",
        '…' => "...",
        '•' => "*",
        '·' | '–' | '—' | '−' | '─' => "-",
        '│' => "|",
        '→' => "->",
        '×' => "x",
        '±' => "+/-",
        '‘' | '’' => "'",
        '“' | '”' | '„' => "\"",
        '\u{a0}' => " ",
        '█' => "#",
        _ => return None,
    })
}

fn is_emoji(cluster: &str) -> bool {
    cluster.chars().next().is_some_and(|first| {
        matches!(u32::from(first), 0x2139 | 0x231a..=0x23ff | 0x2600..=0x27bf | 0x2b00..=0x2bff | 0x1f000..=0x1faff)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_keeps_its_words() {
        for (text, expected) in [
            ("🏥 Health Status for Home", "Health Status for Home"),
            ("🟢 ALL SYSTEMS OPERATIONAL", "[ok] ALL SYSTEMS OPERATIONAL"),
            ("  ⚠️ Device 'Alexa'", "  [!] Device 'Alexa'"),
            ("• Müller 客厅 👨‍👩‍👧 Home…", "* M?ller ?? Home..."),
            ("plain", "plain"),
        ] {
            assert_eq!(ascii(text), expected);
        }
    }

    #[test]
    fn the_first_variable_of_the_locale_counts() {
        let utf8 = |variables: &[(&str, &str)]| {
            is_utf8(|name| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
            })
        };
        assert_eq!(utf8(&[]), None);
        assert_eq!(utf8(&[("LANG", "C"), ("LC_ALL", "C.utf8")]), Some(true));
        assert_eq!(utf8(&[("LANG", "en_US.UTF-8"), ("LC_ALL", "POSIX")]), Some(false));
        assert_eq!(utf8(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "")]), Some(true));
    }
}
