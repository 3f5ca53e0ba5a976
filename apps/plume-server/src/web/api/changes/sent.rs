//! The documents that programs send.

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};
use serde_json::Number;

use crate::web::api::problem::Problem;

/// Reads a document. One of another form is refused with the place of the fault.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // serde reads a list of the members, too.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(Problem::invalid("the body must be an object"));
    }
    serde_json::from_slice(body).map_err(|error| Problem::invalid(error.to_string()))
}

/// Reads a whole number. JSON has no integers: `1.0` is one too.
pub(super) fn whole<'de, D: Deserializer<'de>, T: TryFrom<i64>>(from: D) -> Result<T, D::Error> {
    let number = Number::deserialize(from)?;
    let float = || number.as_f64().filter(|float| float.fract() == 0.0)?.to_string().parse().ok();
    let whole = number.as_i64().or_else(float);
    whole.and_then(|whole| T::try_from(whole).ok()).ok_or_else(|| D::Error::custom("not a whole number"))
}
