//! JSON documents that people write: their unknown keys, and other errors, each with its line and the path of its value.

use std::path::Path;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// An error: the path of the value, such as `notify.routes[0].channels`, and the problem.
pub(super) type Fault = (String, String);

/// Parses a document. Returns the default and all lines about errors if it has any. `check` finds what the type allows.
///
/// After an unknown key, the rest is parsed without it. Of errors that the type finds, the first one is reported.
pub(super) fn parse<T: DeserializeOwned + Serialize + Default>(
    mut text: String,
    path: &Path,
    check: fn(&Value) -> Vec<Fault>,
) -> (T, Vec<String>) {
    let path = path.display();
    // Some editors write a byte order mark.
    if text.starts_with('\u{feff}') {
        text.replace_range(..'\u{feff}'.len_utf8(), "");
    }
    let mut problems = Vec::new();
    loop {
        let value = match serde_json::from_str::<Value>(&text) {
            Ok(value) => value,
            Err(error) => {
                let whole = error.to_string();
                let cause = whole.rsplit_once(" at line ").map_or(whole.as_str(), |(cause, _)| cause);
                return (T::default(), vec![format!("{path}:{}: invalid JSON: {cause}", error.line())]);
            }
        };
        let read = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(&text));
        let (read, first) = match read {
            Ok(read) => (Some(read), None),
            Err(error) => {
                let (at, error) = (error.path().to_string(), error.into_inner());
                let whole = error.to_string();
                if let Some((problem, rest)) = unknown(&whole, &text, error.line(), error.column()) {
                    problems.push(format!("{path}:{}: {problem}", error.line()));
                    text = rest;
                    continue;
                }
                (None, Some(in_words(&at, &whole)))
            }
        };
        let mut faults = Vec::new();
        let example = serde_json::to_value(T::default()).unwrap_or_default();
        objects(&example, &value, "", &mut faults);
        faults.extend(check(&value));
        // One cause, one line: a wrong kind is found by both.
        let is_new = |(at, _): &Fault| !faults.iter().any(|(known, _)| known == at);
        faults.extend(first.into_iter().filter(is_new).collect::<Vec<_>>());
        let places = places(&text);
        let line = |(at, problem): Fault| {
            let line = line_of(&text, &places, &at);
            match at.is_empty() {
                true => format!("{path}:{line}: the document {problem}"),
                false => format!("{path}:{line}: `{at}` {problem}"),
            }
        };
        problems.extend(faults.into_iter().map(line));
        return (read.unwrap_or_default(), problems);
    }
}

/// Finds values that are no objects where the type has one: it would also accept a list of the values.
fn objects(example: &Value, given: &Value, at: &str, faults: &mut Vec<Fault>) {
    let Value::Object(example) = example else { return };
    let Value::Object(given) = given else {
        return faults.push((at.to_owned(), "must be an object, such as `{}`".to_owned()));
    };
    for (key, inner) in example {
        if let Some(found) = given.get(key) {
            objects(inner, found, &joined(at, key), faults);
        }
    }
}

pub(super) fn joined(at: &str, key: &str) -> String {
    if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") }
}

