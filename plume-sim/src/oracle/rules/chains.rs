//! Requests that are the same as one that failed before: who repeats what, how often, and how soon.
//!
//! A failed request opens an end; the next equal request of the same client takes it up, and each end is taken up once.
//! Where several are open, the shortest chain is continued: equal requests of independent callers are never blamed on one
//! of them.
//!
//! **Equal wishes form chains, and the shortest is continued.** Operation, ids and arguments are compared by meaning,
//! not by bytes (`oracle/messages/intent.rs`). The simulator cannot see which caller sends a request again. Of several failed
//! ones that are equal, the one with the fewest tries before it is taken as its predecessor, so independent callers
//! are never blamed for each other; a client that repeats without end is still found. Several processes behind one
//! address look like one that wastes tokens: that breach is withdrawn when one of the tokens is used again. All maps
//! forget their oldest keys (`oracle/memory/recent.rs`).

use std::time::Duration;

use crate::oracle::memory::{Presence, Recent, SETTLE};
use crate::oracle::verdict::{Breach, ViolationKind};

/// Failures that a later try can mend: so many at once are more than tries with pauses explain.
const MOST_TRIES_AT_ONCE: usize = 6;
/// Answers that stay what they are, so that several callers may meet them: so many at once are one who hammers.
const MOST_FINAL_AT_ONCE: usize = 10;
const AT_ONCE: Duration = Duration::from_secs(3);
/// So many failures in a row, each within [`AT_ONCE`] of the one before, are a loop without end.
const MOST_IN_A_ROW: u32 = 40;
/// So many 401 in a row, each with another token, are a loop that takes every 401 for the token's fault.
const MOST_REFUSALS: u32 = 6;
/// A later request is a new intent, not another try.
const TRY_AGAIN: Duration = Duration::from_secs(5);
/// Requests that are further apart say nothing about each other.
const REMEMBERED: Duration = Duration::from_secs(60);
/// Early requests that may be other callers' intents.
const FORGIVEN: u32 = 2;
/// The most open ends of one intent.
const MOST_ENDS: usize = 64;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Done,
    /// 401, to a call with this token.
    Refused(Option<u64>),
    /// Another try can succeed.
    Failed,
    /// Another try cannot succeed.
    Final,
}

/// What happened to a intent so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Chain {
    pub(crate) number: u64,
    ended_at: Duration,
    /// The connection that carried the latest answer.
    connection: Option<u64>,
    /// The ends of the latest failures.
    recent: [Option<Duration>; MOST_FINAL_AT_ONCE],
    in_a_row: u32,
    refusals: u32,
    refused_token: Option<u64>,
    ending: Option<Ending>,
    wait_until: Option<Duration>,
    early: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Chains {
    open: Recent<Vec<Chain>>,
}

impl Chains {
    /// Takes up the shortest chain of this intent.
    pub(crate) fn again(&mut self, key: u64, at: Duration) -> Option<Chain> {
        let open = self.open.get_mut(key)?;
        open.retain(|chain| at.saturating_sub(chain.ended_at) <= REMEMBERED);
        let shortest = open
            .iter()
            .enumerate()
            .min_by_key(|(_, chain)| chain.in_a_row + chain.refusals)
            .map(|(index, _)| index);
        let found = shortest.map(|index| open.swap_remove(index));
        if open.is_empty() {
            self.open.remove(key);
        }
        found
    }

    /// A request ended; `chain` is the chain that it continued.
    pub(crate) fn end(
        &mut self,
        key: u64,
        request: Presence,
        at: Duration,
        chain: Option<Chain>,
        ending: Ending,
        wait_until: Option<Duration>,
    ) {
        if ending == Ending::Done {
            return;
        }
        let mut chain = chain.unwrap_or_default();
        chain.recent.rotate_right(1);
        if let Some(latest) = chain.recent.first_mut() {
            *latest = Some(at);
        }
        chain.in_a_row += 1;
        match ending {
            Ending::Refused(token) if token.is_some() && chain.refused_token != token => {
                chain.refusals += 1;
                chain.refused_token = token;
            }
            _ => chain.refusals = u32::from(matches!(ending, Ending::Refused(Some(_)))),
        }
        chain.number = request.number;
        chain.connection = request.connection;
        chain.ended_at = at;
        chain.ending = Some(ending);
        // What is no use to try again names no time for it.
        chain.wait_until = wait_until.filter(|_| ending == Ending::Failed);
        let open = self.open.entry(key);
        if open.len() < MOST_ENDS {
            open.push(chain);
        }
    }
}

