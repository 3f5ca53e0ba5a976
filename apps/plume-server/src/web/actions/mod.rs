//! The actions of people. Forms and documents of the API carry them out by the same functions.

mod denied;
mod home;
mod incident;
mod window;

pub(super) use denied::Denied;
pub(super) use home::{check, remove_home};
pub(super) use incident::{Decided, Decision, Ordered, decide};
#[cfg(test)]
pub(super) use window::window;
pub(super) use window::{NewWindow, Scope, add_window};
