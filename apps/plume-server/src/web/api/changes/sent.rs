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
    let mut document = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut document).map_err(|error| {
        let (path, cause) = (error.path().to_string(), error.into_inner());
        Problem::invalid(if path == "." { cause.to_string() } else { format!("`{path}`: {cause}") })
    });
    let ended = document.end().map_err(|error| Problem::invalid(error.to_string()));
    read.and_then(|read| ended.map(|()| read))
}

/// Reads a whole number. JSON has no integers: `1.0` is one too.
pub(super) fn whole<'de, D: Deserializer<'de>, T: TryFrom<i64>>(from: D) -> Result<T, D::Error> {
    let number = Number::deserialize(from)?;
    let float = || number.as_f64().filter(|float| float.fract() == 0.0)?.to_string().parse().ok();
    let whole = number.as_i64().or_else(float);
    whole
        .and_then(|whole| T::try_from(whole).ok())
        .ok_or_else(|| D::Error::custom("must be a whole number that is not negative and not too large"))
}
