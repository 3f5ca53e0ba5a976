//! The methods, and their refusals.

use std::{collections::VecDeque, time::Duration};

use serde_json::{Value, json};

use crate::stand_in::markup::{html, markdown};
use crate::stand_in::refusal::Refusal;
use crate::stand_in::request::Parameters;
use crate::stand_in::state::{Called, FOLDER, Message, Shown, State, chat_of, set_all};

const MAX_TEXT: usize = 4_096;
const MAX_CAPTION: usize = 1_024;
/// Maximum size of a download by a bot.
const MAX_FILE: usize = 20 << 20;
const MAX_DATA: usize = 64;
const OVERALL: usize = 30;
const GROUP: usize = 20;
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// Telegram's limits are not exact to the millisecond.
const LENIENCE: Duration = Duration::from_millis(50);

type Result = std::result::Result<Value, Refusal>;

impl State {
    pub(super) fn call(&mut self, method: &str, body: &Parameters, now: Duration) -> Result {
        let chat = body.number("chat_id");
        let result = match self.planned(method) {
            Some(refusal) => Err(refusal),
            None => self.perform(method, body, chat, now),
        };
        self.log.push(Called { at: now, method: method.to_owned(), chat, ok: result.is_ok() });
        result
    }

    fn perform(&mut self, method: &str, body: &Parameters, chat: Option<i64>, now: Duration) -> Result {
        // Method names are not case-sensitive.
        match method.to_ascii_lowercase().as_str() {
            "getme" => Ok(me()),
            "setwebhook" => self.set_webhook(body),
            "deletewebhook" => {
                self.webhook.clear();
                if body.flag("drop_pending_updates") {
                    self.updates.clear();
                }
                Ok(true.into())
            }
            "getwebhookinfo" => Ok(json!({
                "url": self.webhook, "has_custom_certificate": false, "pending_update_count": self.updates.len(),
            })),
            "getmycommands" => Ok(self.commands.clone()),
            "setmycommands" | "deletemycommands" => {
                self.commands = body.json("commands")?.unwrap_or_else(|| json!([]));
                Ok(true.into())
            }
            "logout" | "close" => Ok(true.into()),
            "getchat" => self.reachable(chat).map(full_chat),
            "sendchataction" => self.reachable(chat).map(|_| true.into()),
            "sendmessage" => self.send(body, chat, now),
            "senddocument" => self.send_document(body, chat, now),
            "getfile" => self.get_file(body),
            "createforumtopic" => self.create_topic(body, chat),
            "closeforumtopic" => {
                let chat = self.reachable(chat)?;
                let topic = self.topic_of(chat, body)?.unwrap_or_default();
                self.topics.insert((chat, topic), false);
                Ok(true.into())
            }
            "editmessagetext" => self.edit(body, chat, now),
            "deletemessage" => self.delete(body, chat),
            "answercallbackquery" => self.answer_query(body),
            _ => Err(Refusal::new(404, "Not Found: method not found")),
        }
    }

    fn set_webhook(&mut self, body: &Parameters) -> Result {
        let url = body.text("url").unwrap_or_default();
        if !url.is_empty() && !url.starts_with("https://") {
            return Err(Refusal::bad("bad webhook: An HTTPS URL must be provided for webhook"));
        }
        self.webhook = url;
        Ok(true.into())
    }

    fn reachable(&self, chat: Option<i64>) -> std::result::Result<i64, Refusal> {
        let chat = chat.ok_or_else(|| Refusal::bad("chat_id is empty"))?;
        if let Some(new) = self.moved.get(&chat) {
            return Err(Refusal {
                parameters: Some(json!({ "migrate_to_chat_id": new })),
                ..Refusal::bad("group chat was upgraded to a supergroup chat")
            });
        }
        if self.blocked.contains(&chat) {
            return Err(Refusal::new(403, "Forbidden: bot was blocked by the user"));
        }
        if self.chats.contains(&chat) || self.moved.values().any(|new| *new == chat) {
            Ok(chat)
        } else {
            Err(Refusal::bad("chat not found"))
        }
    }

    fn send(&mut self, body: &Parameters, chat: Option<i64>, now: Duration) -> Result {
        let chat = self.reachable(chat)?;
        let (text, entities) = text_of(body, "text", MAX_TEXT)?;
        if text.is_empty() {
            return Err(Refusal::bad("message text is empty"));
        }
        self.post(body, chat, text, entities, None, now)
    }

    fn send_document(&mut self, body: &Parameters, chat: Option<i64>, now: Duration) -> Result {
        let chat = self.reachable(chat)?;
        let (caption, entities) = text_of(body, "caption", MAX_CAPTION)?;
        let known = body.text("document").filter(|id| self.files.contains_key(id));
        let file = match (known, body.file("document")) {
            (Some(id), _) => id,
            (None, Some(file)) if file.contents.is_empty() => {
                return Err(Refusal::bad("file must be non-empty"));
            }
            (None, Some(file)) => self.keep(file.clone()),
            (None, None) => return Err(Refusal::bad("there is no document in the request")),
        };
        self.post(body, chat, caption, entities, Some(file), now)
    }

