//! Rate limits of calls. Pure: it decides from a time and a queue, and neither waits nor sends.
//!
//! Telegram allows about 30 calls a second in all, one message a second in a chat and 20 a minute in a group
//! (core.telegram.org/bots/faq). Within a chat the order is kept, and one call is running at a time. Urgent calls precede
//! others, including the calls of their chat.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use crate::api::{ChatId, MessageId};

const OVERALL: usize = 30;
const SECOND: Duration = Duration::from_secs(1);
const GROUP: usize = 20;
const MINUTE: Duration = Duration::from_secs(60);
/// Maximum number of waiting calls of one chat: more are not read by anyone.
const MAX_PER_CHAT: usize = 128;
/// Maximum number of waiting calls.
const MAX_WAITING: usize = 20_000;

/// A queued call, and its properties for the pacer.
#[derive(Debug)]
pub(crate) struct Job<T> {
    /// The number of the call, in the order of arrival.
    pub(crate) id: u64,
    pub(crate) is_urgent: bool,
    /// The chat; acknowledgements of presses belong to none.
    pub(crate) chat: Option<ChatId>,
    /// Whether it counts as a message.
    pub(crate) is_message: bool,
    /// The message that it edits.
    pub(crate) edits: Option<MessageId>,
    pub(crate) call: T,
}

/// The next action: send a call, wait until a time, or nothing.
#[derive(Debug)]
pub(crate) enum Next<T> {
    Send(Job<T>),
    At(Duration),
    Idle,
}

#[derive(Debug)]
struct Lane<T> {
    waiting: VecDeque<Job<T>>,
    busy: bool,
    paused_until: Duration,
    /// The times of sent messages: those of the last minute in a group, of the last second in a private chat.
    sent: VecDeque<Duration>,
}

impl<T> Default for Lane<T> {
    fn default() -> Self {
        let (busy, paused_until) = (false, Duration::ZERO);
        Self { waiting: VecDeque::new(), busy, paused_until, sent: VecDeque::new() }
    }
}

/// The queue.
#[derive(Debug)]
pub(crate) struct Pacer<T> {
    lanes: HashMap<Option<ChatId>, Lane<T>>,
    sent: VecDeque<Duration>,
    paused_until: Duration,
    waiting: usize,
}

impl<T> Default for Pacer<T> {
    fn default() -> Self {
        let (sent, paused_until) = (VecDeque::new(), Duration::ZERO);
        Self { lanes: HashMap::new(), sent, paused_until, waiting: 0 }
    }
}

impl<T> Pacer<T> {
    /// Queues a call. Returns the calls that it displaces: an older edit of the same message, or the oldest of a full
    /// queue. Urgent calls are never displaced.
    pub(crate) fn push(&mut self, job: Job<T>) -> Vec<Job<T>> {
        let full = self.waiting >= MAX_WAITING;
        let lane = self.lanes.entry(job.chat).or_default();
        let mut gone = Vec::new();
        if job.edits.is_some()
            && let Some(at) = lane.waiting.iter().position(|other| other.edits == job.edits)
        {
            gone.extend(lane.waiting.remove(at));
        } else if full || lane.waiting.len() >= MAX_PER_CHAT {
            match lane.waiting.iter().position(|other| !other.is_urgent) {
                Some(at) => gone.extend(lane.waiting.remove(at)),
                None if job.is_urgent && lane.waiting.len() < MAX_PER_CHAT * 2 => {}
                None => return vec![job],
            }
        }
        lane.waiting.push_back(job);
        self.waiting = self.waiting + 1 - gone.len();
        gone
    }

    /// Returns a call to the queue for a retry.
    pub(crate) fn retry(&mut self, job: Job<T>) {
        self.lanes.entry(job.chat).or_default().waiting.push_front(job);
        self.waiting += 1;
    }

    /// Returns the next action. A returned call counts as sent, and its chat as busy until [`Pacer::done`].
    pub(crate) fn next(&mut self, now: Duration) -> Next<T> {
        if self.waiting == 0 {
            self.forget_idle(now);
            return Next::Idle;
        }
        let overall = limit(&mut self.sent, OVERALL, SECOND, now).max(self.paused_until);
        let mut best: Option<((bool, u64), Option<ChatId>, usize)> = None;
        let mut earliest: Option<Duration> = None;
        for (chat, lane) in &mut self.lanes {
            let Some((at, job)) = lane.first() else { continue };
            // Urgent calls first, then in the order of arrival.
            let rank = (!job.is_urgent, job.id);
            let from = if job.is_message { lane.message_from(*chat, now) } else { Duration::ZERO };
            let from = from.max(lane.paused_until).max(overall);
            if from > now {
                earliest = Some(earliest.map_or(from, |earliest| earliest.min(from)));
            } else if best.is_none_or(|best| rank < best.0) {
                best = Some((rank, *chat, at));
            }
        }
        let Some((_, chat, at)) = best else {
            return earliest.map_or(Next::Idle, Next::At);
        };
        let lane = self.lanes.entry(chat).or_default();
        let Some(job) = lane.waiting.remove(at) else { return Next::Idle };
        // Acknowledgements of presses do not wait.
        lane.busy = chat.is_some();
        if job.is_message {
            lane.sent.push_back(now);
        }
        self.sent.push_back(now);
        self.waiting -= 1;
        Next::Send(job)
    }

    /// Ends the running call of this chat.
    pub(crate) fn done(&mut self, chat: Option<ChatId>) {
        if let Some(lane) = self.lanes.get_mut(&chat) {
            lane.busy = false;
        }
    }

