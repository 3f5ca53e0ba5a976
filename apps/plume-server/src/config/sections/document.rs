//! JSON documents that people write: their unknown keys, and other errors, each with its line and column and the path of its value.

use std::{collections::BTreeSet, path::Path};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// An error: the path of the value, such as `notify.routes[0].channels`, and the problem.
pub(super) type Fault = (String, String);

/// Maximum number of errors that the type finds in one document.
const MOST: usize = 100;

/// Parses a document. Returns the default and all lines about errors if it has any. `check` finds what the type allows.
///
/// After an error that the type finds, the rest is parsed without its value.
pub(super) fn parse<T: DeserializeOwned + Serialize + Default>(
    text: &str,
    path: &Path,
    check: fn(&Value) -> Vec<Fault>,
) -> (T, Vec<String>) {
    let path = path.display();
    // Some editors write a byte order mark.
    let text = text.trim_start_matches('\u{feff}');
    let mut value = match serde_json::from_str::<Value>(text) {
        Ok(value) => value,
        Err(error) => {
            let whole = error.to_string();
            let cause = whole.rsplit_once(" at line ").map_or(whole.as_str(), |(cause, _)| cause);
            let (line, column) = (error.line(), error.column());
            return (T::default(), vec![format!("{path}:{line}:{column}: invalid JSON: {cause}")]);
        }
    };
    let places = places(text);
    let mut lines: Vec<(usize, String)> =
        repeated(&places).map(|(at, offset)| (*offset, format!("`{at}` is there more than once"))).collect();
    let mut faults = Vec::new();
    let example = serde_json::to_value(T::default()).unwrap_or_default();
    objects(&example, &value, "", &mut faults);
    faults.extend(check(&value));
    let mut removed = Vec::new();
    let mut read = None;
    for _ in 0..MOST {
        let error = match serde_path_to_error::deserialize::<_, T>(value.clone()) {
            Ok(parsed) => {
                read = Some(parsed);
                break;
            }
            Err(error) => error,
        };
        let (at, whole) = (error.path().to_string(), error.inner().to_string());
        let at = if at == "." { String::new() } else { at };
        let gone = match unknown(&whole) {
            Some((name, problem)) => {
                let at = joined(&at, name);
                lines.push((offset_of(&places, &original(&at, &removed)), problem));
                remove(&mut value, &at)
            }
            None => {
                let (at, problem) = in_words(&at, &whole);
                let shown = original(&at, &removed);
                // One cause, one line: a wrong kind is found by both.
                if !faults.iter().any(|(known, _)| *known == shown) {
                    faults.push((shown, problem));
                }
                remove(&mut value, &at)
            }
        };
        match gone {
            Some(gone) => removed.push(original(&gone, &removed)),
            None => break,
        }
    }
    lines.extend(faults.into_iter().map(|(at, problem)| {
        let offset = offset_of(&places, &at);
        match at.is_empty() {
            true => (offset, format!("the document {problem}")),
            false => (offset, format!("`{at}` {problem}")),
        }
    }));
    lines.sort_by_key(|(offset, _)| *offset);
    let lines =
        lines.into_iter().map(|(offset, problem)| format!("{path}:{}: {problem}", place_at(text, offset)));
    (read.unwrap_or_default(), lines.collect())
}

/// Returns the keys that an object has more than once, without what is in them.
fn repeated(places: &[(String, usize)]) -> impl Iterator<Item = &(String, usize)> {
    let mut known = BTreeSet::new();
    let mut inside: Option<&str> = None;
    places.iter().filter(move |(at, _)| {
        if inside.is_some_and(|outer| is_within(at, outer)) {
            return false;
        }
        let is_again = !known.insert(at.as_str());
        inside = is_again.then_some(at.as_str());
        is_again
    })
}

/// Returns whether a value is in the object or list at `outer`.
fn is_within(at: &str, outer: &str) -> bool {
    at.strip_prefix(outer).is_some_and(|rest| rest.starts_with(['.', '[']))
}

/// Removes the value at a path, or the nearest one around it. Returns the path of what it removed; `None` for the document.
fn remove(value: &mut Value, at: &str) -> Option<String> {
    let mut at = at;
    loop {
        let cut = at.rfind(['.', '[']);
        let (parent, last) = at.split_at(cut.unwrap_or(0));
        let holder = value.pointer_mut(&pointer(parent));
        let gone = match (holder, last.strip_prefix('[').and_then(|last| last.strip_suffix(']'))) {
            (Some(Value::Array(items)), Some(index)) => {
                let index = index.parse().ok().filter(|index| *index < items.len());
                index.map(|index: usize| items.remove(index)).is_some()
            }
            (Some(Value::Object(members)), None) => members.remove(last.trim_start_matches('.')).is_some(),
            _ => false,
        };
        if gone {
            return Some(at.to_owned());
        }
        cut?;
        at = parent;
    }
}

