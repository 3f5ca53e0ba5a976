//! The sections `keys`, `policies` and `sla`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use plume::monitor::{monitor::Policies, sla::SlaPolicy};
use serde::de::DeserializeOwned;

use crate::config::values::Values;

/// Reads the file of the keys that seal secrets; `None` for the default beside the database.
pub(in crate::config) fn keys(values: &mut Values) -> Option<PathBuf> {
    values.take("keys.file")
}

/// Reads the policies of the monitor from the JSON file that a key names.
pub(in crate::config) fn policies(values: &mut Values) -> Policies {
    document(values, "policies.file", "policies", |policies: &Policies| {
        policies.validate().map_err(|error| error.to_string())
    })
}

/// Reads the terms of the service level from the JSON file that a key names.
pub(in crate::config) fn sla(values: &mut Values) -> SlaPolicy {
    document(values, "sla.file", "terms", |terms: &SlaPolicy| {
        terms.validate().map_err(|error| error.to_string())
    })
}

/// Reads the JSON file that a key names; the default without one. Reports its unknown keys, and its first other error.
fn document<T: DeserializeOwned + Default>(
    values: &mut Values,
    key: &str,
    what: &str,
    validate: fn(&T) -> Result<(), String>,
) -> T {
    let Some(path) = values.take::<PathBuf>(key) else { return T::default() };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            values.report(key, &format!("names a file that cannot be read: {}: {error}", path.display()));
            return T::default();
        }
    };
    let (value, problems) = parse(text, &path, validate);
    for problem in problems {
        values.report(key, &format!("names invalid {what}: {problem}"));
    }
    value
}

/// Parses a document. After an unknown key, the rest is parsed without it.
fn parse<T: DeserializeOwned + Default>(
    mut text: String,
    path: &Path,
    validate: fn(&T) -> Result<(), String>,
) -> (T, Vec<String>) {
    let path = path.display();
    let mut problems = Vec::new();
    // Some editors write a byte order mark.
    let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if !start.starts_with('{') {
        return (T::default(), vec![format!("{path}: it must be an object, such as `{{}}`")]);
    }
    if text.starts_with('\u{feff}') {
        text.replace_range(..'\u{feff}'.len_utf8(), "");
    }
    loop {
        let error = match serde_json::from_str::<T>(&text) {
            Ok(value) => {
                if let Err(error) = validate(&value) {
                    problems.push(format!("{path}: {error}"));
                }
                return (value, problems);
            }
            Err(error) => error,
        };
        let line = error.line();
        let Some((name, rest)) = unknown(&error.to_string(), &text, line, error.column()) else {
            let whole = error.to_string();
            let cause = whole.rsplit_once(" at line ").map_or(whole.as_str(), |(cause, _)| cause);
            problems.push(format!("{path}:{line}: {cause}"));
            return (T::default(), problems);
        };
        problems.push(format!("{path}:{line}: {name}"));
        text = rest;
    }
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
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let validate = |policies: &Policies| policies.validate().map_err(|error| error.to_string());
        parse::<Policies>(text.to_owned(), Path::new("p.json"), validate).1
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
    fn the_first_other_error_is_reported_too() {
        for (text, expected) in [
            ("\u{feff} {}", &[][..]),
            ("[]", &["p.json: it must be an object, such as `{}`"]),
            ("{\n\"schedule\": {\"normal\": 5}}", &["p.json:2: "]),
            ("{\"x\": 1,\n\"schedule\": 5}", &["p.json:1: unknown key `x`", "p.json:2: "]),
            ("{\"x\": 1", &["p.json:1: unknown key `x`", "p.json:1: EOF while parsing"]),
            ("{\"schedule\": {\"normal\": \"0s\"}}", &["p.json"]),
        ] {
            let found = problems(text);
            assert_eq!(found.len(), expected.len(), "{text}: {found:?}");
            let is_same = found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected));
            assert!(is_same, "{text}: {found:?}");
        }
    }
}
