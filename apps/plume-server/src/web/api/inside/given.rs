//! Parameters.

use axum::extract::{Query, rejection::QueryRejection};

use crate::web::api::problem::Problem;

/// Items of a part by default and at most.
pub(super) const LIMIT: (usize, usize) = (50, 500);

pub(in crate::web::api) type Given<T> = Result<Query<T>, QueryRejection>;

pub(super) fn parameters<T>(given: Given<T>) -> Result<T, Problem> {
    given.map(|Query(given)| given).map_err(|rejection| Problem::invalid(rejection.body_text()))
}
