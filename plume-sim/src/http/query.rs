//! Parses query strings and bodies.

use std::{cell::RefCell, collections::BTreeMap};

use http::{HeaderMap, header::CONTENT_TYPE};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::http::error_body::ApiError;

/// Decoded `name=value` pairs in order, with a record of those that a handler read.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    pairs: Vec<(String, String)>,
    read: RefCell<BTreeMap<String, Vec<String>>>,
}

impl Pairs {
    /// Parses the form `name=value&name=value`, in which `+` is a space.
    pub(crate) fn parse(encoded: &str) -> Self {
        let decode =
            |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        };
        let pairs = encoded.split('&').filter(|text| !text.is_empty()).map(pair).collect();
        Self { pairs, read: RefCell::default() }
    }

    /// Parses a body in the same form.
    pub(crate) fn of_body(body: &[u8]) -> Self {
        Self::parse(&String::from_utf8_lossy(body))
    }

    /// Returns the parameters that were read, each with its values as understood.
    pub(crate) fn into_read(self) -> BTreeMap<String, Vec<String>> {
        self.read.into_inner()
    }

    fn note(&self, name: &str, values: Vec<String>) {
        self.read.borrow_mut().insert(name.to_owned(), values);
    }

    fn first(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns all pairs.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the first value of `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let value = self.first(name)?;
        self.note(name, vec![value.to_owned()]);
        Some(value)
    }

    /// Returns the values of the list `name`. `None` if it is missing.
    ///
    /// LoopBack reads a repeated name (`a=1&a=2`) as a list. Brackets (`a[]=1`), a JSON array and words separated by
    /// commas are accepted as well; whether the cloud accepts them is unknown.
    pub(crate) fn list(&self, name: &str) -> Option<Vec<String>> {
        let named = |key: &str| {
            let rest = key.strip_prefix(name)?;
            let index = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            (rest.is_empty() || index.is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit())))
                .then_some(())
        };
        let mut given = self.pairs.iter().filter(|(key, _)| named(key).is_some()).peekable();
        given.peek()?;
        let values: Vec<String> = given.flat_map(|(_, value)| texts(Some(&json!(value)))).collect();
        self.note(name, values.clone());
        Some(values)
    }

    /// Returns the object `name`: JSON, or `name[a][b]=c` for each of its parts. `None` if it is missing, empty or
    /// `null`; 400 if it is not an object.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Map<String, Value>>, ApiError> {
        if let Some(text) = self.get(name) {
            if text.trim().is_empty() {
                return Ok(None);
            }
            return match serde_json::from_str(text) {
                Ok(Value::Null) => Ok(None),
                Ok(Value::Object(map)) => Ok(Some(map)),
                _ => Err(ApiError::bad_request(format!("The {name} is not a valid JSON object"))),
            };
        }
        let mut whole = Map::new();
        for (key, value) in &self.pairs {
            let path = key.strip_prefix(name).and_then(|rest| rest.strip_prefix('[')?.strip_suffix(']'));
            let Some(path) = path else { continue };
            let path: Vec<&str> = path.split("][").collect();
            if path.len() > MOST_LEVELS {
                return Err(ApiError::bad_request(format!("The {name} is nested too deeply")));
            }
            insert(&mut whole, &path, word(value));
        }
        if whole.is_empty() {
            return Ok(None);
        }
        let whole: Map<String, Value> = whole.into_iter().map(|(key, value)| (key, listed(value))).collect();
        self.note(name, vec![Value::Object(whole.clone()).to_string()]);
        Ok(Some(whole))
    }

    pub(crate) fn has_duplicates(&self) -> bool {
        let mut names: Vec<&str> = self.pairs.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.windows(2).any(|pair| pair.first() == pair.last())
    }

    /// Returns a boolean parameter, or `default` if it is missing.
    pub(crate) fn flag(&self, name: &str, default: bool) -> bool {
        let Some(value) = self.first(name) else { return default };
        let flag = value.eq_ignore_ascii_case("true") || value == "1";
        self.note(name, vec![flag.to_string()]);
        flag
    }

    /// Returns a count. 400 if the value is not a whole number.
    pub(crate) fn count(&self, name: &str) -> Result<Option<usize>, ApiError> {
        self.get(name)
            .map(|value| {
                value.parse().map_err(|_| ApiError::bad_request(format!("{name} has to be a number")))
            })
            .transpose()
    }
}

/// Maximum depth of `name[a][b]`.
const MOST_LEVELS: usize = 16;

/// Converts the words for booleans and null.
fn word(text: &str) -> Value {
    match text {
        "true" => json!(true),
        "false" => json!(false),
        "null" => Value::Null,
        text => json!(text),
    }
}

fn insert(map: &mut Map<String, Value>, path: &[&str], value: Value) {
    let Some((first, rest)) = path.split_first() else { return };
    // `fields[]` appends an item.
    let key = if first.is_empty() { map.len().to_string() } else { (*first).to_owned() };
    if rest.is_empty() {
        match map.get_mut(&key) {
            None => drop(map.insert(key, value)),
            Some(Value::Array(values)) => values.push(value),
            Some(known) => *known = Value::Array(vec![known.take(), value]),
        }
    } else if let Value::Object(inner) = map.entry(key).or_insert_with(|| json!({})) {
        insert(inner, rest, value);
    }
}

/// Objects with keys counted from 0 are lists.
fn listed(value: Value) -> Value {
    match value {
        Value::Object(mut map) => {
            let numbered = (0..map.len()).all(|index| map.contains_key(&index.to_string()));
            if numbered && !map.is_empty() {
                let items = (0..map.len()).filter_map(|index| map.remove(&index.to_string()));
                return items.map(listed).collect();
            }
            map.into_iter().map(|(key, value)| (key, listed(value))).collect()
        }
        value => value,
    }
}

/// Returns the media type of a request, without parameters and in lower case.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Returns the arguments in a body, which is a JSON object or a form.
///
/// A body of another type is not read, as with Express below LoopBack, so a client without `Content-Type` shows here.
/// Returns 400 if the body does not match its type.
pub(crate) fn arguments(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    let kind = media_type(headers);
    if kind == "application/x-www-form-urlencoded" {
        let mut map = Map::new();
        for (name, value) in Pairs::of_body(body).pairs {
            insert(&mut map, &[name.as_str()], json!(value));
        }
        return Ok(map);
    }
    let is_json = kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"));
    if body.is_empty() || !is_json {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(ApiError::bad_request("the body has to be an object")),
        Err(_) => Err(ApiError::bad_request("the body is not valid JSON")),
    }
}

/// Returns the texts of a list argument: a JSON array, an array written as text in a form, or words separated by
/// commas.
pub(crate) fn texts(argument: Option<&Value>) -> Vec<String> {
    match argument {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_else(|_| {
            text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
        }),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_decoded() {
        let pairs = Pairs::parse("a=1+2&b=%2B%26%3D&flag&&a=again&c=x=y");
        assert_eq!(pairs.get("a"), Some("1 2"));
        assert_eq!(pairs.get("b"), Some("+&="));
        assert_eq!(pairs.get("flag"), Some(""));
        assert_eq!(pairs.get("c"), Some("x=y"));
        assert_eq!(pairs.get("d"), None);
        assert!(pairs.has_duplicates());
        assert!(!Pairs::parse("a=1&b=1").has_duplicates());
    }

    #[test]
    fn objects_are_json_or_in_brackets() {
        let object = |query: &str| Pairs::parse(query).object("filter").unwrap().map(Value::Object);
        let expected = json!({ "limit": "5", "where": { "on": true, "or": [{ "a": "1" }, { "b": null }] } });
        let query = "filter%5Blimit%5D=5&filter[where][on]=true&filter[where][or][0][a]=1\
            &filter[where][or][1][b]=null&filters[limit]=9&filter[open=1";
        assert_eq!(object(query), Some(expected));
        assert_eq!(object("filter={\"limit\":5}&filter[limit]=6"), Some(json!({ "limit": 5 })));
        let twelve = (0..12).map(|n| format!("filter[fields][]={n}&")).collect::<String>();
        assert_eq!(object(&twelve).unwrap()["fields"][10], "10");
        assert_eq!(object("filter[a]=1&filter[a]=2&filter[a]=3"), Some(json!({ "a": ["1", "2", "3"] })));
        assert_eq!(object("filter[a]=1&filter[a][b]=2"), Some(json!({ "a": "1" })));
        assert_eq!(object("limit=5"), None);
        for query in ["filter=", "filter=null", "filter=%20"] {
            assert_eq!(object(query), None, "{query}: no filter");
        }
        for query in ["filter=[]", "filter=5", &format!("filter{}=1", "[a]".repeat(100_000))] {
            assert!(Pairs::parse(query).object("filter").is_err());
        }
    }

    #[test]
    fn a_body_is_parsed_by_its_content_type() {
        let read = |kind: &str, body: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, kind.parse().unwrap());
            arguments(&headers, body.as_bytes()).map(Value::Object)
        };
        for kind in ["application/json", "Application/JSON; charset=utf-8", "application/vnd.api+json"] {
            assert_eq!(read(kind, "{\"a\":1}").unwrap(), json!({ "a": 1 }), "{kind}");
            assert!(read(kind, "a=1").is_err(), "{kind}");
        }
        assert_eq!(read("application/x-www-form-urlencoded", "a=1+2").unwrap(), json!({ "a": "1 2" }));
        for kind in ["text/plain", "", "multipart/form-data; boundary=x"] {
            assert_eq!(read(kind, "{\"a\":1}").unwrap(), json!({}), "{kind}");
        }
        assert_eq!(read("application/json", "").unwrap(), json!({}));
    }

    #[test]
    fn a_list_in_a_query_is_a_repeated_name() {
        let list = |query: &str| Pairs::parse(query).list("macs");
        let two = Some(vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(list("macs=a&x=1&macs=b"), two);
        assert_eq!(list("macs[]=a&macs[]=b"), two);
        assert_eq!(list("macs%5B0%5D=a&macs%5B1%5D=b"), two);
        assert_eq!(list("macs=a,b"), two);
        assert_eq!(list("macs=%5B%22a%22%2C%22b%22%5D"), two);
        assert_eq!(list("macs="), Some(Vec::new()));
        assert_eq!(list("macsx=a&mac=b&macs[x]=c"), None);
    }

    #[test]
    fn read_parameters_are_recorded_as_understood() {
        let pairs = Pairs::parse("a=1+2&a=3&on=TRUE&n=5&f[limit]=5&l=x&l=y&unread=1");
        pairs.get("a");
        pairs.flag("on", false);
        pairs.count("n").unwrap();
        pairs.object("f").unwrap();
        pairs.list("l");
        pairs.get("absent");
        let read: Vec<_> = pairs.into_read().into_iter().collect();
        let expected = [
            ("a", vec!["1 2"]),
            ("f", vec!["{\"limit\":\"5\"}"]),
            ("l", vec!["x", "y"]),
            ("n", vec!["5"]),
            ("on", vec!["true"]),
        ];
        let expected: Vec<_> = expected
            .map(|(name, values)| (name.to_owned(), values.into_iter().map(str::to_owned).collect()))
            .into();
        assert_eq!(read, expected);
    }

    #[test]
    fn a_repeated_name_in_a_form_is_a_list() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, "application/x-www-form-urlencoded".parse().unwrap());
        let body = arguments(&headers, b"ids=a&ids=b&ids=c&one=1").unwrap();
        assert_eq!(Value::Object(body), json!({ "ids": ["a", "b", "c"], "one": "1" }));
    }

    #[test]
    fn lists_have_three_forms() {
        let expected = ["gaming".to_owned(), "voice".to_owned()];
        for argument in [json!(["gaming", "voice"]), json!("[\"gaming\",\"voice\"]"), json!("gaming, voice")]
        {
            assert_eq!(texts(Some(&argument)), expected);
        }
        assert!(texts(None).is_empty());
    }
}