/// Returns an error of the type in the words of people who write a document.
fn in_words(at: &str, error: &str) -> Fault {
    let error = error.rsplit_once(" at line ").map_or(error, |(cause, _)| cause);
    let at = if at == "." { "" } else { at };
    // A check of a whole object names the key in it.
    if let Some((key, problem)) =
        error.strip_prefix("invalid policy: `").and_then(|rest| rest.split_once("`: "))
    {
        return (joined(at, key), format!("is invalid: {problem}"));
    }
    if let Some((key, rest)) =
        error.split_once(" field `").and_then(|(what, rest)| Some((what, rest.split_once('`')?.0)))
    {
        return match key {
            "missing" => (joined(at, rest), "is missing".to_owned()),
            "duplicate" => (joined(at, rest), "is there more than once".to_owned()),
            _ => (at.to_owned(), format!("is invalid: {error}")),
        };
    }
    if let Some((found, known)) =
        error.strip_prefix("unknown variant `").and_then(|rest| rest.split_once("`, expected "))
    {
        let known = known.trim_start_matches("one of ");
        return (at.to_owned(), format!("must be one of {known}, not `{found}`"));
    }
    let wanted = error.strip_prefix("invalid ").and_then(|rest| rest.split_once(", expected "));
    let problem = match wanted {
        Some((_, "f64" | "f32")) => "must be a number".to_owned(),
        Some((_, "u8" | "u16" | "u32" | "u64" | "usize" | "i8" | "i16" | "i32" | "i64" | "isize")) => {
            "must be a whole number that is not negative and not too large".to_owned()
        }
        Some((_, "a boolean")) => "must be `true` or `false`".to_owned(),
        Some((_, "a string" | "a borrowed string" | "str" | "variant identifier" | "string or map")) => {
            "must be a text in quotes".to_owned()
        }
        Some((_, wanted))
            if wanted.starts_with("a sequence")
                || wanted.starts_with("an array")
                || wanted.starts_with("a tuple") =>
        {
            "must be a list, such as `[]`".to_owned()
        }
        Some((_, wanted)) if wanted.starts_with("struct ") || wanted == "a map" => {
            "must be an object, such as `{}`".to_owned()
        }
        Some((_, wanted)) => format!("must be {wanted}"),
        None => format!("is invalid: {error}"),
    };
    (at.to_owned(), problem)
}

