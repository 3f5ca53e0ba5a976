//! Updates: the fields of the Bot API that a bot needs, parsed tolerantly.
//!
//! Telegram adds fields and kinds of updates every few months, and stand-ins omit half of them. So an update needs only an
//! id and one of a few contents. Anything else is [`Content::Other`].

use std::fmt;

use serde_json::Value;

use crate::api::{Chat, ChatId, MessageId, TopicId, UserId};

/// Contents of a message other than text.
const MEDIA: &str = "animation audio checklist contact dice document game location paid_media photo poll sticker \
    story venue video video_note voice gift";
/// Fields of a message that its author did not write: other messages, names, ids of files.
const NOT_WRITTEN: &str = "chat external_reply file_id file_unique_id forward_from forward_from_chat forward_origin from \
    mime_type pinned_message reply_markup reply_to_message sender_business_bot sender_chat thumb \
    thumbnail via_bot";

/// An update.
///
/// ```
/// use plume_telegram::{Content, Update, UserId};
///
/// let json = serde_json::json!({
///     "update_id": 7,
///     "message": { "message_id": 3, "from": { "id": 11 }, "chat": { "id": 11, "type": "private" }, "text": "/start" },
/// });
/// let update = Update::parse(&json).ok_or("no update")?;
/// assert!(matches!(&update.content, Content::Text { text, .. } if text == "/start"));
/// assert_eq!((update.user, update.chat.private), (UserId(11), true));
/// # Ok::<(), &str>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Update {
    /// The number of the update. It grows, and is repeated if it was not confirmed.
    pub id: i64,
    /// A hash of the number and the subject: another update with the same number has another key.
    pub key: i64,
    /// The user who caused it.
    pub user: UserId,
    /// The first name that this user chose.
    pub name: String,
    /// The chat.
    pub chat: Chat,
    /// The content.
    pub content: Content,
}

/// The content of an update.
#[derive(Clone)]
#[non_exhaustive]
pub enum Content {
    /// A text. It may be a secret, so `Debug` does not show it.
    Text {
        /// The message.
        message: MessageId,
        /// The text.
        text: String,
        /// Other texts of the message: the targets of links, a quote.
        behind: String,
    },
    /// A picture, a file, a sticker or the like, or an edit of an earlier message.
    NotText {
        /// The message.
        message: MessageId,
        /// All texts in the message. They may be secret too.
        written: String,
        /// Whether it is an edit of an earlier message.
        edited: bool,
        /// The id of the file, if there is one; see [`Api::file`](crate::Api::file).
        file: Option<String>,
    },
    /// A pressed button.
    Press {
        /// The id for the acknowledgement, without which the button shows a progress bar.
        query: String,
        /// The message with the button, if Telegram reports it.
        message: Option<MessageId>,
        /// The data that the client sent. A client can send any data.
        data: String,
    },
    /// The user has blocked the bot or removed it from a group.
    Gone,
    /// A group got another id.
    Moved(ChatId),
    /// A content that the bot does not use.
    Other,
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text { .. } => "Text([redacted])",
            Self::NotText { .. } => "NotText([redacted])",
            Self::Press { .. } => "Press",
            Self::Gone => "Gone",
            Self::Moved(_) => "Moved",
            Self::Other => "Other",
        })
    }
}

impl Update {
    /// Returns the number of an update, even if it cannot be parsed otherwise.
    #[must_use]
    pub fn id_of(value: &Value) -> Option<i64> {
        value.get("update_id")?.as_i64()
    }

    /// Parses an update. `None` for one without a user or a chat, such as a post of a channel.
    #[must_use]
    pub fn parse(value: &Value) -> Option<Self> {
        let id = Self::id_of(value)?;
        let edited = value.get("edited_message");
        let (from, chat, topic, content) = if let Some(message) = value.get("message").or(edited) {
            let content = content_of(message, edited.is_some());
            (message.get("from")?, message.get("chat"), topic_of(message), content)
        } else if let Some(query) = value.get("callback_query") {
            let message = query.get("message");
            let content = Content::Press {
                query: query.get("id")?.as_str()?.to_owned(),
                message: message.and_then(message_id),
                data: query.get("data").and_then(Value::as_str).unwrap_or_default().to_owned(),
            };
            let chat = message.and_then(|message| message.get("chat"));
            (query.get("from")?, chat, message.and_then(topic_of), content)
        } else if let Some(member) = value.get("my_chat_member") {
            let status = member.pointer("/new_chat_member/status").and_then(Value::as_str);
            let gone = matches!(status, Some("kicked" | "left"));
            let content = if gone { Content::Gone } else { Content::Other };
            (member.get("from")?, member.get("chat"), None, content)
        } else {
            return None;
        };
        let user = UserId(from.get("id")?.as_i64()?);
        let name = from.get("first_name").and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(Self { id, key: key_of(id, value), user, name, chat: chat_of(chat, topic, user)?, content })
    }
}

