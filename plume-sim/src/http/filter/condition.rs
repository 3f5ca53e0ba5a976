//! LoopBack's `where`: the rows that a filter selects.
//!
//! The operators are those of LoopBack 3 over `MongoDB`, as documented: a value is first converted to the type of the
//! member it is compared with, a value of another type is neither smaller nor greater, a negative operator also
//! selects rows without the member, and a list matches if one of its items does. `like` is a regular expression, as
//! with every `MongoDB` connector, not a pattern with `%`.
//!
//! An unknown operator, and a second operator for the same member, are refused with 400. LoopBack ignores them and
//! returns too many rows.

use std::{cmp::Ordering, fmt::Display};

use regex::{Regex, RegexBuilder};
use serde_json::{Map, Value, json};

use crate::http::error_body::ApiError;
use crate::world::parse_iso;

/// Maximum nesting of `and` and `or`.
const DEPTH: usize = 16;
/// Maximum size of a compiled regular expression in bytes.
const REGEX_SIZE: usize = 64 * 1024;

#[derive(Debug)]
pub(crate) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Member {
        /// Names from the outermost member inwards.
        path: Vec<String>,
        test: Test,
        /// The test must fail.
        negated: bool,
    },
}

#[derive(Debug)]
pub(crate) enum Test {
    Equals(Value),
    OneOf(Vec<Value>),
    /// The comparison with the value has one of these results.
    Compares(Value, &'static [Ordering]),
    Between(Value, Value),
    Fits(Regex),
}

impl Default for Condition {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl Condition {
    /// Returns 400 for a clause that LoopBack refuses or ignores.
    pub(crate) fn parse(clause: &Value) -> Result<Self, ApiError> {
        Self::at_depth(clause, 0)
    }

    fn at_depth(clause: &Value, depth: usize) -> Result<Self, ApiError> {
        let Value::Object(members) = clause else {
            return Err(ApiError::bad_request(format!("The where clause {clause} is not an object")));
        };
        if depth > DEPTH {
            return Err(ApiError::bad_request("The where clause is nested too deeply"));
        }
        members
            .iter()
            .map(|(name, wanted)| match name.as_str() {
                "and" => clauses(name, wanted, depth).map(Self::All),
                "or" => clauses(name, wanted, depth).map(Self::Any),
                _ => member(name, wanted),
            })
            .collect::<Result<_, _>>()
            .map(Self::All)
    }

    /// Returns whether it selects every row.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::All(parts) if parts.iter().all(Self::is_empty))
    }

    pub(crate) fn accepts(&self, row: &Value) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.accepts(row)),
            Self::Any(parts) => parts.iter().any(|part| part.accepts(row)),
            Self::Member { path, test, negated } => test.finds(path, row) != *negated,
        }
    }
}

fn clauses(operator: &str, wanted: &Value, depth: usize) -> Result<Vec<Condition>, ApiError> {
    match wanted {
        Value::Array(clauses) if !clauses.is_empty() => {
            clauses.iter().map(|clause| Condition::at_depth(clause, depth + 1)).collect()
        }
        _ => Err(ApiError::bad_request(format!("The {operator} operator has invalid clauses {wanted}"))),
    }
}

fn member(name: &str, wanted: &Value) -> Result<Condition, ApiError> {
    let (test, negated) = match wanted {
        Value::Object(operators) => operation(name, operators)?,
        // A list without an operator means one of its items.
        Value::Array(items) => (Test::OneOf(items.clone()), false),
        value => (Test::Equals(value.clone()), false),
    };
    Ok(Condition::Member { path: name.split('.').map(str::to_owned).collect(), test, negated })
}

fn operation(name: &str, operators: &Map<String, Value>) -> Result<(Test, bool), ApiError> {
    let refuse = |why: &dyn Display| {
        let clause = json!(operators);
        ApiError::bad_request(format!("The {name} property has invalid clause {clause}: {why}"))
    };
    let mut given = operators.iter().filter(|(key, _)| *key != "options");
    let (Some((operator, value)), None) = (given.next(), given.next()) else {
        return Err(refuse(&"Expected one operator; combine several with and"));
    };
    let options = operators.get("options").and_then(Value::as_str).unwrap_or_default();
    let test = match operator.as_str() {
        "eq" | "neq" => Test::Equals(value.clone()),
        "gt" => Test::Compares(value.clone(), &[Ordering::Greater]),
        "gte" => Test::Compares(value.clone(), &[Ordering::Greater, Ordering::Equal]),
        "lt" => Test::Compares(value.clone(), &[Ordering::Less]),
        "lte" => Test::Compares(value.clone(), &[Ordering::Less, Ordering::Equal]),
        "between" => match value.as_array().map(Vec::as_slice) {
            Some([low, high]) => Test::Between(low.clone(), high.clone()),
            Some(values) => {
                let received = values.len();
                return Err(refuse(&format_args!("Expected precisely 2 values, received {received}")));
            }
            None => return Err(refuse(&"Expected an array")),
        },
        "inq" | "nin" => Test::OneOf(value.as_array().ok_or_else(|| refuse(&"Expected an array"))?.clone()),
        "like" | "nlike" | "ilike" | "nilike" => {
            let text = value.as_str().ok_or_else(|| refuse(&"Expected a string or RegExp"))?;
            let folds = operator.contains("ilike") || options.contains('i');
            Test::Fits(regex(text, folds).map_err(|why| refuse(&why))?)
        }
        "regexp" => {
            let text = value.as_str().ok_or_else(|| refuse(&"Expected a string or RegExp"))?;
            let (text, flags) = literal(text);
            let folds = flags.contains('i') || options.contains('i');
            Test::Fits(regex(text, folds).map_err(|why| refuse(&why))?)
        }
        "near" => return Err(refuse(&"The property is no geographical point")),
        _ => return Err(refuse(&format_args!("Unknown operator {operator}"))),
    };
    Ok((test, matches!(operator.as_str(), "neq" | "nin" | "nlike" | "nilike")))
}

