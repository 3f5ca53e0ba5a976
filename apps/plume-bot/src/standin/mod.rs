//! A Bot API of one's own, in this process, with the limits of the real one.
//!
//! It answers the methods that this bot calls and those with which other libraries begin, and refuses what Telegram
//! refuses: texts of more than 4,096 units, button data of more than 64 bytes, markup that does not parse (HTML and
//! `MarkdownV2`), an edit that changes nothing, too many messages, chats that have blocked the bot, and a second program
//! that polls. [`StandIn::serve`] makes it a server for other programs.

pub mod entities;
pub mod markdown;
mod methods;
mod request;
mod server;
pub mod terminal;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, UNIX_EPOCH},
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use plume::{
    auth::SecureUrl,
    runtime::{Clock, InProcess, Transport, TransportError, TransportErrorKind},
};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::telegram::{Api, BotToken};
use methods::Refusal;
use request::Parameters;

/// The token that a stand-in takes. No real one looks like this.
pub const TOKEN: &str = "1000:not-a-real-token";

/// A stand-in. Cheap to clone; clones share their state.
#[derive(Clone)]
pub struct StandIn {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    updates: VecDeque<Value>,
    next_update: i64,
    polls: u64,
    next_message: i64,
    next_query: u64,
    messages: Vec<Message>,
    /// Chats in which somebody has said something.
    chats: HashSet<i64>,
    /// The kinds of updates that the bot asked for; empty means all.
    allowed: HashSet<String>,
    /// Topics of forums in which something was said, and whether they are open.
    topics: HashMap<(i64, i64), bool>,
    stuck: bool,
    webhook: String,
    commands: Value,
    /// The time, in seconds since 1970, for what is sent.
    seconds: u64,
    log: Vec<Called>,
    shown: VecDeque<Shown>,
    queries: HashSet<String>,
    blocked: HashSet<i64>,
    moved: HashMap<i64, i64>,
    undeletable: bool,
    unreachable: bool,
    planned: VecDeque<(String, Refusal)>,
    sent: HashMap<i64, VecDeque<Duration>>,
    all_sent: VecDeque<Duration>,
}

/// A message of a chat.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its number.
    pub id: i64,
    /// Its chat.
    pub chat: i64,
    /// The topic it belongs to.
    pub topic: Option<i64>,
    /// Whether the bot wrote it.
    pub from_bot: bool,
    /// Its text, without markup.
    pub text: String,
    /// How many pieces of markup it has.
    pub entities: usize,
    /// Labels and data of its buttons.
    pub buttons: Vec<Vec<(String, String)>>,
    /// As it was sent, to tell an edit that changes nothing.
    raw: (String, Value),
}

/// A call that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// When.
    pub at: Duration,
    /// The method.
    pub method: String,
    /// The chat.
    pub chat: Option<i64>,
    /// Whether it was done.
    pub ok: bool,
}

/// Something that a user would see happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// A new message of the bot, by its number.
    New(i64),
    /// A message was changed.
    Changed(i64),
    /// A message is gone.
    Deleted(i64),
    /// A short note over the chat.
    Note(String),
}