/// Returns an FNV-1a hash, equal in every process, of the ids of Telegram, which users cannot change.
fn key_of(id: i64, update: &Value) -> i64 {
    let contents =
        update.as_object().into_iter().flat_map(|fields| fields.values()).filter(|value| value.is_object());
    let numbers = contents
        .flat_map(|content| ["id", "message_id", "date", "edit_date"].map(|name| content.get(name)))
        .map(|number| number.map(Value::to_string).unwrap_or_default());
    let text = numbers.fold(id.to_string(), |text, number| text + " " + &number);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash.cast_signed()
}

fn content_of(message: &Value, edited: bool) -> Content {
    if let Some(new) = message.get("migrate_to_chat_id").and_then(Value::as_i64) {
        return Content::Moved(ChatId(new));
    }
    let Some(id) = message_id(message) else { return Content::Other };
    match message.get("text").and_then(Value::as_str) {
        Some(text) if !edited => {
            Content::Text { message: id, text: text.to_owned(), behind: written(message, &["text"]) }
        }
        text if text.is_some()
            || std::iter::once("caption").chain(MEDIA.split(' ')).any(|kind| message.get(kind).is_some()) =>
        {
            Content::NotText { message: id, written: written(message, &[]), edited, file: file_of(message) }
        }
        _ => Content::Other,
    }
}

/// Returns the file of a message. For a picture it is the largest size, which comes last.
fn file_of(message: &Value) -> Option<String> {
    MEDIA.split(' ').find_map(|kind| {
        let media = message.get(kind)?;
        let media = media.as_array().map_or(Some(media), |sizes| sizes.last())?;
        media.get("file_id")?.as_str().map(str::to_owned)
    })
}

/// Returns everything that a person can have written in a message, one text per line: captions, file names, questions of a
/// poll, targets of links, quotes. Telegram adds kinds of contents, so every unknown field counts.
fn written(message: &Value, except: &[&str]) -> String {
    fn collect(value: &Value, except: &[&str], texts: &mut String) {
        match value {
            Value::String(text) => {
                texts.push_str(text);
                texts.push('\n');
            }
            Value::Array(values) => values.iter().for_each(|value| collect(value, &[], texts)),
            Value::Object(fields) => {
                let fields = fields.iter().filter(|(name, _)| {
                    !NOT_WRITTEN.split(' ').any(|other| other == name.as_str())
                        && !except.contains(&name.as_str())
                });
                fields.for_each(|(_, value)| collect(value, &[], texts));
            }
            _ => {}
        }
    }
    let mut texts = String::new();
    collect(message, except, &mut texts);
    texts
}

/// Returns the topic of a message. A message in a group without topics has the same number for replies.
fn topic_of(message: &Value) -> Option<TopicId> {
    message.get("is_topic_message")?.as_bool().filter(|is_topic| *is_topic)?;
    message.get("message_thread_id")?.as_i64().map(TopicId)
}

/// Returns the chat. A press below a message that is too old has none; then it can only be acknowledged.
fn chat_of(chat: Option<&Value>, topic: Option<TopicId>, user: UserId) -> Option<Chat> {
    let Some(chat) = chat else {
        return Some(Chat { id: ChatId(user.0), private: false, topic: None });
    };
    let id = ChatId(chat.get("id")?.as_i64()?);
    let private = chat.get("type").and_then(Value::as_str) == Some("private");
    Some(Chat { id, private, topic })
}

