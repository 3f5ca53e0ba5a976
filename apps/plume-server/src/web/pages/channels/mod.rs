//! Channels: their condition, tests, dead letters, and changes.

mod change;
mod form;
mod list;
mod one;

pub(super) use change::{act, save};
pub(super) use form::page as form;
pub(super) use list::page as list;
pub(super) use one::page as one;
