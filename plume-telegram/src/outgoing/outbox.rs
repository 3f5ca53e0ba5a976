//! The queue of outgoing calls: schedules them with the [`Pacer`], sends them, and handles errors.

use std::{
    collections::HashMap,
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use plume_runtime::Clock;
use serde_json::Value;
use tokio::sync::{Notify, oneshot};

use crate::api::{Api, ApiError, Call, ChatId};
use crate::backoff::{backoff, jittered};
use crate::busy::Guard;
use crate::log::Log;
use crate::outgoing::pacer::{Job, Next, Pacer};

/// Maximum wait of a call. Later, the user does not expect it any more.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Maximum wait that a server can request.
const LONGEST_OBEYED: Duration = Duration::from_secs(60 * 60);
/// The result of a call, or `None` if a newer one replaced it. Dropping it does not cancel the call.
#[derive(Debug)]
pub struct Sent(oneshot::Receiver<Result<Value, ApiError>>);

impl Future for Sent {
    type Output = Option<Result<Value, ApiError>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(Result::ok)
    }
}

/// A queue that sends calls in the order and at the rate that Telegram accepts. Cheap to clone.
///
/// [The crate](crate) has an example.
#[derive(Clone)]
pub struct Outbox {
    shared: Arc<Shared>,
}

struct Shared {
    api: Api,
    clock: Arc<dyn Clock>,
    log: Log,
    wake: Notify,
    lost: Box<dyn Fn(Lost) + Send + Sync>,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    pacer: Pacer<Entry>,
    next: u64,
    /// Groups that became supergroups.
    moved: HashMap<ChatId, ChatId>,
    /// The number of consecutive failures to reach Telegram.
    failures: u32,
    counts: OutboxCounts,
}

struct Entry {
    call: Call,
    reply: oneshot::Sender<Result<Value, ApiError>>,
    tries: u32,
    _busy: Guard,
}

/// A loss of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Lost {
    /// The bot was blocked or removed from this chat.
    Chat(ChatId),
    /// Messages to this chat were dropped, because the queue was full or the wait too long.
    Messages(ChatId),
}

/// Counters of an [`Outbox`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct OutboxCounts {
    /// The number of calls that Telegram accepted.
    pub sent: u64,
    /// The number of calls that were dropped: replaced by a newer one, too many, or too late.
    pub dropped: u64,
    /// The number of retries.
    pub repeated: u64,
    /// The number of messages that were sent again without markup.
    pub made_plain: u64,
}

enum Verdict {
    Over(Result<Value, ApiError>),
    Again,
}

impl Outbox {
    /// Creates a queue in front of `api`. Losses are reported to `lost`, which must not block.
    #[must_use]
    pub fn new(
        api: Api,
        clock: Arc<dyn Clock>,
        log: Log,
        lost: impl Fn(Lost) + Send + Sync + 'static,
    ) -> Self {
        let (wake, queue) = (Notify::new(), Mutex::default());
        let shared = Shared { api, clock, log, wake, lost: Box::new(lost), queue };
        Self { shared: Arc::new(shared) }
    }

    /// Queues a call. `busy` is held until the call ends.
    pub fn send(&self, mut call: Call, busy: Guard) -> Sent {
        let (reply, sent) = oneshot::channel();
        let mut queue = self.queue();
        if let Some(chat) = call.chat.and_then(|chat| queue.moved.get(&chat).copied()) {
            call.moved_to(chat);
        }
        let id = queue.next;
        queue.next += 1;
        let (chat, is_edit) = (call.chat, call.edits().is_some());
        let gone = queue.pacer.push(job_of(id, Entry { call, reply, tries: 0, _busy: busy }));
        queue.counts.dropped += gone.len() as u64;
        let dropped = queue.counts.dropped;
        drop(queue);
        // An edit that a newer one replaces is not a loss.
        if !gone.is_empty() && !is_edit {
            self.lost(chat, Lost::Messages);
            // Only some of thousands of lines are logged.
            if dropped.is_power_of_two() {
                self.shared
                    .log
                    .warn(&format!("too many calls wait for Telegram; {dropped} were dropped so far"));
            }
        }
        self.shared.wake.notify_one();
        Sent(sent)
    }

    /// Returns the counters.
    #[must_use]
    pub fn counts(&self) -> OutboxCounts {
        self.queue().counts
    }

