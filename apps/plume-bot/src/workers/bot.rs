//! Delivery of updates to the conversations of allowed users, with one worker per user.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use plume_telegram::{Call, Chat, ChatId, Content, Guard, MessageId, Update, UserId};
use tokio::sync::mpsc::{self, error::TrySendError};

use crate::chat::texts::{self, SENTENCES};
use crate::secret::Secret;
use crate::workers::caught::caught;
use crate::workers::inbox::{Input, Parts, Workers};
use crate::workers::worker::Worker;

/// Maximum number of waiting updates of one user.
const MAX_WAITING: usize = 32;
/// Maximum number of remembered strangers. Each gets one reply in all.
const MAX_STRANGERS: usize = 1_000;
const STRANGER_AGAIN: Duration = Duration::from_secs(60 * 60);
/// The interval of the notice to a chat that messages were dropped.
const DROPPED_AGAIN: Duration = Duration::from_secs(60);

/// The bot. Cheap to clone.
#[derive(Clone)]
pub struct Bot {
    parts: Arc<Parts>,
    workers: Arc<Workers>,
    strangers: Arc<Mutex<HashMap<UserId, Duration>>>,
    /// The time of each chat's last notice that messages were dropped.
    overrun: Arc<Mutex<HashMap<ChatId, Duration>>>,
}

impl Bot {
    /// Creates a bot of these parts. It must be created and called on a tokio runtime.
    pub fn new(parts: Parts) -> Self {
        Self {
            parts: Arc::new(parts),
            workers: Arc::default(),
            strangers: Arc::default(),
            overrun: Arc::default(),
        }
    }

    /// Returns the parts of the bot.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Queues an update. Never waits: each user has a queue and a worker, so that no user waits for another. `handled` is
    /// dropped when a repetition of the update would be recognised.
    pub fn deliver(&self, update: Update, handled: Guard) {
        if self.parts.ledger.is_done(update.key, self.parts.clock.wall()) {
            self.parts.log.info("a repeated update was skipped");
        } else if self.parts.allowed.contains(&update.user) {
            self.to_worker(update, handled);
        } else {
            self.stranger(&update);
        }
    }

    /// Ends the worker of a chat that the user has left or blocked.
    pub fn gone(&self, chat: ChatId) {
        self.parts.log.info("a chat was closed by the other side");
        // Only a private chat has a user's id.
        if let Some(worker) = self.workers.inboxes().get(&UserId(chat.0)) {
            let _ = worker.try_send(Input::Gone);
        }
    }

    /// Notifies a chat that messages to it were dropped, at most once a minute.
    pub fn dropped(&self, chat: Chat) {
        let now = self.parts.clock.monotonic();
        let mut overrun = self.overrun.lock().unwrap_or_else(PoisonError::into_inner);
        overrun.retain(|_, told| now.saturating_sub(*told) < DROPPED_AGAIN);
        let is_new = overrun.insert(chat.id, now).is_none();
        drop(overrun);
        if is_new {
            let call = Call::send(chat, SENTENCES.dropped, &Vec::new()).urgent();
            self.send(call, self.parts.busy.guard());
        }
    }

    /// Returns the number of workers.
    pub fn workers(&self) -> usize {
        self.workers.inboxes().len()
    }

    fn to_worker(&self, update: Update, handled: Guard) {
        let user = update.user;
        let input = Input::Update { update, busy: self.parts.busy.guard(), handled };
        let mut inboxes = self.workers.inboxes();
        let inbox = inboxes.entry(user).or_insert_with(|| self.employ(user));
        let refused = match inbox.try_send(input) {
            Err(TrySendError::Closed(input)) => {
                *inbox = self.employ(user);
                inbox.try_send(input)
            }
            other => other,
        };
        drop(inboxes);
        if let Err(error) = refused {
            self.overrun(error.into_inner());
        }
    }

    /// Starts a worker. If it panics, another one continues with the same inbox.
    fn employ(&self, user: UserId) -> mpsc::Sender<Input> {
        let (sender, mut inbox) = mpsc::channel(MAX_WAITING);
        let (parts, workers) = (Arc::clone(&self.parts), Arc::downgrade(&self.workers));
        tokio::spawn(async move {
            loop {
                let worker = Worker::new(Arc::clone(&parts), user, workers.clone());
                match caught(worker.run(&mut inbox)).await {
                    Ok(()) => return,
                    Err(panic) => {
                        parts.log.warn(&format!("the worker of a user panicked and was replaced: {panic}"));
                    }
                }
            }
        });
        sender
    }

    /// Handles an update of a user whose queue is full.
    fn overrun(&self, input: Input) {
        let Input::Update { update, busy, .. } = input else { return };
        self.parts.log.warn("an update was dropped: its user has too many waiting");
        match &update.content {
            Content::Press { query, .. } => self.send(Call::answer(query, Some(SENTENCES.too_many)), busy),
            // A secret must be deleted even then.
            Content::Text { message, text, behind } => {
                let is_secret = [text, behind].into_iter().any(|text| holds_secret(text));
                self.drop_message(update.chat, *message, is_secret);
            }
            Content::NotText { message, written, .. } => {
                self.drop_message(update.chat, *message, holds_secret(written));
            }
            _ => {}
        }
    }

    fn drop_message(&self, chat: Chat, message: MessageId, is_secret: bool) {
        if is_secret {
            self.send(Call::delete(chat.id, message), self.parts.busy.guard());
        }
        self.dropped(chat);
    }

    /// Replies to a stranger with one neutral line.
    fn stranger(&self, update: &Update) {
        let line = texts::stranger(update.user.0);
        match &update.content {
            Content::Press { query, .. } if self.is_new_stranger(update.user) => {
                self.send(Call::answer(query, Some(&line)), self.parts.busy.guard());
            }
            Content::Text { .. } | Content::NotText { edited: false, .. }
                if update.chat.private && self.is_new_stranger(update.user) =>
            {
                self.send(Call::send(update.chat, &line, &Vec::new()), self.parts.busy.guard());
            }
            _ => {}
        }
    }

    fn is_new_stranger(&self, user: UserId) -> bool {
        let now = self.parts.clock.monotonic();
        let mut strangers = self.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        strangers.retain(|_, told| now.saturating_sub(*told) < STRANGER_AGAIN);
        // Too many strangers get no reply.
        let is_new = !strangers.contains_key(&user) && strangers.len() < MAX_STRANGERS;
        if is_new {
            strangers.insert(user, now);
        }
        is_new
    }

    fn send(&self, call: Call, busy: Guard) {
        drop(self.parts.outbox.send(call, busy));
    }
}

fn holds_secret(text: &str) -> bool {
    Secret::new(text.to_owned()).looks_secret()
}