/// Returns the path of a value as a JSON pointer.
fn pointer(at: &str) -> String {
    let steps = at.split(['.', '[']).map(|step| step.trim_end_matches(']')).filter(|step| !step.is_empty());
    steps.map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect()
}

/// Returns the path in the text of a value from which others were removed before: elements of lists have moved.
fn original(at: &str, removed: &[String]) -> String {
    let mut path = String::new();
    for step in at.split_inclusive(']') {
        let Some((name, index)) = step.strip_suffix(']').and_then(|step| step.rsplit_once('[')) else {
            path.push_str(step);
            continue;
        };
        path.push_str(name);
        let mut before: Vec<usize> = removed
            .iter()
            .filter_map(|gone| gone.strip_prefix(&path)?.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
            .collect();
        before.sort_unstable();
        let moved =
            |index: usize| before.iter().fold(index, |index, gone| index + usize::from(*gone <= index));
        path.push_str(
            &index.parse().map_or_else(|_| format!("[{index}]"), |index| format!("[{}]", moved(index))),
        );
    }
    path
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

/// Returns the offset of a value, or of the nearest one around it.
fn offset_of(places: &[(String, usize)], at: &str) -> usize {
    let is_around = |path: &str| path.is_empty() || at == path || is_within(at, path);
    let around = places.iter().filter(|(path, _)| is_around(path)).max_by_key(|(path, _)| path.len());
    around.map_or(0, |(_, offset)| *offset)
}

/// Returns a place as `LINE:COLUMN`, in characters.
fn place_at(text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    format!("{}:{}", 1 + before.matches('\n').count(), 1 + line.chars().count())
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

/// Returns the name of an unknown key, and the problem.
fn unknown(error: &str) -> Option<(&str, String)> {
    let (name, rest) = error.strip_prefix("unknown field `")?.split_once('`')?;
    let meant = plume_text::nearest(name, rest.split('`').skip(1).step_by(2));
    let meant = meant.map_or_else(String::new, |key| format!("; did you mean `{key}`?"));
    Some((name, format!("unknown key `{name}`{meant}")))
}

#[cfg(test)]
mod tests {
    use plume::monitor::{monitor::Policies, sla::SlaPolicy};

    use super::*;
    use crate::config::sections::routes::check_routes;

    fn problems(text: &str) -> Vec<String> {
        parse::<Policies>(text, Path::new("p.json"), check_routes).1
    }

    /// Returns the problems with their lines alone.
    fn by_line(text: &str) -> Vec<String> {
        let without_column = |problem: String| {
            let mut parts = problem.splitn(4, ':');
            let (file, line) = (parts.next().unwrap(), parts.next().unwrap());
            format!("{file}:{line}:{}", parts.nth(1).unwrap())
        };
        problems(text).into_iter().map(without_column).collect()
    }

    #[test]
    fn several_errors_in_one_line_have_their_columns() {
        let text = "{\"n\u{f6}tify\": {}, \"schedule\": {\"normal\": 5, \"nrmal\": 1}}";
        assert_eq!(
            problems(text),
            [
                "p.json:1:2: unknown key `n\u{f6}tify`; did you mean `notify`?",
                "p.json:1:29: `schedule.normal` must be a text in quotes",
                "p.json:1:42: unknown key `nrmal`; did you mean `normal`?",
            ]
        );
        assert_eq!(problems("{\n \"x\" 1}"), ["p.json:2:6: invalid JSON: expected `:`"]);
    }

    #[test]
    fn a_list_of_a_route_that_is_likely_a_mistake_is_an_error() {
        let text = r#"{"notify": {"routes": [
{"tenants": [], "tags": ["a", "b", "a"], "groups": [], "severities": ["green", "red"], "channels": ["hook", "hook"]},
{"severities": [], "channels": ["hook"], "quiet": {"ranges": []}},
{"channels": ["hook"], "quiet": {"ranges": [{"days": [], "from": "22:00", "to": "07:00"},
{"days": ["mon", "mon"], "from": "22:00", "to": "07:00"}]}},
{"groups": [{"kind": "region", "value": "a"}, {"kind": "model", "value": "a"}], "channels": []}]}}"#;
        let empty = "is empty; leave it out if there is no such condition";
        assert_eq!(
            by_line(text),
            [
                format!("p.json:2: `notify.routes[0].tenants` {empty}"),
                "p.json:2: `notify.routes[0].tags[2]` is in the list more than once".to_owned(),
                format!("p.json:2: `notify.routes[0].groups` {empty}"),
                "p.json:2: `notify.routes[0].severities[0]` must be one of `red`, `orange`, `yellow`, `unknown`".to_owned(),
                "p.json:2: `notify.routes[0].channels[1]` is in the list more than once".to_owned(),
                format!("p.json:3: `notify.routes[1].severities` {empty}"),
                "p.json:3: `notify.routes[1].quiet.ranges` is empty, so it is never quiet".to_owned(),
                "p.json:4: `notify.routes[2].quiet.ranges[0].days` is empty, so the range never begins".to_owned(),
                "p.json:5: `notify.routes[2].quiet.ranges[1].days[1]` is in the list more than once".to_owned(),
            ]
        );
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
      "more": ","}, "tenants": ["north"]}]}, "last": 1
}"#;
        assert_eq!(
            by_line(text),
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
            let found = by_line(text);
            assert_eq!(found.len(), expected.len(), "{text}: {found:?}");
            let is_same = found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected));
            assert!(is_same, "{text}: {found:?}");
            assert!(!found.concat().contains("struct"), "{found:?}");
        }
        let terms = |text: &str| parse::<SlaPolicy>(text, Path::new("sla.json"), |_| Vec::new()).1;
        assert_eq!(terms("[]"), ["sla.json:1:1: the document must be an object, such as `{}`"]);
        assert_eq!(terms("{\"target_percent\":\"99\"}"), ["sla.json:1:2: `target_percent` must be a number"]);
        assert_eq!(terms("{\"maintenance\": [\n{\"from\": 1}]}").len(), 1);
    }

    #[test]
    fn every_bad_value_is_reported_with_its_line() {
        let text = r#"{
  "schedule": {"normal": 5,
    "long_green": "x", "nrmal": 1},
  "notify": {"digest_minute": -1, "remind_every": "4s", "routes": [
    {"channels": ["a"], "severities": ["red", "rad",
      "orenge", "orange", 7]},
    {"channels": ["a"], "chanels": 1, "tags": 5},
    {"channels": [1], "groups": [{"kind": "region"},
      {"kind": "x", "value": "y"}]}
  ], "remind_every": "4h"},
  "groups": {"homes": 1.5, "homes": 2},
  "budget": {"per_second": "6"}
}"#;
        let expected = [
            "p.json:2: `schedule.normal` must be a text in quotes",
            "p.json:3: `schedule.long_green` is invalid: `x` is not a duration",
            "p.json:3: unknown key `nrmal`; did you mean `normal`?",
            "p.json:4: `notify.digest_minute` must be a whole number that is not negative and not too large",
            "p.json:5: `notify.routes[0].severities[1]` must be one of `",
            "p.json:6: `notify.routes[0].severities[2]` must be one of `",
            "p.json:6: `notify.routes[0].severities[4]` must be ",
            "p.json:7: unknown key `chanels`; did you mean `channels`?",
            "p.json:7: `notify.routes[1].tags` must be a list, such as `[]`",
            "p.json:8: `notify.routes[2].channels[0]` must be a text in quotes",
            "p.json:8: `notify.routes[2].groups[0].value` is missing",
            "p.json:9: `notify.routes[2].groups[1].kind` must be one of `",
            "p.json:10: `notify.remind_every` is there more than once",
            "p.json:11: `groups.homes` is there more than once",
            "p.json:12: `budget.per_second` must be a number",
        ];
        let found = by_line(text);
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{found}\n{expected}");
        }
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        let many = format!("{{\"notify\": {{\"routes\": [{}7]}}}}", "7,".repeat(2 * MOST));
        assert!(problems(&many).len() > MOST, "and it ends");
    }

    #[test]
    fn a_route_that_would_lose_messages_is_an_error() {
        let text = "{\"notify\": {\"routes\": [{},\n{\"tenants\": [\"north\"]},\n[],\n{\"channels\": [\"a b/\", \"\", \"ok\"]}, {\"channels\": []}]}}";
        assert_eq!(
            by_line(text),
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
        assert_eq!(place_at(text, offset_of(&places(text), "d.more")), "2:15");
    }
}
