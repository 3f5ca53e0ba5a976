//! What a single request or answer shows.

mod evidence;
mod leaks;
mod shape;
mod wish;

pub(crate) use evidence::{list_rows, location, names_the_token};
pub(crate) use leaks::{Secrets, find_leak};
pub(crate) use shape::breaches;
pub(crate) use wish::{Page, Wish, wish};
