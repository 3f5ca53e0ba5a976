//! The HTML of Telegram: escaping, and splitting into messages.
//!
//! HTML and not Markdown, because only a few characters have to be escaped. Every text that others chose goes through
//! [`name`] or [`escape`].

use plume_text::{is_blank, on_screen};

/// Maximum length of a message, in UTF-16 units without the markup.
pub const MAX_UNITS: usize = 4_096;
/// Maximum length of a name on display.
const MAX_NAME: usize = 64;

/// Escapes a text for use between tags.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Returns a name that others chose as plain text: one line of limited length, without control characters.
#[must_use]
pub fn short(text: &str) -> String {
    let neutral = on_screen(text);
    let mut short: String = neutral.trim().chars().take(MAX_NAME).collect();
    if is_blank(&short) {
        return "(no name)".to_owned();
    }
    if neutral.trim().chars().nth(MAX_NAME).is_some() {
        short.pop();
        short.push('…');
    }
    short
}

/// Returns the escaped form of [`short`].
#[must_use]
pub fn name(text: &str) -> String {
    escape(&short(text))
}

/// Removes the markup.
#[must_use]
pub fn plain(html: &str) -> String {
    let shown = |token| match token {
        Token::Tag(_) => None,
        Token::Text(_, shown) => Some(shown),
    };
    tokens(html).filter_map(shown).collect()
}

/// Returns the length of a message as Telegram counts it.
#[must_use]
pub fn units(html: &str) -> usize {
    tokens(html).map(Token::units).sum()
}

/// Splits a message into parts of at most `most` UTF-16 units: between lines if possible, and never inside an entity or a
/// character. Tags that are open at a split are closed and opened again.
///
/// ```
/// use plume_telegram::html::{escape, split};
///
/// assert_eq!(split(&format!("<b>{}</b>", escape("a<\nb")), 2), ["<b>a&lt;</b>", "<b>b</b>"]);
/// ```
#[must_use]
pub fn split(html: &str, most: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = Part::default();
    for line in html.split_inclusive('\n') {
        if part.units > 0 && part.units + units(line.trim_end_matches('\n')) > most {
            parts.push(part.finish());
        }
        for token in tokens(line) {
            if part.units + token.units() > most {
                // A line break at the very end needs no part of its own.
                if matches!(token, Token::Text("\n", _)) {
                    continue;
                }
                parts.push(part.finish());
            }
            part.push(token);
        }
    }
    if part.units > 0 {
        parts.push(part.finish());
    }
    parts
}

#[derive(Default)]
struct Part<'a> {
    html: String,
    units: usize,
    open: Vec<&'a str>,
}

impl<'a> Part<'a> {
    fn push(&mut self, token: Token<'a>) {
        match token {
            Token::Tag(tag) if tag.starts_with("</") => drop(self.open.pop()),
            Token::Tag(tag) => self.open.push(tag),
            Token::Text(..) => {}
        }
        self.html.push_str(token.written());
        self.units += token.units();
    }

    /// Returns the part with its tags closed, and begins the next one with the same tags.
    fn finish(&mut self) -> String {
        let mut html = std::mem::take(&mut self.html);
        for tag in self.open.iter().rev() {
            let name = tag.trim_start_matches('<').trim_end_matches('>');
            let name = name.split_once(' ').map_or(name, |(name, _)| name);
            html.push_str(&format!("</{name}>"));
        }
        self.html = self.open.concat();
        self.units = 0;
        html.trim_end_matches('\n').to_owned()
    }
}

/// A piece of HTML: a tag, or a character in its written and its displayed form.
#[derive(Clone, Copy)]
pub(crate) enum Token<'a> {
    Tag(&'a str),
    Text(&'a str, char),
}

impl<'a> Token<'a> {
    fn units(self) -> usize {
        match self {
            Self::Tag(_) => 0,
            Self::Text(_, shown) => shown.len_utf16(),
        }
    }

    pub(crate) fn written(self) -> &'a str {
        match self {
            Self::Tag(text) | Self::Text(text, _) => text,
        }
    }
}

/// Iterates over the pieces of a text. A `<` without its `>` is a character.
pub(crate) fn tokens(html: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let marked = match first {
            '<' => rest.find('>').map(|end| (end + 1, None)),
            '&' => rest.find(';').and_then(|end| Some((end + 1, Some(entity(rest.get(1..end)?)?)))),
            _ => None,
        };
        let (length, shown) = marked.unwrap_or((first.len_utf8(), Some(first)));
        let (written, after) = rest.split_at(length);
        rest = after;
        Some(shown.map_or(Token::Tag(written), |shown| Token::Text(written, shown)))
    })
}

