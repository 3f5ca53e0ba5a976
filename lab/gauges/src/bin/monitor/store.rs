//! The store in memory, and the sender with its faults.

use std::time::Duration;

use fastrand::Rng;

use crate::journal::{Journal, Message, Transition};

/// The changes of one step, which are written together.
#[derive(Debug, Default)]
pub(crate) struct Commit {
    pub(crate) transitions: Vec<Transition>,
    pub(crate) messages: Vec<Message>,
}

/// The tables: states, and the journal with transitions and the outbox.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) journal: Journal,
    /// The messages that are not accepted, by their place in the journal, with the time of the next attempt.
    outbox: Vec<(usize, Duration, u32)>,
}

impl Store {
    pub(crate) fn commit(&mut self, commit: Commit) {
        self.journal.transitions.extend(commit.transitions);
        for message in commit.messages {
            self.outbox.push((self.journal.messages.len(), message.created, 0));
            self.journal.messages.push(message);
        }
    }

    /// Sends what is due. The receiver is away now and then, and some of its responses are lost.
    pub(crate) fn send(&mut self, now: Duration, lot: &mut Rng, loses: bool) {
        let journal = &mut self.journal;
        self.outbox.retain_mut(|(place, due, attempts)| {
            if *due > now {
                return true;
            }
            *attempts += 1;
            *due = now + Duration::from_secs(30 << (*attempts).min(5));
            let Some(message) = journal.messages.get_mut(*place) else { return false };
            // Planted: a failed attempt is the last one.
            let failed = |kept: bool| if loses { false } else { kept };
            match lot.u32(..100) {
                _ if is_away(now) => failed(true),
                0..=4 => failed(true),
                5..=6 => {
                    message.accepted.push(now);
                    failed(true)
                }
                _ => {
                    message.accepted.push(now);
                    false
                }
            }
        });
    }
}

/// The receiver is away for twenty minutes a day.
fn is_away(now: Duration) -> bool {
    const DAY: u64 = 86_400;
    const AWAY: std::ops::Range<u64> = 11 * 3_600..11 * 3_600 + 1_200;
    AWAY.contains(&(now.as_secs() % DAY))
}
