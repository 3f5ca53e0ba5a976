//! The stand-in: receives calls, and responds as Telegram does.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use plume_runtime::{Clock, InProcess, Transport, TransportError, TransportErrorKind};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::api::{Api, BotToken};
use crate::stand_in::refusal::Refusal;
use crate::stand_in::request::Parameters;
use crate::stand_in::state::{Called, FOLDER, Message, Shown, State, chat_of};

/// The token of every stand-in. No real token looks like this.
pub const TOKEN: &str = "1000:not-a-real-token";

/// A Bot API in this process. Cheap to clone; clones share their state.
///
/// ```
/// use std::{sync::Arc, time::Duration};
///
/// use plume_runtime::SystemClock;
/// use plume_telegram::{Call, Chat, ChatId, Keyboard, Update, stand_in::StandIn};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let telegram = StandIn::new(Arc::new(SystemClock::new()));
/// telegram.say(11, 11, "/start");
/// let api = telegram.api();
/// let updates = api.updates(None, Duration::ZERO).await?;
/// let update = Update::parse(&updates[0]).ok_or("no update")?;
/// api.call(&Call::send(update.chat, "<b>hello</b>", &Keyboard::new())).await?;
/// assert_eq!(telegram.messages(11).last().map(|message| message.text.as_str()), Some("hello"));
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct StandIn {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) clock: Arc<dyn Clock>,
    state: Mutex<State>,
    pub(super) changed: Notify,
}

impl StandIn {
    /// Creates a stand-in without chats.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        // Telegram's numbers grow over restarts of the bot, so these must grow over restarts of the stand-in.
        let begin = u64::try_from(clock.wall().timestamp()).unwrap_or(0);
        let next_update = i64::try_from(begin).unwrap_or_default();
        let state = State { next_update, next_message: 1, ..State::default() };
        Self { shared: Arc::new(Shared { clock, state: Mutex::new(state), changed: Notify::new() }) }
    }

    /// Returns a transport to the stand-in.
    pub fn transport(&self) -> Arc<dyn Transport> {
        let this = self.clone();
        Arc::new(InProcess::new(move |request| {
            let this = this.clone();
            async move { this.answer(request).await }
        }))
    }

    /// Returns a client of the stand-in.
    pub fn api(&self) -> Api {
        api_over(self.transport())
    }

    /// Sets the number of the next update, as Telegram does after a quiet week.
    pub fn renumber(&self, next: i64) {
        self.state().next_update = next;
    }

    /// Sets whether confirmed updates are sent again.
    pub fn stick(&self, stuck: bool) {
        self.state().stuck = stuck;
    }

    /// Lets a user block the bot. The next message of the user unblocks it.
    pub fn block(&self, chat: i64) {
        self.state().blocked.insert(chat);
    }

    /// Turns a group into a supergroup.
    pub fn migrate(&self, old: i64, new: i64) {
        self.state().moved.insert(old, new);
    }

    /// Sets whether deletions are refused.
    pub fn refuse_deletions(&self, refuse: bool) {
        self.state().undeletable = refuse;
    }

    /// Sets whether connections fail.
    pub fn unreachable(&self, unreachable: bool) {
        self.state().unreachable = unreachable;
    }

    /// Refuses the next call of `method` with this description, once.
    pub fn refuse_next(&self, method: &str, code: u16, description: &str, retry_after: Option<u64>) {
        let parameters = retry_after.map(|seconds| json!({ "retry_after": seconds }));
        let refusal = Refusal { code, description: description.to_owned(), parameters };
        self.state().planned.push_back((method.to_owned(), refusal));
    }

    /// Returns the existing messages of a chat, oldest first.
    pub fn messages(&self, chat: i64) -> Vec<Message> {
        self.state().messages.iter().filter(|message| message.chat == chat).cloned().collect()
    }

    /// Returns every call except those for updates.
    pub fn calls(&self) -> Vec<Called> {
        self.state().log.clone()
    }

    /// Returns the contents of a file that a user or the bot has sent.
    pub fn contents(&self, file: &str) -> Option<Bytes> {
        self.state().files.get(file).map(|file| file.contents.clone())
    }

    /// Returns the number of polls for updates.
    pub fn polls(&self) -> u64 {
        self.state().polls
    }

    /// Returns the changes since the last call of this method.
    pub fn take_shown(&self) -> Vec<Shown> {
        self.state().shown.drain(..).collect()
    }

    /// Waits until the bot has received all updates.
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

    pub(super) async fn answer(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        if self.state().unreachable {
            return Err(TransportError::new(TransportErrorKind::Connect, "connection refused"));
        }
        let path = request.uri().path().to_owned();
        let download = format!("/file/bot{TOKEN}/{FOLDER}/");
        if let Some(contents) = path.strip_prefix(&download).and_then(|id| self.contents(id)) {
            return Ok(Response::new(contents));
        }
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

    /// Responds to long polling. A second program that polls ends the first poll.
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
            // A number that has not been assigned yet confirms nothing.
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
        // Ends a waiting poll.
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

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    pub(super) fn seconds(&self) -> u64 {
        u64::try_from(self.clock.wall().timestamp()).unwrap_or(0)
    }

    /// Returns the fields of every message.
    pub(super) fn message(&self, id: i64, chat: i64) -> Value {
        json!({ "message_id": id, "date": self.seconds(), "chat": chat_of(chat) })
    }
}

/// Returns a client of a stand-in behind this transport.
///
/// # Panics
///
/// Never: the address and the token are constants.
pub fn api_over(transport: Arc<dyn Transport>) -> Api {
    #[expect(clippy::expect_used, reason = "constants of the right form, and every test reads them")]
    BotToken::parse(TOKEN)
        .ok()
        .and_then(|token| Api::new(transport, token).with_base("http://127.0.0.1:9").ok())
        .expect("a token and an address of this machine")
}

impl fmt::Debug for StandIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StandIn").finish_non_exhaustive()
    }
}
