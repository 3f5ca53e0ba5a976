//! Facts in a single request or response.

mod evidence;
mod intent;
mod leaks;
mod shape;

pub(crate) use evidence::{list_rows, location, names_the_token};
pub(crate) use intent::{Intent, Page, intent};
pub(crate) use leaks::{Secrets, find_leak};
pub(crate) use shape::breaches;
