//! The actions of users.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::stand_in::bot_api::StandIn;
use crate::stand_in::request::File;
use crate::stand_in::state::{Message, person, set_all, update_id};

impl StandIn {
    /// Lets a user write in a chat. A private chat has its user's id. Returns the message's id.
    pub fn say(&self, user: i64, chat: i64, text: &str) -> i64 {
        self.post(user, chat, json!({ "text": text }))
    }

    /// Lets a user write in a topic of a forum. Returns the message's id.
    pub fn say_in_topic(&self, user: i64, chat: i64, topic: i64, text: &str) -> i64 {
        self.state().topics.entry((chat, topic)).or_insert(true);
        let content = json!({ "text": text, "message_thread_id": topic, "is_topic_message": true });
        self.post(user, chat, content)
    }

    /// Closes a topic, so that messages to it are refused.
    pub fn close_topic(&self, chat: i64, topic: i64) {
        self.state().topics.insert((chat, topic), false);
    }

    /// Lets a user send a message with these fields: a text, a picture with a caption, a sticker. Returns the message's id.
    pub fn post(&self, user: i64, chat: i64, content: Value) -> i64 {
        let mut state = self.state();
        let id = state.next_message();
        let field = |name: &str| content.get(name).and_then(Value::as_str);
        let text = field("text").or(field("caption")).unwrap_or_default().to_owned();
        state.messages.push(Message {
            id,
            chat,
            topic: content.get("message_thread_id").and_then(Value::as_i64),
            from_bot: false,
            text: text.clone(),
            entities: 0,
            buttons: Vec::new(),
            file: content.pointer("/document/file_id").and_then(Value::as_str).map(str::to_owned),
            raw: (text, Value::Null),
        });
        state.blocked.remove(&chat);
        state.chats.insert(chat);
        let mut message = self.shared.message(id, chat);
        set_all(&mut message, &json!({ "from": person(user) }));
        // Libraries recognise a command only if Telegram has marked it as one.
        let word = field("text").and_then(|text| text.split_whitespace().next()).unwrap_or_default();
        if word.starts_with('/') {
            let mark = json!({ "type": "bot_command", "offset": 0, "length": word.encode_utf16().count() });
            set_all(&mut message, &json!({ "entities": [mark] }));
        }
        set_all(&mut message, &content);
        state.update("message", &message);
        drop(state);
        self.shared.changed.notify_waiters();
        id
    }

    /// Lets a user send a file. Returns the message's id.
    pub fn send_file(&self, user: i64, chat: i64, name: &str, contents: &[u8]) -> i64 {
        let file = File { name: name.to_owned(), contents: Bytes::copy_from_slice(contents) };
        let id = self.state().keep(file);
        self.post(user, chat, json!({ "document": { "file_id": id, "file_name": name } }))
    }

    /// Lets a user edit the text of a message.
    pub fn edit(&self, user: i64, chat: i64, message: i64, text: &str) {
        let mut state = self.state();
        if let Some(changed) =
            state.messages.iter_mut().find(|known| known.chat == chat && known.id == message)
        {
            text.clone_into(&mut changed.text);
        }
        let mut edited = self.shared.message(message, chat);
        let when = self.shared.seconds();
        set_all(&mut edited, &json!({ "from": person(user), "edit_date": when, "text": text }));
        state.update("edited_message", &edited);
        drop(state);
        self.shared.changed.notify_waiters();
    }

    /// Lets a user press a button, or send data of a button that does not exist.
    pub fn press(&self, user: i64, chat: i64, message: i64, data: &str) {
        let mut state = self.state();
        state.next_query += 1;
        let id = format!("q{}", state.next_query);
        state.queries.insert(id.clone());
        let topic = state.messages.iter().find(|known| known.chat == chat && known.id == message);
        let topic = topic.and_then(|message| message.topic);
        let mut below = self.shared.message(message, chat);
        if let Some(topic) = topic {
            set_all(&mut below, &json!({ "message_thread_id": topic, "is_topic_message": true }));
        }
        let query = json!({
            "id": id, "from": person(user), "chat_instance": format!("{chat}"), "data": data, "message": below,
        });
        state.update("callback_query", &query);
        drop(state);
        self.shared.changed.notify_waiters();
    }

    /// Adds any update, as JSON; its number is filled in if it has none. Returns the number. An update with an old number is
    /// one that Telegram sends again.
    pub fn push(&self, mut update: Value) -> i64 {
        let mut state = self.state();
        let next = state.next_update;
        if let Some(update) = update.as_object_mut() {
            update.entry("update_id").or_insert_with(|| next.into());
        }
        let id = update_id(&update);
        state.next_update = next.max(id.saturating_add(1));
        state.updates.push_back(update);
        drop(state);
        self.shared.changed.notify_waiters();
        id
    }
}
