//! Texts of statuses, times and durations.

mod amount;
mod badge;
mod link;
mod place;
mod source;
mod time;
mod unreadable;
mod within;

pub(super) use amount::{exact, percent};
pub(super) use badge::{Badge, Counted, UNCONFIRMED, brief, reason};
pub(super) use link::{channel_path, home_path, incident_path, local, part};
pub(super) use place::Place;
pub(super) use source::source_name;
pub(super) use time::{Age, Moment, Next, Times, age, moment};
pub(super) use unreadable::unreadable;
pub(super) use within::within;
