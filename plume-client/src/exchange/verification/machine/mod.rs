//! Whether a 401 is about the token or about what was asked for: the rules, without I/O, async code or a clock.
//!
//! The API answers 401 for a token that it does not accept, for an unknown customer and for an operation that the role
//! may not use. [`Machine`] decides which it was, for one provider's tokens at one base URL.
//!
//! | the 401 … | decision |
//! |---|---|
//! | names the token (challenge or code `INVALID_TOKEN`) | drop the token, replay |
//! | was sent with a token that is no longer the newest | replay with the newest |
//! | was sent with a token that was requested for this very call | about the id |
//! | is for a target that is marked under this token, which was accepted since a call last marked on trust | about the id |
//! | any other | one check of the token, shared by all who wait |
//!
//! A check begins after the 401 of each call that uses its result. It repeats the last accepted read of another subject;
//! without one it asks the issuer; where that cannot be asked, the token is replaced instead, at most once per [`REFETCH`].
//! Until then a target that is not marked is not called unknown: the error says that the token could not be checked. An
//! accepted check marks the target, a refused one drops the token, and who waited replays its call once.
//!
//! ```text
//!             ┌──── 401 ────► check ── accepted ──► target marked, error about the id
//!   accepted ─┤                 │ ├─── refused ───► token dropped, one replay
//!             │                 │ └─── no result ─► error that says so
//!             │                 └ dropped or overdue: the next caller begins another
//!             └ names the token ──────────────────► token dropped, one replay
//! ```

use std::{collections::VecDeque, time::Duration};

use plume_auth::TokenKey;

use crate::exchange::verification::marks::{Marks, Target};

/// A check of this age is overdue: the caller that runs it may not be polled any more. Another one may begin.
const OVERDUE: Duration = Duration::from_secs(10);
/// The shortest time between two tokens that are fetched only to find out whether the one before was good.
const REFETCH: Duration = Duration::from_secs(60);
/// How long nothing is sent after the second of several new tokens that were refused in a row; doubled with each more.
const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(60);
/// How many older tokens are recognised.
const REMEMBERED: usize = 8;

/// A call that was answered 401.
#[derive(Debug, Clone, Copy)]
pub(in crate::exchange) struct Refusal {
    pub(in crate::exchange) token: TokenKey,
    pub(in crate::exchange) target: Target,
    /// The answer itself says that it means the token.
    pub(in crate::exchange) names_token: bool,
    /// The token was requested after the call began.
    pub(in crate::exchange) fresh: bool,
    /// The call has been replayed already.
    pub(in crate::exchange) replayed: bool,
    /// When the answer came, by [`Machine::received`].
    pub(in crate::exchange) received: u64,
}

/// What a call does about its 401.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::exchange) enum Decision<R> {
    /// Drop the token, then replay the call if that has not been done.
    Drop,
    /// Replay the call with the provider's next token.
    Replay,
    /// Run the check of this number and report its result.
    Check(u64, How<R>),
    /// Wait until the check ends, at most for this time, and decide again.
    Wait(u64, Duration),
    Fail(Cause),
}

/// How a token is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::exchange) enum How<R> {
    /// Send this read once more, which the API has accepted.
    Repeat(R),
    /// Ask the issuer.
    Ask,
}

/// The meaning of a 401.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::exchange) enum Cause {
    /// The token is good, so it is the id or the role.
    Target,
    /// The API does not accept the token, and another one does not help.
    Token,
    /// One of the two. There is no way to find out with this provider.
    Unclear,
    /// One of the two. The check that would tell gave no result, or is not possible yet.
    Unchecked,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::exchange) enum Checked {
    Accepted,
    Refused,
    /// The network or the server failed.
    Failed,
    /// The issuer cannot be asked.
    CannotAsk,
}

/// Everything that is known. `R` is a read that can be repeated.
#[derive(Debug)]
pub(in crate::exchange) struct Machine<R> {
    /// The order of events.
    events: u64,
    token: Option<Current>,
    /// Older ones, and whether they were refused.
    past: VecDeque<(TokenKey, bool)>,
    marks: Marks,
    /// Those of the token before, if the API did not refuse it.
    marks_before: Marks,
    /// Accepted reads of two subjects, the last one first.
    reads: VecDeque<(u64, R)>,
    checks: u64,
    check: Option<Check>,
    result: Option<CheckResult>,
    cannot_ask: bool,
    refetch_from: Duration,
    /// New tokens that were refused in a row.
    refused_in_a_row: u32,
    rest_until: Duration,
}

