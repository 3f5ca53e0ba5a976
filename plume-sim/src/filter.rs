//! The part of LoopBack's `filter` and `where` that the simulator understands.
//!
//! `where` compares for equality (or `inq`, one of several); any other operator is refused with 400, because
//! to ignore a condition would give too many rows without a word.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use crate::error_body::Problem;

#[derive(Debug, Default)]
pub(crate) struct Filter {
    condition: Map<String, Value>,
    order: Option<(String, bool)>,
    fields: Option<Value>,
    limit: Option<usize>,
    offset: usize,
}

impl Filter {
    /// Reads the text of the `filter` parameter.
    ///
    /// # Errors
    ///
    /// 400 if it is not a JSON object or holds something that cannot be understood.
    pub(crate) fn parse(text: Option<&str>) -> Result<Self, Problem> {
        let Some(text) = text else {
            return Ok(Self::default());
        };
        let mut object = object(text, "filter")?;
        let condition = match object.remove("where") {
            None | Some(Value::Null) => Map::new(),
            Some(condition) => checked(condition)?,
        };
        let order = match object.remove("order") {
            Some(Value::Array(orders)) => orders.first().and_then(Value::as_str).and_then(order),
            Some(Value::String(text)) => order(&text),
            _ => None,
        };
        let offset = count(object.remove("offset").or_else(|| object.remove("skip")), "offset")?;
        Ok(Self {
            condition,
            order,
            fields: object.remove("fields"),
            // As in MongoDB, a limit of 0 is none.
            limit: count(object.remove("limit"), "limit")?.filter(|limit| *limit > 0),
            offset: offset.unwrap_or(0),
        })
    }

    /// The filter of the `where` parameter.
    ///
    /// # Errors
    ///
    /// As [`Filter::parse`].
    pub(crate) fn of_where(text: Option<&str>) -> Result<Self, Problem> {
        let Some(text) = text else {
            return Ok(Self::default());
        };
        Ok(Self { condition: checked(Value::Object(object(text, "where")?))?, ..Self::default() })
    }

    /// Gives the filter a limit if it has none.
    pub(crate) fn limit_or(mut self, limit: usize) -> Self {
        self.limit = self.limit.or(Some(limit));
        self
    }

    /// Whether every row has to be looked at to answer.
    fn needs_all(&self) -> bool {
        !self.condition.is_empty() || self.order.is_some()
    }

    /// The rows that the filter lets through. `make` builds a row, and is called for no more rows than needed.
    pub(crate) fn apply<K>(
        &self,
        keys: impl Iterator<Item = K>,
        make: impl Fn(K) -> Option<Value>,
    ) -> Vec<Value> {
        let limit = self.limit.unwrap_or(usize::MAX);
        let rows: Vec<Value> = if self.needs_all() {
            let mut rows: Vec<Value> = keys.filter_map(make).filter(|row| self.matches(row)).collect();
            if let Some((field, descending)) = &self.order {
                rows.sort_by(|a, b| {
                    let order = compare(a.get(field), b.get(field));
                    if *descending { order.reverse() } else { order }
                });
            }
            rows.into_iter().skip(self.offset).take(limit).collect()
        } else {
            keys.skip(self.offset).take(limit).filter_map(make).collect()
        };
        rows.into_iter().map(|row| self.project(row)).collect()
    }

    /// How many rows the condition lets through.
    pub(crate) fn count<K>(&self, keys: impl Iterator<Item = K>, make: impl Fn(K) -> Option<Value>) -> usize {
        if self.condition.is_empty() {
            return keys.count();
        }
        keys.filter_map(make).filter(|row| self.matches(row)).count()
    }

    /// Leaves in `row` what `fields` asks for.
    pub(crate) fn project(&self, row: Value) -> Value {
        let (Some(fields), Value::Object(mut row)) = (&self.fields, row.clone()) else {
            return row;
        };
        match fields {
            Value::Array(names) => row.retain(|key, _| names.iter().any(|name| name == key)),
            // `{"name": true}` keeps those named, `{"name": false}` drops them.
            Value::Object(map) if map.values().any(|keep| keep == true) => {
                row.retain(|key, _| map.get(key).is_some_and(|keep| keep == true));
            }
            Value::Object(map) => row.retain(|key, _| !map.contains_key(key)),
            _ => {}
        }
        Value::Object(row)
    }

