//! JSON that remembers where its parts stand, so that a mistake in a file can be shown where it was made.

use std::{fmt, iter::Peekable, str::Chars};

/// No file of ours nests deeper; a bound keeps a hostile one from exhausting the stack.
const DEEPEST: u32 = 64;

/// A place in a text, both counted from 1. The column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// What is wrong with a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) position: Position,
    pub(crate) message: String,
}

impl Mistake {
    pub(crate) fn new(position: Position, message: impl Into<String>) -> Self {
        Self { position, message: message.into() }
    }
}

/// A JSON value with its place.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) position: Position,
    pub(crate) content: Content,
}

#[derive(Debug, Clone)]
pub(crate) enum Content {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    Object(Vec<Member>),
}

/// A key, its place, and its value.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) key: String,
    pub(crate) position: Position,
    pub(crate) value: Node,
}

impl Node {
    /// What kind of value this is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self.content {
            Content::Null => "null",
            Content::Bool(_) => "true or false",
            Content::Number(_) => "a number",
            Content::Text(_) => "a text",
            Content::List(_) => "a list",
            Content::Object(_) => "an object",
        }
    }

    /// A mistake in this value.
    pub(crate) fn mistake(&self, message: impl Into<String>) -> Mistake {
        Mistake::new(self.position, message)
    }
}

/// Reads one JSON document. A key that stands twice in an object is a mistake here, because one of the two would
/// be silently lost.
pub(crate) fn parse(text: &str) -> Result<Node, Mistake> {
    let mut reader =
        Reader { rest: text.trim_start_matches('\u{feff}').chars().peekable(), line: 1, column: 1 };
    reader.space();
    let node = reader.value(0)?;
    reader.space();
    match reader.rest.peek() {
        None => Ok(node),
        Some(_) => Err(reader.mistake("there is something after the end of the document")),
    }
}

struct Reader<'t> {
    rest: Peekable<Chars<'t>>,
    line: u32,
    column: u32,
}

impl Reader<'_> {
    fn position(&self) -> Position {
        Position { line: self.line, column: self.column }
    }

    fn mistake(&self, message: &str) -> Mistake {
        Mistake::new(self.position(), message)
    }

    fn next(&mut self) -> Option<char> {
        let character = self.rest.next()?;
        if character == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(character)
    }

    fn space(&mut self) {
        while self.rest.peek().is_some_and(|c| matches!(c, ' ' | '\n' | '\r' | '\t')) {
            self.next();
        }
    }

    fn expect(&mut self, wanted: char) -> Result<(), Mistake> {
        if self.rest.peek() == Some(&wanted) {
            self.next();
            return Ok(());
        }
        let found = self.rest.peek().map_or("the end of the text".to_owned(), |c| format!("'{c}'"));
        Err(self.mistake(&format!("expected '{wanted}', found {found}")))
    }

    fn value(&mut self, depth: u32) -> Result<Node, Mistake> {
        let position = self.position();
        if depth > DEEPEST {
            return Err(Mistake::new(position, "the document is nested too deeply"));
        }
        let content = match self.rest.peek() {
            Some('{') => self.object(depth)?,
            Some('[') => self.list(depth)?,
            Some('"') => Content::Text(self.text()?),
            Some('-' | '0'..='9') => self.number()?,
            Some(c) if c.is_ascii_alphabetic() => self.word()?,
            Some(c) => {
                let message = format!("expected a value, found '{c}'");
                return Err(Mistake::new(position, message));
            }
            None => return Err(Mistake::new(position, "expected a value, found the end of the text")),
        };
        Ok(Node { position, content })
    }

    fn object(&mut self, depth: u32) -> Result<Content, Mistake> {
        self.expect('{')?;
        let mut members: Vec<Member> = Vec::new();
        self.space();
        if self.rest.peek() == Some(&'}') {
            self.next();
            return Ok(Content::Object(members));
        }
        loop {
            self.space();
            let position = self.position();
            if self.rest.peek() != Some(&'"') {
                return Err(self.mistake("expected a key in quotation marks"));
            }
            let key = self.text()?;
            if members.iter().any(|member| member.key == key) {
                return Err(Mistake::new(position, format!("the key \"{key}\" stands here a second time")));
            }
            self.space();
            self.expect(':')?;
            self.space();
            let value = self.value(depth + 1)?;
            members.push(Member { key, position, value });
            self.space();
            if self.rest.peek() == Some(&',') {
                self.next();
            } else {
                self.expect('}')?;
                return Ok(Content::Object(members));
            }
        }
    }

    fn list(&mut self, depth: u32) -> Result<Content, Mistake> {
        self.expect('[')?;
        let mut items = Vec::new();
        self.space();
        if self.rest.peek() == Some(&']') {
            self.next();
            return Ok(Content::List(items));
        }
        loop {
            self.space();
            items.push(self.value(depth + 1)?);
            self.space();
            if self.rest.peek() == Some(&',') {
                self.next();
            } else {
                self.expect(']')?;
                return Ok(Content::List(items));
            }
        }
    }

    fn text(&mut self) -> Result<String, Mistake> {
        self.expect('"')?;
        let mut raw = String::from("\"");
        loop {
            match self.next() {
                Some('"') => break,
                Some('\\') => {
                    raw.push('\\');
                    raw.extend(self.next());
                }
                Some('\n') | None => return Err(self.mistake("the text has no closing quotation mark")),
                Some(c) => raw.push(c),
            }
        }
        raw.push('"');
        serde_json::from_str(&raw).map_err(|_| self.mistake("the text holds an escape that is not JSON"))
    }

    fn number(&mut self) -> Result<Content, Mistake> {
        let position = self.position();
        let mut raw = String::new();
        while let Some(c) = self
            .rest
            .peek()
            .copied()
            .filter(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E'))
        {
            raw.push(c);
            self.next();
        }
        serde_json::from_str(&raw)
            .map(Content::Number)
            .map_err(|_| Mistake::new(position, format!("'{raw}' is not a number")))
    }

    fn word(&mut self) -> Result<Content, Mistake> {
        let position = self.position();
        let mut word = String::new();
        while let Some(c) = self.rest.peek().copied().filter(char::is_ascii_alphanumeric) {
            word.push(c);
            self.next();
        }
        match word.as_str() {
            "null" => Ok(Content::Null),
            "true" => Ok(Content::Bool(true)),
            "false" => Ok(Content::Bool(false)),
            _ => {
                Err(Mistake::new(position, format!("'{word}' is not JSON; a text stands in quotation marks")))
            }
        }
    }
}