/// The newest token.
#[derive(Debug)]
struct Current {
    key: TokenKey,
    /// The API or the issuer accepted it after the last mark on trust, so all of its marks are true.
    proven: bool,
    dropped: Option<Dropped>,
    /// It was dropped, and the provider gave it out again.
    stuck: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dropped {
    Refused,
    /// To find out whether another one is accepted.
    Unproven,
}

#[derive(Debug)]
struct Check {
    number: u64,
    token: TokenKey,
    began: u64,
    started: Duration,
}

#[derive(Debug)]
struct CheckResult {
    token: TokenKey,
    began: u64,
    accepted: bool,
}

impl<R> Default for Machine<R> {
    fn default() -> Self {
        Self {
            events: 0,
            token: None,
            past: VecDeque::new(),
            marks: Marks::default(),
            marks_before: Marks::default(),
            reads: VecDeque::new(),
            checks: 0,
            check: None,
            result: None,
            cannot_ask: false,
            refetch_from: Duration::ZERO,
            refused_in_a_row: 0,
            rest_until: Duration::ZERO,
        }
    }
}

impl<R: Clone> Machine<R> {
    /// A call is about to begin. An error says for how long no call makes sense: the API refuses every new token.
    pub(in crate::exchange) fn begin(&self, now: Duration) -> Result<(), Duration> {
        match self.rest_until.saturating_sub(now) {
            Duration::ZERO => Ok(()),
            rest => Err(rest),
        }
    }

    /// A request is sent with `token`.
    pub(in crate::exchange) fn sent(&mut self, token: TokenKey) {
        if self.token.as_ref().is_some_and(|current| current.key == token) || self.was(token).is_some() {
            return;
        }
        self.cannot_ask = false;
        let new = Current { key: token, proven: false, dropped: None, stuck: false };
        let marks = std::mem::take(&mut self.marks);
        self.marks_before = Marks::default();
        if let Some(old) = self.token.replace(new) {
            if old.dropped != Some(Dropped::Refused) {
                self.marks_before = marks;
            }
            self.past.push_back((old.key, old.dropped == Some(Dropped::Refused)));
            if self.past.len() > REMEMBERED {
                self.past.pop_front();
            }
        }
    }

    /// A request with `token` was accepted. `read` repeats it, if it can be repeated.
    pub(in crate::exchange) fn accepted(&mut self, token: TokenKey, target: Target, read: Option<R>) {
        let Some(current) = self.token.as_mut().filter(|current| current.key == token) else { return };
        (current.proven, current.dropped, current.stuck) = (true, None, false);
        (self.refused_in_a_row, self.rest_until) = (0, Duration::ZERO);
        self.marks.accepted(target);
        if self.marks_before.has(target) {
            self.marks_before.accepted(target);
        }
        if let Some(read) = read {
            self.reads.retain(|(subject, _)| *subject != target.subject);
            self.reads.push_front((target.subject, read));
            self.reads.truncate(2);
        }
    }

    /// An answer with 401 came; its number for [`Refusal::received`].
    pub(in crate::exchange) fn received(&mut self) -> u64 {
        self.events += 1;
        self.events
    }

    /// What to do about a 401. Asked again after each wait.
    pub(in crate::exchange) fn decide(&mut self, now: Duration, refusal: &Refusal) -> Decision<R> {
        let Some(current) = self.token.as_mut().filter(|current| current.key == refusal.token) else {
            return match self.result_for(refusal) {
                Some(true) => Decision::Fail(Cause::Target),
                _ if refusal.fresh && self.was(refusal.token) == Some(false) => Decision::Fail(Cause::Target),
                _ if refusal.replayed => Decision::Fail(Cause::Unchecked),
                _ => Decision::Replay,
            };
        };
        if refusal.names_token {
            return self.drop_token(now, Dropped::Refused, refusal);
        }
        // What was dropped without being refused is as good as before for whoever had it requested.
        if let Some(why) = current.dropped.filter(|why| *why == Dropped::Refused || !refusal.fresh) {
            return if current.stuck || refusal.replayed {
                Decision::Fail(why.cause())
            } else {
                Decision::Replay
            };
        }
        // A token that was requested for the call marks on trust. The next 401 asks, unless the token was accepted in
        // between: else a token that was revoked before that call would go unnoticed for this target until its end.
        let is_marked = self.marks.has(refusal.target) && (current.proven || self.cannot_ask);
        if refusal.fresh && !is_marked {
            current.proven = false;
        }
        if refusal.fresh || is_marked {
            return self.about_target(refusal);
        }
        match (self.result_for(refusal), &self.check) {
            (Some(true), _) => return self.about_target(refusal),
            (Some(false), _) => return Decision::Fail(Cause::Unchecked),
            (None, Some(check)) if check.token == refusal.token => {
                let left = OVERDUE.saturating_sub(now.saturating_sub(check.started));
                if !left.is_zero() {
                    return Decision::Wait(check.number, left);
                }
            }
            _ => {}
        }
        self.begin_check(now, refusal)
    }

    /// A check ended. `token` is the one that it was made with. Whether that token is to be dropped now.
    pub(in crate::exchange) fn checked(&mut self, number: u64, token: TokenKey, end: Checked) -> bool {
        let Some(check) = self.check.take_if(|check| check.number == number) else { return false };
        let accepted = match end {
            Checked::Accepted => true,
            Checked::Failed => false,
            Checked::CannotAsk => {
                self.cannot_ask = true;
                return false;
            }
            Checked::Refused => {
                // It may be refused because what it reads is gone.
                self.reads.clear();
                let held = self.token.as_mut().filter(|current| current.key == token);
                return held.is_some_and(|current| current.dropped.replace(Dropped::Refused).is_none());
            }
        };
        if accepted && let Some(current) = self.token.as_mut().filter(|current| current.key == token) {
            current.proven = true;
        }
        self.result = Some(CheckResult { token, began: check.began, accepted });
        false
    }

