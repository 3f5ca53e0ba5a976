//! The methods, and what each refuses.

use std::{collections::VecDeque, time::Duration};

use serde_json::{Value, json};

use super::{Called, Message, Shown, State, entities};

const MAX_TEXT: usize = 4_096;
const MAX_DATA: usize = 64;
const OVERALL: usize = 30;
const GROUP: usize = 20;
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// Telegram does not count in milliseconds.
const LENIENCE: Duration = Duration::from_millis(50);

/// Why a call is not done.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) code: u16,
    pub(super) description: String,
    pub(super) parameters: Option<Value>,
}

impl Refusal {
    pub(super) fn new(code: u16, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), parameters: None }
    }

    fn bad(description: impl AsRef<str>) -> Self {
        Self::new(400, format!("Bad Request: {}", description.as_ref()))
    }

    fn too_many(wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let description = format!("Too Many Requests: retry after {seconds}");
        Self { code: 429, description, parameters: Some(json!({ "retry_after": seconds })) }
    }

    pub(super) fn body(&self) -> Value {
        let mut body = json!({ "ok": false, "error_code": self.code, "description": self.description });
        if let (Some(parameters), Some(body)) = (&self.parameters, body.as_object_mut()) {
            body.insert("parameters".to_owned(), parameters.clone());
        }
        body
    }
}

type Result = std::result::Result<Value, Refusal>;

impl State {
    pub(super) fn call(&mut self, method: &str, body: &Value, now: Duration) -> Result {
        let chat = body.get("chat_id").and_then(Value::as_i64);
        let result = match self.planned(method) {
            Some(refusal) => Err(refusal),
            None => self.perform(method, body, chat, now),
        };
        self.log.push(Called { at: now, method: method.to_owned(), chat, ok: result.is_ok() });
        result
    }

    fn perform(&mut self, method: &str, body: &Value, chat: Option<i64>, now: Duration) -> Result {
        match method {
            "getMe" => {
                Ok(json!({ "id": 1000, "is_bot": true, "first_name": "Stand-in", "username": "standin_bot" }))
            }
            "deleteWebhook" | "setMyCommands" => Ok(true.into()),
            "sendChatAction" => self.reachable(chat).map(|_| true.into()),
            "sendMessage" => self.send(body, chat, now),
            "editMessageText" => self.edit(body, chat, now),
            "deleteMessage" => self.delete(body, chat),
            "answerCallbackQuery" => self.answer_query(body),
            _ => Err(Refusal::new(404, "Not Found: method not found")),
        }
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

    fn send(&mut self, body: &Value, chat: Option<i64>, now: Duration) -> Result {
        let chat = self.reachable(chat)?;
        let (text, count) = text_of(body)?;
        let buttons = buttons_of(body)?;
        let topic = self.topic_of(chat, body)?;
        self.count(chat, now)?;
        let id = self.next_message();
        let raw = raw_of(body);
        self.messages.push(Message {
            id,
            chat,
            topic,
            from_bot: true,
            text: text.clone(),
            entities: count,
            buttons,
            raw,
        });
        self.shown.push_back(Shown::New(id));
        Ok(json!({ "message_id": id, "date": 0, "chat": super::chat_of(chat), "text": text }))
    }

    fn topic_of(&self, chat: i64, body: &Value) -> std::result::Result<Option<i64>, Refusal> {
        let Some(topic) = body.get("message_thread_id").and_then(Value::as_i64) else { return Ok(None) };
        match self.topics.get(&(chat, topic)) {
            Some(true) => Ok(Some(topic)),
            Some(false) => Err(Refusal::bad("TOPIC_CLOSED")),
            None => Err(Refusal::bad("message thread not found")),
        }
    }

    fn edit(&mut self, body: &Value, chat: Option<i64>, now: Duration) -> Result {
        let chat = self.reachable(chat)?;
        let (text, count) = text_of(body)?;
        let buttons = buttons_of(body)?;
        let raw = raw_of(body);
        let id = body.get("message_id").and_then(Value::as_i64).unwrap_or_default();
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
        Ok(json!({ "message_id": id, "date": 0, "chat": super::chat_of(chat), "text": text }))
    }

    fn delete(&mut self, body: &Value, chat: Option<i64>) -> Result {
        let chat = self.reachable(chat)?;
        let id = body.get("message_id").and_then(Value::as_i64).unwrap_or_default();
        let at = self.messages.iter().position(|message| message.chat == chat && message.id == id);
        let at = at.ok_or_else(|| Refusal::bad("message to delete not found"))?;
        if self.undeletable {
            return Err(Refusal::bad("message can't be deleted"));
        }
        self.messages.remove(at);
        self.shown.push_back(Shown::Deleted(id));
        Ok(true.into())
    }

    fn answer_query(&mut self, body: &Value) -> Result {
        let id = body.get("callback_query_id").and_then(Value::as_str).unwrap_or_default();
        if !self.queries.remove(id) {
            return Err(Refusal::bad("query is too old and response timeout expired or query ID is invalid"));
        }
        if let Some(text) = body.get("text").and_then(Value::as_str) {
            if text.chars().count() > 200 {
                return Err(Refusal::bad("MESSAGE_TOO_LONG"));
            }
            self.shown.push_back(Shown::Note(text.to_owned()));
        }
        Ok(true.into())
    }

    /// The flood limits.
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

/// How long until one more fits into `most` per `window`.
fn wait(sent: &VecDeque<Duration>, most: usize, window: Duration, now: Duration) -> Duration {
    let first = sent.len().checked_sub(most).and_then(|at| sent.get(at));
    let until = first.map_or(Duration::ZERO, |first| first.saturating_add(window).saturating_sub(LENIENCE));
    until.saturating_sub(now)
}

fn text_of(body: &Value) -> std::result::Result<(String, usize), Refusal> {
    let text = body.get("text").and_then(Value::as_str).unwrap_or_default();
    let (text, count) = match body.get("parse_mode").and_then(Value::as_str) {
        None => (text.to_owned(), 0),
        Some("HTML") => {
            entities::parse(text).map_err(|error| Refusal::bad(format!("can't parse entities: {error}")))?
        }
        Some(_) => return Err(Refusal::bad("unsupported parse_mode")),
    };
    let text = text.trim().to_owned();
    match text.chars().map(char::len_utf16).sum::<usize>() {
        0 => Err(Refusal::bad("message text is empty")),
        units if units > MAX_TEXT => Err(Refusal::bad("message is too long")),
        _ => Ok((text, count)),
    }
}

fn buttons_of(body: &Value) -> std::result::Result<Vec<Vec<(String, String)>>, Refusal> {
    let Some(rows) = body.pointer("/reply_markup/inline_keyboard").and_then(Value::as_array) else {
        return Ok(Vec::new());
    };
    let button = |button: &Value| {
        let text = |name: &str| button.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (label, data) = (text("text"), text("callback_data"));
        if label.is_empty() {
            return Err(Refusal::bad("can't parse inline keyboard button: Text must be non-empty"));
        }
        if !(1..=MAX_DATA).contains(&data.len()) {
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

fn raw_of(body: &Value) -> (String, Value) {
    let text = body.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
    (text, body.get("reply_markup").cloned().unwrap_or_default())
}
