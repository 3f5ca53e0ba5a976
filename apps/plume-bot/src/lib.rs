//! A Telegram bot for Plume support, built on the SDK and on `plume-telegram`.
//!
//! * [`chat`]: the conversation: events in, effects out; no I/O, no waiting.
//! * [`questions`]: questions to Plume and their answers, as plain data.
//! * [`plume_cloud`]: answers to questions, by the SDK.
//! * [`state`]: the state that survives a restart.
//! * [`workers`]: one worker for each user, which connects them. Plume and Telegram answer by further inputs, so a slow home
//!   stops neither another user nor `/cancel`.
//! * [`program`]: settings, signals, and the assembly of the parts.
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
pub mod workers;
