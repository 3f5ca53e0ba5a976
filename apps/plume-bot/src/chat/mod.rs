//! The conversation: events in, effects out. No I/O, no waiting, no Telegram.
//!
//! [`Conversation::step`] is the entry point. For a bot of your own begin here: [`Command`] lists the commands,
//! `conversation.rs` reacts to them, `views.rs` formats the answers, and [`texts`] has all texts.

mod command;
mod context;
mod conversation;
mod event;
mod setup;
mod step;
pub mod texts;
mod views;

pub use command::{Command, Parsed, parse};
pub use context::{Context, Example};
pub use conversation::Conversation;
pub use event::{Action, Effect, Event, Screen, Source};
pub use setup::Setup;
