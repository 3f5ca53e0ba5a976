//! Reads JSON documents written by people: stories and fault plans. Errors name the place of the mistake.
//!
//! `serde_json` reports line and column. A second pass over the text finds the path of the mistake, such as
//! `events[2].node`.

use serde::Deserialize;

/// A mistake in a document, and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// Counted from 1.
    pub(crate) line: u32,
    /// Counted from 1, in characters.
    pub(crate) column: u32,
    /// The path of the mistake. Empty for the document as a whole.
    pub(crate) key: String,
    pub(crate) message: String,
}

/// Reads a document, which must be an object.
///
/// Returns the first mistake. An error of `T` that starts with a key in backquotes is located at that key.
pub(crate) fn read<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, Mistake> {
    let text = text.trim_start_matches('\u{feff}');
    let start = text.find(|c: char| !c.is_ascii_whitespace()).unwrap_or(0);
    if text.get(start..).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('{')) {
        let (line, column) = position(text, start);
        let message = "the document must be an object".to_owned();
        return Err(Mistake { line, column, key: String::new(), message });
    }
    serde_json::from_str(text).map_err(|error| explain(text, &error))
}

fn explain(text: &str, error: &serde_json::Error) -> Mistake {
    let end = format!(" at line {} column {}", error.line(), error.column());
    let whole = error.to_string();
    let message = whole.strip_suffix(&end).unwrap_or(&whole);
    let before: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let end = (before + error.column()).min(text.len());
    let (mut key, places) = walk(text, end);
    let find = |key: &str| places.iter().rev().find(|place| place.way == key);
    let below = |key: &str| if key.is_empty() { String::new() } else { format!("{key}.") };
    let mut message = message;
    while let Some((named, rest)) = message.strip_prefix('`').and_then(|rest| rest.split_once("`: ")) {
        key = find(&format!("{}{named}", below(&key))).map_or(key, |place| place.way.clone());
        message = rest;
    }
    // The last value that was read is the mistake. If it is an object that was read as a whole, the message names a
    // member of it, or shows its value.
    let prefix = below(&key);
    let named = message.split('`').nth(1).unwrap_or_default();
    let quoted = message.split('"').nth(1).unwrap_or(named);
    let shown = |place: &&Place| {
        let value = text.get(place.value..).unwrap_or_default();
        let same =
            value.starts_with(&format!("\"{quoted}\"")) || !named.is_empty() && value.starts_with(named);
        same && place.way.starts_with(&prefix)
    };
    let by_value = message.starts_with("invalid") || message.starts_with("unknown variant");
    let inner =
        find(&format!("{prefix}{named}")).or_else(|| places.iter().rev().find(shown).filter(|_| by_value));
    let Some(place) = inner.or_else(|| find(&key)).filter(|_| error.is_data()) else {
        let (line, column) = position(text, end.saturating_sub(1));
        return Mistake { line, column, key: String::new(), message: message.to_owned() };
    };
    let at = if message.starts_with("unknown field") { place.key } else { place.value };
    let (line, column) = position(text, at);
    Mistake { line, column, key: place.way.clone(), message: with_hint(message) }
}

/// Returns the position of the value at this path.
pub(crate) fn place(text: &str, way: &str) -> (u32, u32) {
    let (_, places) = walk(text, text.len());
    let found = places.iter().find(|place| place.way == way);
    position(text, found.map_or(0, |place| place.value))
}

/// A part of a text: its path, and the positions of its key and its value.
struct Place {
    way: String,
    key: usize,
    value: usize,
}

