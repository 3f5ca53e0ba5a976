//! The identity provider: its document and keys, and the exchange of a code for a person.

mod client;
mod problem;
mod renewal;

pub use client::Provider;
pub(super) use client::{Person, Renewed, Returned};
pub(super) use problem::LoginProblem;