impl StandIn {
    /// A stand-in in which nothing has happened yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        // Telegram's numbers grow over restarts of the bot, so ours must grow over restarts of the stand-in.
        let begin = clock.wall().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let next_update = i64::try_from(begin).unwrap_or_default();
        let state = State { next_update, next_message: 1, ..State::default() };
        Self { shared: Arc::new(Shared { clock, state: Mutex::new(state), changed: Notify::new() }) }
    }

    /// The way to it.
    #[must_use]
    pub fn transport(&self) -> Arc<dyn Transport> {
        let this = self.clone();
        Arc::new(InProcess::new(move |request| {
            let this = this.clone();
            async move { this.answer(request).await }
        }))
    }

    /// A client of it.
    #[must_use]
    pub fn api(&self) -> Api {
        api_over(self.transport())
    }

    /// A user writes into a chat. A private chat has its user's id. Gives the message's number.
    pub fn say(&self, user: i64, chat: i64, text: &str) -> i64 {
        self.post(user, chat, json!({ "text": text }))
    }

    /// A user writes into a topic of a forum.
    pub fn say_in_topic(&self, user: i64, chat: i64, topic: i64, text: &str) -> i64 {
        self.state().topics.entry((chat, topic)).or_insert(true);
        let content = json!({ "text": text, "message_thread_id": topic, "is_topic_message": true });
        self.post(user, chat, content)
    }

    /// From now on nothing can be said in a topic.
    pub fn close_topic(&self, chat: i64, topic: i64) {
        self.state().topics.insert((chat, topic), false);
    }

    /// A user sends a message with these fields: a text, a picture with a caption, a sticker. Gives the message's number.
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
            raw: (text, Value::Null),
        });
        state.blocked.remove(&chat);
        state.chats.insert(chat);
        let mut message = self.shared.message(id, chat);
        set_all(&mut message, &json!({ "from": person(user) }));
        // Libraries take a text for a command only if Telegram has marked it as one.
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

    /// A user changes the text of a message.
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

    /// Numbers of updates go on from here, as Telegram's do after a quiet week.
    pub fn renumber(&self, next: i64) {
        self.state().next_update = next;
    }

    /// From now on updates come again although they were confirmed, or no longer.
    pub fn stick(&self, stuck: bool) {
        self.state().stuck = stuck;
    }

    /// A user presses a button, or sends what he claims to be one.
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

    /// Any update, as JSON; its number is filled in unless it has one. Gives the number. With an old one it is an update
    /// that Telegram sends again.
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

    /// A user blocks the bot. The next message of the user unblocks it.
    pub fn block(&self, chat: i64) {
        self.state().blocked.insert(chat);
    }

    /// A group becomes a supergroup.
    pub fn migrate(&self, old: i64, new: i64) {
        self.state().moved.insert(old, new);
    }

    /// From now on no message can be deleted, or again all can.
    pub fn refuse_deletions(&self, refuse: bool) {
        self.state().undeletable = refuse;
    }

    /// From now on no connection is made, or again they are.
    pub fn unreachable(&self, unreachable: bool) {
        self.state().unreachable = unreachable;
    }

    /// The next call of `method` is refused with these words, once.
    pub fn refuse_next(&self, method: &str, code: u16, description: &str, retry_after: Option<u64>) {
        let parameters = retry_after.map(|seconds| json!({ "retry_after": seconds }));
        let refusal = Refusal { code, description: description.to_owned(), parameters };
        self.state().planned.push_back((method.to_owned(), refusal));
    }

    /// The messages of a chat that are there, oldest first.
    #[must_use]
    pub fn messages(&self, chat: i64) -> Vec<Message> {
        self.state().messages.iter().filter(|message| message.chat == chat).cloned().collect()
    }

    /// Every call that came, but for those for updates.
    #[must_use]
    pub fn calls(&self) -> Vec<Called> {
        self.state().log.clone()
    }

    /// How often updates were asked for.
    #[must_use]
    pub fn polls(&self) -> u64 {
        self.state().polls
    }

    /// What happened since this was asked last.
    pub fn take_shown(&self) -> Vec<Shown> {
        self.state().shown.drain(..).collect()
    }

    /// Waits until the bot has taken all updates.
    pub async fn taken(&self) {
        loop {
            let changed = self.shared.changed.notified();
            if self.all_taken() {
                return;
            }
            changed.await;
        }
    }

    fn all_taken(&self) -> bool {
        self.state().updates.is_empty()
    }

    async fn answer(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        if self.state().unreachable {
            return Err(TransportError::new(TransportErrorKind::Connect, "nobody listens"));
        }
        let path = request.uri().path().to_owned();
        let result =
            match (path.strip_prefix("/bot").and_then(|path| path.split_once('/')), Parameters::of(&request))
            {
                (Some((token, _)), _) if token.replace("%3A", ":") != TOKEN => {
                    Err(Refusal::new(401, "Unauthorized"))
                }
                (None, _) => Err(Refusal::new(404, "Not Found")),
                (_, Err(refusal)) => Err(refusal),
                (Some((_, method)), Ok(body)) if method.eq_ignore_ascii_case("getUpdates") => {
                    self.poll(&body).await
                }
                (Some((_, method)), Ok(body)) => {
                    let mut state = self.state();
                    state.seconds = self.shared.seconds();
                    state.call(method, &body, self.shared.clock.monotonic())
                }
            };
        self.shared.changed.notify_waiters();
        let (status, body) = match result {
            Ok(result) => (200, json!({ "ok": true, "result": result })),
            Err(refusal) => (refusal.code, refusal.body()),
        };
        let mut response = Response::new(Bytes::from(body.to_string()));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
        Ok(response)
    }

    /// Long polling. A second program that polls ends the first one's turn.
    async fn poll(&self, body: &Parameters) -> Result<Value, Refusal> {
        let kinds = body.json("allowed_updates")?;
        let turn = {
            let mut state = self.state();
            if let Some(refusal) = state.planned("getUpdates") {
                return Err(refusal);
            }
            if !state.webhook.is_empty() {
                return Err(Refusal::new(
                    409,
                    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
                ));
            }
            state.polls += 1;
            // A number that has not been given out yet confirms nothing.
            if let Some(offset) =
                body.number("offset").filter(|offset| *offset <= state.next_update && !state.stuck)
            {
                state.confirm(offset);
            }
            if let Some(kinds) = kinds.as_ref().and_then(Value::as_array) {
                state.allowed = kinds.iter().filter_map(|kind| Some(kind.as_str()?.to_owned())).collect();
            }
            state.polls
        };
        // Whoever waits sees that it is not his turn any more.
        self.shared.changed.notify_waiters();
        let limit =
            body.number("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(100).clamp(1, 100);
        let timeout = body
            .number("timeout")
            .and_then(|seconds| u64::try_from(seconds).ok())
            .unwrap_or_default()
            .min(50);
        let over = self.shared.clock.sleep(Duration::from_secs(timeout));
        tokio::pin!(over);
        loop {
            let changed = self.shared.changed.notified();
            {
                let state = self.state();
                if state.polls != turn {
                    return Err(Refusal::new(
                        409,
                        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                    ));
                }
                if !state.updates.is_empty() || timeout == 0 {
                    return Ok(state.updates.iter().take(limit).cloned().collect());
                }
            }
            tokio::select! {
                () = &mut over => return Ok(json!([])),
                () = changed => {}
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn seconds(&self) -> u64 {
        self.clock.wall().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
    }

    /// What every message has.
    fn message(&self, id: i64, chat: i64) -> Value {
        json!({ "message_id": id, "date": self.seconds(), "chat": chat_of(chat) })
    }
}

impl State {
    fn next_message(&mut self) -> i64 {
        let id = self.next_message;
        self.next_message += 1;
        id
    }

    /// Removes what is below `offset`; a negative one counts from the end.
    fn confirm(&mut self, offset: i64) {
        match usize::try_from(offset.unsigned_abs()) {
            Ok(last) if offset < 0 => {
                self.updates.drain(..self.updates.len().saturating_sub(last));
            }
            _ => self.updates.retain(|update| update_id(update) >= offset),
        }
    }

    fn update(&mut self, kind: &str, content: &Value) {
        if !self.allowed.is_empty() && !self.allowed.contains(kind) {
            return;
        }
        let id = self.next_update;
        self.next_update += 1;
        self.updates.push_back(json!({ "update_id": id, kind: content }));
    }

    fn planned(&mut self, method: &str) -> Option<Refusal> {
        let at = self.planned.iter().position(|(planned, _)| planned == method)?;
        self.planned.remove(at).map(|(_, refusal)| refusal)
    }
}

/// A client of a stand-in behind this transport.
///
/// # Panics
///
/// Never: the address and the token are constants.
#[must_use]
pub fn api_over(transport: Arc<dyn Transport>) -> Api {
    // Both are constants of the right form.
    #[expect(clippy::expect_used, reason = "a constant, and a test reads it")]
    let (base, token) = (
        SecureUrl::parse("http://127.0.0.1:9").expect("an address of this machine"),
        BotToken::parse(TOKEN).expect("the form of a token"),
    );
    Api::new(transport, &base, token)
}

fn update_id(update: &Value) -> i64 {
    update.get("update_id").and_then(Value::as_i64).unwrap_or_default()
}

fn person(user: i64) -> Value {
    json!({ "id": user, "is_bot": false, "first_name": format!("User {user}") })
}

fn chat_of(chat: i64) -> Value {
    if chat > 0 {
        json!({ "id": chat, "type": "private", "first_name": format!("User {chat}") })
    } else {
        json!({ "id": chat, "type": "supergroup", "title": format!("Group {}", chat.unsigned_abs()) })
    }
}

fn set_all(value: &mut Value, fields: &Value) {
    if let (Some(value), Some(fields)) = (value.as_object_mut(), fields.as_object()) {
        value.extend(fields.iter().map(|(name, field)| (name.clone(), field.clone())));
    }
}

impl fmt::Debug for StandIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StandIn").finish_non_exhaustive()
    }
}
