//! What comes in: the few fields of the Bot API that this bot reads, read tolerantly.
//!
//! Telegram adds fields and kinds of updates every few months, and stand-ins leave half of them out. So an update is
//! taken for what it holds: an id and one of a few contents. Anything else is [`Content::Other`].

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
    /// A person, or a bot. The only thing that tells who somebody is: user names change hands.
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

/// Where something was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chat {
    /// Its id.
    pub id: ChatId,
    /// Whether nobody but one user and the bot is in it.
    pub private: bool,
}

/// One update.
#[derive(Debug, Clone)]
pub struct Update {
    /// Its number. Grows, and comes again if it was not confirmed.
    pub id: i64,
    /// Who caused it.
    pub user: UserId,
    /// The first name that this user chose.
    pub name: String,
    /// Where.
    pub chat: Chat,
    /// What.
    pub content: Content,
}

/// What an update holds.
#[derive(Clone)]
pub enum Content {
    /// Somebody wrote something. May be a secret, so `Debug` does not show it.
    Text {
        /// The message.
        message: MessageId,
        /// What was written.
        text: String,
    },
    /// Somebody pressed a button.
    Press {
        /// To be answered, or the button keeps spinning.
        query: String,
        /// The message with the button, where it is told.
        message: Option<MessageId>,
        /// What the client sent. A client can send anything.
        data: String,
    },
    /// The user has blocked the bot, or put it out of a group.
    Gone,
    /// A group got another id.
    Moved(ChatId),
    /// Something that this bot has no use for.
    Other,
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text { .. } => "Text([redacted])",
            Self::Press { .. } => "Press",
            Self::Gone => "Gone",
            Self::Moved(_) => "Moved",
            Self::Other => "Other",
        })
    }
}

impl Update {
    /// The number of an update, also of one that cannot be read otherwise.
    #[must_use]
    pub fn id_of(value: &Value) -> Option<i64> {
        value.get("update_id")?.as_i64()
    }

    /// Reads an update. `None` for one without a user or a chat, such as a post of a channel.
    #[must_use]
    pub fn parse(value: &Value) -> Option<Self> {
        let id = Self::id_of(value)?;
        let (from, chat, content) = if let Some(message) = value.get("message") {
            let content = match (message.get("text").and_then(Value::as_str), message_id(message)) {
                _ if moved(message).is_some() => Content::Moved(moved(message)?),
                (Some(text), Some(message)) => Content::Text { message, text: text.to_owned() },
                _ => Content::Other,
            };
            (message.get("from")?, message.get("chat"), content)
        } else if let Some(query) = value.get("callback_query") {
            let message = query.get("message");
            let content = Content::Press {
                query: query.get("id")?.as_str()?.to_owned(),
                message: message.and_then(message_id),
                data: query.get("data").and_then(Value::as_str).unwrap_or_default().to_owned(),
            };
            (query.get("from")?, message.and_then(|message| message.get("chat")), content)
        } else if let Some(member) = value.get("my_chat_member") {
            let status = member.pointer("/new_chat_member/status").and_then(Value::as_str);
            let gone = matches!(status, Some("kicked" | "left"));
            let content = if gone { Content::Gone } else { Content::Other };
            (member.get("from")?, member.get("chat"), content)
        } else {
            return None;
        };
        let user = UserId(from.get("id")?.as_i64()?);
        let name = from.get("first_name").and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(Self { id, user, name, chat: chat_of(chat, user)?, content })
    }
}

/// A press below a message that is too old comes without a chat; then it can only be answered.
fn chat_of(chat: Option<&Value>, user: UserId) -> Option<Chat> {
    let Some(chat) = chat else {
        return Some(Chat { id: ChatId(user.0), private: false });
    };
    let id = ChatId(chat.get("id")?.as_i64()?);
    let private = chat.get("type").and_then(Value::as_str) == Some("private");
    Some(Chat { id, private })
}

fn message_id(message: &Value) -> Option<MessageId> {
    message.get("message_id")?.as_i64().map(MessageId)
}

fn moved(message: &Value) -> Option<ChatId> {
    message.get("migrate_to_chat_id")?.as_i64().map(ChatId)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_needed_is_enough() {
        let update = json!({"update_id": 7, "message": {"message_id": 3, "from": {"id": 1}, "chat": {"id": 1, "type": "private"}, "text": "hi"}});
        let update = Update::parse(&update).unwrap();
        assert_eq!((update.id, update.user, update.chat.private), (7, UserId(1), true));
        assert!(matches!(update.content, Content::Text { .. }));
        assert!(!format!("{update:?}").contains("hi"), "a text may be a secret");
    }

    #[test]
    fn a_press_may_come_without_its_message() {
        let update = json!({"update_id": 7, "callback_query": {"id": "9", "from": {"id": 1}, "data": "x"}});
        assert!(matches!(Update::parse(&update).unwrap().content, Content::Press { message: None, .. }));
    }

    #[test]
    fn what_makes_no_sense_is_no_update() {
        for value in [
            json!(null),
            json!({"message": {}}),
            json!({"update_id": 1, "channel_post": {}}),
            json!({"update_id": 1, "message": {"from": 3, "chat": "x"}}),
            json!({"update_id": 1, "message": {"text": "hi", "chat": {"id": 1}}}),
        ] {
            assert!(Update::parse(&value).is_none(), "{value}");
        }
    }
}
