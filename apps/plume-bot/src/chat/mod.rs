//! The conversation: what came in goes in, what is to be done comes out. No I/O, no waiting, no Telegram.
//!
//! [`Conversation::step`] is the way in. A bot of your own begins here: [`Command`] says what can be asked,
//! `conversation.rs` what is done about it, `views.rs` how an answer looks, and [`texts`] holds every word.

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
