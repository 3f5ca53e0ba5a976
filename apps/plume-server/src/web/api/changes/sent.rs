//! The documents that programs send.

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};
use serde_json::{Number, Value};
use utoipa::{
    PartialSchema,
    openapi::{RefOr, schema::Schema},
};

use crate::json::{WHOLE, read_body};
use crate::web::api::problem::Problem;

/// Maximum number of errors in one response.
const MOST: usize = 20;

/// Reads a document. One of another form is refused with all its errors.
pub(super) fn read<T: DeserializeOwned + PartialSchema>(body: &[u8]) -> Result<T, Problem> {
    read_body(body, missing::<T>).map_err(|mut faults| {
        let more = faults.len().saturating_sub(MOST);
        faults.truncate(MOST);
        let more = if more == 0 { String::new() } else { format!("; and {more} more") };
        Problem::invalid(format!("{}{more}", faults.join("; ")))
    })
}

/// Finds all members that a document lacks; serde finds the first one.
fn missing<T: PartialSchema>(given: &Value) -> Vec<(String, String)> {
    let RefOr::T(Schema::Object(schema)) = T::schema() else { return Vec::new() };
    let missing = schema.required.into_iter().filter(|name| given.get(name).is_none());
    missing.map(|name| (name, "is missing".to_owned())).collect()
}

/// Reads a whole number. JSON has no integers: `1.0` is one too.
pub(super) fn whole<'de, D: Deserializer<'de>, T: TryFrom<i64>>(from: D) -> Result<T, D::Error> {
    let number = Number::deserialize(from).map_err(|_| D::Error::custom(WHOLE))?;
    let float = || number.as_f64().filter(|float| float.fract() == 0.0)?.to_string().parse().ok();
    let whole = number.as_i64().or_else(float);
    whole.and_then(|whole| T::try_from(whole).ok()).ok_or_else(|| D::Error::custom(WHOLE))
}