/// Returns pattern and flags of a regular expression, which may be written `/pattern/flags`.
fn literal(text: &str) -> (&str, &str) {
    text.strip_prefix('/')
        .and_then(|rest| rest.rsplit_once('/'))
        .filter(|(_, flags)| flags.chars().all(|flag| "gimsuy".contains(flag)))
        .unwrap_or((text, ""))
}

fn regex(pattern: &str, folds: bool) -> Result<Regex, &'static str> {
    RegexBuilder::new(pattern)
        .case_insensitive(folds)
        .size_limit(REGEX_SIZE)
        .build()
        .map_err(|_| "Invalid regular expression")
}

impl Test {
    /// Returns whether the test succeeds for the value at `path` in `value`, or in an item of a list on the path.
    fn finds(&self, path: &[String], value: &Value) -> bool {
        if let Value::Array(items) = value
            && items.iter().any(|item| self.finds(path, item))
        {
            return true;
        }
        match path.split_first() {
            None => self.accepts(value),
            Some((name, rest)) => self.finds(rest, value.get(name).unwrap_or(&Value::Null)),
        }
    }

    fn accepts(&self, given: &Value) -> bool {
        match self {
            Self::Equals(wanted) => equal(given, wanted),
            Self::OneOf(values) => values.iter().any(|wanted| equal(given, wanted)),
            Self::Compares(wanted, orders) => {
                compare(given, wanted).is_some_and(|order| orders.contains(&order))
            }
            Self::Between(low, high) => {
                compare(given, low).is_some_and(Ordering::is_ge)
                    && compare(given, high).is_some_and(Ordering::is_le)
            }
            Self::Fits(regex) => given.as_str().is_some_and(|text| regex.is_match(text)),
        }
    }
}

fn equal(given: &Value, wanted: &Value) -> bool {
    compare(given, wanted).map_or_else(|| given == wanted, Ordering::is_eq)
}

/// Compares `given` with `wanted` after conversion to the same type. `None` if it cannot be converted.
fn compare(given: &Value, wanted: &Value) -> Option<Ordering> {
    match given {
        Value::Bool(given) => {
            let wanted = wanted.as_bool().or_else(|| wanted.as_str()?.parse().ok())?;
            Some(given.cmp(&wanted))
        }
        Value::Number(given) => {
            let wanted = wanted.as_f64().or_else(|| wanted.as_str()?.parse().ok())?;
            given.as_f64()?.partial_cmp(&wanted)
        }
        Value::String(given) => match (parse_iso(given), wanted) {
            (Some(given), Value::Number(wanted)) => Some(given.cmp(&wanted.as_i64()?)),
            (Some(given), Value::String(wanted)) => Some(given.cmp(&moment(wanted)?)),
            (None, Value::String(wanted)) => Some(given.as_str().cmp(wanted)),
            (None, Value::Number(wanted)) => Some(given.as_str().cmp(&wanted.to_string())),
            _ => None,
        },
        _ => None,
    }
}

/// Parses a time, or a day as its start in UTC.
fn moment(text: &str) -> Option<i64> {
    parse_iso(text).or_else(|| parse_iso(&format!("{text}T00:00:00Z")))
}