    /// A check will never end: the call that ran it was dropped.
    pub(in crate::exchange) fn lost(&mut self, number: u64) {
        self.check.take_if(|check| check.number == number);
    }

    /// The provider gave out a token again after it was dropped.
    pub(in crate::exchange) fn unchanged(&mut self, token: TokenKey) -> Cause {
        match self.token.as_mut().filter(|current| current.key == token) {
            Some(current) => {
                current.stuck = current.dropped.is_some();
                // It is the only one: to rest would help nobody.
                self.rest_until = Duration::ZERO;
                current.dropped.map_or(Cause::Unchecked, Dropped::cause)
            }
            None => Cause::Unchecked,
        }
    }

    /// The number of the check that runs.
    pub(in crate::exchange) fn running(&self) -> Option<u64> {
        self.check.as_ref().map(|check| check.number)
    }

    /// Whether an older token was refused; `None` if it is not one.
    fn was(&self, token: TokenKey) -> Option<bool> {
        self.past.iter().find(|(key, _)| *key == token).map(|(_, refused)| *refused)
    }

    /// The result of the last check, if it was made with the same token and began after the 401 came.
    fn result_for(&self, refusal: &Refusal) -> Option<bool> {
        let result = self.result.as_ref()?;
        (result.token == refusal.token && result.began > refusal.received).then_some(result.accepted)
    }

    fn about_target(&mut self, refusal: &Refusal) -> Decision<R> {
        self.marks.refused(refusal.target);
        Decision::Fail(Cause::Target)
    }

    fn begin_check(&mut self, now: Duration, refusal: &Refusal) -> Decision<R> {
        let other = self.reads.iter().find(|(subject, _)| *subject != refusal.target.subject);
        let how = match other {
            Some((_, read)) => How::Repeat(read.clone()),
            None if !self.cannot_ask => How::Ask,
            None if self.marks_before.has(refusal.target) => return self.about_target(refusal),
            // The next replacement has to wait; or it has been sent with two tokens and may not be sent with a third.
            None if now < self.refetch_from || refusal.replayed => return Decision::Fail(Cause::Unchecked),
            None => {
                self.refetch_from = now.saturating_add(REFETCH);
                return self.drop_token(now, Dropped::Unproven, refusal);
            }
        };
        self.checks += 1;
        self.events += 1;
        self.check =
            Some(Check { number: self.checks, token: refusal.token, began: self.events, started: now });
        Decision::Check(self.checks, how)
    }

    /// Drops the current token, which is that of `refusal`.
    fn drop_token(&mut self, now: Duration, why: Dropped, refusal: &Refusal) -> Decision<R> {
        let Some(current) = &mut self.token else { return Decision::Replay };
        match current.dropped {
            Some(_) if current.stuck || refusal.replayed => Decision::Fail(why.cause()),
            Some(_) => Decision::Replay,
            None => {
                match why {
                    Dropped::Unproven => current.dropped = Some(why),
                    Dropped::Refused => {
                        current.dropped = Some(why);
                        if refusal.fresh {
                            self.rest_after(now);
                        }
                    }
                }
                Decision::Drop
            }
        }
    }

    /// A token was refused that had been requested for the very call.
    fn rest_after(&mut self, now: Duration) {
        self.refused_in_a_row = self.refused_in_a_row.saturating_add(1);
        // One can have been revoked on its way. Two in a row are a pattern.
        if let Some(doubled) = self.refused_in_a_row.checked_sub(2) {
            let rest = FIRST_REST.saturating_mul(2_u32.saturating_pow(doubled)).min(LONGEST_REST);
            self.rest_until = now.saturating_add(rest);
        }
    }

    #[cfg(test)]
    fn invariants(&self) {
        self.marks.invariants();
        self.marks_before.invariants();
        assert!(self.past.len() <= REMEMBERED && self.reads.len() <= 2);
        let subjects: Vec<u64> = self.reads.iter().map(|(subject, _)| *subject).collect();
        assert!(!matches!(*subjects, [one, other] if one == other), "two reads of one subject: {subjects:?}");
        if let Some(current) = &self.token {
            assert!(self.was(current.key).is_none(), "the newest token is an old one");
            assert!(!current.stuck || current.dropped.is_some());
        } else {
            assert!(self.check.is_none() && self.result.is_none(), "a check of no token");
        }
        if let Some(check) = &self.check {
            assert!(check.began <= self.events && check.number <= self.checks);
        }
        assert!(self.result.as_ref().is_none_or(|result| result.began <= self.events));
        assert!(self.rest_until.is_zero() || self.refused_in_a_row >= 2, "it rests without a reason");
    }
}

impl Dropped {
    fn cause(self) -> Cause {
        match self {
            Self::Refused => Cause::Token,
            Self::Unproven => Cause::Unclear,
        }
    }
}

#[cfg(test)]
mod tests;
