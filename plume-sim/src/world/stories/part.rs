//! A document that is read part by part, where a mistake knows its line and the way to it.

use std::fmt::Write as _;

use crate::positioned::{self, Content, Member, Node};

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// From 1.
    pub(crate) line: u32,
    /// The way to it, such as `events[2].node`; empty if the text is no JSON at all.
    pub(crate) place: String,
    pub(crate) message: String,
}

/// Reads a document: `read` gets its outermost value.
///
/// # Errors
///
/// The first mistake, be it of the syntax or one that `read` finds.
pub(crate) fn document<T>(
    text: &str,
    read: impl FnOnce(Part<'_>) -> Result<T, Mistake>,
) -> Result<T, Mistake> {
    let node = positioned::parse(text).map_err(|mistake| Mistake {
        line: mistake.position.line,
        place: String::new(),
        message: mistake.message,
    })?;
    read(Part { node: &node, line: node.position.line, place: String::new() })
}

/// A value in a document, with the way that led to it.
#[derive(Debug)]
pub(crate) struct Part<'n> {
    node: &'n Node,
    /// The line of its key, or of the value itself in a list.
    line: u32,
    place: String,
}

impl<'n> Part<'n> {
    pub(crate) fn mistake(&self, message: impl Into<String>) -> Mistake {
        Mistake { line: self.line, place: self.place.clone(), message: message.into() }
    }

    fn expected(&self, what: &str) -> Mistake {
        self.mistake(format!("{what} is expected here, not {}", self.node.kind()))
    }

    fn members(&self) -> Result<&'n [Member], Mistake> {
        match &self.node.content {
            Content::Object(members) => Ok(members),
            _ => Err(self.expected("an object")),
        }
    }

    fn member(&self, member: &'n Member) -> Self {
        let dot = if self.place.is_empty() { "" } else { "." };
        let place = format!("{}{dot}{}", self.place, member.key);
        Part { node: &member.value, line: member.position.line, place }
    }

    /// Refuses members that are not in `known`.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Mistake> {
        match self.members()?.iter().find(|member| !known.contains(&member.key.as_str())) {
            None => Ok(()),
            Some(member) => {
                let hint = hint(&member.key, known);
                Err(self.member(member).mistake(format!("unknown key{hint}")))
            }
        }
    }

    /// A member that may be missing.
    pub(crate) fn get(&self, key: &str) -> Result<Option<Self>, Mistake> {
        let found = self.members()?.iter().find(|member| member.key == key);
        Ok(found.map(|member| self.member(member)))
    }

    /// A member that may not be missing.
    pub(crate) fn need(&self, key: &str) -> Result<Self, Mistake> {
        self.get(key)?.ok_or_else(|| self.mistake(format!("{key:?} is missing")))
    }

    pub(crate) fn items(&self) -> Result<Vec<Self>, Mistake> {
        let Content::List(items) = &self.node.content else {
            return Err(self.expected("a list"));
        };
        let part = |(index, node): (usize, &'n Node)| {
            let mut place = self.place.clone();
            // Writing to a text cannot fail.
            let _ = write!(place, "[{index}]");
            Part { node, line: node.position.line, place }
        };
        Ok(items.iter().enumerate().map(part).collect())
    }

    pub(crate) fn is_list(&self) -> bool {
        matches!(self.node.content, Content::List(_))
    }

    pub(crate) fn text(&self) -> Result<&'n str, Mistake> {
        match &self.node.content {
            Content::Text(text) => Ok(text),
            _ => Err(self.expected("a text")),
        }
    }

    /// A whole number from `least` to `most`.
    pub(crate) fn number(&self, least: u16, most: u16) -> Result<u16, Mistake> {
        let found = match self.node.content {
            Content::Number(number) => (least..=most).find(|whole| f64::from(*whole) == number),
            _ => None,
        };
        found.ok_or_else(|| self.mistake(format!("a whole number from {least} to {most} is expected here")))
    }

    /// One of `words`, each with its meaning.
    pub(crate) fn word<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, Mistake> {
        let given = self.text()?;
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let found = words.iter().find(|(word, _)| *word == given).map(|(_, meaning)| *meaning);
        found.ok_or_else(|| self.mistake(format!("{given:?} is unknown{}", hint(given, &names))))
    }

    /// A number from 1, or one of `names` in whatever case.
    pub(crate) fn name(&self, names: &[&str]) -> Result<String, Mistake> {
        let given = self.text()?;
        let known = names.iter().any(|name| name.eq_ignore_ascii_case(given));
        if known || given.parse::<u8>().is_ok_and(|number| number > 0) {
            return Ok(given.to_owned());
        }
        Err(self.mistake(format!("no home knows {given:?}{}", hint(given, names))))
    }

    /// A span such as `90s`, `20m`, `1h30m` or `2d`, in milliseconds.
    pub(crate) fn span(&self) -> Result<i64, Mistake> {
        let text = self.text()?;
        span(text).ok_or_else(|| self.mistake(format!("{text:?} is no span such as 90s, 20m, 1h30m or 2d")))
    }
}

