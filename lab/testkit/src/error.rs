//! The texts of errors.

use std::{error::Error, iter::successors};

/// Returns the texts of an error and its sources, in every form.
pub fn texts(error: &(dyn Error + 'static)) -> Vec<String> {
    let chain = successors(Some(error), |error| (*error).source());
    chain.flat_map(|error| [error.to_string(), format!("{error:?}"), format!("{error:#?}")]).collect()
}
