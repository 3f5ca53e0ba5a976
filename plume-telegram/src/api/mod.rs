//! The Bot API: the client, its calls, and what Telegram says to them.

mod call;
mod client;
mod error;
mod ids;
mod token;

pub use call::{Call, Class, Keyboard};
pub use client::{Api, InvalidBase};
pub use error::ApiError;
pub use ids::{Chat, ChatId, MessageId, TopicId, UserId};
pub use token::{BotToken, InvalidBotToken};
