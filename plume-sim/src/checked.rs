//! Reading JSON that people write: a mistake is told with its line and its place.

use std::fmt;

use serde_json::{Map, Value};

/// One step into a document.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

/// What is wrong, and where.
#[derive(Debug)]
pub(crate) struct Mistake {
    place: Vec<Step>,
    message: String,
}

/// A mistake with the line it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Located {
    pub(crate) line: usize,
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
) -> Result<T, Located> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        // The line is told apart already.
        let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
        Located { line: error.line().max(1), place: String::new(), message }
    })?;
    read(Part { value: &value, place: Vec::new() }).map_err(|mistake| Located {
        line: line_of(text, &mistake.place),
        place: Place(&mistake.place).to_string(),
        message: mistake.message,
    })
}

/// A value in a document, with the way that led to it.
#[derive(Debug)]
pub(crate) struct Part<'v> {
    value: &'v Value,
    place: Vec<Step>,
}

impl<'v> Part<'v> {
    pub(crate) fn mistake(&self, message: impl Into<String>) -> Mistake {
        Mistake { place: self.place.clone(), message: message.into() }
    }

    fn below(&self, step: Step, value: &'v Value) -> Self {
        let place = self.place.iter().cloned().chain([step]).collect();
        Part { value, place }
    }

    fn map(&self) -> Result<&'v Map<String, Value>, Mistake> {
        self.value.as_object().ok_or_else(|| self.mistake("an object is expected here"))
    }

    /// Refuses members that are not in `known`.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Mistake> {
        for (key, value) in self.map()? {
            if !known.contains(&key.as_str()) {
                let hint = hint(key, known);
                return Err(self.below(Step::Key(key.clone()), value).mistake(format!("unknown key{hint}")));
            }
        }
        Ok(())
    }

    /// A member that may be missing.
    pub(crate) fn get(&self, key: &str) -> Result<Option<Self>, Mistake> {
        Ok(self.map()?.get(key).map(|value| self.below(Step::Key(key.to_owned()), value)))
    }

    /// A member that may not be missing.
    pub(crate) fn need(&self, key: &str) -> Result<Self, Mistake> {
        self.get(key)?.ok_or_else(|| self.mistake(format!("{key:?} is missing")))
    }

    pub(crate) fn items(&self) -> Result<Vec<Self>, Mistake> {
        let items = self.value.as_array().ok_or_else(|| self.mistake("a list is expected here"))?;
        Ok(items.iter().enumerate().map(|(index, item)| self.below(Step::Index(index), item)).collect())
    }

    pub(crate) fn is_list(&self) -> bool {
        self.value.is_array()
    }

    pub(crate) fn text(&self) -> Result<&'v str, Mistake> {
        self.value.as_str().ok_or_else(|| self.mistake("a text is expected here"))
    }

    /// A whole number from `least` to `most`.
    pub(crate) fn number(&self, least: u64, most: u64) -> Result<u64, Mistake> {
        let number = self.value.as_u64().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| self.mistake(format!("a whole number from {least} to {most} is expected here")))
    }

    /// One of `words`, each with its meaning.
    pub(crate) fn word<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, Mistake> {
        let given = self.text()?;
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        words.iter().find(|(word, _)| *word == given).map(|(_, meaning)| *meaning).ok_or_else(|| {
            self.mistake(format!("{given:?} is none of {}{}", names.join(", "), hint(given, &names)))
        })
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

/// A word of `known` that is close enough to be meant.
fn hint(given: &str, known: &[&str]) -> String {
    let nearest = known.iter().map(|word| (distance(given, word), word)).min();
    match nearest {
        Some((distance, word)) if distance <= 1 + word.chars().count() / 3 => {
            format!("; is {word:?} meant?")
        }
        _ => format!("; known are {}", known.join(", ")),
    }
}

/// How many letters have to be put in, taken out or replaced.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for ((y, above), corner) in b.iter().zip(row.iter().skip(1)).zip(&row) {
            let left = next.last().copied().unwrap_or(0);
            next.push((corner + usize::from(x != *y)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

struct Place<'p>(&'p [Step]);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if index == 0 => write!(f, "{key}")?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(number) => write!(f, "[{number}]")?,
            }
        }
        Ok(())
    }
}

/// The line, from 1, where the value at `place` stands in `text`, which is valid JSON; for a member, the line
/// of its key.
fn line_of(text: &str, place: &[Step]) -> usize {
    let mut scan = Scan { text: text.as_bytes(), at: 0 };
    let found = scan.find(place).unwrap_or(scan.at);
    let before = text.as_bytes().iter().take(found);
    before.filter(|byte| **byte == b'\n').count() + 1
}

/// A reader that only finds its way; the text was parsed before.
struct Scan<'t> {
    text: &'t [u8],
    at: usize,
}

impl Scan<'_> {
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at)?.is_ascii_whitespace() {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn find(&mut self, place: &[Step]) -> Option<usize> {
        let start = self.peek()?;
        let Some((step, rest)) = place.split_first() else {
            return Some(self.at);
        };
        self.at += 1;
        let mut number = 0;
        loop {
            let here = match self.peek()? {
                b']' | b'}' => return None,
                b',' => {
                    self.at += 1;
                    continue;
                }
                _ => self.at,
            };
            let wanted = if start == b'{' {
                let key = self.skip_text()?;
                self.peek()?;
                self.at += 1;
                matches!(step, Step::Key(wanted) if *wanted == key)
            } else {
                number += 1;
                *step == Step::Index(number - 1)
            };
            match wanted {
                true if rest.is_empty() => return Some(here),
                true => return self.find(rest),
                false => self.skip()?,
            }
        }
    }

    /// Goes past a value.
    fn skip(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => self.skip_text().map(drop),
            b'{' | b'[' => {
                let mut depth = 0_usize;
                loop {
                    match self.peek()? {
                        b'"' => {
                            self.skip_text()?;
                            continue;
                        }
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' => depth -= 1,
                        _ => {}
                    }
                    self.at += 1;
                    if depth == 0 {
                        return Some(());
                    }
                }
            }
            _ => {
                while !matches!(self.text.get(self.at), None | Some(b',' | b'}' | b']')) {
                    self.at += 1;
                }
                Some(())
            }
        }
    }

    fn skip_text(&mut self) -> Option<String> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.text.get(self.at)? {
                b'\\' => self.at += 2,
                b'"' => break,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        serde_json::from_slice(self.text.get(start..self.at)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\n \"a\": {\"b\": [1,\n {\"x\\\"}\": \"]\"},\n {\n\"c\": 2}]},\n \"d\": \"20 m\"\n}";

    fn mistake(read: impl FnOnce(Part<'_>) -> Result<(), Mistake>) -> Located {
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
        assert!(!syntax.message.contains("line"), "{}", syntax.message);
    }

    #[test]
    fn unknown_keys_come_with_the_nearest_known_one() {
        let close = mistake(|part| part.only(&["a", "events", "do"]));
        assert_eq!(close.message, "unknown key; is \"a\" meant?");
        let far = document("{\"colour\": 1}", |part| part.only(&["name", "events"])).unwrap_err();
        assert_eq!(far.message, "unknown key; known are name, events");
        assert_eq!(distance("evnts", "events"), 1);
        assert_eq!(distance("", "abc"), 3);
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
