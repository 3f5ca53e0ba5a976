//! The ids of people, chats and messages.

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
    /// The id of a person or a bot. Only the id identifies a user, because user names can change owners.
    UserId
}
number! {
    /// The id of a chat. A private one has the id of its user; groups have negative ids.
    ChatId
}
number! {
    /// The id of a message within its chat.
    MessageId
}
number! {
    /// The id of a topic within a forum.
    TopicId
}

/// A chat, and the topic in it.
///
/// ```
/// use plume_telegram::{Chat, ChatId, TopicId};
///
/// assert!(Chat::new(ChatId(11)).private);
/// assert_eq!(Chat::new(ChatId(-5)).in_topic(TopicId(3)).topic, Some(TopicId(3)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Chat {
    /// The id.
    pub id: ChatId,
    /// Whether only one user and the bot are in it.
    pub private: bool,
    /// The topic of a forum, to which messages go.
    pub topic: Option<TopicId>,
}

impl Chat {
    /// Creates a chat without a topic. A positive id is that of a private chat.
    #[must_use]
    pub fn new(id: ChatId) -> Self {
        Self { id, private: id.0 > 0, topic: None }
    }

    /// Sets the topic.
    #[must_use]
    pub fn in_topic(mut self, topic: TopicId) -> Self {
        self.topic = Some(topic);
        self
    }
}

impl MessageId {
    /// Reads the id of the message from the result of a call.
    #[must_use]
    pub fn of(result: &Value) -> Option<Self> {
        result.get("message_id")?.as_i64().map(Self)
    }
}

impl TopicId {
    /// Reads the id of the topic from the result of [`Call::create_topic`](crate::Call::create_topic).
    #[must_use]
    pub fn of(result: &Value) -> Option<Self> {
        result.get("message_thread_id")?.as_i64().map(Self)
    }
}