/// Orders two rows by one member: missing values first, then numbers, texts and booleans, as in `MongoDB`.
pub(crate) fn sort_order(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    let rank = |value: Option<&Value>| match value {
        None | Some(Value::Null) => 0,
        Some(Value::Number(_)) => 1,
        Some(Value::String(_)) => 2,
        Some(Value::Object(_)) => 3,
        Some(Value::Array(_)) => 4,
        Some(Value::Bool(_)) => 5,
    };
    rank(a).cmp(&rank(b)).then_with(|| match (a, b) {
        (Some(Value::Number(a)), Some(Value::Number(b))) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Some(Value::String(a)), Some(Value::String(b))) => a.cmp(b),
        (Some(Value::Bool(a)), Some(Value::Bool(b))) => a.cmp(b),
        _ => Ordering::Equal,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> [Value; 4] {
        [
            json!({ "id": "a", "n": 1, "name": "Anna Weber", "on": true, "at": "2024-03-01T10:00:00.000Z" }),
            json!({ "id": "b", "n": 2, "name": "Bert Maier", "on": false, "at": "2024-03-02T00:00:00.000Z" }),
            json!({ "id": "c", "n": 10, "name": "anna maier", "in": { "city": "Ulm" }, "tags": ["x", "y"] }),
            json!({ "id": "d", "n": null, "parts": [{ "mac": "1" }, { "mac": "2" }] }),
        ]
    }

    fn ids(clause: &str) -> String {
        let condition = Condition::parse(&serde_json::from_str(clause).unwrap()).unwrap();
        let rows = rows();
        let accepted = rows.iter().filter(|row| condition.accepts(row));
        accepted.filter_map(|row| row["id"].as_str()).collect()
    }

    #[test]
    fn every_documented_operator_selects_its_rows() {
        for (clause, expected) in [
            ("{}", "abcd"),
            (r#"{"n":2}"#, "b"),
            (r#"{"n":{"eq":2}}"#, "b"),
            (r#"{"n":{"neq":2}}"#, "acd"),
            (r#"{"n":{"gt":1}}"#, "bc"),
            (r#"{"n":{"gte":2}}"#, "bc"),
            (r#"{"n":{"lt":2}}"#, "a"),
            (r#"{"n":{"lte":2}}"#, "ab"),
            (r#"{"n":{"between":[2,10]}}"#, "bc"),
            (r#"{"n":{"inq":[1,10,99]}}"#, "ac"),
            (r#"{"n":[1,10,99]}"#, "ac"),
            (r#"{"n":{"inq":[]}}"#, ""),
            (r#"{"n":{"nin":[1,10]}}"#, "bd"),
            (r#"{"name":{"like":"^Anna"}}"#, "a"),
            (r#"{"name":{"like":"^anna","options":"i"}}"#, "ac"),
            (r#"{"name":{"nlike":"^Anna"}}"#, "bcd"),
            (r#"{"name":{"ilike":"^ANNA"}}"#, "ac"),
            (r#"{"name":{"nilike":"^ANNA"}}"#, "bd"),
            (r#"{"name":{"regexp":"Ma.er$"}}"#, "b"),
            (r#"{"name":{"regexp":"/ma.er$/i"}}"#, "bc"),
            (r#"{"name":{"regexp":"/"}}"#, ""),
            (r#"{"or":[{"id":"a"},{"n":{"gt":5}}]}"#, "ac"),
            (r#"{"and":[{"n":{"gt":1}},{"n":{"lt":5}}]}"#, "b"),
            (r#"{"id":{"inq":["a","b"]},"or":[{"n":2},{"n":10}]}"#, "b"),
        ] {
            assert_eq!(ids(clause), expected, "{clause}");
        }
    }

    #[test]
    fn values_take_the_type_of_the_member() {
        for (clause, expected) in [
            (r#"{"n":"2"}"#, "b"),
            (r#"{"n":{"gt":"9"}}"#, "c"),
            (r#"{"on":"true"}"#, "a"),
            (r#"{"on":false}"#, "b"),
            (r#"{"at":{"gte":"2024-03-02"}}"#, "b"),
            (r#"{"at":"2024-03-01T11:00:00+01:00"}"#, "a"),
            (r#"{"at":{"lt":1709287200001}}"#, "a"),
            // Of another type: neither smaller nor greater.
            (r#"{"name":{"gt":null}}"#, ""),
            (r#"{"n":{"lt":"Anna"}}"#, ""),
        ] {
            assert_eq!(ids(clause), expected, "{clause}");
        }
    }

    #[test]
    fn missing_members_are_null_and_lists_match_by_their_items() {
        for (clause, expected) in [
            (r#"{"n":null}"#, "d"),
            (r#"{"name":{"neq":null}}"#, "abc"),
            (r#"{"in.city":"Ulm"}"#, "c"),
            (r#"{"tags":"y"}"#, "c"),
            (r#"{"tags":{"neq":"y"}}"#, "abd"),
            (r#"{"parts.mac":"2"}"#, "d"),
        ] {
            assert_eq!(ids(clause), expected, "{clause}");
        }
    }

    #[test]
    fn clauses_that_loopback_ignores_are_refused() {
        for clause in [
            "[]",
            r#""id""#,
            r#"{"or":[]}"#,
            r#"{"and":{"id":"a"}}"#,
            r#"{"or":["a"]}"#,
            r#"{"n":{"between":[1]}}"#,
            r#"{"n":{"between":1}}"#,
            r#"{"n":{"inq":"1"}}"#,
            r#"{"n":{"gt":1,"lt":3}}"#,
            r#"{"n":{}}"#,
            r#"{"n":{"$gt":1}}"#,
            r#"{"name":{"like":1}}"#,
            r#"{"name":{"regexp":"("}}"#,
            r#"{"name":{"regexp":"(((a{99}){99}){99}){99}"}}"#,
            r#"{"name":{"near":"1,2"}}"#,
        ] {
            let clause: Value = serde_json::from_str(clause).unwrap();
            assert!(Condition::parse(&clause).is_err(), "{clause}");
        }
        let deep = (0..100).fold(json!({}), |inner, _| json!({ "and": [inner] }));
        assert!(Condition::parse(&deep).is_err());
    }
}
