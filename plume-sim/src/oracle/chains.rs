//! Requests that are the same as one that failed before: who repeats what, how often, and how soon.
//!
//! A failed request opens an end; the next equal request takes it up, and each end is taken up once. Where several are
//! open, the shortest chain is continued: equal requests of independent callers are never blamed on one of them.

use std::{collections::HashMap, time::Duration};

use super::Arrival;
use crate::noise;

/// So many 401 in a row are more than one replay explains, even if a caller asks again.
pub(super) const MOST_REFUSALS: u32 = 4;
/// So many failures in a row are more than three tries and a replay explain.
pub(super) const MOST_FAILURES: u32 = 4;
/// A later request is a new wish, not another try.
const TRY_AGAIN: Duration = Duration::from_secs(5);
/// An unconfirmed change and a named wait are remembered for this long.
const REMEMBERED: Duration = Duration::from_secs(60);
/// The most different requests that are remembered.
const MOST_KEYS: usize = 4_096;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Done,
    Refused,
    Failed,
}

/// How many equal requests failed in a row before this one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Depth {
    pub(super) failures: u32,
    pub(super) refusals: u32,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    pub(super) number: u64,
    ended_at: Duration,
    depth: Depth,
    pub(super) unconfirmed: bool,
    pub(super) wait_until: Option<Duration>,
}

/// What a request continues.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) before: Option<Open>,
    pub(super) depth: Depth,
}

#[derive(Debug, Default)]
pub(super) struct Chains {
    open: HashMap<u64, Vec<Open>>,
}

/// What makes two requests equal. The token is no part of it.
pub(super) fn key(arrival: &Arrival<'_>) -> u64 {
    noise::hash(
        noise::salt(arrival.address),
        &[
            noise::salt(arrival.method.as_str()),
            noise::salt(arrival.path),
            noise::salt(arrival.query.unwrap_or_default()),
            noise::salt_bytes(arrival.body),
        ],
    )
}

impl Chains {
    pub(super) fn again(&mut self, key: u64, number: u64, at: Duration) -> Found {
        let Some(open) = self.open.get_mut(&key) else {
            return Found { before: None, depth: Depth::default() };
        };
        open.retain(|end| at.saturating_sub(end.ended_at) < REMEMBERED);
        let shortest = open
            .iter()
            .enumerate()
            .filter(|(_, end)| end.number < number)
            .min_by_key(|(_, end)| end.depth.failures + end.depth.refusals)
            .map(|(index, _)| index);
        let before = shortest.map(|index| open.swap_remove(index));
        if open.is_empty() {
            self.open.remove(&key);
        }
        let soon = |end: &Open| at.saturating_sub(end.ended_at) < TRY_AGAIN;
        let before = before.map(|end| {
            // Whoever comes later than a try comes with a wish of his own, and was not told to wait.
            let wait_until = end.wait_until.filter(|_| soon(&end));
            Open { wait_until, ..end }
        });
        let depth = before.filter(soon).map_or(Depth::default(), |end| end.depth);
        Found { before, depth }
    }

    #[expect(clippy::too_many_arguments, reason = "the facts of one ending, each of its own kind")]
    pub(super) fn end(
        &mut self,
        key: u64,
        number: u64,
        at: Duration,
        depth: Depth,
        ending: Ending,
        unconfirmed: bool,
        wait_until: Option<Duration>,
    ) {
        if ending == Ending::Done && !unconfirmed {
            return;
        }
        if self.open.len() >= MOST_KEYS {
            self.open.retain(|_, ends| ends.iter().any(|end| at.saturating_sub(end.ended_at) < REMEMBERED));
        }
        let depth = Depth {
            failures: depth.failures + u32::from(ending == Ending::Failed),
            refusals: depth.refusals + u32::from(ending == Ending::Refused),
        };
        // What is no use to try again names no time for it.
        let wait_until = wait_until.filter(|_| ending == Ending::Failed);
        let end = Open { number, ended_at: at, depth, unconfirmed, wait_until };
        self.open.entry(key).or_default().push(end);
    }
}
