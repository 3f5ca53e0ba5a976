//! The cache as its users see it: one test per promise, with a clock that the test moves.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod events;
mod fetches;
mod lifetimes;
mod rejections;
mod support;
mod tasks;