/// Milliseconds; at most ten years, so that sums of moments stay within the calendar.
pub(crate) fn span(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let mut total = 0_i64;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let (digits, tail) = rest.split_at_checked(end)?;
        let unit = match tail.chars().next()? {
            's' => 1_000,
            'm' => 60_000,
            'h' => 3_600_000,
            'd' => 86_400_000,
            _ => return None,
        };
        total = total.checked_add(digits.parse::<i64>().ok()?.checked_mul(unit)?)?;
        rest = tail.get(1..)?;
    }
    (!text.trim().is_empty() && total <= 3_653 * 86_400_000).then_some(total)
}

/// The word that is probably meant, or else all that are known.
fn hint(given: &str, known: &[&str]) -> String {
    match positioned::nearest(given, known.iter().copied()) {
        Some(word) => format!("; is {word:?} meant?"),
        None => format!("; known are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\n \"a\": {\"b\": [1,\n {\"x\\\"}\": \"]\"},\n {\n\"c\": 2}]},\n \"d\": \"20 m\"\n}";

    fn mistake(read: impl FnOnce(Part<'_>) -> Result<(), Mistake>) -> Mistake {
        document(TEXT, read).unwrap_err()
    }

    #[test]
    fn a_mistake_is_found_in_its_line() {
        let deep = mistake(|part| {
            let list = part.need("a")?.need("b")?;
            list.items()?[2].need("c")?.text().map(drop)
        });
        assert_eq!((deep.line, deep.place.as_str()), (5, "a.b[2].c"));
        let missing = mistake(|part| part.need("a")?.need("b")?.items()?[1].need("c").map(drop));
        assert_eq!((missing.line, missing.message.as_str()), (3, "\"c\" is missing"));
        let span = mistake(|part| part.need("d")?.span().map(drop));
        assert_eq!((span.line, span.place.as_str()), (6, "d"));
        let syntax = document("{\n\"a\": 1,,\n}", |_| Ok(())).unwrap_err();
        assert_eq!((syntax.line, syntax.place.as_str()), (2, ""));
    }

    #[test]
    fn unknown_keys_come_with_the_nearest_known_one() {
        let close = mistake(|part| part.only(&["ab", "events", "d"]));
        assert_eq!(close.message, "unknown key; is \"ab\" meant?");
        let far = document("{\"colour\": 1}", |part| part.only(&["name", "events"])).unwrap_err();
        assert_eq!(far.message, "unknown key; known are name, events");
    }

    #[test]
    fn spans_have_units() {
        for (text, wanted) in [("90s", 90_000), ("1h30m", 5_400_000), ("2d", 172_800_000), ("0s", 0)] {
            assert_eq!(span(text), Some(wanted), "{text}");
        }
        for text in ["", "20", "m", "20 m", "-5m", "5x", "99999d", "9999999999999999999s", "5é"] {
            assert_eq!(span(text), None, "{text}");
        }
    }
}
