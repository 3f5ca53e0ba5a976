//! Calls: methods of the Bot API with their parameters.

use serde_json::{Value, json};

use crate::api::ids::{Chat, ChatId, MessageId, TopicId};
use crate::api::multipart::Document;
use crate::html::plain;

/// Rows of buttons: a label, and the data that is sent back when it is pressed.
pub type Keyboard = Vec<Vec<(String, String)>>;

/// The kinds of updates that [`Update`](crate::Update) reads. Telegram does not send others.
pub(crate) const KINDS: [&str; 4] = ["message", "edited_message", "callback_query", "my_chat_member"];
/// The parameter for the topic of a forum.
const TOPIC: &str = "message_thread_id";

/// One call of a method.
///
/// ```
/// use plume_telegram::{Call, Chat, ChatId, Keyboard, html::escape};
///
/// let chat = Chat::new(ChatId(11));
/// let keyboard: Keyboard = vec![vec![("Again".to_owned(), "again".to_owned())]];
/// let call = Call::send(chat, &format!("Hello <b>{}</b>", escape("A & B")), &keyboard);
/// # let _ = call;
/// ```
#[derive(Debug, Clone)]
pub struct Call {
    pub(crate) method: &'static str,
    /// Whether it precedes others: the deletion of a secret, a warning, the answer to a press.
    pub(crate) is_urgent: bool,
    pub(crate) chat: Option<ChatId>,
    pub(crate) body: Value,
    pub(crate) document: Option<Document>,
    /// Whether it counts as a message for the limits of a chat.
    pub(crate) is_message: bool,
    /// Whether the call is idempotent.
    pub(crate) repeatable: bool,
}

impl Call {
    /// Creates a call of any idempotent method with its parameters. A `null` is omitted.
    #[must_use]
    pub fn method(method: &'static str, parameters: Value) -> Self {
        let mut body = parameters;
        if let Some(fields) = body.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        let chat = body.get("chat_id").and_then(Value::as_i64).map(ChatId);
        Self { method, is_urgent: false, chat, body, document: None, is_message: false, repeatable: true }
    }

    /// Sends a message in HTML, to the chat's topic if there is one.
    #[must_use]
    pub fn send(chat: Chat, html: &str, keyboard: &Keyboard) -> Self {
        let keyboard = (!keyboard.is_empty()).then(|| markup(keyboard));
        let body = json!({
            "chat_id": chat.id.0, TOPIC: chat.topic.map(|topic| topic.0), "text": html, "parse_mode": "HTML",
            "link_preview_options": { "is_disabled": true }, "reply_markup": keyboard,
        });
        Self { is_message: true, repeatable: false, ..Self::method("sendMessage", body) }
    }

    /// Sends a file of up to 50 MB, with a caption in HTML of up to 1,024 units.
    #[must_use]
    pub fn send_document(chat: Chat, document: Document, caption: &str) -> Self {
        let caption = (!caption.is_empty()).then_some(caption);
        let body = json!({
            "chat_id": chat.id.0, TOPIC: chat.topic.map(|topic| topic.0), "caption": caption,
            "parse_mode": caption.map(|_| "HTML"),
        });
        let document = Some(document);
        Self { document, is_message: true, repeatable: false, ..Self::method("sendDocument", body) }
    }

    /// Replaces the text and the buttons of a message.
    #[must_use]
    pub fn edit(chat: ChatId, message: MessageId, html: &str, keyboard: &Keyboard) -> Self {
        let body = json!({
            "chat_id": chat.0, "message_id": message.0, "text": html, "parse_mode": "HTML",
            "link_preview_options": { "is_disabled": true }, "reply_markup": markup(keyboard),
        });
        Self { is_message: true, ..Self::method("editMessageText", body) }
    }

    /// Deletes a message. Urgent.
    #[must_use]
    pub fn delete(chat: ChatId, message: MessageId) -> Self {
        Self::method("deleteMessage", json!({ "chat_id": chat.0, "message_id": message.0 })).urgent()
    }

