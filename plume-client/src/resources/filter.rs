//! LoopBack filters. (`plume-api` limits-and-errors §4)

use serde_json::{Map, Value, json};

/// A filter of a list: conditions, order, fields and page.
///
/// The API's lists page by `limit` and `offset`; there is no cursor and no total.
/// [`Customers::pages`](crate::Customers::pages) and other methods that return [`Pages`](crate::Pages) read a whole list.
///
/// ```
/// use plume_client::{Filter, Where};
///
/// let filter = Filter::new().equals("accountId", "ACCT-000123").limit(100);
/// assert_eq!(filter.to_json(), r#"{"limit":100,"where":{"accountId":"ACCT-000123"}}"#);
///
/// let filter = Filter::new().matching(Where::any([Where::like("name", "^A"), Where::less("createdAt", "2024-01-01")]));
/// assert_eq!(
///     filter.to_json(),
///     r#"{"where":{"or":[{"name":{"like":"^A"}},{"createdAt":{"lt":"2024-01-01"}}]}}"#
/// );
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    conditions: Vec<Where>,
    parts: Map<String, Value>,
}

/// A condition on the rows of a list.
///
/// The operators are those of LoopBack 3; which of them a cloud supports is not documented.
#[derive(Debug, Clone, PartialEq)]
pub struct Where(Map<String, Value>);

impl Where {
    /// Requires this value of a field.
    #[must_use]
    pub fn equals(field: &str, value: impl Into<Value>) -> Self {
        Self::one(field, value.into())
    }

    /// Requires another value of a field.
    #[must_use]
    pub fn not_equals(field: &str, value: impl Into<Value>) -> Self {
        Self::operator(field, "neq", value.into())
    }

    /// Requires a greater value.
    #[must_use]
    pub fn greater(field: &str, value: impl Into<Value>) -> Self {
        Self::operator(field, "gt", value.into())
    }

    /// Requires a greater or equal value.
    #[must_use]
    pub fn at_least(field: &str, value: impl Into<Value>) -> Self {
        Self::operator(field, "gte", value.into())
    }

    /// Requires a smaller value.
    #[must_use]
    pub fn less(field: &str, value: impl Into<Value>) -> Self {
        Self::operator(field, "lt", value.into())
    }

    /// Requires a smaller or equal value.
    #[must_use]
    pub fn at_most(field: &str, value: impl Into<Value>) -> Self {
        Self::operator(field, "lte", value.into())
    }

    /// Requires a text that matches a pattern, case-sensitively.
    #[must_use]
    pub fn like(field: &str, value: impl Into<Value>) -> Self {
        Self::operator(field, "like", value.into())
    }

    /// Requires a text that does not match a pattern.
    #[must_use]
    pub fn not_like(field: &str, value: impl Into<Value>) -> Self {
        Self::operator(field, "nlike", value.into())
    }

    /// Requires a text that matches a pattern, case-insensitively.
    #[must_use]
    pub fn like_any_case(field: &str, value: impl Into<Value>) -> Self {
        Self::operator(field, "ilike", value.into())
    }

    /// Requires a text that matches a regular expression.
    #[must_use]
    pub fn regexp(field: &str, value: impl Into<Value>) -> Self {
        Self::operator(field, "regexp", value.into())
    }

    /// Requires a value between two others, both included.
    #[must_use]
    pub fn between(field: &str, low: impl Into<Value>, high: impl Into<Value>) -> Self {
        Self::operator(field, "between", json!([low.into(), high.into()]))
    }

    /// Requires one of these values.
    #[must_use]
    pub fn one_of<V: Into<Value>>(field: &str, values: impl IntoIterator<Item = V>) -> Self {
        Self::operator(field, "inq", values.into_iter().map(Into::into).collect())
    }

    /// Requires none of these values.
    #[must_use]
    pub fn none_of<V: Into<Value>>(field: &str, values: impl IntoIterator<Item = V>) -> Self {
        Self::operator(field, "nin", values.into_iter().map(Into::into).collect())
    }

    /// Requires all conditions.
    #[must_use]
    pub fn all(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self::one("and", conditions.into_iter().map(Self::into_value).collect())
    }

    /// Requires at least one condition.
    #[must_use]
    pub fn any(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self::one("or", conditions.into_iter().map(Self::into_value).collect())
    }

    fn operator(field: &str, word: &str, value: Value) -> Self {
        Self::one(field, json!({ word: value }))
    }

    fn one(field: &str, value: Value) -> Self {
        Self(Map::from_iter([(field.to_owned(), value)]))
    }

    fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

impl Filter {
    /// Creates a filter of all rows, in the server's order.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Restricts the rows to those whose `field` has this value, in addition to earlier conditions.
    #[must_use]
    pub fn equals(self, field: &str, value: impl Into<Value>) -> Self {
        self.matching(Where::equals(field, value))
    }

    /// Restricts the rows to those that match a condition, in addition to earlier ones.
    #[must_use]
    pub fn matching(mut self, condition: Where) -> Self {
        self.conditions.push(condition);
        self
    }

    /// Restricts each row to these fields. [`Pages`](crate::Pages) require `id`.
    #[must_use]
    pub fn fields<'a>(mut self, fields: impl IntoIterator<Item = &'a str>) -> Self {
        self.parts.insert("fields".to_owned(), fields.into_iter().collect());
        self
    }

