//! The numbers that Telegram gives to people, chats and messages.

use std::fmt;

use serde_json::Value;

macro_rules! number {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

number! {
    /// A person, or a bot. It alone identifies a user: user names change hands.
    UserId
}
number! {
    /// A chat. A private one has the id of its user.
    ChatId
}
number! {
    /// A message within its chat.
    MessageId
}
number! {
    /// A topic within a forum.
    TopicId
}

/// Where something was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chat {
    /// Its id.
    pub id: ChatId,
    /// Whether only one user and the bot are in it.
    pub private: bool,
    /// The topic of a forum, to which an answer belongs.
    pub topic: Option<TopicId>,
}

impl MessageId {
    /// The number of the message that a call gave as its result.
    #[must_use]
    pub fn of(result: &Value) -> Option<Self> {
        result.get("message_id")?.as_i64().map(Self)
    }
}

impl TopicId {
    /// The number of the topic that [`Call::create_topic`](crate::Call::create_topic) gave as its result.
    #[must_use]
    pub fn of(result: &Value) -> Option<Self> {
        result.get("message_thread_id")?.as_i64().map(Self)
    }
}
