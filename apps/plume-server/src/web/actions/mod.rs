//! The actions of people. Forms and documents of the API carry them out by the same functions.

mod check;
mod denied;
mod incident;

pub(super) use check::check;
pub(super) use denied::Denied;
pub(super) use incident::{Decided, Decision, Ordered, decide};