    /// Includes related rows of other lists, for example `locations`.
    #[must_use]
    pub fn include<'a>(mut self, relations: impl IntoIterator<Item = &'a str>) -> Self {
        self.parts.insert("include".to_owned(), relations.into_iter().collect());
        self
    }

    /// Sets the order, for example `createdAt DESC`.
    #[must_use]
    pub fn order(mut self, order: &str) -> Self {
        self.parts.insert("order".to_owned(), order.into());
        self
    }

    /// Sets the maximum number of rows, or for [`Pages`](crate::Pages) the page size.
    #[must_use]
    pub fn limit(mut self, rows: u32) -> Self {
        self.parts.insert("limit".to_owned(), rows.into());
        self
    }

    /// Skips the first rows.
    #[must_use]
    pub fn offset(self, rows: u32) -> Self {
        self.at(rows.into())
    }

    /// Returns the filter as the API takes it.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut parts = self.parts.clone();
        if let Some(conditions) = self.all_conditions() {
            parts.insert("where".to_owned(), conditions);
        }
        Value::Object(parts).to_string()
    }

    pub(crate) fn at(mut self, offset: u64) -> Self {
        self.parts.insert("offset".to_owned(), offset.into());
        self
    }

    /// Parses JSON; `None` if it is not an object.
    pub(crate) fn parse(json: &str) -> Option<Self> {
        let mut parts: Map<String, Value> = serde_json::from_str(json).ok()?;
        let conditions = match parts.remove("where") {
            None => Vec::new(),
            Some(Value::Object(conditions)) => vec![Where(conditions)],
            Some(_) => return None,
        };
        // LoopBack knows both names.
        if let Some(skip) = parts.remove("skip") {
            parts.entry("offset").or_insert(skip);
        }
        Some(Self { conditions, parts })
    }

    /// Removes and returns limit and offset.
    pub(crate) fn take_page(&mut self) -> (Option<u32>, u64) {
        let mut number = |name| self.parts.remove(name).and_then(|value: Value| value.as_u64());
        let limit = number("limit").and_then(|limit| u32::try_from(limit).ok());
        (limit, number("offset").unwrap_or_default())
    }

    /// Returns the conditions, for counting.
    pub(crate) fn conditions(&self) -> Option<String> {
        self.all_conditions().as_ref().map(Value::to_string)
    }

    pub(crate) fn query(&self) -> Option<String> {
        let empty = self.parts.is_empty() && self.conditions.is_empty();
        (!empty).then(|| self.to_json())
    }

    /// Returns one object if no name is in two conditions, else a list of them.
    fn all_conditions(&self) -> Option<Value> {
        let mut merged = Map::new();
        for (name, value) in self.conditions.iter().flat_map(|condition| &condition.0) {
            if merged.insert(name.clone(), value.clone()).is_some() {
                return Some(Where::all(self.conditions.clone()).into_value());
            }
        }
        (!self.conditions.is_empty()).then_some(Value::Object(merged))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_is_written_as_loopback_wants_it() {
        for (condition, expected) in [
            (Where::equals("f", 1), json!({"f": 1})),
            (Where::not_equals("f", 1), json!({"f": {"neq": 1}})),
            (Where::greater("f", 1), json!({"f": {"gt": 1}})),
            (Where::at_least("f", 1), json!({"f": {"gte": 1}})),
            (Where::less("f", 1), json!({"f": {"lt": 1}})),
            (Where::at_most("f", 1), json!({"f": {"lte": 1}})),
            (Where::between("f", 1, 2), json!({"f": {"between": [1, 2]}})),
            (Where::one_of("f", ["a", "b"]), json!({"f": {"inq": ["a", "b"]}})),
            (Where::none_of("f", [1]), json!({"f": {"nin": [1]}})),
            (Where::like("f", "a"), json!({"f": {"like": "a"}})),
            (Where::not_like("f", "a"), json!({"f": {"nlike": "a"}})),
            (Where::like_any_case("f", "a"), json!({"f": {"ilike": "a"}})),
            (Where::regexp("f", "^a"), json!({"f": {"regexp": "^a"}})),
            (
                Where::all([Where::equals("f", 1), Where::equals("g", 2)]),
                json!({"and": [{"f": 1}, {"g": 2}]}),
            ),
        ] {
            assert_eq!(condition.into_value(), expected);
        }
    }

    #[test]
    fn no_condition_is_lost() {
        let filter = Filter::new().matching(Where::greater("f", 1)).equals("g", 2);
        assert_eq!(filter.conditions().unwrap(), r#"{"f":{"gt":1},"g":2}"#);
        let filter = filter.matching(Where::less("f", 9));
        assert_eq!(filter.conditions().unwrap(), r#"{"and":[{"f":{"gt":1}},{"g":2},{"f":{"lt":9}}]}"#);
        assert_eq!(Filter::new().conditions(), None);
        assert_eq!(Filter::new().query(), None);
        let filter = Filter::new().fields(["id"]).include(["locations"]).order("id ASC").limit(5).offset(10);
        let json = r#"{"fields":["id"],"include":["locations"],"limit":5,"offset":10,"order":"id ASC"}"#;
        assert_eq!(filter.to_json(), json);
        assert_eq!(Filter::parse(json), Some(filter.clone()));
        assert_eq!(filter.clone().take_page(), (Some(5), 10));
        assert_eq!(Filter::parse(r#"{"where":{"a":1},"skip":3}"#).unwrap().take_page(), (None, 3));
        for bad in ["", "[]", "5", r#"{"where":[]}"#] {
            assert_eq!(Filter::parse(bad), None, "{bad}");
        }
    }
}
