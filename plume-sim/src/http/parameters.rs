//! Typed parameters with the API's errors: 400 for a missing one, 422 for an invalid value.

use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::http::error_body::ApiError;
use crate::http::request::Request;
use crate::world::{DAY, LATEST, iso, parse_iso};

/// The context in validation errors.
const CONTEXT: &str = "Query";

pub(crate) fn invalid(name: &str, allowed: &str) -> ApiError {
    ApiError::invalid(CONTEXT, name, allowed)
}

/// Returns a required parameter.
pub(crate) fn required<'a>(request: &'a Request<'_>, name: &str) -> Result<&'a str, ApiError> {
    request.query.get(name).filter(|value| !value.is_empty()).ok_or_else(|| ApiError::missing(name))
}

/// Returns a required list with at least one value.
pub(crate) fn required_list(request: &Request<'_>, name: &str) -> Result<Vec<String>, ApiError> {
    request.query.list(name).filter(|values| !values.is_empty()).ok_or_else(|| ApiError::missing(name))
}

/// Returns one of the allowed words, if given.
pub(crate) fn choice<'a>(
    request: &'a Request<'_>,
    name: &str,
    allowed: &[&str],
) -> Result<Option<&'a str>, ApiError> {
    match request.query.get(name) {
        Some(given) if allowed.contains(&given) => Ok(Some(given)),
        Some(_) => Err(invalid(name, &allowed.join(", "))),
        None => Ok(None),
    }
}

/// Returns a count of at least 1, limited to `most`.
pub(crate) fn at_most(
    request: &Request<'_>,
    name: &str,
    default: usize,
    most: usize,
) -> Result<usize, ApiError> {
    match request.query.count(name)?.unwrap_or(default) {
        0 => Err(invalid(name, "1 or more")),
        count => Ok(count.min(most)),
    }
}

/// Returns a moment in milliseconds since 1970 or ISO 8601, if given.
pub(crate) fn moment(request: &Request<'_>, name: &str) -> Result<Option<i64>, ApiError> {
    request.query.get(name).map(|text| parse_moment(name, text)).transpose()
}

pub(crate) fn required_moment(request: &Request<'_>, name: &str) -> Result<i64, ApiError> {
    parse_moment(name, required(request, name)?)
}

/// Clamps to the calendar, so no sum of moments can overflow.
fn parse_moment(name: &str, text: &str) -> Result<i64, ApiError> {
    let moment = text.parse().ok().or_else(|| parse_iso(text));
    moment
        .filter(|moment| (0..=LATEST).contains(moment))
        .ok_or_else(|| invalid(name, "milliseconds since 1970 or yyyy-mm-ddThh:MM:ss.nnnZ"))
}

/// Returns the start of a day (UTC) given as YYYY-MM-DD.
pub(crate) fn required_date(request: &Request<'_>, name: &str) -> Result<i64, ApiError> {
    let text = required(request, name)?;
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == 10);
    date.and_then(|date| date.and_hms_opt(0, 0, 0))
        .map(|time| time.and_utc().timestamp_millis())
        .filter(|moment| *moment >= 0)
        .ok_or_else(|| invalid(name, "YYYY-MM-DD"))
}

/// Returns a range of whole days, both inclusive. The end must not be before the start.
pub(crate) fn required_days(request: &Request<'_>) -> Result<(i64, i64), ApiError> {
    let (start, end) = (required_date(request, "startDate")?, required_date(request, "endDate")?);
    if end < start {
        return Err(invalid("endDate", "a day that is not before startDate"));
    }
    Ok((start, end + DAY))
}

/// Maximum number of points in a series.
const MOST_POINTS: usize = 1_000;

/// Returns the `limit` parameter as the number of points of a series. 400 if it is not a number, 422 if it is 0.
pub(crate) fn limit(request: &Request<'_>, default: usize) -> Result<i64, ApiError> {
    let count = request.query.count("limit")?.unwrap_or(default).min(MOST_POINTS);
    if count == 0 {
        return Err(ApiError::invalid("Report", "limit", "1 or more"));
    }
    Ok(i64::try_from(count).unwrap_or(1))
}

/// Returns the range of a series as a list, as in speed tests.
pub(crate) fn date_ranges(start: i64, end: i64) -> Value {
    json!([{ "start": iso(start), "end": iso(end) }])
}