impl Chain {
    /// What is wrong with a request that continues this chain. `shared`: several
    /// clients cannot be distinguished here, and how often they come is another rule's business.
    pub(crate) fn judge(&mut self, request: Presence, shared: bool) -> Vec<Breach> {
        let at = request.at;
        let gap = at.saturating_sub(self.ended_at);
        if gap >= AT_ONCE {
            self.in_a_row = 0;
        }
        if gap >= TRY_AGAIN {
            self.refusals = 0;
        }
        let mut breaches = Vec::new();
        // Waits are counted in whole seconds by those who obey them.
        if self.wait_until.is_some_and(|until| at.saturating_add(Duration::from_millis(1)) < until) {
            self.early += 1;
            // On another connection it may have been on its way when the answer was sent.
            let crossed =
                request.connection.is_some() && request.connection != self.connection && gap < SETTLE;
            if self.early > FORGIVEN || (gap < TRY_AGAIN && !shared && !crossed) {
                let message = "the same request again before the time that Retry-After named".to_owned();
                breaches.push((ViolationKind::EarlyRetry, message));
            }
        } else {
            self.early = 0;
        }
        if shared {
            return breaches;
        }
        let at_once = self.recent.iter().flatten().filter(|end| at.saturating_sub(**end) < AT_ONCE).count();
        let refused = matches!(self.ending, Some(Ending::Refused(_)));
        let most = if self.ending == Some(Ending::Failed) { MOST_TRIES_AT_ONCE } else { MOST_FINAL_AT_ONCE };
        if self.refusals >= MOST_REFUSALS {
            let message = format!("refused with 401 {} times, each time with a new token", self.refusals);
            breaches.push((ViolationKind::RefusalLoop, message));
        } else if at_once >= most || self.in_a_row >= MOST_IN_A_ROW {
            let times = self.in_a_row.max(u32::try_from(at_once).unwrap_or(u32::MAX));
            breaches.push(if refused {
                (
                    ViolationKind::RefusalLoop,
                    format!("refused with 401 {times} times in a row and sent again"),
                )
            } else {
                (ViolationKind::RetryStorm, format!("failed {times} times in a row and sent again"))
            });
        }
        breaches
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(number: u64, milliseconds: u64, connection: Option<u64>) -> Presence {
        Presence { number, at: Duration::from_millis(milliseconds), connection }
    }

    /// The breaches of a request after one that was answered at 10 ms with a minute to wait.
    fn after(first: Option<u64>, second: Presence) -> Vec<ViolationKind> {
        let mut chains = Chains::default();
        let (at, until) = (Duration::from_millis(10), Duration::from_secs(60));
        chains.end(7, request(1, 0, first), at, None, Ending::Failed, Some(until));
        let mut chain = chains.again(7, second.at).unwrap();
        chain.judge(second, false).into_iter().map(|(kind, _)| kind).collect()
    }

    #[test]
    fn a_request_that_crossed_the_answer_is_not_early() {
        let early = [ViolationKind::EarlyRetry];
        assert_eq!(after(Some(1), request(2, 11, Some(2))), [], "on another connection, at the same time");
        assert_eq!(after(Some(1), request(2, 11, Some(1))), early, "on the connection that had the answer");
        assert_eq!(after(Some(1), request(2, 300, Some(2))), early, "so late everybody knows");
        assert_eq!(after(None, request(2, 11, None)), early, "in process the order decides");
    }
}
