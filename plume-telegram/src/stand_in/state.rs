//! The state: messages, chats, waiting updates, and past calls.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::Duration,
};

use serde_json::{Value, json};

use crate::stand_in::refusal::Refusal;
use crate::stand_in::request::File;

/// The folder from which files are downloaded.
pub(super) const FOLDER: &str = "documents";

#[derive(Default)]
pub(super) struct State {
    pub(super) updates: VecDeque<Value>,
    pub(super) next_update: i64,
    pub(super) polls: u64,
    pub(super) next_message: i64,
    pub(super) next_query: u64,
    pub(super) messages: Vec<Message>,
    /// Chats in which a user has written.
    pub(super) chats: HashSet<i64>,
    /// The kinds of updates that the bot requested; empty means all.
    pub(super) allowed: HashSet<String>,
    /// Sent files, by their ids.
    pub(super) files: HashMap<String, File>,
    /// Topics of forums that were used, and whether they are open.
    pub(super) topics: HashMap<(i64, i64), bool>,
    pub(super) stuck: bool,
    pub(super) webhook: String,
    pub(super) commands: Value,
    /// The time, in seconds since 1970, for what is sent.
    pub(super) seconds: u64,
    pub(super) log: Vec<Called>,
    pub(super) shown: VecDeque<Shown>,
    pub(super) queries: HashSet<String>,
    pub(super) blocked: HashSet<i64>,
    pub(super) moved: HashMap<i64, i64>,
    pub(super) undeletable: bool,
    pub(super) unreachable: bool,
    pub(super) planned: VecDeque<(String, Refusal)>,
    pub(super) sent: HashMap<i64, VecDeque<Duration>>,
    pub(super) all_sent: VecDeque<Duration>,
}

/// A message of a chat.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Message {
    /// The id of the message.
    pub id: i64,
    /// The chat of the message.
    pub chat: i64,
    /// The topic of the message.
    pub topic: Option<i64>,
    /// Whether the bot sent it.
    pub from_bot: bool,
    /// The text, without markup.
    pub text: String,
    /// The number of pieces of markup.
    pub entities: usize,
    /// The labels and data of the buttons.
    pub buttons: Vec<Vec<(String, String)>>,
    /// The id of the file; [`StandIn::contents`](super::StandIn::contents) returns its contents.
    pub file: Option<String>,
    /// The raw text and buttons, to recognise an edit that changes nothing.
    pub(super) raw: (String, Value),
}

/// A received call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Called {
    /// The time of the call.
    pub at: Duration,
    /// The method.
    pub method: String,
    /// The chat.
    pub chat: Option<i64>,
    /// Whether it succeeded.
    pub ok: bool,
}

/// A change that a user would see.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shown {
    /// A new message of the bot, by its id.
    New(i64),
    /// An edited message.
    Changed(i64),
    /// A deleted message.
    Deleted(i64),
    /// A short note above the chat.
    Note(String),
}

impl State {
    pub(super) fn next_message(&mut self) -> i64 {
        let id = self.next_message;
        self.next_message += 1;
        id
    }

    /// Keeps a file and returns its id.
    pub(super) fn keep(&mut self, file: File) -> String {
        let id = format!("file{}", self.files.len() + 1);
        self.files.insert(id.clone(), file);
        id
    }

    /// Removes the updates below `offset`; a negative one counts from the end.
    pub(super) fn confirm(&mut self, offset: i64) {
        match usize::try_from(offset.unsigned_abs()) {
            Ok(last) if offset < 0 => {
                self.updates.drain(..self.updates.len().saturating_sub(last));
            }
            _ => self.updates.retain(|update| update_id(update) >= offset),
        }
    }

    pub(super) fn update(&mut self, kind: &str, content: &Value) {
        if !self.allowed.is_empty() && !self.allowed.contains(kind) {
            return;
        }
        let id = self.next_update;
        self.next_update += 1;
        self.updates.push_back(json!({ "update_id": id, kind: content }));
    }

    pub(super) fn planned(&mut self, method: &str) -> Option<Refusal> {
        let at = self.planned.iter().position(|(planned, _)| planned == method)?;
        self.planned.remove(at).map(|(_, refusal)| refusal)
    }
}

pub(super) fn update_id(update: &Value) -> i64 {
    update.get("update_id").and_then(Value::as_i64).unwrap_or_default()
}

pub(super) fn person(user: i64) -> Value {
    json!({ "id": user, "is_bot": false, "first_name": format!("User {user}") })
}

pub(super) fn chat_of(chat: i64) -> Value {
    if chat > 0 {
        json!({ "id": chat, "type": "private", "first_name": format!("User {chat}") })
    } else {
        json!({ "id": chat, "type": "supergroup", "title": format!("Group {}", chat.unsigned_abs()) })
    }
}

pub(super) fn set_all(value: &mut Value, fields: &Value) {
    if let (Some(value), Some(fields)) = (value.as_object_mut(), fields.as_object()) {
        value.extend(fields.iter().map(|(name, field)| (name.clone(), field.clone())));
    }
}
