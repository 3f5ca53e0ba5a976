//! Brings updates to users' conversations: who may talk to the bot, and one worker for each who may.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use plume::runtime::Clock;
use tokio::sync::mpsc;

use crate::{
    busy::{Busy, Guard},
    chat::{Desk, texts},
    ledger::Ledger,
    log::Log,
    plume_side::{Plume, Vault},
    telegram::{Call, ChatId, Content, Outbox, Update, UserId},
    worker::{Input, Worker},
};

/// Updates of one user that wait at the most.
const MAX_WAITING: usize = 32;
/// Strangers who are remembered, so that each gets one line and not one for every message.
const MAX_STRANGERS: usize = 1_000;
const STRANGER_AGAIN: Duration = Duration::from_secs(60 * 60);

/// What a [`Bot`] is made of.
pub struct Parts {
    /// Whom it talks to.
    pub allowed: BTreeSet<UserId>,
    /// Its user name.
    pub name: String,
    /// What conversations know; user and name are filled in for each.
    pub desk: Desk,
    /// Answers questions.
    pub plume: Plume,
    /// Sends.
    pub outbox: Outbox,
    /// Keeps users over a restart, if it does.
    pub vault: Option<Vault>,
    /// Knows which updates had their effect.
    pub ledger: Ledger,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where details go.
    pub log: Log,
    /// Counts what is under way.
    pub busy: Busy,
}

/// The bot. Cheap to clone.
#[derive(Clone)]
pub struct Bot {
    parts: Arc<Parts>,
    workers: Arc<Mutex<HashMap<UserId, mpsc::Sender<Input>>>>,
    strangers: Arc<Mutex<HashMap<UserId, Duration>>>,
}

impl Bot {
    /// A bot of these parts. It must be made, and called, on a tokio runtime.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self { parts: Arc::new(parts), workers: Arc::default(), strangers: Arc::default() }
    }

    /// Takes an update. Never waits: each user has a queue and a worker of his own, so that nobody waits for another.
    /// `handled` is let go when a repetition of the update would be recognised.
    pub fn deliver(&self, update: Update, handled: Guard) {
        if self.parts.ledger.is_done(update.id) {
            self.parts.log.info("an update that came again was skipped");
        } else if self.parts.allowed.contains(&update.user) {
            self.to_worker(update, handled);
        } else {
            self.stranger(&update);
        }
    }

    /// Nobody reads this chat any more.
    pub fn gone(&self, chat: ChatId) {
        self.parts.log.info("a chat was closed by the other side");
        let workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        // Only a private chat has a user's id.
        if let Some(worker) = workers.get(&UserId(chat.0)) {
            let _ = worker.try_send(Input::Gone);
        }
    }

    fn to_worker(&self, update: Update, handled: Guard) {
        let user = update.user;
        let busy = self.parts.busy.guard();
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        let worker = workers.entry(user).or_insert_with(|| {
            let (sender, inbox) = mpsc::channel(MAX_WAITING);
            tokio::spawn(Worker::new(Arc::clone(&self.parts), user).run(inbox));
            sender
        });
        if let Err(error) = worker.try_send(Input::Update { update, busy, handled }) {
            drop(workers);
            self.overrun(error.into_inner());
        }
    }

    /// Somebody sends faster than he can be answered.
    fn overrun(&self, input: Input) {
        self.parts.log.warn("an update was dropped: its user has too many waiting");
        if let Input::Update { update, busy, .. } = input
            && let Content::Press { query, .. } = &update.content
        {
            self.send(Call::answer(query, Some(texts::TOO_MANY)), busy);
        }
    }

    /// One neutral line, and no more than that.
    fn stranger(&self, update: &Update) {
        let line = texts::stranger(update.user.0);
        match &update.content {
            Content::Press { query, .. } if self.is_new_stranger(update.user) => {
                self.send(Call::answer(query, Some(&line)), self.parts.busy.guard());
            }
            Content::Text { .. } if update.chat.private && self.is_new_stranger(update.user) => {
                self.send(Call::send(update.chat.id, &line, &Vec::new()), self.parts.busy.guard());
            }
            _ => {}
        }
    }

    fn is_new_stranger(&self, user: UserId) -> bool {
        let now = self.parts.clock.monotonic();
        let mut strangers = self.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        strangers.retain(|_, told| now.saturating_sub(*told) < STRANGER_AGAIN);
        // With a crowd at the door, silence.
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

impl fmt::Debug for Bot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bot").field("name", &self.parts.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("name", &self.name).finish_non_exhaustive()
    }
}