/// Returns the line of a value, or of the nearest one around it.
fn line_of(text: &str, places: &[(String, usize)], at: &str) -> usize {
    let is_around = |path: &str| {
        at.strip_prefix(path)
            .is_some_and(|rest| rest.is_empty() || path.is_empty() || rest.starts_with(['.', '[']))
    };
    let around = places.iter().filter(|(path, _)| is_around(path)).max_by_key(|(path, _)| path.len());
    let offset = around.map_or(0, |(_, offset)| *offset);
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// Returns the path of each value of a valid document, with the offset of its key, or of itself in a list.
fn places(text: &str) -> Vec<(String, usize)> {
    let (mut all, bytes) = (Vec::new(), text.as_bytes());
    // The open objects and lists: the path of each, and the index of the next element of a list.
    let mut open: Vec<(String, Option<usize>)> = Vec::new();
    let (mut key, mut at, mut is_key) = (None, 0, false);
    while let Some(byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match byte {
            b'}' | b']' => drop(open.pop()),
            b',' => is_key = open.last().is_some_and(|(_, index)| index.is_none()),
            b':' => is_key = false,
            byte if byte.is_ascii_whitespace() => {}
            _ => {
                if *byte == b'"' {
                    while bytes.get(at).is_some_and(|byte| *byte != b'"') {
                        at += if bytes.get(at) == Some(&b'\\') { 2 } else { 1 };
                    }
                    at += 1;
                }
                if is_key {
                    key = text
                        .get(start..at)
                        .and_then(|key| serde_json::from_str::<String>(key).ok())
                        .map(|key| (key, start));
                    continue;
                }
                let (path, offset) = match (open.last_mut(), key.take()) {
                    (Some((path, Some(index))), _) => {
                        *index += 1;
                        (format!("{path}[{}]", *index - 1), start)
                    }
                    (Some((path, None)), Some((key, start))) => (joined(path, &key), start),
                    (_, _) => (String::new(), start),
                };
                all.push((path.clone(), offset));
                match byte {
                    b'{' => open.push((path, None)),
                    b'[' => open.push((path, Some(0))),
                    b'"' => {}
                    _ => {
                        let is_end = |byte: &u8| b",]}".contains(byte) || byte.is_ascii_whitespace();
                        at += bytes.iter().skip(at).take_while(|byte| !is_end(byte)).count();
                    }
                }
                is_key = *byte == b'{';
            }
        }
    }
    all
}

/// Returns the problem of an unknown key, and the text without its member. The place of the error is behind the key.
fn unknown(error: &str, text: &str, line: usize, column: usize) -> Option<(String, String)> {
    let (name, rest) = error.strip_prefix("unknown field `")?.split_once('`')?;
    let before: usize = text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let end = before.checked_add(column)?;
    let start = text.get(..end)?.rfind(&format!("\"{name}\""))?;
    let colon = start + text.get(start..)?.get(name.len() + 2..)?.find(':')? + name.len() + 3;
    let mut member =
        serde_json::Deserializer::from_str(text.get(colon..)?).into_iter::<serde::de::IgnoredAny>();
    member.next()?.ok()?;
    let (mut from, mut to) = (start, colon + member.byte_offset());
    // One of the commas around it goes with it.
    let after = text.get(to..)?;
    let trimmed = after.trim_start();
    if trimmed.starts_with(',') {
        to += after.len() - trimmed.len() + 1;
    } else if let Some(head) = text.get(..from).map(str::trim_end).and_then(|head| head.strip_suffix(',')) {
        from = head.len();
    }
    // Lines keep their numbers.
    let breaks = "\n".repeat(text.get(from..to)?.matches('\n').count());
    let known = rest.split('`').skip(1).step_by(2);
    let meant = plume_text::nearest(name, known);
    let meant = meant.map_or_else(String::new, |key| format!("; did you mean `{key}`?"));
    let left = format!("{}{breaks}{}", text.get(..from)?, text.get(to..)?);
    Some((format!("unknown key `{name}`{meant}"), left))
}

#[cfg(test)]
mod tests {
    use plume::monitor::{monitor::Policies, sla::SlaPolicy};

    use super::*;
    use crate::config::sections::routes::check_routes;

    fn problems(text: &str) -> Vec<String> {
        parse::<Policies>(text.to_owned(), Path::new("p.json"), check_routes).1
    }

    #[test]
    fn all_unknown_keys_are_reported_with_their_line_and_the_nearest_one() {
        let text = r#"{
  "notfy": {"routes": [1, {"a": "}"}]},
  "schedule": {"normal": "10m",
    "long_gren": "20m"
  },
  "notify": {"routes": [
    {"chanels": ["a"], "channels": ["hook"]},
    {"channels": ["hook"], "zzzzzzzzzzzz" : {
      "more": ","}, "tenants": []}]}, "last": 1
}"#;
        assert_eq!(
            problems(text),
            [
                "p.json:2: unknown key `notfy`; did you mean `notify`?",
                "p.json:4: unknown key `long_gren`; did you mean `long_green`?",
                "p.json:7: unknown key `chanels`; did you mean `channels`?",
                "p.json:8: unknown key `zzzzzzzzzzzz`",
                "p.json:9: unknown key `last`",
            ]
        );
    }

    #[test]
    fn other_errors_have_the_line_the_path_and_words_of_their_own() {
        for (text, expected) in [
            ("\u{feff} {}", &[][..]),
            ("[]", &["p.json:1: the document must be an object, such as `{}`"]),
            ("{\"x\": 1", &["p.json:1: invalid JSON: EOF while parsing an object"]),
            ("{\n\"schedule\": {\"normal\":\n5}}", &["p.json:2: `schedule.normal` must be a text in quotes"]),
            (
                "{\"x\": 1,\n\"schedule\": 5}",
                &["p.json:1: unknown key `x`", "p.json:2: `schedule` must be an object, such as `{}`"],
            ),
            ("{\n\"notify\":\n []}", &["p.json:2: `notify` must be an object, such as `{}`"]),
            ("{\"notify\": {\n\"routes\": 7}}", &["p.json:2: `notify.routes` must be a list, such as `[]`"]),
            (
                "{\"notify\": {\"routes\": [{\"channels\": [\"a\"]},\n{\"channels\": [7]}]}}",
                &["p.json:2: `notify.routes[1].channels[0]` must be a text in quotes"],
            ),
            (
                "{\"notify\": {\"routes\": [{\"channels\": [], \n\"severities\": [\"rad\"]}]}}",
                &["p.json:2: `notify.routes[0].severities[0]` must be one of `"],
            ),
            (
                "{\"notify\": {\n\"digest_minute\": -1,\n\"version\": 1}}",
                &["p.json:2: `notify.digest_minute` must be a whole number"],
            ),
            (
                "{\"home\": {\"tracker\": {\"default\":\n{\"flapping\": {\"weight\": \"0.2\"}}}}}",
                &["p.json:2: `home.tracker.default.flapping.weight` must be a number"],
            ),
            (
                "{\"notify\": {\"version\": 1,\n\"remind_every\": \"4\"\n\n}}",
                &["p.json:2: `notify.remind_every` is invalid: `4` is not a duration"],
            ),
            (
                "{\"notify\": {\"version\": 1,\n\"remind_every\": \"4s\"\n\n}}",
                &["p.json:2: `notify.remind_every` is invalid: 4s is less than 1m"],
            ),
            ("{\"notify\": {},\n\"notify\": {}}", &["p.json:2: `notify` is there more than once"]),
            ("{\"schedule\": {\"normal\": \"0s\"}}", &["p.json:1: `schedule."]),
        ] {
            let found = problems(text);
            assert_eq!(found.len(), expected.len(), "{text}: {found:?}");
            let is_same = found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected));
            assert!(is_same, "{text}: {found:?}");
            assert!(!found.concat().contains("struct"), "{found:?}");
        }
        let terms = |text: &str| parse::<SlaPolicy>(text.to_owned(), Path::new("sla.json"), |_| Vec::new()).1;
        assert_eq!(terms("[]"), ["sla.json:1: the document must be an object, such as `{}`"]);
        assert_eq!(terms("{\"target_percent\":\"99\"}"), ["sla.json:1: `target_percent` must be a number"]);
        assert_eq!(terms("{\"maintenance\": [\n{\"from\": 1}]}").len(), 1);
    }

    #[test]
    fn a_route_that_would_lose_messages_is_an_error() {
        let text = "{\"notify\": {\"routes\": [{},\n{\"tenants\": [\"north\"]},\n[],\n{\"channels\": [\"a b/\", \"\", \"ok\"]}, {\"channels\": []}]}}";
        assert_eq!(
            problems(text),
            [
                "p.json:1: `notify.routes[0]` has no `channels`, so its messages would be dropped; write `\"channels\": []` if \
                 they are to be",
                "p.json:2: `notify.routes[1]` has no `channels`, so its messages would be dropped; write `\"channels\": []` if \
                 they are to be",
                "p.json:3: `notify.routes[2]` must be an object, such as `{\"channels\": [\"hook\"]}`",
                "p.json:4: `notify.routes[3].channels[0]` is no id of a channel: it must have 1 to 60 letters, digits, dashes, \
                 dots and underscores",
                "p.json:4: `notify.routes[3].channels[1]` is no id of a channel: it must have 1 to 60 letters, digits, dashes, \
                 dots and underscores",
            ]
        );
    }

    #[test]
    fn a_place_is_the_line_of_the_key_whatever_is_in_the_texts() {
        let text = "{\"a\\\"{\": [1, {\"b\": \"]\\\\\"}, [true]],\n \"c\": -1.5e3, \"d\": {}}";
        let found: Vec<String> = places(text).into_iter().map(|(path, _)| path).collect();
        let key = "a\"{";
        let expected = [
            "",
            key,
            &format!("{key}[0]"),
            &format!("{key}[1]"),
            &format!("{key}[1].b"),
            &format!("{key}[2]"),
            &format!("{key}[2][0]"),
            "c",
            "d",
        ];
        assert_eq!(found, expected);
        assert_eq!(line_of(text, &places(text), "d.more"), 2);
    }
}