    /// Acknowledges a pressed button, with a short text if given. Urgent.
    #[must_use]
    pub fn answer(query: &str, text: Option<&str>) -> Self {
        Self::method("answerCallbackQuery", json!({ "callback_query_id": query, "text": text })).urgent()
    }

    /// Shows "typing…" for some seconds.
    #[must_use]
    pub fn typing(chat: Chat) -> Self {
        let topic = chat.topic.map(|topic| topic.0);
        Self::method("sendChatAction", json!({ "chat_id": chat.id.0, TOPIC: topic, "action": "typing" }))
    }

    /// Sets the list of commands that clients show.
    #[must_use]
    pub fn commands<'a>(commands: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let commands = commands.into_iter();
        let commands = commands.map(|(command, text)| json!({ "command": command, "description": text }));
        Self::method("setMyCommands", json!({ "commands": commands.collect::<Value>() }))
    }

    /// Creates a topic in a forum; [`TopicId::of`] reads its id from the result. The bot must be an administrator with the
    /// right to manage topics.
    #[must_use]
    pub fn create_topic(forum: ChatId, name: &str) -> Self {
        let body = json!({ "chat_id": forum.0, "name": name });
        Self { repeatable: false, ..Self::method("createForumTopic", body) }
    }

    /// Closes a topic, after which only administrators write there.
    #[must_use]
    pub fn close_topic(forum: ChatId, topic: TopicId) -> Self {
        Self::method("closeForumTopic", json!({ "chat_id": forum.0, TOPIC: topic.0 }))
    }

    /// Sets the `https` URL and the secret of a webhook; see [`Webhook`](crate::Webhook). Polling does not work until
    /// [`Call::delete_webhook`].
    #[must_use]
    pub fn set_webhook(url: &str, secret: &str) -> Self {
        Self::method("setWebhook", json!({ "url": url, "secret_token": secret, "allowed_updates": KINDS }))
    }

    /// Deletes the webhook, so that updates can be polled.
    #[must_use]
    pub fn delete_webhook() -> Self {
        Self::method("deleteWebhook", json!({}))
    }

    /// Makes the call urgent.
    #[must_use]
    pub fn urgent(mut self) -> Self {
        self.is_urgent = true;
        self
    }

    /// Returns the message that is edited, so that only the last of several edits is sent.
    pub(crate) fn edits(&self) -> Option<MessageId> {
        let message = || self.body.get("message_id")?.as_i64().map(MessageId);
        (self.method == "editMessageText").then(message).flatten()
    }

    /// Redirects the call to another chat.
    pub(crate) fn moved_to(&mut self, chat: ChatId) {
        self.chat = Some(chat);
        self.set("chat_id", chat.0.into());
    }

    /// Removes the topic, because it was closed or deleted. Returns whether there was one.
    pub(crate) fn leave_topic(&mut self) -> bool {
        self.body.as_object_mut().is_some_and(|body| body.remove(TOPIC).is_some())
    }

    /// Removes the markup. Returns whether there was any.
    pub(crate) fn make_plain(&mut self) -> bool {
        let had = self.body.as_object_mut().is_some_and(|body| body.remove("parse_mode").is_some());
        for name in ["text", "caption"] {
            if let Some(text) = self.body.get(name).and_then(Value::as_str).map(plain).filter(|_| had) {
                self.set(name, text.into());
            }
        }
        had
    }

    fn set(&mut self, name: &str, value: Value) {
        if let Some(body) = self.body.as_object_mut() {
            body.insert(name.to_owned(), value);
        }
    }
}

fn markup(keyboard: &Keyboard) -> Value {
    let button = |(label, data): &(String, String)| json!({ "text": label, "callback_data": data });
    let rows: Value = keyboard.iter().map(|row| row.iter().map(button).collect::<Value>()).collect();
    json!({ "inline_keyboard": rows })
}
