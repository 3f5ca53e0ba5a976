//! Repetitions of failed requests: by which client, how often, and how soon.
//!
//! A failed request opens a chain end; the next equal request of the same client continues it, and each end is
//! continued once. Of several open ends the one with the shortest chain is continued, so equal requests of
//! independent callers are not attributed to one of them.
//!
//! **Equal intents form chains, and the shortest is continued.** Operation, ids and arguments are compared by
//! meaning, not by bytes (`oracle/messages/intent.rs`). The simulator cannot see which caller repeats a request. Of
//! several equal failed requests, the one with the fewest attempts before it counts as the predecessor, so
//! independent callers are not blamed for each other, while a client that repeats without end is detected. Several
//! processes behind one address look like one that wastes tokens: that breach is withdrawn when one of the tokens is
//! used again. All maps evict their oldest keys (`oracle/memory/recent.rs`).

use std::time::Duration;

use crate::oracle::memory::{Presence, Recent, SETTLE};
use crate::oracle::verdict::{Breach, ViolationKind};

/// Temporary failures: more at once than attempts with backoff explain.
const MOST_ATTEMPTS_AT_ONCE: usize = 6;
/// Permanent failures, which several callers may meet: more at once are one client without backoff.
const MOST_FINAL_AT_ONCE: usize = 10;
const AT_ONCE: Duration = Duration::from_secs(3);
/// This many failures in a row, each within [`AT_ONCE`] of the one before, are an endless loop.
const MOST_IN_A_ROW: u32 = 40;
/// This many 401 in a row, each with another token, are a loop that attributes every 401 to the token.
const MOST_REFUSALS: u32 = 6;
/// A later request is a new intent, not another attempt.
const RETRY_WITHIN: Duration = Duration::from_secs(5);
/// Requests further apart are unrelated.
const REMEMBERED: Duration = Duration::from_secs(60);
/// Number of early requests that may be other callers' intents.
const FORGIVEN: u32 = 2;
/// Maximum number of open ends of one intent.
const MOST_ENDS: usize = 64;

/// The outcome of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Done,
    /// A 401 to a call with this token.
    Refused(Option<u64>),
    /// A retry can succeed.
    Failed,
    /// A retry cannot succeed.
    Final,
}

/// The history of an intent.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Chain {
    pub(crate) number: u64,
    ended_at: Duration,
    /// The connection that carried the latest response.
    connection: Option<u64>,
    /// The times of the latest failures.
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
    /// Continues the shortest chain of this intent.
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

    /// Ends a request. `chain` is the chain that it continued.
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
        // `Retry-After` has no meaning for a permanent failure.
        chain.wait_until = wait_until.filter(|_| ending == Ending::Failed);
        let open = self.open.entry(key);
        if open.len() < MOST_ENDS {
            open.push(chain);
        }
    }
}

impl Chain {
    /// Returns the breaches of a request that continues this chain. `shared`: several clients cannot be distinguished
    /// here, and another rule counts their requests.
    pub(crate) fn judge(&mut self, request: Presence, shared: bool) -> Vec<Breach> {
        let at = request.at;
        let gap = at.saturating_sub(self.ended_at);
        if gap >= AT_ONCE {
            self.in_a_row = 0;
        }
        if gap >= RETRY_WITHIN {
            self.refusals = 0;
        }
        let mut breaches = Vec::new();
        // Clients wait whole seconds.
        if self.wait_until.is_some_and(|until| at.saturating_add(Duration::from_millis(1)) < until) {
            self.early += 1;
            // On another connection the request may have been in transit when the response was sent.
            let crossed =
                request.connection.is_some() && request.connection != self.connection && gap < SETTLE;
            if self.early > FORGIVEN || (gap < RETRY_WITHIN && !shared && !crossed) {
                let message = "the same request again before the time named by Retry-After".to_owned();
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
        let most =
            if self.ending == Some(Ending::Failed) { MOST_ATTEMPTS_AT_ONCE } else { MOST_FINAL_AT_ONCE };
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

    /// Returns the breaches of a request after one that was answered at 10 ms with a wait of a minute.
    fn after(first: Option<u64>, second: Presence) -> Vec<ViolationKind> {
        let mut chains = Chains::default();
        let (at, until) = (Duration::from_millis(10), Duration::from_secs(60));
        chains.end(7, request(1, 0, first), at, None, Ending::Failed, Some(until));
        let mut chain = chains.again(7, second.at).unwrap();
        chain.judge(second, false).into_iter().map(|(kind, _)| kind).collect()
    }

    #[test]
    fn a_request_that_crossed_the_response_is_not_early() {
        let early = [ViolationKind::EarlyRetry];
        assert_eq!(after(Some(1), request(2, 11, Some(2))), [], "on another connection, at the same time");
        assert_eq!(
            after(Some(1), request(2, 11, Some(1))),
            early,
            "on the connection that carried the response"
        );
        assert_eq!(after(Some(1), request(2, 300, Some(2))), early, "after the grace period");
        assert_eq!(after(None, request(2, 11, None)), early, "in process the order decides");
    }
}
