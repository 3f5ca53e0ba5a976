//! Parameters.

use axum::extract::{Query, rejection::QueryRejection};

use crate::web::api::problem::Problem;
use crate::web::view::unreadable;

/// Items of a part by default and at most.
const LIMIT: (usize, usize) = (50, 500);

pub(in crate::web::api) type Given<T> = Result<Query<T>, QueryRejection>;

pub(in crate::web::api) fn parameters<T>(given: Given<T>) -> Result<T, Problem> {
    given
        .map(|Query(given)| given)
        .map_err(|rejection| Problem::invalid(unreadable(&rejection.body_text(), |name| format!("`{name}`"))))
}

/// Returns the number of items of a part.
pub(in crate::web::api) fn limit_of(given: Option<usize>) -> Result<usize, Problem> {
    let limit = given.unwrap_or(LIMIT.0);
    let is_valid = (1..=LIMIT.1).contains(&limit);
    is_valid.then_some(limit).ok_or_else(|| Problem::invalid("`limit` must be 1 to 500"))
}
