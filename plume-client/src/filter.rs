//! LoopBack filters. (`plume-api` limits-and-errors §4)

use serde_json::{Map, Value, json};

/// Which rows of a list, in which order, with which fields.
///
/// The API's lists page by `limit` and `offset`; there is no cursor and no total. Fewer rows than the limit
/// mean that the list has ended.
///
/// ```
/// use plume_client::Filter;
///
/// let filter = Filter::new().equals("accountId", "ACCT-000123").limit(100);
/// assert_eq!(filter.to_json(), r#"{"limit":100,"where":{"accountId":"ACCT-000123"}}"#);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    parts: Map<String, Value>,
}

impl Filter {
    /// Everything, in the server's order.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only rows whose `field` has this value. Several are all required.
    #[must_use]
    pub fn equals(mut self, field: &str, value: impl Into<Value>) -> Self {
        let conditions = self.parts.entry("where").or_insert_with(|| json!({}));
        if let Value::Object(conditions) = conditions {
            conditions.insert(field.to_owned(), value.into());
        }
        self
    }

    /// Only these fields of each row.
    #[must_use]
    pub fn fields<'a>(mut self, fields: impl IntoIterator<Item = &'a str>) -> Self {
        self.parts.insert("fields".to_owned(), fields.into_iter().collect());
        self
    }

    /// The order, for example `createdAt DESC`.
    #[must_use]
    pub fn order(mut self, order: &str) -> Self {
        self.parts.insert("order".to_owned(), order.into());
        self
    }

    /// At most this many rows.
    #[must_use]
    pub fn limit(mut self, rows: u32) -> Self {
        self.parts.insert("limit".to_owned(), rows.into());
        self
    }

    /// Without the first rows.
    #[must_use]
    pub fn offset(mut self, rows: u32) -> Self {
        self.parts.insert("offset".to_owned(), rows.into());
        self
    }

    /// The filter as the API takes it.
    #[must_use]
    pub fn to_json(&self) -> String {
        Value::Object(self.parts.clone()).to_string()
    }

    /// The conditions alone, for counting.
    pub(crate) fn conditions(&self) -> Option<String> {
        self.parts.get("where").map(Value::to_string)
    }

    pub(crate) fn query(&self) -> Option<String> {
        (!self.parts.is_empty()).then(|| self.to_json())
    }
}