    fn matches(&self, row: &Value) -> bool {
        self.condition.iter().all(|(field, wanted)| {
            let given = row.get(field).unwrap_or(&Value::Null);
            match wanted.get("inq") {
                Some(Value::Array(allowed)) => allowed.contains(given),
                _ => wanted == given,
            }
        })
    }
}

fn object(text: &str, what: &str) -> Result<Map<String, Value>, Problem> {
    match serde_json::from_str(text) {
        Ok(Value::Object(map)) => Ok(map),
        _ => Err(Problem::bad_request(format!("The {what} is not a valid JSON object"))),
    }
}

fn checked(condition: Value) -> Result<Map<String, Value>, Problem> {
    let Value::Object(map) = condition else {
        return Err(Problem::bad_request("The where clause is not an object"));
    };
    let simple = map.iter().all(|(field, wanted)| {
        let one_of = wanted.as_object().is_some_and(|object| object.len() == 1 && object.contains_key("inq"));
        !["and", "or", "nor"].contains(&field.as_str())
            && (one_of || !(wanted.is_object() || wanted.is_array()))
    });
    if simple { Ok(map) } else { Err(Problem::bad_request("The simulator knows equality and inq only")) }
}

fn order(text: &str) -> Option<(String, bool)> {
    let mut words = text.split_whitespace();
    let field = words.next()?;
    Some((field.to_owned(), words.next().is_some_and(|word| word.eq_ignore_ascii_case("desc"))))
}

fn count(value: Option<Value>, what: &str) -> Result<Option<usize>, Problem> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_u64()
            .and_then(|count| usize::try_from(count).ok())
            .map(Some)
            .ok_or_else(|| Problem::bad_request(format!("The {what} parameter is not valid"))),
    }
}

fn compare(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    text(a).cmp(&text(b))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows(filter: &str) -> Vec<Value> {
        let make = |n: u32| Some(json!({ "id": format!("{n}"), "even": n.is_multiple_of(2) }));
        Filter::parse(Some(filter)).unwrap().apply(0..10, make)
    }

    #[test]
    fn pages_are_cut_after_matching_and_sorting() {
        assert_eq!(rows(r#"{"limit":2,"offset":3,"fields":["id"]}"#), [json!({"id":"3"}), json!({"id":"4"})]);
        assert_eq!(
            rows(r#"{"limit":1,"skip":1,"fields":{"id":true},"where":{"even":true}}"#),
            [json!({"id":"2"})]
        );
        assert_eq!(rows(r#"{"order":"id DESC","limit":1,"fields":{"even":false}}"#), [json!({"id":"9"})]);
        assert_eq!(rows(r#"{"where":{"id":{"inq":["1","7"]}}}"#).len(), 2);
        assert_eq!(rows(r#"{"where":{"nothing":1}}"#), [] as [Value; 0]);
    }

    #[test]
    fn a_page_builds_no_more_rows_than_it_shows() {
        let built = std::cell::Cell::new(0);
        let make = |n: u32| {
            built.set(built.get() + 1);
            Some(json!({ "id": n }))
        };
        let filter = Filter::parse(Some(r#"{"limit":3,"offset":1000}"#)).unwrap();
        assert_eq!(filter.apply(0..1_000_000, make).len(), 3);
        assert_eq!(built.get(), 3);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in [
            "",
            "[]",
            "{",
            r#"{"limit":"5"}"#,
            r#"{"limit":-1}"#,
            r#"{"where":{"or":[]}}"#,
            r#"{"where":{"id":{"gt":"1"}}}"#,
        ] {
            assert!(Filter::parse(Some(text)).is_err(), "{text}");
        }
    }
}