    /// Adds a new message of the bot.
    fn post(
        &mut self,
        body: &Parameters,
        chat: i64,
        text: String,
        entities: usize,
        file: Option<String>,
        now: Duration,
    ) -> Result {
        let (buttons, raw) = (buttons_of(body)?, raw_of(body)?);
        let topic = self.topic_of(chat, body)?;
        self.count(chat, now)?;
        let id = self.next_message();
        let name = if file.is_some() { "caption" } else { "text" };
        let mut answer = sent(id, chat, topic, (name, &text), self.seconds);
        if let Some((id, file)) = file.as_ref().and_then(|id| self.files.get_key_value(id)) {
            let document = json!({ "file_id": id, "file_unique_id": id, "file_name": file.name });
            set_all(&mut answer, &json!({ "document": document }));
        }
        self.messages.push(Message { id, chat, topic, from_bot: true, text, entities, buttons, file, raw });
        self.shown.push_back(Shown::New(id));
        Ok(answer)
    }

    fn get_file(&self, body: &Parameters) -> Result {
        let id = body.text("file_id").unwrap_or_default();
        let file = self.files.get(&id).ok_or_else(|| Refusal::bad("invalid file_id"))?;
        if file.contents.len() > MAX_FILE {
            return Err(Refusal::bad("file is too big"));
        }
        let path = format!("{FOLDER}/{id}");
        Ok(
            json!({ "file_id": id, "file_unique_id": id, "file_size": file.contents.len(), "file_path": path }),
        )
    }

    fn create_topic(&mut self, body: &Parameters, chat: Option<i64>) -> Result {
        let chat = self.reachable(chat)?;
        if chat > 0 {
            return Err(Refusal::bad("the chat is not a forum"));
        }
        let topic = self.next_message();
        self.topics.insert((chat, topic), true);
        Ok(json!({ "message_thread_id": topic, "name": body.text("name"), "icon_color": 7_322_096 }))
    }

    fn topic_of(&self, chat: i64, body: &Parameters) -> std::result::Result<Option<i64>, Refusal> {
        let Some(topic) = body.number("message_thread_id") else { return Ok(None) };
        match self.topics.get(&(chat, topic)) {
            Some(true) => Ok(Some(topic)),
            Some(false) => Err(Refusal::bad("TOPIC_CLOSED")),
            None => Err(Refusal::bad("message thread not found")),
        }
    }

    fn edit(&mut self, body: &Parameters, chat: Option<i64>, now: Duration) -> Result {
        let chat = self.reachable(chat)?;
        let (text, count) = text_of(body, "text", MAX_TEXT)?;
        if text.is_empty() {
            return Err(Refusal::bad("message text is empty"));
        }
        let (buttons, raw) = (buttons_of(body)?, raw_of(body)?);
        let id = body.number("message_id").unwrap_or_default();
        let found = self.messages.iter().position(|message| message.chat == chat && message.id == id);
        let message = found.and_then(|at| self.messages.get(at)).filter(|message| message.from_bot);
        let message = message.ok_or_else(|| Refusal::bad("message to edit not found"))?;
        if message.raw == raw {
            return Err(Refusal::bad(
                "message is not modified: specified new message content and reply markup are exactly the same as a \
                 current content and reply markup of the message",
            ));
        }
        self.count(chat, now)?;
        if let Some(message) = found.and_then(|at| self.messages.get_mut(at)) {
            *message = Message { text: text.clone(), entities: count, buttons, raw, ..message.clone() };
        }
        self.shown.push_back(Shown::Changed(id));
        Ok(sent(id, chat, None, ("text", &text), self.seconds))
    }

    fn delete(&mut self, body: &Parameters, chat: Option<i64>) -> Result {
        let chat = self.reachable(chat)?;
        let id = body.number("message_id").unwrap_or_default();
        let at = self.messages.iter().position(|message| message.chat == chat && message.id == id);
        let at = at.ok_or_else(|| Refusal::bad("message to delete not found"))?;
        if self.undeletable {
            return Err(Refusal::bad("message can't be deleted"));
        }
        self.messages.remove(at);
        self.shown.push_back(Shown::Deleted(id));
        Ok(true.into())
    }

    fn answer_query(&mut self, body: &Parameters) -> Result {
        let id = body.text("callback_query_id").unwrap_or_default();
        if !self.queries.remove(&id) {
            return Err(Refusal::bad("query is too old and response timeout expired or query ID is invalid"));
        }
        if let Some(text) = body.text("text") {
            if text.chars().count() > 200 {
                return Err(Refusal::bad("MESSAGE_TOO_LONG"));
            }
            self.shown.push_back(Shown::Note(text));
        }
        Ok(true.into())
    }

