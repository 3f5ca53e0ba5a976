//! A stand-in for the Bot API, in this process or on a loopback address, with the limits of the real one.
//!
//! It implements the methods that this library calls and those with which other libraries begin, and refuses what Telegram
//! refuses: texts of more than 4,096 units, button data of more than 64 bytes, markup that does not parse (HTML and
//! `MarkdownV2`), an edit that changes nothing, too many messages, chats that have blocked the bot, and a second program
//! that polls. [`StandIn::serve`] makes it a server for other programs, and the example `stand-in` starts one:
//!
//! ```text
//! cargo run -p plume-telegram --features stand-in --example stand-in -- 127.0.0.1:8081
//! ```
#![allow(clippy::must_use_candidate, reason = "a test may ignore the id that an action returns")]

mod bot_api;
mod http;
pub mod markup;
mod methods;
mod people;
mod refusal;
mod request;
mod state;
pub mod terminal;

pub use bot_api::{StandIn, TOKEN, api_over};
pub use state::{Called, Message, Shown};
