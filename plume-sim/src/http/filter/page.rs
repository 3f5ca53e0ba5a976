//! Order, page and fields of a filter.

use std::cmp::Ordering;

use serde_json::Value;

use crate::http::error_body::ApiError;
use crate::http::filter::condition::{Condition, sort_order};
use crate::http::query::Pairs;

#[derive(Debug, Default)]
pub(crate) struct Filter {
    condition: Condition,
    order: Vec<SortKey>,
    fields: Option<Value>,
    limit: Option<usize>,
    offset: usize,
}

/// One member by which rows are sorted.
#[derive(Debug)]
struct SortKey {
    name: String,
    descending: bool,
}

impl Filter {
    /// Parses the `filter` parameter. Returns 400 if it is not an object or contains an unknown part.
    pub(crate) fn of(query: &Pairs) -> Result<Self, ApiError> {
        let Some(mut object) = query.object("filter")? else {
            return Ok(Self::default());
        };
        let condition = match object.remove("where") {
            None | Some(Value::Null) => Condition::default(),
            Some(clause) => Condition::parse(&clause)?,
        };
        let offset = match (object.remove("offset"), object.remove("skip")) {
            (Some(_), Some(_)) => return Err(ApiError::bad_request("The filter has both offset and skip")),
            (offset, skip) => count(offset.or(skip), "offset")?,
        };
        let filter = Self {
            condition,
            order: sort_keys(object.remove("order"))?,
            fields: object.remove("fields"),
            // As in MongoDB, a limit of 0 means no limit.
            limit: count(object.remove("limit"), "limit")?.filter(|limit| *limit > 0),
            offset: offset.unwrap_or(0),
        };
        object.remove("include");
        match object.keys().next() {
            // LoopBack drops an unknown key without an error, and the client would misread the result.
            Some(key) => Err(ApiError::bad_request(format!("The filter key \"{key}\" is not supported"))),
            None => Ok(filter),
        }
    }

    /// Parses the `where` parameter. Fails like [`Filter::of`].
    pub(crate) fn of_where(query: &Pairs) -> Result<Self, ApiError> {
        let Some(clause) = query.object("where")? else {
            return Ok(Self::default());
        };
        Ok(Self { condition: Condition::parse(&Value::Object(clause))?, ..Self::default() })
    }

    /// Sets a limit if the filter has none.
    pub(crate) fn limit_or(mut self, limit: usize) -> Self {
        self.limit = self.limit.or(Some(limit));
        self
    }

    /// Returns whether every row has to be examined.
    fn needs_all(&self) -> bool {
        !self.condition.is_empty() || !self.order.is_empty()
    }

    /// Returns the selected rows. `make` builds a row, and is called for no more rows than needed.
    pub(crate) fn apply<K>(
        &self,
        keys: impl Iterator<Item = K>,
        make: impl Fn(K) -> Option<Value>,
    ) -> Vec<Value> {
        let limit = self.limit.unwrap_or(usize::MAX);
        let rows: Vec<Value> = if self.needs_all() {
            let mut rows: Vec<Value> =
                keys.filter_map(make).filter(|row| self.condition.accepts(row)).collect();
            rows.sort_by(|a, b| self.compare(a, b));
            rows.into_iter().skip(self.offset).take(limit).collect()
        } else {
            keys.skip(self.offset).take(limit).filter_map(make).collect()
        };
        rows.into_iter().map(|row| self.project(row)).collect()
    }

    /// Returns the number of rows that match the condition.
    pub(crate) fn count<K>(&self, keys: impl Iterator<Item = K>, make: impl Fn(K) -> Option<Value>) -> usize {
        if self.condition.is_empty() {
            return keys.count();
        }
        keys.filter_map(make).filter(|row| self.condition.accepts(row)).count()
    }

    /// Reduces `row` to the members in `fields`.
    pub(crate) fn project(&self, row: Value) -> Value {
        let (Some(fields), Value::Object(mut row)) = (&self.fields, row.clone()) else {
            return row;
        };
        match fields {
            Value::String(name) => row.retain(|key, _| key == name),
            Value::Array(names) => row.retain(|key, _| names.iter().any(|name| name == key)),
            // `{"name": true}` keeps the named members, `{"name": false}` drops them.
            Value::Object(map) if map.values().any(|keep| keep == true) => {
                row.retain(|key, _| map.get(key).is_some_and(|keep| keep == true));
            }
            Value::Object(map) => row.retain(|key, _| !map.contains_key(key)),
            _ => {}
        }
        Value::Object(row)
    }

    fn compare(&self, a: &Value, b: &Value) -> Ordering {
        self.order.iter().fold(Ordering::Equal, |decided, key| {
            decided.then_with(|| {
                let order = sort_order(a.get(&key.name), b.get(&key.name));
                if key.descending { order.reverse() } else { order }
            })
        })
    }
}