/// Returns the character of a named or numeric entity.
fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        _ => {}
    }
    let number = name.strip_prefix('#')?;
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code).filter(|character| *character != '\0')
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(feature = "stand-in")]
    use crate::stand_in::markup::html as entities;

    #[test]
    fn names_are_shown_literally_and_cut() {
        assert_eq!(name("<b>_*[]()~>#+-=|{}.!&\""), "&lt;b&gt;_*[]()~&gt;#+-=|{}.!&amp;&quot;");
        assert_eq!(name("a\n✅ forged"), "a ✅ forged");
        assert_eq!(name("x\u{202e}y"), "x\u{fffd}y");
        assert_eq!(short(&"ü".repeat(10_000)).chars().count(), MAX_NAME);
        for blank in ["", " \u{200b}", "\u{2800}\u{2800}", &"\u{2800}".repeat(100), "\u{3164}", "\u{301}"] {
            assert_eq!(name(blank), "(no name)", "{blank:?}");
        }
        assert_eq!(plain(&name("<b>a & b</b>")), "<b>a & b</b>");
    }

    #[test]
    fn parts_end_at_lines_and_fit_to_the_unit() {
        let line = format!("{}\n", "x".repeat(99));
        let parts = split(&line.repeat(200), MAX_UNITS);
        assert!(parts.iter().all(|part| units(part) <= MAX_UNITS && part.ends_with('x')));
        assert_eq!(parts.iter().map(|part| part.lines().count()).sum::<usize>(), 200);
        assert_eq!(split(&"x".repeat(MAX_UNITS), MAX_UNITS).len(), 1);
        assert_eq!(split("", MAX_UNITS).len(), 0);
    }

    #[test]
    fn an_emoji_at_the_border_stays_whole() {
        let parts = split(&format!("{}🏠🏠", "x".repeat(MAX_UNITS - 1)), MAX_UNITS);
        assert_eq!(parts.len(), 2);
        assert_eq!(units(&parts[0]), MAX_UNITS - 1);
        assert_eq!(parts[1], "🏠🏠");
    }

    #[test]
    fn markup_and_entities_survive_a_cut() {
        let html = format!("<b>{}\n{}</b>&amp;&amp;", "a".repeat(4), "b".repeat(4));
        for most in 1..12 {
            let parts = split(&html, most);
            for part in &parts {
                assert!(units(part) <= most, "{part}");
                assert_eq!(part.matches("<b>").count(), part.matches("</b>").count(), "{part}");
                assert!(!plain(part).contains("amp"), "{part}");
            }
            let shown: String = parts.iter().map(|part| plain(part)).collect();
            assert_eq!(shown.replace('\n', ""), "aaaabbbb&&", "{most}");
        }
    }

    /// Returns a name with characters that could break markup.
    #[cfg(feature = "stand-in")]
    fn hostile(random: &mut fastrand::Rng) -> String {
        const PARTS: [&str; 20] = [
            "<", ">", "&", "\"", "'", "/", "<b>", "</b>", "&lt;", "&#60;", "_", "*", "`", "[x](y)", "\n",
            "\u{202e}", "🏠", "ü", " ", "a",
        ];
        (0..random.usize(..80)).map(|_| PARTS[random.usize(..PARTS.len())]).collect()
    }

    #[test]
    #[cfg(feature = "stand-in")]
    fn markup_is_only_from_the_template() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..5_000 {
            let text = hostile(&mut random);
            let html = format!("<b>{}</b>\n{}", name(&text), escape(&text));
            let (shown, count) = entities::parse(&html).unwrap_or_else(|error| panic!("{text:?}: {error}"));
            assert_eq!(count, 1, "{text:?}");
            assert_eq!(shown, plain(&html), "{text:?}");
            assert!(shown.ends_with(&text), "shown as it is: {text:?}");
        }
    }

    #[test]
    #[cfg(feature = "stand-in")]
    fn every_part_of_a_cut_is_whole() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..1_000 {
            let lines: Vec<String> = (0..random.usize(1..8))
                .map(|_| {
                    format!(
                        "<b>{}</b> <i>{}</i>",
                        escape(&hostile(&mut random)),
                        escape(&hostile(&mut random))
                    )
                })
                .collect();
            let html = lines.join("\n");
            let most = random.usize(2..200);
            let parts = split(&html, most);
            for part in &parts {
                let (shown, _) = entities::parse(part).unwrap_or_else(|error| panic!("{part:?}: {error}"));
                assert!(shown.chars().map(char::len_utf16).sum::<usize>() <= most);
            }
            let whole = |text: &str| text.replace('\n', "");
            let shown: String = parts.iter().map(|part| whole(&plain(part))).collect();
            assert_eq!(shown, whole(&plain(&html)), "nothing is lost at {most}");
        }
    }
}
