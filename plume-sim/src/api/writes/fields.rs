//! The members of a body, JSON or form.

use serde_json::{Map, Value, json};

use crate::http::{ApiError, Request};
use crate::world::SECOND;

/// Checks the documented limit of 32 characters.
pub(crate) fn checked_nickname(text: String) -> Result<String, ApiError> {
    match text.chars().count() {
        1..=32 => Ok(text),
        _ => Err(ApiError::invalid("Nickname", "nickname", "1 to 32 characters")),
    }
}

/// The members of a body. Unknown members have no effect, as in the cloud.
#[derive(Debug)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Parses a body. 400 if it is neither an object nor a form.
    pub(crate) fn of(request: &Request<'_>) -> Result<Self, ApiError> {
        request.arguments().map(Self)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Returns a text. 400 for another type.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(ApiError::bad_request(format!("{name} has to be a string"))),
        }
    }

    /// Returns a required text. 400 if it is missing, empty or of another type.
    pub(crate) fn need(&self, name: &str) -> Result<String, ApiError> {
        self.text(name)?.filter(|text| !text.trim().is_empty()).ok_or_else(|| ApiError::missing(name))
    }

    /// Returns a boolean. 400 for another type.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(Value::String(text)) if text == "true" || text == "false" => Ok(Some(text == "true")),
            Some(_) => Err(ApiError::bad_request(format!("{name} has to be a boolean"))),
        }
    }

    /// Returns a whole number. 422 if it is not a whole number from 0 to `most`.
    pub(crate) fn number(&self, context: &str, name: &str, most: i64) -> Result<Option<i64>, ApiError> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let number = value.as_i64().or_else(|| value.as_str()?.parse().ok());
        let number = number.filter(|number| (0..=most).contains(number));
        number.map(Some).ok_or_else(|| ApiError::invalid(context, name, &format!("0 to {most}")))
    }

    /// Returns one of `words`. 422 for another value.
    pub(crate) fn word(
        &self,
        context: &str,
        name: &str,
        words: &[&'static str],
    ) -> Result<Option<&'static str>, ApiError> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let word = words.iter().find(|word| *value == json!(word)).copied();
        word.map(Some).ok_or_else(|| ApiError::invalid(context, name, &words.join(", ")))
    }
}

pub(crate) const PROFILES: [&str; 3] = ["auto", "smallbusiness", "property"];
/// Maximum delay of a restart in seconds.
const LONGEST_DELAY: i64 = 100_000;

/// Returns the delay of a restart in milliseconds.
pub(crate) fn delay(fields: &Fields) -> Result<i64, ApiError> {
    Ok(fields.number("Reboot", "delay", LONGEST_DELAY)?.unwrap_or(1) * SECOND)
}
