//! The loop of the sender.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use plume::runtime::{Clock, time};
use tokio::task::JoinSet;

use crate::metrics::{Meters, Part};
use crate::notify::channel::{Channel, Hidden};
use crate::notify::delivery::Carriers;
use crate::notify::sender::fair::Turns;
use crate::stop::Stopping;
use crate::store::{Result, Store, StoreError, model::Queue};
use crate::suspended::Suspended;
use crate::worker::Trouble;

/// Time between two reads of the outbox.
const TICK: Duration = Duration::from_secs(1);
/// Maximum number of channels that send at the same time.
const AT_ONCE: usize = 16;
/// The time for which the hourly limit of a channel counts.
pub(super) const HOUR: Duration = Duration::from_secs(3_600);

/// The parts of a sender.
#[derive(Clone)]
pub struct SenderParts {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The parts that send requests.
    pub carriers: Carriers,
    /// The sender of mails, for example `Monitor <monitor@example.net>`.
    pub from: String,
    /// The token of the bot for channels of Telegram without one.
    pub bot: Option<Hidden>,
    /// Failures of the store.
    pub trouble: Arc<Trouble>,
    /// The counters.
    pub meters: Meters,
    /// The suspended tenants, whose turns end at once.
    pub suspended: Suspended,
}

impl fmt::Debug for SenderParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SenderParts").field("carriers", &self.carriers).finish_non_exhaustive()
    }
}

/// Sends the messages of the outbox. Clones share their limits.
#[derive(Debug, Clone)]
pub struct Sender {
    pub(super) parts: SenderParts,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    /// The times of the last messages of each channel, for its hourly limit.
    sent: HashMap<Queue, VecDeque<DateTime<Utc>>>,
    /// The last repetition of the alerts of a channel.
    repeated: HashMap<Queue, DateTime<Utc>>,
}

impl Sender {
    /// Creates a sender.
    #[must_use]
    pub fn new(parts: SenderParts) -> Self {
        Self { parts, shared: Arc::default() }
    }

    /// Sends until the request to stop, and lets running attempts end.
    pub async fn run(&self, mut stopping: Stopping) {
        let (mut turns, mut running, mut busy) = (Turns::default(), JoinSet::new(), HashSet::new());
        // An Alertmanager that does not respond keeps its own repetition waiting, and nothing else.
        let (mut repeating, mut repeated) = (JoinSet::new(), HashSet::new());
        while !stopping.is_requested() {
            self.parts.meters.turn(Part::Sender);
            match self.parts.store.queues(self.parts.clock.wall()).await {
                Ok(queues) => {
                    self.worked("read the outbox");
                    for queue in turns.next(queues, busy.iter(), AT_ONCE.saturating_sub(running.len())) {
                        busy.insert(queue.clone());
                        let sender = self.clone();
                        running.spawn(async move { (sender.guarded_turn(&queue).await, queue).1 });
                    }
                }
                Err(error) => self.failed("read the outbox", &error),
            }
            match self.alerting(&repeated).await {
                Ok(channels) => {
                    self.worked("read channels");
                    for (queue, channel) in channels {
                        repeated.insert(queue.clone());
                        let sender = self.clone();
                        repeating
                            .spawn(async move { (sender.guarded_repeat(&queue, &channel).await, queue).1 });
                    }
                }
                Err(error) => self.failed("read channels", &error),
            }
            let tick = self.parts.clock.sleep(TICK);
            tokio::pin!(tick);
            loop {
                tokio::select! {
                    () = &mut tick => break,
                    () = stopping.requested() => break,
                    Some(done) = running.join_next() => match done {
                        Ok(queue) => drop(busy.remove(&queue)),
                        // A panic: which queue is unknown, and the claims of the others keep them apart.
                        Err(error) => {
                            tracing::error!("a turn of the sender ended: {error}");
                            busy.clear();
                        }
                    },
                    Some(done) = repeating.join_next() => match done {
                        Ok(queue) => drop(repeated.remove(&queue)),
                        Err(error) => {
                            tracing::error!("a repetition of alerts ended: {error}");
                            repeated.clear();
                        }
                    },
                }
            }
        }
        while running.join_next().await.is_some() {}
        // A repetition is safe to leave out: the next process makes it.
        repeating.abort_all();
    }

    /// Makes one turn of every channel with messages, one after another.
    ///
    /// # Errors
    ///
    /// [`StoreError`]. What was taken is taken again after its lease.
    pub async fn tick(&self) -> Result<()> {
        for queue in self.parts.store.queues(self.parts.clock.wall()).await? {
            self.turn_unless_suspended(&queue).await?;
        }
        for (queue, channel) in self.alerting(&HashSet::new()).await? {
            self.repeat(&queue, &channel).await?;
        }
        Ok(())
    }

    async fn guarded_repeat(&self, queue: &Queue, channel: &Channel) {
        match self.repeat(queue, channel).await {
            Ok(()) => self.worked("repeat alerts"),
            Err(error) => self.failed("repeat alerts", &error),
        }
    }

    /// Makes a turn, which ends when its tenant is suspended, also within a request. What was taken is taken again after its
    /// lease, when the tenant is resumed.
    async fn turn_unless_suspended(&self, queue: &Queue) -> Result<()> {
        tokio::select! {
            biased;
            () = self.parts.suspended.when(&queue.tenant) => Ok(()),
            done = self.turn(queue) => done,
        }
    }

    async fn guarded_turn(&self, queue: &Queue) {
        match self.turn_unless_suspended(queue).await {
            Ok(()) => self.worked("send messages"),
            Err(error) => self.failed("send messages", &error),
        }
    }

    fn failed(&self, doing: &str, error: &StoreError) {
        self.parts.trouble.failed(doing, error, false, self.parts.clock.monotonic());
    }

    fn worked(&self, doing: &str) {
        self.parts.trouble.succeeded(doing, self.parts.clock.monotonic());
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        // Every change under the lock is complete.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the times of the messages in the last hour, or `None` if they are not known yet.
    pub(super) fn sent(&self, queue: &Queue, now: DateTime<Utc>) -> Option<Vec<DateTime<Utc>>> {
        let mut shared = self.lock();
        let sent = shared.sent.get_mut(queue)?;
        sent.retain(|at| *at <= now && time::between(*at, now) < HOUR);
        Some(sent.iter().copied().collect())
    }

    /// Sets the times of the messages before the start of this process.
    pub(super) fn know_sent(&self, queue: &Queue, mut times: Vec<DateTime<Utc>>) {
        times.sort_unstable();
        self.lock().sent.entry(queue.clone()).or_insert_with(|| times.into());
    }

    pub(super) fn add_sent(&self, queue: &Queue, now: DateTime<Utc>) {
        self.lock().sent.entry(queue.clone()).or_default().push_back(now);
    }

    /// Returns whether the alerts of a channel are to be repeated now.
    pub(super) fn may_repeat(&self, queue: &Queue, now: DateTime<Utc>, every: Duration) -> bool {
        let mut shared = self.lock();
        let is_due =
            shared.repeated.get(queue).is_none_or(|last| *last > now || time::between(*last, now) >= every);
        if is_due {
            shared.repeated.insert(queue.clone(), now);
        }
        is_due
    }
}
