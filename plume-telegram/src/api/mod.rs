//! The Bot API: the client, its calls and their errors.

mod call;
mod client;
mod error;
mod files;
mod ids;
mod multipart;
mod token;

pub use call::{Call, Keyboard};
pub(crate) use client::parse_json;
pub use client::{Api, InvalidBase};
pub use error::ApiError;
pub use files::File;
pub use ids::{Chat, ChatId, MessageId, TopicId, UserId};
pub use multipart::Document;
pub use token::{BotToken, InvalidBotToken};
