//! A Telegram bot for Plume support: an example of how to build on the SDK, in the size of a real program.
//!
//! Three parts that know nothing of each other's business:
//!
//! * [`chat`]: the conversation. What came in goes in, what is to be done comes out; no I/O, no waiting.
//! * `plume-telegram`: the Bot API, who may send when, where updates come from; and a Bot API of one's own, with Telegram's
//!   limits: the tests talk to it, and so can you (`cargo run -p plume-bot -- --demo --offline`).
//! * [`plume_side`]: questions in, answers out, over the SDK.
//!
//! [`bot`] and its workers, one for each user, bring them together. Plume and Telegram answer by further inputs, so a slow home
//! stops neither another user nor `/cancel`.
#![expect(
    clippy::exhaustive_enums,
    clippy::must_use_candidate,
    reason = "an example is read and tested, but no other crate depends on it"
)]

pub mod bot;
mod caught;
pub mod chat;
pub mod handles;
pub mod ledger;
pub mod plume_side;
pub mod run;
pub mod settings;
mod signals;
mod worker;