    /// Applies the flood limits.
    fn count(&mut self, chat: i64, now: Duration) -> std::result::Result<(), Refusal> {
        let sent = self.sent.entry(chat).or_default();
        let of_chat = wait(sent, 1, SECOND, now);
        let of_group = if chat < 0 { wait(sent, GROUP, MINUTE, now) } else { Duration::ZERO };
        let all = wait(&self.all_sent, OVERALL, SECOND, now);
        let longest = of_chat.max(of_group).max(all);
        if !longest.is_zero() {
            return Err(Refusal::too_many(longest));
        }
        for times in [sent, &mut self.all_sent] {
            times.push_back(now);
            if times.len() > OVERALL {
                times.pop_front();
            }
        }
        Ok(())
    }
}

/// Returns the wait until one more fits into `most` per `window`.
fn wait(sent: &VecDeque<Duration>, most: usize, window: Duration, now: Duration) -> Duration {
    let first = sent.len().checked_sub(most).and_then(|at| sent.get(at));
    let until = first.map_or(Duration::ZERO, |first| first.saturating_add(window).saturating_sub(LENIENCE));
    until.saturating_sub(now)
}

/// Returns the bot's own account, as `getMe` shows it.
fn me() -> Value {
    json!({
        "id": 1000, "is_bot": true, "first_name": "Stand-in", "username": "standin_bot", "can_join_groups": true,
        "can_read_all_group_messages": false, "supports_inline_queries": false, "can_connect_to_business": false,
        "has_main_web_app": false,
    })
}

/// Returns a chat with the fields that `getChat` adds.
fn full_chat(chat: i64) -> Value {
    let mut full = chat_of(chat);
    let gifts = json!({
        "unlimited_gifts": false, "limited_gifts": false, "unique_gifts": false, "premium_subscription": false,
        "gifts_from_channels": false,
    });
    set_all(
        &mut full,
        &json!({ "accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts }),
    );
    full
}

/// Returns a message of the bot, as a call that sends or edits one returns it.
fn sent(id: i64, chat: i64, topic: Option<i64>, (name, text): (&str, &str), seconds: u64) -> Value {
    let from = json!({ "id": 1000, "is_bot": true, "first_name": "Stand-in", "username": "standin_bot" });
    let mut message =
        json!({ "message_id": id, "date": seconds, "chat": chat_of(chat), "from": from, name: text });
    if let Some(topic) = topic {
        set_all(&mut message, &json!({ "message_thread_id": topic, "is_topic_message": true }));
    }
    message
}

/// Returns a text without its markup, and the number of pieces of markup.
fn text_of(body: &Parameters, name: &str, most: usize) -> std::result::Result<(String, usize), Refusal> {
    let text = body.text(name).unwrap_or_default();
    let mode = body.text("parse_mode").unwrap_or_default();
    let parsed = match mode.to_ascii_lowercase().as_str() {
        "" => Ok((text, 0)),
        "html" => html::parse(&text),
        "markdownv2" => markdown::parse(&text),
        _ => return Err(Refusal::bad("unsupported parse_mode")),
    };
    let (text, count) = parsed.map_err(|error| Refusal::bad(format!("can't parse entities: {error}")))?;
    let text = text.trim().to_owned();
    if text.chars().map(char::len_utf16).sum::<usize>() > most {
        let what = if name == "text" { "message" } else { "message caption" };
        return Err(Refusal::bad(format!("{what} is too long")));
    }
    Ok((text, count))
}

fn buttons_of(body: &Parameters) -> std::result::Result<Vec<Vec<(String, String)>>, Refusal> {
    let markup = body.json("reply_markup")?.unwrap_or_default();
    let Some(rows) = markup.get("inline_keyboard").and_then(Value::as_array) else {
        return Ok(Vec::new());
    };
    let button = |button: &Value| {
        let text = |name: &str| button.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (label, data) = (text("text"), text("callback_data"));
        if label.is_empty() {
            return Err(Refusal::bad("can't parse inline keyboard button: Text must be non-empty"));
        }
        // Buttons that open a page send no data.
        let opens = ["url", "web_app", "copy_text"].iter().any(|name| button.get(name).is_some());
        if !opens && !(1..=MAX_DATA).contains(&data.len()) {
            return Err(Refusal::bad("BUTTON_DATA_INVALID"));
        }
        Ok((label, data))
    };
    rows.iter()
        .map(|row| {
            row.as_array().map(|row| row.iter().map(button).collect()).unwrap_or_else(|| Ok(Vec::new()))
        })
        .collect()
}

fn raw_of(body: &Parameters) -> std::result::Result<(String, Value), Refusal> {
    Ok((body.text("text").unwrap_or_default(), body.json("reply_markup")?.unwrap_or_default()))
}
