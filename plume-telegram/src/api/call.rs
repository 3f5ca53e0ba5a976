//! What goes out: the methods of the Bot API that this bot calls.

use serde_json::{Value, json};

use crate::api::ids::{Chat, ChatId, MessageId, TopicId};
use crate::html::plain;

/// Rows of buttons: a label, and the data that comes back when it is pressed.
pub type Keyboard = Vec<Vec<(String, String)>>;

/// The topic of a forum.
const TOPIC: &str = "message_thread_id";

/// How urgent a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Class {
    /// A secret that has to go, a warning, the answer to a press.
    Alert,
    /// Everything that somebody has asked for.
    Reply,
}

/// One call of a method.
#[derive(Debug, Clone)]
pub struct Call {
    pub(crate) method: &'static str,
    pub(crate) class: Class,
    pub(crate) chat: Option<ChatId>,
    pub(crate) body: Value,
    /// Whether it counts as a message for the limits of a chat.
    pub(crate) is_message: bool,
    /// Whether doing it twice is the same as doing it once.
    pub(crate) repeatable: bool,
}

impl Call {
    /// A new message, in HTML, in the chat's topic if there is one.
    #[must_use]
    pub fn send(chat: Chat, html: &str, keyboard: &Keyboard) -> Self {
        let mut body = json!({ "chat_id": chat.id.0, "text": html, "parse_mode": "HTML" });
        topic(&mut body, chat.topic);
        preview_off(&mut body);
        if !keyboard.is_empty() {
            set(&mut body, "reply_markup", markup(keyboard));
        }
        Self {
            method: "sendMessage",
            class: Class::Reply,
            chat: Some(chat.id),
            body,
            is_message: true,
            repeatable: false,
        }
    }

    /// Another text and other buttons for a message.
    #[must_use]
    pub fn edit(chat: ChatId, message: MessageId, html: &str, keyboard: &Keyboard) -> Self {
        let mut body =
            json!({ "chat_id": chat.0, "message_id": message.0, "text": html, "parse_mode": "HTML" });
        preview_off(&mut body);
        set(&mut body, "reply_markup", markup(keyboard));
        Self {
            method: "editMessageText",
            class: Class::Reply,
            chat: Some(chat),
            body,
            is_message: true,
            repeatable: true,
        }
    }

    /// Takes a message away, before anything else.
    #[must_use]
    pub fn delete(chat: ChatId, message: MessageId) -> Self {
        let body = json!({ "chat_id": chat.0, "message_id": message.0 });
        Self {
            method: "deleteMessage",
            class: Class::Alert,
            chat: Some(chat),
            body,
            is_message: false,
            repeatable: true,
        }
    }

    /// Ends the waiting of a pressed button, with a short text if there is one.
    #[must_use]
    pub fn answer(query: &str, text: Option<&str>) -> Self {
        let mut body = json!({ "callback_query_id": query });
        if let Some(text) = text {
            set(&mut body, "text", text.into());
        }
        Self {
            method: "answerCallbackQuery",
            class: Class::Alert,
            chat: None,
            body,
            is_message: false,
            repeatable: true,
        }
    }

    /// Shows "typing…" for some seconds.
    #[must_use]
    pub fn typing(chat: Chat) -> Self {
        let mut body = json!({ "chat_id": chat.id.0, "action": "typing" });
        topic(&mut body, chat.topic);
        Self {
            method: "sendChatAction",
            class: Class::Reply,
            chat: Some(chat.id),
            body,
            is_message: false,
            repeatable: true,
        }
    }

    /// The list of commands that clients show.
    #[must_use]
    pub fn commands<'a>(commands: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let commands: Vec<Value> = commands
            .into_iter()
            .map(|(command, description)| json!({ "command": command, "description": description }))
            .collect();
        Self::plain("setMyCommands", json!({ "commands": commands }))
    }

    pub(crate) fn plain(method: &'static str, body: Value) -> Self {
        Self { method, class: Class::Reply, chat: None, body, is_message: false, repeatable: true }
    }

    /// The same, more urgent.
    #[must_use]
    pub fn urgent(mut self) -> Self {
        self.class = Class::Alert;
        self
    }

    /// The message that is edited, so that only the last of several edits is sent.
    pub(crate) fn edits(&self) -> Option<MessageId> {
        (self.method == "editMessageText")
            .then(|| self.body.get("message_id").and_then(Value::as_i64).map(MessageId))
            .flatten()
    }

    /// The same to another chat.
    pub(crate) fn moved_to(&mut self, chat: ChatId) {
        self.chat = Some(chat);
        set(&mut self.body, "chat_id", chat.0.into());
    }

    /// Takes the topic out, because it was closed or deleted. Whether there was one.
    pub(crate) fn leave_topic(&mut self) -> bool {
        self.body.as_object_mut().is_some_and(|body| body.remove(TOPIC).is_some())
    }

    /// Takes the markup out. Whether there was any.
    pub(crate) fn make_plain(&mut self) -> bool {
        let Some(text) = self.body.get("text").and_then(Value::as_str).map(plain) else {
            return false;
        };
        let had = self.body.as_object_mut().is_some_and(|body| body.remove("parse_mode").is_some());
        set(&mut self.body, "text", text.into());
        had
    }
}

fn set(body: &mut Value, name: &str, value: Value) {
    if let Some(body) = body.as_object_mut() {
        body.insert(name.to_owned(), value);
    }
}

fn topic(body: &mut Value, topic: Option<TopicId>) {
    if let Some(topic) = topic {
        set(body, TOPIC, topic.0.into());
    }
}

fn preview_off(body: &mut Value) {
    set(body, "link_preview_options", json!({ "is_disabled": true }));
}

fn markup(keyboard: &Keyboard) -> Value {
    let rows: Vec<Vec<Value>> = keyboard
        .iter()
        .map(|row| row.iter().map(|(label, data)| json!({ "text": label, "callback_data": data })).collect())
        .collect();
    json!({ "inline_keyboard": rows })
}