/// Returns the path of the byte `end` in a text that is valid JSON up to there, and all parts that start before it.
fn walk(text: &str, end: usize) -> (String, Vec<Place>) {
    let mut steps: Vec<Result<&str, usize>> = Vec::new();
    let mut places = vec![Place { way: String::new(), key: 0, value: 0 }];
    let way = |steps: &[Result<&str, usize>]| {
        steps.iter().fold(String::new(), |way, step| match step {
            Ok(key) if way.is_empty() => (*key).to_owned(),
            Ok(key) => format!("{way}.{key}"),
            Err(index) => format!("{way}[{index}]"),
        })
    };
    let value_after = |at: usize| {
        let rest = text.get(at..).unwrap_or_default();
        at + rest.find(|c: char| !c.is_ascii_whitespace() && c != ':').unwrap_or(0)
    };
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at).filter(|_| at < end) {
        match (byte, steps.last_mut()) {
            (b'{', _) => steps.push(Ok("")),
            (b'}' | b']', _) => drop(steps.pop()),
            (b'[', _) => {
                steps.push(Err(0));
                let value = value_after(at + 1);
                places.push(Place { way: way(&steps), key: value, value });
            }
            (b',', Some(Err(index))) => {
                *index += 1;
                let value = value_after(at + 1);
                places.push(Place { way: way(&steps), key: value, value });
            }
            (b'"', last) => {
                let inside = text.get(at + 1..).unwrap_or_default();
                let mut escaped = false;
                let closing = |c: char| {
                    let closes = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    closes
                };
                let length = inside.find(closing).unwrap_or(inside.len());
                let (string, rest) = inside.split_at_checked(length).unwrap_or_default();
                let is_key = rest.get(1..).is_some_and(|rest| rest.trim_start().starts_with(':'));
                if let (true, Some(Ok(key))) = (is_key, last) {
                    *key = string;
                    places.push(Place { way: way(&steps), key: at, value: value_after(at + length + 2) });
                }
                at += length + 1;
            }
            _ => {}
        }
        at += 1;
    }
    (way(&steps), places)
}

/// Returns line and column of a byte.
fn position(text: &str, at: usize) -> (u32, u32) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
    (number(line), number(column))
}

/// Replaces the list of known words in a message about an unknown one by the nearest word.
fn with_hint(message: &str) -> String {
    let mut words = message.split('`').skip(1).step_by(2);
    let given = words.next().filter(|_| message.starts_with("unknown "));
    let near = given.and_then(|given| Some((given, nearest(given, words)?)));
    match (near, message.split_once(',')) {
        (Some((_, near)), Some((start, _))) => format!("{start}; did you mean `{near}`?"),
        _ => message.to_owned(),
    }
}

/// Returns the `known` word nearest to a mistyped `word`.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let lower = word.to_ascii_lowercase();
    known
        .into_iter()
        .map(|candidate| (plume_text::distance(&lower, &candidate.to_ascii_lowercase()), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= 2.max(candidate.len() / 3))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read counts")]
    struct Part {
        a: Vec<u8>,
        #[serde(default)]
        b: Option<Box<Part>>,
    }

    fn mistake(text: &str) -> (u32, String, String) {
        let mistake = read::<Part>(text).unwrap_err();
        (mistake.line, mistake.key, mistake.message)
    }

    #[test]
    fn a_mistake_is_found_by_its_line_and_its_path() {
        let (line, key, message) = mistake("{\n\"a\": [],\n \"b\": {\"a\": [1,\n \"]\\\"}\"]}}");
        assert_eq!((line, key.as_str()), (4, "b.a[1]"));
        assert!(message.contains("expected u8"), "{message}");
        let (line, key, message) = mistake("{\"a\": [],\n \"bb\": 1}");
        assert_eq!((line, key.as_str()), (2, "bb"));
        assert_eq!(message, "unknown field `bb`; did you mean `b`?");
        let (line, key, message) = mistake("{\"a\": [],\n\"b\": {\n}}");
        assert_eq!((line, key.as_str(), message.as_str()), (2, "b", "missing field `a`"));
        assert_eq!(place("{\"é\":\n {\"x\": [1]}, \"y\": 2}", "y"), (2, 19));
    }

    #[test]
    fn invalid_json_is_refused_at_its_position() {
        let deep = format!("{{\"a\": {}", "[".repeat(1_000));
        for (text, line, part) in [
            ("", 1, "EOF"),
            ("[]", 1, "object"),
            ("{\"a\": [],}", 1, "trailing comma"),
            ("{\"a\": []\n\"b\": 2}", 2, "expected"),
            ("{\"a\": [],\n\"a\": []}", 2, "duplicate field"),
            ("{\"a\": [1 2]}", 1, "expected"),
            ("{\"a\": []} 2", 1, "trailing characters"),
            (&deep, 1, "invalid type"),
        ] {
            let (found, _, message) = mistake(text);
            assert_eq!(found, line, "{text}");
            assert!(message.contains(part), "{text}: {message}");
        }
    }

    #[test]
    fn a_typo_has_a_nearest_word() {
        assert_eq!(nearest("statsu", ["status", "latency"]), Some("status"));
        assert_eq!(nearest("STATUS", ["status", "latency"]), Some("status"));
        assert_eq!(nearest("quux", ["status", "latency"]), None);
    }
}
