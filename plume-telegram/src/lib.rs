//! A client of the Telegram Bot API over the transport of the Plume SDK.
//!
//! * [`Api`] makes one call at a time, as JSON over a [`Transport`](plume_runtime::Transport), and transfers files.
//! * [`Outbox`] is a queue in front of it that keeps Telegram's limits, obeys `retry_after` and handles errors.
//! * [`Poller`] gets updates by long polling; [`Webhook`] authenticates and parses those that Telegram sends.
//! * [`html`] escapes text and splits it into messages.
//! * `stand_in` (feature `stand-in`) is a Bot API in this process, with Telegram's limits.
//!
//! # Example
//!
//! A bot that echoes every text:
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use plume_runtime::{Clock, HttpTransport, SystemClock};
//! use plume_telegram::{Api, BotToken, Busy, Call, Content, Keyboard, Log, Outbox, Poller, html::escape};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
//! let log = Log::new(|line| eprintln!("{line}"));
//! let api = Api::new(Arc::new(HttpTransport::default()), BotToken::parse(&std::env::var("TELEGRAM_BOT_TOKEN")?)?);
//! let outbox = Outbox::new(api.clone(), Arc::clone(&clock), log.clone(), |lost| eprintln!("{lost:?}"));
//! let poller = Poller::new(api, clock, log);
//! let (handled, busy) = (Busy::default(), Busy::default());
//! let deliver = |update: plume_telegram::Update, _| {
//!     if let Content::Text { text, .. } = &update.content {
//!         drop(outbox.send(Call::send(update.chat, &escape(text), &Keyboard::new()), busy.guard()));
//!     }
//! };
//! tokio::select! {
//!     () = outbox.run() => {}
//!     stopped = poller.run(deliver, &handled, || (), std::future::pending()) => println!("{stopped:?}"),
//! }
//! # Ok(()) }
//! ```
//!
//! # Why another client
//!
//! A bot of texts and buttons needs nine methods, one of them long polling. teloxide 0.17 requires flags in `getMe` that
//! stand-ins omit, so it does not start on `telegram-test-api`; it adds 41 crates, a second HTTP library and a second crypto
//! provider; its waits use a clock of its own; and it has no priorities. frankenstein's licence (WTFPL) is not on the list of
//! this workspace. Updates are parsed as tolerantly as the responses of Plume.
//!
//! The crate has no knowledge of Plume. [`Outbox::run`] spawns tasks, so it must be polled on a tokio runtime.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

pub mod api;
mod backoff;
mod busy;
pub mod html;
pub mod incoming;
mod log;
pub mod outgoing;
#[cfg(feature = "stand-in")]
pub mod stand_in;

pub use api::{
    Api, ApiError, BotToken, Call, Chat, ChatId, Document, File, InvalidBase, InvalidBotToken, Keyboard,
    MessageId, TopicId, UserId,
};
pub use busy::{Busy, Guard};
pub use incoming::{Content, InvalidWebhookSecret, Me, Poller, Stopped, Update, Webhook};
pub use log::Log;
pub use outgoing::{Lost, Outbox, OutboxCounts, Sent};
