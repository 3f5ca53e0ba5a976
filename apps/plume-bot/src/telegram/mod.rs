//! The Telegram side: the Bot API, who may send when, and where updates come from.
//!
//! Nothing here knows what the bot talks about.

mod api;
mod call;
mod outbox;
mod pacer;
mod poller;
mod token;
mod update;

pub use api::{Api, ApiError};
pub use call::{Call, Class, Keyboard};
pub use outbox::{Lost, Outbox, OutboxCounts, Sent};
pub use pacer::{Job, JobId, Next, Pacer};
pub use poller::{Me, Poller, Stopped};
pub use token::{BotToken, InvalidBotToken};
pub use update::{Chat, ChatId, Content, MessageId, TopicId, Update, UserId};
