//! What workers share, and how updates reach them.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use plume::runtime::Clock;
use plume_telegram::{Busy, Guard, Log, Outbox, Update, UserId};
use tokio::sync::mpsc;

use crate::chat::Context;
use crate::plume_cloud::Plume;
use crate::state::{Ledger, Vault};

/// What the bot is made of.
pub struct Parts {
    pub allowed: BTreeSet<UserId>,
    pub name: String,
    /// What conversations know; user and name are filled in for each.
    pub context: Context,
    pub plume: Plume,
    pub outbox: Outbox,
    pub vault: Vault,
    pub ledger: Ledger,
    pub clock: Arc<dyn Clock>,
    pub log: Log,
    pub busy: Busy,
}

/// What comes to a worker.
#[derive(Debug)]
pub(crate) enum Input {
    Update {
        update: Update,
        /// Held until its last effect.
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
    /// Takes a worker out whose inbox is empty. Whether it was; nothing comes in after that.
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