    /// Returns the number of waiting calls.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue().pacer.waiting()
    }

    /// Sends the queued calls, as long as it is polled.
    pub async fn run(&self) {
        loop {
            let now = self.shared.clock.monotonic();
            let next = self.queue().pacer.next(now);
            match next {
                Next::Send(job) => {
                    let outbox = self.clone();
                    // A chat has one running call at a time, so these are few.
                    tokio::spawn(async move { outbox.carry(job).await });
                }
                Next::At(time) => {
                    let wait = self.shared.clock.sleep(time.saturating_sub(now));
                    tokio::select! {
                        () = wait => {}
                        () = self.shared.wake.notified() => {}
                    }
                }
                Next::Idle => self.shared.wake.notified().await,
            }
        }
    }

    async fn carry(&self, job: Job<Entry>) {
        let (id, chat, mut entry, outbox) = (job.id, job.chat, job.call, self.clone());
        // In a task of its own: a panic loses its call, and the chat continues.
        let carried = tokio::spawn(async move {
            let result = outbox.shared.api.call(&entry.call).await;
            (outbox.judge(result, &mut entry), entry)
        });
        let carried = carried.await.ok();
        let mut queue = self.queue();
        // Under the same lock as the following: a call to be retried must stay ahead of the next one of its chat.
        queue.pacer.done(chat);
        match carried {
            Some((Verdict::Again, mut entry)) => {
                queue.counts.repeated += 1;
                entry.tries += 1;
                queue.pacer.retry(job_of(id, entry));
            }
            Some((Verdict::Over(result), entry)) => {
                queue.counts.sent += u64::from(result.is_ok());
                // The caller may have dropped its end.
                let _ = entry.reply.send(result);
            }
            None => {}
        }
        drop(queue);
        self.shared.wake.notify_one();
    }

    /// Classifies a response: done, failed, or to be retried at a time.
    fn judge(&self, result: Result<Value, ApiError>, entry: &mut Entry) -> Verdict {
        let now = self.shared.clock.monotonic();
        let error = match result {
            Ok(value) => {
                self.queue().failures = 0;
                return Verdict::Over(Ok(value));
            }
            Err(error) => error,
        };
        let call = &mut entry.call;
        match &error {
            ApiError::Refused { code: 429, .. } => {
                let asked = error.retry_after();
                let wait = asked.unwrap_or_else(|| backoff(entry.tries)).min(LONGEST_OBEYED);
                let mut queue = self.queue();
                queue.pacer.pause(call.chat, now.saturating_add(wait));
                if wait <= LONGEST_WAIT || call.is_urgent {
                    return Verdict::Again;
                }
                // The wait is obeyed, but no user waits an hour for a report.
                queue.counts.dropped += 1 + queue.pacer.drain(call.chat, true) as u64;
                drop(queue);
                self.lost(call.chat, Lost::Messages);
                self.log(call, &error);
                Verdict::Over(Err(error))
            }
            ApiError::Refused { migrate_to: Some(new), .. } if entry.tries < 3 => {
                let new = ChatId(*new);
                if let Some(old) = call.chat {
                    self.queue().moved.insert(old, new);
                }
                call.moved_to(new);
                Verdict::Again
            }
            _ if (error.says("message thread not found") || error.says("TOPIC_CLOSED"))
                && call.leave_topic() =>
            {
                self.log(call, &error);
                Verdict::Again
            }
            _ if error.says("message is not modified") => Verdict::Over(Ok(Value::Null)),
            _ if error.says("can't parse entities") && call.make_plain() => {
                self.queue().counts.made_plain += 1;
                self.log(call, &error);
                Verdict::Again
            }
            _ if error.is_gone() => {
                if call.chat.is_some() {
                    let mut queue = self.queue();
                    queue.counts.dropped += queue.pacer.drain(call.chat, false) as u64;
                    drop(queue);
                    self.lost(call.chat, Lost::Chat);
                }
                Verdict::Over(Err(error))
            }
            _ if may_repeat(&error, call, entry.tries) => {
                let mut queue = self.queue();
                let wait = jittered(backoff(queue.failures));
                queue.failures = queue.failures.saturating_add(1);
                queue.pacer.pause_all(now.saturating_add(wait));
                drop(queue);
                Verdict::Again
            }
            _ => {
                self.log(call, &error);
                Verdict::Over(Err(error))
            }
        }
    }

    fn lost(&self, chat: Option<ChatId>, what: impl FnOnce(ChatId) -> Lost) {
        if let Some(chat) = chat {
            (self.shared.lost)(what(chat));
        }
    }

    fn log(&self, call: &Call, error: &ApiError) {
        // It is not important, and not every stand-in has it.
        if call.method == "sendChatAction" {
            return;
        }
        self.shared.log.warn(&format!("{}: {error}", call.method));
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // No code that can panic runs under this lock.
        self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns whether a call may be retried: if it certainly was not processed, or is idempotent.
fn may_repeat(error: &ApiError, call: &Call, tries: u32) -> bool {
    match error {
        ApiError::Unreachable { never_sent: true, .. } => true,
        ApiError::Unreachable { .. } => call.repeatable && tries < 5,
        // A Bot API that is being redeployed rejects every token for a moment, and has processed nothing.
        ApiError::Refused { code: 404, .. } => tries < 5,
        ApiError::Unreadable { status } | ApiError::Refused { code: status, .. } => {
            *status >= 500 && call.repeatable && call.is_message && tries < 3
        }
    }
}

fn job_of(id: u64, entry: Entry) -> Job<Entry> {
    let Call { is_urgent, chat, is_message, .. } = entry.call;
    Job { id, is_urgent, chat, is_message, edits: entry.call.edits(), call: entry }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").finish_non_exhaustive()
    }
}