/// The one of `known` that a mistyped `word` most likely means.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let lower = word.to_ascii_lowercase();
    known
        .into_iter()
        .map(|candidate| (distance(&lower, &candidate.to_ascii_lowercase()), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= 2.max(candidate.len() / 3))
        .map(|(_, candidate)| candidate)
}

/// How many characters were added, dropped or changed.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (above_first, a) in one.chars().enumerate() {
        let mut diagonal = above_first;
        let mut left = above_first + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, b) in row.iter_mut().skip(1).zip(other.chars()) {
            let above = *cell;
            left = (diagonal + usize::from(a != b)).min(above + 1).min(left + 1);
            diagonal = above;
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_where_they_stand() {
        let node = parse("{\n  \"a\": [1,\n    \"ü\\n\", x]}").unwrap_err();
        assert_eq!(node.position, Position { line: 3, column: 12 });
        let node = parse("{\n \"key\" : {\"inner\": -1.5e3}}").unwrap();
        let Content::Object(members) = node.content else { panic!() };
        assert_eq!(members[0].position, Position { line: 2, column: 2 });
        assert_eq!(members[0].value.position, Position { line: 2, column: 10 });
        let Content::Object(inner) = &members[0].value.content else { panic!() };
        assert!(matches!(inner[0].value.content, Content::Number(n) if (n + 1_500.0).abs() < 1e-9));
    }

    #[test]
    fn what_is_not_json_is_refused_where_it_is() {
        let deep = "[".repeat(100);
        for (text, line, part) in [
            ("", 1, "end of the text"),
            ("{\"a\":1,}", 1, "expected a key"),
            ("{\"a\":1\n\"b\":2}", 2, "expected '}'"),
            ("{\"a\":1,\n\"a\":2}", 2, "second time"),
            ("[1 2]", 1, "expected ']'"),
            ("\"\\x\"", 1, "escape"),
            ("\"open", 1, "closing"),
            ("01", 1, "not a number"),
            ("tru", 1, "not JSON"),
            ("1 2", 1, "after the end"),
            (&deep, 1, "too deeply"),
        ] {
            let mistake = parse(text).unwrap_err();
            assert_eq!(mistake.position.line, line, "{text}");
            assert!(mistake.message.contains(part), "{text}: {}", mistake.message);
        }
    }

    #[test]
    fn a_typo_has_a_nearest_word() {
        assert_eq!(nearest("statsu", ["status", "latency"]), Some("status"));
        assert_eq!(nearest("STATUS", ["status", "latency"]), Some("status"));
        assert_eq!(nearest("quux", ["status", "latency"]), None);
    }
}