/// Parses `order`: `"name DESC"`, several of them separated by commas, or a list of them.
fn sort_keys(value: Option<Value>) -> Result<Vec<SortKey>, ApiError> {
    let refuse = |order: &Value| ApiError::bad_request(format!("The order {order} is not valid"));
    match &value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(order @ Value::String(text)) => {
            text.split(',').map(|key| sort_key(key).ok_or_else(|| refuse(order))).collect()
        }
        Some(order @ Value::Array(keys)) => {
            keys.iter().map(|key| key.as_str().and_then(sort_key).ok_or_else(|| refuse(order))).collect()
        }
        Some(order) => Err(refuse(order)),
    }
}

fn sort_key(text: &str) -> Option<SortKey> {
    let mut words = text.split_whitespace();
    let name = words.next()?.to_owned();
    let descending = match words.next() {
        None => false,
        Some(word) if word.eq_ignore_ascii_case("asc") => false,
        Some(word) if word.eq_ignore_ascii_case("desc") => true,
        Some(_) => return None,
    };
    words.next().is_none().then_some(SortKey { name, descending })
}

fn count(value: Option<Value>, what: &str) -> Result<Option<usize>, ApiError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        // LoopBack converts texts to numbers.
        Some(value) => value
            .as_u64()
            .or_else(|| value.as_str()?.parse().ok())
            .and_then(|count| usize::try_from(count).ok())
            .map(Some)
            .ok_or_else(|| ApiError::bad_request(format!("The {what} parameter {value} is not valid"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(filter: &str) -> Result<Filter, ApiError> {
        let encoded: String =
            percent_encoding::utf8_percent_encode(filter, percent_encoding::NON_ALPHANUMERIC).collect();
        Filter::of(&Pairs::parse(&format!("filter={encoded}")))
    }

    fn rows(filter: &str) -> Vec<Value> {
        let make = |n: u32| Some(json!({ "id": format!("{n}"), "even": n.is_multiple_of(2) }));
        parse(filter).unwrap().apply(0..10, make)
    }

    #[test]
    fn pages_are_cut_after_matching_and_sorting() {
        assert_eq!(rows(r#"{"limit":2,"offset":3,"fields":["id"]}"#), [json!({"id":"3"}), json!({"id":"4"})]);
        assert_eq!(
            rows(r#"{"limit":1,"skip":1,"fields":{"id":true},"where":{"even":true}}"#),
            [json!({"id":"2"})]
        );
        assert_eq!(rows(r#"{"order":"id DESC","limit":1,"fields":{"even":false}}"#), [json!({"id":"9"})]);
        assert_eq!(rows(r#"{"where":{"id":{"gte":"7"}},"limit":"2","fields":["id"]}"#).len(), 2);
        assert_eq!(rows(r#"{"limit":1,"fields":"id"}"#), [json!({"id":"0"})]);
        assert_eq!(rows(r#"{"where":{"nothing":1}}"#), [] as [Value; 0]);
    }

    #[test]
    fn rows_are_sorted_by_several_members_and_numbers_by_their_size() {
        let make =
            |n: u32| Some(json!({ "n": n, "even": n.is_multiple_of(2), "text": format!("{}", n % 3) }));
        let order = |order: &str| -> Vec<u64> {
            let filter = parse(&format!(r#"{{"order":{order}}}"#)).unwrap();
            filter.apply(8..13, make).iter().filter_map(|row| row["n"].as_u64()).collect()
        };
        assert_eq!(order(r#""n""#), [8, 9, 10, 11, 12]);
        assert_eq!(order(r#""n DESC""#), [12, 11, 10, 9, 8]);
        assert_eq!(order(r#"["even DESC","n DESC"]"#), [12, 10, 8, 11, 9]);
        assert_eq!(order(r#""text asc, n desc""#), [12, 9, 10, 11, 8]);
    }

    #[test]
    fn a_page_builds_no_more_rows_than_it_returns() {
        let built = std::cell::Cell::new(0);
        let make = |n: u32| {
            built.set(built.get() + 1);
            Some(json!({ "id": n }))
        };
        let filter = parse(r#"{"limit":3,"offset":1000}"#).unwrap();
        assert_eq!(filter.apply(0..1_000_000, make).len(), 3);
        assert_eq!(built.get(), 3);
    }

    #[test]
    fn unknown_parts_are_refused() {
        for text in [
            "[]",
            r#"{"page":2}"#,
            r#"{"limit":5,"Where":{}}"#,
            r#"{"offset":5,"skip":5}"#,
            "{",
            r#"{"limit":"five"}"#,
            r#"{"limit":-1}"#,
            r#"{"limit":1.5}"#,
            r#"{"offset":"-1"}"#,
            r#"{"where":[]}"#,
            r#"{"order":"id DOWN"}"#,
            r#"{"order":"id DESC please"}"#,
            r#"{"order":5}"#,
            r#"{"order":[5]}"#,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
