//! What is known about tokens: how long they are good, who asked for them, and which the API has refused.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};

use crate::oauth::Issued;

/// The time in which token requests are counted.
const MINUTE: Duration = Duration::from_secs(60);
/// The most token requests within it that no refusal explains.
const MOST_PER_MINUTE: usize = 8;
/// Shorter lives leave a client no choice.
const SHORT_LIFE: Duration = Duration::from_secs(60);
/// The most tokens that are remembered.
const REMEMBERED: usize = 1_024;

#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    tenant: usize,
    pub(super) issued_by: u64,
    at: Duration,
    /// After this, no careful client uses it.
    pub(super) until: Duration,
    /// It arrived as it was meant.
    intact: bool,
    /// A call with it was answered with 401 for whatever reason, so a careful client replaces it.
    questioned: bool,
    /// The request that was refused, the first request that could know, and when.
    pub(super) refused: Option<(u64, u64, Duration)>,
}

#[derive(Debug, Default)]
struct Desk {
    requests: VecDeque<Duration>,
    refusals: VecDeque<Duration>,
    stormy: bool,
}

#[derive(Debug, Default)]
pub(super) struct TokenBook {
    tokens: BTreeMap<u64, Seen>,
    desks: HashMap<usize, Desk>,
}

/// How many token requests came within a minute.
#[derive(Debug)]
pub(super) struct Count {
    pub(super) all: u64,
    /// They have just become too many.
    pub(super) newly_stormy: bool,
}

impl TokenBook {
    pub(super) fn token(&self, number: u64) -> Option<Seen> {
        self.tokens.get(&number).copied()
    }

    pub(super) fn request(&mut self, tenant: usize, at: Duration) -> Count {
        let desk = self.desks.entry(tenant).or_default();
        desk.forget(at);
        desk.requests.push_back(at);
        // A refused token has to be replaced, so a refusal explains one request.
        let stormy = desk.requests.len() > MOST_PER_MINUTE + desk.refusals.len();
        let newly_stormy = stormy && !std::mem::replace(&mut desk.stormy, stormy);
        desk.stormy = stormy;
        Count { all: u64::try_from(desk.requests.len()).unwrap_or(u64::MAX), newly_stormy }
    }

    /// A token of the tenant that is in the first quarter of its life and was never refused: the request that
    /// brought it, and how long it is still good.
    pub(super) fn young(&self, tenant: usize, at: Duration) -> Option<(u64, Duration)> {
        let mine = self.tokens.values().rev().find(|seen| seen.tenant == tenant)?;
        let life = mine.until.saturating_sub(mine.at);
        let young =
            mine.intact && !mine.questioned && life > SHORT_LIFE && at.saturating_sub(mine.at) < life / 4;
        young.then(|| (mine.issued_by, mine.until.saturating_sub(at)))
    }

    pub(super) fn issued(&mut self, issued: Issued, by: u64, at: Duration, until: Duration, intact: bool) {
        let seen = Seen {
            tenant: issued.tenant,
            issued_by: by,
            at,
            until,
            intact,
            questioned: false,
            refused: None,
        };
        self.tokens.insert(issued.number, seen);
        while self.tokens.len() > REMEMBERED {
            self.tokens.pop_first();
        }
    }

    /// A call with the token was answered with 401.
    pub(super) fn question(&mut self, token: u64, at: Duration) {
        let Some(seen) = self.tokens.get_mut(&token) else { return };
        seen.questioned = true;
        self.desks.entry(seen.tenant).or_default().refusals.push_back(at);
    }

    /// It was so because the token is not accepted any more.
    pub(super) fn refuse(&mut self, token: u64, by: u64, known_from: u64, at: Duration) {
        let Some(seen) = self.tokens.get_mut(&token) else { return };
        seen.refused.get_or_insert((by, known_from, at));
    }
}

impl Desk {
    fn forget(&mut self, now: Duration) {
        for times in [&mut self.requests, &mut self.refusals] {
            while times.front().is_some_and(|time| now.saturating_sub(*time) >= MINUTE) {
                times.pop_front();
            }
        }
    }
}
