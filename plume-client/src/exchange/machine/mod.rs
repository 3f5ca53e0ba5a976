//! What follows a try: the tries that a policy allows, the replay after a 401, the deadline, and the budget of second
//! tries. A time and an event go in, the next step comes out: no clock, no I/O, no async code.
//!
//! ```text
//!   ready ──► try ─┬─ done ────────────────► answer
//!     ▲            ├─ refused, failed ─────► error
//!     │            ├─ again ── allowed? ─no► error, and why there is no other try
//!     │◄── pause ──┼────────────┘yes
//!     │            └─ unauthorized ── is it the token? ─no► error
//!     └◄─ replay, once ───────────────┘yes
//! ```

use std::time::Duration;

use plume_auth::TokenKey;

use crate::error::NotRetried;
use crate::exchange::budget::Budget;
use crate::exchange::policy::RetryPolicy;
use crate::exchange::verification::Cause;

/// One call. `E` is its error, `R` an answer with 401.
#[derive(Debug)]
pub(super) struct Machine<E, R> {
    policy: RetryPolicy,
    started: Duration,
    deadline: Duration,
    /// It checks a token: a 401 is its result.
    is_check: bool,
    /// The tries so far, a replay with another token not counted.
    tries: u32,
    /// All requests so far.
    requests: u32,
    /// The failure that led to the try under way.
    last: Option<E>,
    /// The 401 that led to the replay under way.
    refused: Option<R>,
    /// The token that is not to be used again, once the call is replayed.
    replaced: Option<TokenKey>,
}

/// How a try ended.
#[derive(Debug)]
pub(super) enum Outcome<A, E, R> {
    Done(A),
    /// The service is well and says no.
    Refused(E),
    /// The same call would fail again, or must not be repeated.
    Failed(E, NotRetried),
    /// Another try may help, after at least this time.
    Again(E, Option<Duration>),
    /// The token is not accepted, or what was asked for is not there or not allowed.
    Unauthorized(R),
}

/// What to do next.
#[derive(Debug)]
pub(super) enum Step<A, E, R> {
    Done(A),
    Stop(Stop<E, R>),
    /// Another try after this time.
    Pause(Duration),
    /// Find out what the 401 means.
    Resolve(R),
}

/// How a call fails.
#[derive(Debug)]
pub(super) enum Stop<E, R> {
    Error(E, Option<NotRetried>),
    Unauthorized(R, Cause),
}

/// Why a try could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unready {
    /// There is no permit, or nothing at all, within the call's time.
    NoTime,
    /// The limiter lets no call through.
    Held,
    /// There is no token. `rejected`: the issuer gives out the refused one again.
    NoToken { rejected: bool },
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

    /// The time that is left.
    pub(super) fn left(&self, now: Duration) -> Duration {
        self.deadline.saturating_sub(self.passed(now))
    }

    /// The time that has passed.
    pub(super) fn passed(&self, now: Duration) -> Duration {
        now.saturating_sub(self.started)
    }

    pub(super) fn started(&self) -> Duration {
        self.started
    }

    pub(super) fn is_check(&self) -> bool {
        self.is_check
    }

    /// Whether the call has been replayed with another token.
    pub(super) fn is_replayed(&self) -> bool {
        self.replaced.is_some()
    }

    /// Whether the next try may have to rest because the API refuses every new token. A replay and a check may not: they
    /// are how the end of that is found out.
    pub(super) fn may_rest(&self) -> bool {
        self.refused.is_none() && !self.is_check
    }

    /// A try cannot be made, which is `error`. The failure before tells more than "no time for another try".
    pub(super) fn unready(&mut self, why: Unready, error: E) -> Stop<E, R> {
        match (why, self.last.take(), self.refused.take()) {
            (Unready::NoTime, Some(last), _) => Stop::Error(last, Some(NotRetried::Deadline)),
            (Unready::NoToken { rejected: true }, _, Some(refused)) => {
                Stop::Unauthorized(refused, Cause::Token)
            }
            (Unready::NoToken { .. }, ..) => Stop::Error(error, Some(NotRetried::Final)),
            _ => Stop::Error(error, None),
        }
    }

    /// The try will be made with this token. Gives the 401 back if the provider has no other one: the answer would be the
    /// same.
    pub(super) fn has_token(&mut self, token: TokenKey) -> Option<R> {
        self.refused.take().filter(|_| self.replaced == Some(token))
    }

    /// The call is sent once more without this token, which was refused. It is the same try.
    pub(super) fn replay(&mut self, refused: R, token: TokenKey) {
        self.tries = self.tries.saturating_sub(1);
        self.refused = Some(refused);
        self.replaced = Some(token);
    }

    /// A try ended. `luck` is a random number from 0 to 1, for the pause.
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

    /// Why there is no other try after this pause. If there is one, it is paid for.
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
