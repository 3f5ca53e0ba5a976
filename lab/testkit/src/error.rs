//! The texts of errors.

use std::{error::Error, iter::successors};

/// What an error and everything below it shows, in every form.
pub fn texts(error: &(dyn Error + 'static)) -> Vec<String> {
    let chain = successors(Some(error), |error| (*error).source());
    chain.flat_map(|error| [error.to_string(), format!("{error:?}"), format!("{error:#?}")]).collect()
}
