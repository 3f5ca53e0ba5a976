//! The machine of a call: what follows an attempt, by retry policy, replay after a 401, deadline and retry budget. A time
//! and an event go in, the next step comes out: no clock, no I/O, no async code.
//!
//! ```text
//!   ready ──► attempt ─┬─ done ────────────────► response
//!     ▲                ├─ refused, failed ─────► error
//!     │                ├─ again ── allowed? ─no► error, and why it was not retried
//!     │◄── backoff ────┼────────────┘yes
//!     │                └─ unauthorized ── is it the token? ─no► error
//!     └◄─ replay, once ───────────────────┘yes
//! ```

use std::time::Duration;

use plume_auth::TokenKey;

use crate::error::NotRetried;
use crate::exchange::budget::Budget;
use crate::exchange::policy::RetryPolicy;
use crate::exchange::verification::Cause;

/// The machine of a call. `E` is its error, `R` a response with 401.
#[derive(Debug)]
pub(super) struct Machine<E, R> {
    policy: RetryPolicy,
    started: Duration,
    deadline: Duration,
    /// Whether it checks a token: a 401 is its result.
    is_check: bool,
    /// The attempts so far, without a replay with another token.
    tries: u32,
    /// The requests so far.
    requests: u32,
    /// The failure before the current attempt.
    last: Option<E>,
    /// The 401 before the current replay.
    refused: Option<R>,
    /// The token that a replay must not use.
    replaced: Option<TokenKey>,
}

/// The outcome of an attempt.
#[derive(Debug)]
pub(super) enum Outcome<A, E, R> {
    Done(A),
    /// The service works and refuses.
    Refused(E),
    /// A retry would fail in the same way, or is not allowed.
    Failed(E, NotRetried),
    /// A retry may succeed, after at least this time.
    Again(E, Option<Duration>),
    /// The token is rejected, or the target is unknown or not accessible.
    Unauthorized(R),
}

/// The next step.
#[derive(Debug)]
pub(super) enum Step<A, E, R> {
    Done(A),
    Stop(Stop<E, R>),
    /// Retry after this time.
    Pause(Duration),
    /// Find out what the 401 means.
    Resolve(R),
}

/// The failure of a call.
#[derive(Debug)]
pub(super) enum Stop<E, R> {
    Error(E, Option<NotRetried>),
    Unauthorized(R, Cause),
}

/// The reason why an attempt was not possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unready {
    /// There is no permit or no time before the deadline.
    NoTime,
    /// The limiter refuses.
    Held,
    /// There is no token. `rejected`: the issuer returns the rejected one again. `transient`: a later call may get one.
    NoToken { rejected: bool, transient: bool },
}

impl<E, R> Machine<E, R> {
    pub(super) fn new(policy: RetryPolicy, started: Duration, deadline: Duration, is_check: bool) -> Self {
        Self {
            policy,
            started,
            deadline,
            is_check,
            tries: 0,
            requests: 0,
            last: None,
            refused: None,
            replaced: None,
        }
    }

    /// Returns the time until the deadline.
    pub(super) fn left(&self, now: Duration) -> Duration {
        self.deadline.saturating_sub(self.passed(now))
    }

    /// Returns the time since the start.
    pub(super) fn passed(&self, now: Duration) -> Duration {
        now.saturating_sub(self.started)
    }

    pub(super) fn started(&self) -> Duration {
        self.started
    }

    pub(super) fn is_check(&self) -> bool {
        self.is_check
    }

    /// Returns whether the call has been replayed with another token.
    pub(super) fn is_replayed(&self) -> bool {
        self.replaced.is_some()
    }

    /// Returns whether the next attempt may have to wait while the API rejects every new token. A replay and a check
    /// do not, because they find the end of that state.
    pub(super) fn may_rest(&self) -> bool {
        self.refused.is_none() && !self.is_check
    }

    /// Records that an attempt is not possible because of `error`. The failure before it is more specific than the
    /// deadline.
    pub(super) fn unready(&mut self, why: Unready, error: E) -> Stop<E, R> {
        match (why, self.last.take(), self.refused.take()) {
            (Unready::NoTime, Some(last), _) => Stop::Error(last, Some(NotRetried::Deadline)),
            (Unready::NoToken { rejected: true, .. }, _, Some(refused)) => {
                Stop::Unauthorized(refused, Cause::Token)
            }
            (Unready::NoToken { transient: false, .. }, ..) => Stop::Error(error, Some(NotRetried::Final)),
            _ => Stop::Error(error, None),
        }
    }

    /// Records the token of the attempt. Returns the 401 if the provider has no other token: the response would be the
    /// same.
    pub(super) fn has_token(&mut self, token: TokenKey) -> Option<R> {
        self.refused.take().filter(|_| self.replaced == Some(token))
    }

    /// Replays the call without this token, which was rejected. The replay is no new attempt.
    pub(super) fn replay(&mut self, refused: R, token: TokenKey) {
        self.tries = self.tries.saturating_sub(1);
        self.refused = Some(refused);
        self.replaced = Some(token);
    }

    /// Records the outcome of an attempt. `luck` is a random number from 0 to 1, for the backoff.
    pub(super) fn ended<A>(
        &mut self,
        now: Duration,
        outcome: Outcome<A, E, R>,
        budget: &Budget,
        luck: f64,
    ) -> Step<A, E, R> {
        self.tries += 1;
        self.requests += 1;
        let answered =
            || if self.requests == 1 { budget.answered_at_once(now) } else { budget.answered(now) };
        match outcome {
            Outcome::Done(answer) => {
                answered();
                Step::Done(answer)
            }
            Outcome::Refused(error) => {
                answered();
                Step::Stop(Stop::Error(error, Some(NotRetried::Final)))
            }
            Outcome::Failed(error, why) => Step::Stop(Stop::Error(error, Some(why))),
            Outcome::Unauthorized(answer) => {
                budget.answered(now);
                if self.is_check {
                    return Step::Stop(Stop::Unauthorized(answer, Cause::Token));
                }
                Step::Resolve(answer)
            }
            Outcome::Again(error, at_least) => {
                let pause = self.policy.wait(self.tries, luck).max(at_least.unwrap_or_default());
                match self.why_not(now, pause, budget) {
                    Some(why) => Step::Stop(Stop::Error(error, Some(why))),
                    None => {
                        self.last = Some(error);
                        Step::Pause(pause)
                    }
                }
            }
        }
    }

    /// Returns why there is no retry after this backoff, or withdraws it from the budget.
    fn why_not(&self, now: Duration, pause: Duration, budget: &Budget) -> Option<NotRetried> {
        if self.tries == 1 {
            budget.failed_at_first(now);
        }
        if self.tries >= self.policy.tries {
            return Some(NotRetried::AttemptsUsedUp);
        }
        if pause >= self.left(now) {
            return Some(NotRetried::Deadline);
        }
        (self.policy.budget && !budget.withdraw(now)).then_some(NotRetried::BudgetUsedUp)
    }
}

#[cfg(test)]
mod tests;