    /// Sends nothing to this chat before `until`.
    pub(crate) fn pause(&mut self, chat: Option<ChatId>, until: Duration) {
        let lane = self.lanes.entry(chat).or_default();
        lane.paused_until = lane.paused_until.max(until);
    }

    /// Sends nothing before `until`.
    pub(crate) fn pause_all(&mut self, until: Duration) {
        self.paused_until = self.paused_until.max(until);
    }

    /// Removes all calls to a chat from the queue, or only those that are not urgent. Returns their number.
    pub(crate) fn drain(&mut self, chat: Option<ChatId>, keep_alerts: bool) -> usize {
        let Some(lane) = self.lanes.get_mut(&chat) else { return 0 };
        let before = lane.waiting.len();
        lane.waiting.retain(|job| keep_alerts && job.is_urgent);
        let gone = before - lane.waiting.len();
        self.waiting -= gone;
        gone
    }

    /// Returns the number of waiting calls.
    #[must_use]
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Forgets chats whose limits have passed.
    fn forget_idle(&mut self, now: Duration) {
        self.lanes.retain(|_, lane| {
            let recent = lane.sent.back().is_some_and(|last| now.saturating_sub(*last) < MINUTE);
            lane.busy || recent || lane.paused_until > now || !lane.waiting.is_empty()
        });
    }
}

impl<T> Lane<T> {
    /// Returns the call to send next, and its index: the first urgent one, else the first.
    fn first(&self) -> Option<(usize, &Job<T>)> {
        if self.busy {
            return None;
        }
        let urgent = self.waiting.iter().position(|job| job.is_urgent).unwrap_or(0);
        self.waiting.get(urgent).map(|job| (urgent, job))
    }

    fn message_from(&mut self, chat: Option<ChatId>, now: Duration) -> Duration {
        // Groups have negative ids.
        let of_minute = if chat.is_some_and(|chat| chat.0 < 0) {
            limit(&mut self.sent, GROUP, MINUTE, now)
        } else {
            while self.sent.len() > 1 {
                self.sent.pop_front();
            }
            Duration::ZERO
        };
        let of_second = self.sent.back().map_or(Duration::ZERO, |last| last.saturating_add(SECOND));
        of_minute.max(of_second)
    }
}

/// Returns the time from which one more fits into `most` per `window`.
fn limit(sent: &mut VecDeque<Duration>, most: usize, window: Duration, now: Duration) -> Duration {
    while sent.front().is_some_and(|first| first.saturating_add(window) <= now) {
        sent.pop_front();
    }
    let over = sent.len().checked_sub(most);
    over.and_then(|over| sent.get(over)).map_or(Duration::ZERO, |first| first.saturating_add(window))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends `each` messages to each of `chats` chats, and checks every promise. Returns the time it took.
    fn paced(chats: u64, each: u64) -> Duration {
        let chat = |id: u64| Some(ChatId(i64::try_from(id % chats).unwrap() + 1));
        let mut pacer = Pacer::default();
        for id in 0..chats * each {
            let gone = pacer.push(Job {
                id,
                is_urgent: false,
                chat: chat(id),
                is_message: true,
                edits: None,
                call: (),
            });
            assert!(gone.is_empty());
        }
        let mut now = Duration::ZERO;
        let mut sent: Vec<(Duration, u64)> = Vec::new();
        loop {
            match pacer.next(now) {
                Next::Send(Job { id, .. }) => {
                    sent.push((now, id));
                    pacer.done(chat(id));
                }
                Next::At(time) => {
                    assert!(time > now, "time advances");
                    now = time;
                }
                Next::Idle => break,
            }
        }
        assert_eq!(sent.len() as u64, chats * each, "none is lost");
        for window in sent.windows(31) {
            assert!(window[30].0 - window[0].0 >= SECOND, "at most 30 in a second");
        }
        for number in 0..chats {
            let of_chat: Vec<_> = sent.iter().filter(|(_, id)| id % chats == number).collect();
            assert!(of_chat.windows(2).all(|pair| pair[0].1 < pair[1].1 && pair[1].0 - pair[0].0 >= SECOND));
        }
        now
    }

    #[test]
    fn ten_thousand_messages_to_a_hundred_chats_keep_pace_and_order() {
        let took = paced(100, 100);
        assert!(took <= Duration::from_secs(334), "no slower than it has to be: {took:?}");
        // Few chats, where the limit of each is what counts.
        assert_eq!(paced(5, 40), Duration::from_secs(39));
    }

    #[test]
    fn a_group_gets_twenty_a_minute_and_urgent_calls_pass_the_queue() {
        let mut pacer = Pacer::default();
        let group = Some(ChatId(-1));
        for id in 0..60 {
            pacer.push(Job { id, is_urgent: false, chat: group, is_message: true, edits: None, call: () });
        }
        pacer.push(Job { id: 99, is_urgent: true, chat: group, is_message: false, edits: None, call: () });
        let (mut now, mut sent) = (Duration::ZERO, Vec::new());
        loop {
            match pacer.next(now) {
                Next::Send(Job { id, .. }) => {
                    sent.push((now, id));
                    pacer.done(group);
                }
                Next::At(time) => {
                    assert!(time > now, "time advances");
                    now = time;
                }
                Next::Idle => break,
            }
        }
        assert_eq!(sent.len(), 61, "none is lost");
        assert_eq!(sent[0], (Duration::ZERO, 99), "a deletion waits for nothing");
        for window in sent[1..].windows(21) {
            assert!(window[20].0 - window[0].0 >= Duration::from_secs(60));
        }
    }
}