fn message_id(message: &Value) -> Option<MessageId> {
    message.get("message_id")?.as_i64().map(MessageId)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn required_fields_are_sufficient() {
        let update = json!({"update_id": 7, "message": {"message_id": 3, "from": {"id": 1}, "chat": {"id": 1, "type": "private"}, "text": "hi"}});
        let update = Update::parse(&update).unwrap();
        assert_eq!((update.id, update.user, update.chat.private), (7, UserId(1), true));
        assert!(matches!(update.content, Content::Text { .. }));
        assert!(!format!("{update:?}").contains("hi"), "a text may be a secret");
    }

    #[test]
    fn every_kind_of_user_text_is_read() {
        let parse = |kind: &str, content: Value| {
            let mut message = json!({"message_id": 3, "from": {"id": 1, "first_name": "name"}, "chat": {"id": 1, "type": "private", "title": "name"}, "reply_to_message": {"text": "other"}});
            for (field, value) in content.as_object().unwrap() {
                message[field] = value.clone();
            }
            Update::parse(&json!({"update_id": 7, kind: message})).unwrap().content
        };
        for (content, expected) in [
            (json!({"photo": [{"file_id": "id"}], "caption": "here"}), "here\n"),
            (json!({"of_tomorrow": {"file_id": "id"}, "caption": "here"}), "here\n"),
            (
                json!({"document": {"file_id": "id", "file_name": "here", "mime_type": "text/plain"}}),
                "here\n",
            ),
            (json!({"poll": {"question": "a", "options": [{"text": "b"}]}}), "b\na\n"),
            (json!({"contact": {"phone_number": "a", "vcard": "b"}}), "a\nb\n"),
            (json!({"sticker": {"file_id": "id"}}), ""),
        ] {
            let Content::NotText { written, edited: false, .. } = parse("message", content.clone()) else {
                panic!("{content}");
            };
            assert_eq!(written, expected, "{content}");
        }
        let text = json!({"text": "a", "entities": [{"url": "b"}], "quote": {"text": "c"}});
        let Content::Text { text: shown, behind, .. } = parse("message", text.clone()) else {
            panic!("{text}")
        };
        assert_eq!((shown.as_str(), behind.as_str()), ("a", "b\nc\n"));
        let Content::NotText { written, edited: true, .. } = parse("edited_message", text.clone()) else {
            panic!("{text}");
        };
        assert_eq!(written, "b\nc\na\n");
        assert!(matches!(parse("message", json!({"new_chat_title": "x"})), Content::Other));
    }

    #[test]
    fn the_same_update_has_the_same_key_and_another_one_has_not() {
        let key = |id: i64, message: i64, date: i64| {
            let message = json!({"message_id": message, "date": date, "from": {"id": 1}, "chat": {"id": 1}, "text": "a"});
            Update::parse(&json!({"update_id": id, "message": message})).unwrap().key
        };
        // Stored over a restart, so it must not change.
        assert_eq!(key(7, 3, 1_793_613_600), 7_618_895_582_543_570_355);
        let others = [key(8, 3, 1_793_613_600), key(7, 4, 1_793_613_600), key(7, 3, 1_793_613_601)];
        assert!(!others.contains(&key(7, 3, 1_793_613_600)));
    }

    #[test]
    fn topic_requires_its_flag() {
        let topic = |fields: Value| {
            let mut message = json!({"message_id": 3, "from": {"id": 1}, "chat": {"id": -1}, "text": "a", "message_thread_id": 5});
            message["is_topic_message"] = fields;
            let pressed =
                json!({"update_id": 7, "callback_query": {"id": "9", "from": {"id": 1}, "message": message}});
            let written = json!({"update_id": 7, "message": message});
            [written, pressed].map(|update| Update::parse(&update).unwrap().chat.topic)
        };
        assert_eq!(topic(json!(true)), [Some(TopicId(5)); 2]);
        assert_eq!(topic(json!(false)), [None; 2]);
        assert_eq!(topic(Value::Null), [None; 2]);
    }

    #[test]
    fn button_press_without_a_message_is_read() {
        let update = json!({"update_id": 7, "callback_query": {"id": "9", "from": {"id": 1}, "data": "x"}});
        assert!(matches!(Update::parse(&update).unwrap().content, Content::Press { message: None, .. }));
    }

    #[test]
    fn invalid_updates_are_refused() {
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
