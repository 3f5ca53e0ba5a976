//! The token endpoint as its clients meet it: requests, retries, introspection, lifetimes, and that no secret shows.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod introspection;
mod lifetimes;
mod request;
mod retries;
mod secrets;
mod support;
