//! JSON documents that people write, in files and in requests: all their errors, each with the path of its value, in own words.

use std::{collections::BTreeSet, path::Path};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Error, Value, error::Category};

/// An error: the path of the value, such as `notify.routes[0].channels`, and the problem.
pub(crate) type Fault = (String, String);

/// A whole number of JSON that a type can hold.
pub(crate) const WHOLE: &str = "must be a whole number that is not negative and not too large";

const OBJECT: &str = "must be an object, such as `{}`";

/// Maximum number of errors that the type finds in one document.
const MOST: usize = 100;

/// Parses the document of a file. Returns the default and all lines about errors if it has any. `check` finds what the type
/// allows.
pub(crate) fn parse<T: DeserializeOwned + Serialize + Default>(
    text: &str,
    path: &Path,
    check: fn(&Value) -> Vec<Fault>,
) -> (T, Vec<String>) {
    let path = path.display();
    // Some editors write a byte order mark.
    let text = text.trim_start_matches('\u{feff}');
    let check = |value: &Value| {
        let mut faults = Vec::new();
        let example = serde_json::to_value(T::default()).unwrap_or_default();
        objects(&example, value, "", &mut faults);
        faults.extend(check(value));
        faults
    };
    let line = |(offset, problem)| format!("{path}:{}: {problem}", place_at(text, offset, ":"));
    match value(text) {
        Ok(value) => {
            let (read, faults) = read(text, value, "document", check);
            (read.unwrap_or_default(), faults.into_iter().map(line).collect())
        }
        Err((offset, cause)) => (T::default(), vec![line((offset, format!("invalid JSON: {cause}")))]),
    }
}

/// Reads the object of a request. Returns all errors in the order of the text. `check` finds what the type allows.
pub(crate) fn read_body<T: DeserializeOwned>(
    body: &[u8],
    check: fn(&Value) -> Vec<Fault>,
) -> Result<T, Vec<String>> {
    let text = str::from_utf8(body).map_err(|_| vec!["the body is no text in UTF-8".to_owned()])?;
    let value = value(text).map_err(|(offset, cause)| {
        vec![format!("the body is no JSON: {cause} (line {})", place_at(text, offset, ", column "))]
    })?;
    if !value.is_object() {
        // The type would also accept a list of the values.
        let (_, problem) = with_found(&value, String::new(), OBJECT.to_owned());
        return Err(vec![format!("the body {problem}")]);
    }
    match read(text, value, "body", check) {
        (Some(read), faults) if faults.is_empty() => Ok(read),
        (_, faults) => Err(faults.into_iter().map(|(_, problem)| problem).collect()),
    }
}

/// Parses a text. An error has its offset.
fn value(text: &str) -> Result<Value, (usize, String)> {
    serde_json::from_str(text).map_err(|error| (offset_of_error(text, &error), syntax(text, &error)))
}

/// Reads a value of a text. Returns all errors with their offsets, in the order of the text. `whole` is the name of the value.
///
/// After an error that the type finds, the rest is read without its value.
fn read<T: DeserializeOwned>(
    text: &str,
    given: Value,
    whole: &str,
    check: impl Fn(&Value) -> Vec<Fault>,
) -> (Option<T>, Vec<(usize, String)>) {
    let places = places(text);
    let mut lines: Vec<(usize, String)> =
        repeated(&places).map(|(at, offset)| (*offset, format!("`{at}` is there more than once"))).collect();
    let mut faults: Vec<Fault> =
        check(&given).into_iter().map(|(at, problem)| with_found(&given, at, problem)).collect();
    let mut value = given.clone();
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
                    faults.push(with_found(&given, shown, problem));
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
            true => (offset, format!("the {whole} {problem}")),
            false => (offset, format!("`{at}` {problem}")),
        }
    }));
    lines.sort_by_key(|(offset, _)| *offset);
    (read, lines)
}

/// Adds what was found to an error about a kind of value.
fn with_found(given: &Value, at: String, problem: String) -> Fault {
    let kinds = [
        WHOLE,
        "must be a number",
        "must be `true` or `false`",
        "must be a text in quotes",
        "must be a list, such as `[]`",
        OBJECT,
    ];
    let found = given.pointer(&pointer(&at)).filter(|_| kinds.contains(&problem.as_str()));
    let found = found.map(|found| match found {
        Value::Null => "`null`".to_owned(),
        Value::Bool(found) => format!("`{found}`"),
        Value::Number(found) => format!("`{found}`"),
        Value::String(_) => "a text".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    });
    let problem = found.map_or_else(|| problem.clone(), |found| format!("{problem}, not {found}"));
    (at, problem)
}

/// Returns the words for a text that is no JSON.
fn syntax(text: &str, error: &Error) -> String {
    let whole = error.to_string();
    let cause = whole.rsplit_once(" at line ").map_or(whole.as_str(), |(cause, _)| cause);
    match cause {
        _ if text.trim().is_empty() => "the text is empty".to_owned(),
        _ if error.classify() == Category::Eof => match cause.rsplit_once(" parsing ") {
            Some((_, "a value")) => "the text ends before a value".to_owned(),
            Some((_, around)) => format!("the text ends within {around}"),
            None => "the text ends too early".to_owned(),
        },
        "expected value" => {
            "expected a text in quotes, a number, `true`, `false`, `null`, a list or an object".to_owned()
        }
        "expected ident" => "expected `true`, `false` or `null`".to_owned(),
        "trailing characters" => "there is more after the end of the value".to_owned(),
        "recursion limit exceeded" => "there are too many lists and objects within each other".to_owned(),
        _ => cause.to_owned(),
    }
}

/// Returns the offset of an error. The parser counts bytes, and a line break as column 0 of the line after it.
fn offset_of_error(text: &str, error: &Error) -> usize {
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let offset = (lines.map(str::len).sum::<usize>() + error.column()).saturating_sub(1);
    (0..=offset).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
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
        return faults.push((at.to_owned(), OBJECT.to_owned()));
    };
    for (key, inner) in example {
        if let Some(found) = given.get(key) {
            objects(inner, found, &joined(at, key), faults);
        }
    }
}

pub(crate) fn joined(at: &str, key: &str) -> String {
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
            WHOLE.to_owned()
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
        Some((_, wanted)) if wanted.starts_with("struct ") || wanted == "a map" => OBJECT.to_owned(),
        Some((_, wanted)) => format!("must be {wanted}"),
        None if error.starts_with("must ") => error.to_owned(),
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

/// Returns a place as its line and column, in characters, with `between` them.
fn place_at(text: &str, offset: usize, between: &str) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    format!("{}{between}{}", 1 + before.matches('\n').count(), 1 + line.chars().count())
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
mod tests;
