//! The shared state of the workers, and their inboxes.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use plume::runtime::Clock;
use plume_telegram::{Busy, Guard, Log, Outbox, Update, UserId};
use tokio::sync::mpsc;

use crate::chat::Context;
use crate::plume_cloud::Plume;
use crate::state::{Ledger, UserStore};

/// The parts of the bot.
pub struct Parts {
    pub allowed: BTreeSet<UserId>,
    pub name: String,
    /// The context of conversations; user and name are set for each.
    pub context: Context,
    pub plume: Plume,
    pub outbox: Outbox,
    pub user_store: UserStore,
    pub ledger: Ledger,
    pub clock: Arc<dyn Clock>,
    pub log: Log,
    pub busy: Busy,
}

/// An input of a worker.
#[derive(Debug)]
pub(crate) enum Input {
    Update {
        update: Update,
        /// Held until the last effect.
        busy: Guard,
        /// Held until a repetition would be recognised.
        handled: Guard,
    },
    Gone,
}

/// The inboxes of the workers.
#[derive(Debug, Default)]
pub(crate) struct Workers {
    inboxes: Mutex<HashMap<UserId, mpsc::Sender<Input>>>,
}

impl Workers {
    /// Removes a worker whose inbox is empty, and returns whether it was. Nothing arrives after that.
    pub(crate) fn retire(&self, user: UserId, inbox: &mpsc::Receiver<Input>) -> bool {
        let mut inboxes = self.inboxes();
        // Inputs are sent under this lock.
        let is_empty = inbox.is_empty();
        if is_empty {
            inboxes.remove(&user);
        }
        is_empty
    }

    pub(super) fn inboxes(&self) -> MutexGuard<'_, HashMap<UserId, mpsc::Sender<Input>>> {
        self.inboxes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
