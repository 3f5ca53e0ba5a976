//! Who may send when. Pure: it decides from a time and a queue, and neither waits nor sends.
//!
//! Telegram allows about 30 calls a second in all, one message a second in a chat and 20 a minute in a group
//! (core.telegram.org/bots/faq). Within a chat the order is kept, and one call is under way at a time. What is urgent goes
//! first, also past the other calls of its chat.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use crate::api::{ChatId, MessageId};

const OVERALL: usize = 30;
const SECOND: Duration = Duration::from_secs(1);
const GROUP: usize = 20;
const MINUTE: Duration = Duration::from_secs(60);
/// Calls that wait for one chat at the most: more is not read.
const MAX_PER_CHAT: usize = 128;
/// Calls that wait in all at the most.
const MAX_WAITING: usize = 20_000;

/// A queued call, and what the pacer needs to know of it.
#[derive(Debug)]
pub(crate) struct Job<T> {
    /// Its number; a smaller one came first.
    pub(crate) id: u64,
    pub(crate) is_urgent: bool,
    /// Where it goes; answers to presses belong to no chat.
    pub(crate) chat: Option<ChatId>,
    /// Whether it counts as a message.
    pub(crate) is_message: bool,
    /// The message that it edits.
    pub(crate) edits: Option<MessageId>,
    pub(crate) call: T,
}

/// What to do now: send a call, wait until a time, or nothing.
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
    /// When messages went out: the last minute's of a group, the last one's of a private chat.
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
    /// Queues a call. Gives back those that have to go for it: an older edit of the same message, or the oldest of a
    /// queue that is full. An urgent one never goes for another.
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

    /// Puts a call back that is to be sent again.
    pub(crate) fn retry(&mut self, job: Job<T>) {
        self.lanes.entry(job.chat).or_default().waiting.push_front(job);
        self.waiting += 1;
    }

    /// What to do now. A call that is given out counts as sent, and its chat as busy until [`Pacer::done`].
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
            // What is urgent, then what came first.
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
        // Answers to presses do not wait.
        lane.busy = chat.is_some();
        if job.is_message {
            lane.sent.push_back(now);
        }
        self.sent.push_back(now);
        self.waiting -= 1;
        Next::Send(job)
    }

    /// The call of this chat that was given out is over.
    pub(crate) fn done(&mut self, chat: Option<ChatId>) {
        if let Some(lane) = self.lanes.get_mut(&chat) {
            lane.busy = false;
        }
    }

    /// Nothing goes to this chat before `until`.
    pub(crate) fn pause(&mut self, chat: Option<ChatId>, until: Duration) {
        let lane = self.lanes.entry(chat).or_default();
        lane.paused_until = lane.paused_until.max(until);
    }

    /// Nothing goes anywhere before `until`.
    pub(crate) fn pause_all(&mut self, until: Duration) {
        self.paused_until = self.paused_until.max(until);
    }

    /// Takes all calls to a chat out of the queue, or only those that are not urgent. Gives how many.
    pub(crate) fn drain(&mut self, chat: Option<ChatId>, keep_alerts: bool) -> usize {
        let Some(lane) = self.lanes.get_mut(&chat) else { return 0 };
        let before = lane.waiting.len();
        lane.waiting.retain(|job| keep_alerts && job.is_urgent);
        let gone = before - lane.waiting.len();
        self.waiting -= gone;
        gone
    }

    /// How many calls wait.
    #[must_use]
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// A chat whose limits have passed needs no memory.
    fn forget_idle(&mut self, now: Duration) {
        self.lanes.retain(|_, lane| {
            let recent = lane.sent.back().is_some_and(|last| now.saturating_sub(*last) < MINUTE);
            lane.busy || recent || lane.paused_until > now || !lane.waiting.is_empty()
        });
    }
}

impl<T> Lane<T> {
    /// The call to send next, and its place: the first urgent one, else the first.
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

/// From when on one more fits into `most` per `window`.
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

    /// Sends `each` messages to each of `chats` chats, and looks at every promise. How long it took.
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
                    assert!(time > now, "time goes on");
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
                    assert!(time > now, "time goes on");
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
