//! A Telegram bot for Plume support, built on the SDK and on `plume-telegram`.
//!
//! * [`chat`]: the conversation. What came in goes in, what is to be done comes out; no I/O, no waiting.
//! * [`questions`]: what is asked of Plume and what comes back, as plain data.
//! * [`plume_cloud`]: questions in, answers out, over the SDK.
//! * [`state`]: what survives a restart.
//! * [`users`]: one worker for each user brings them together. Plume and Telegram answer by further inputs, so a slow home stops
//!   neither another user nor `/cancel`.
//! * [`program`]: settings, signals, and the parts put together.
#![allow(
    missing_docs,
    missing_debug_implementations,
    clippy::exhaustive_enums,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    reason = "a program: tests read its library, and no other crate depends on it"
)]

pub mod chat;
pub mod plume_cloud;
pub mod program;
pub mod questions;
pub mod secret;
pub mod state;
pub mod users;
