//! The rules that decide whether a 401 is about the token or about the target, without I/O, async code or a clock.
//!
//! The API responds 401 for an invalid token, for an unknown customer and for an operation that the role does not allow.
//! [`Machine`] decides which it is, for one provider's tokens at one base URL.
//!
//! | the 401 … | decision |
//! |---|---|
//! | names the token (challenge or code `INVALID_TOKEN`) | drop the token, replay |
//! | was sent with a token that is no longer the newest | replay with the newest |
//! | was sent with a token that was requested for this call | about the id |
//! | is for a marked target of this token, which was accepted since the last unverified mark | about the id |
//! | any other | one shared check of the token |
//!
//! A call uses the result of a check only if the check began after its 401. A check repeats the last successful read of
//! another subject; without one it asks the issuer; if that is not possible, the token is replaced, at most once per
//! [`REFETCH`]. Until then an unmarked target is not reported as unknown: the error says that the token could not be
//! checked. An accepted check marks the target, a refused one drops the token, and waiting callers replay once.
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

/// The age at which another caller may begin a new check, because the one that runs it may not be polled any more.
const OVERDUE: Duration = Duration::from_secs(10);
/// The minimum time between two tokens that are fetched only to check the one before.
const REFETCH: Duration = Duration::from_secs(60);
/// The pause after the second of several new tokens that were rejected in a row. It doubles with each further one.
const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(60);
/// The maximum number of older tokens that are remembered.
const REMEMBERED: usize = 8;

/// A call that failed with 401.
#[derive(Debug, Clone, Copy)]
pub(in crate::exchange) struct Refusal {
    pub(in crate::exchange) token: TokenKey,
    pub(in crate::exchange) target: Target,
    /// Whether the response says that it means the token.
    pub(in crate::exchange) names_token: bool,
    /// Whether the token was requested after the call began.
    pub(in crate::exchange) fresh: bool,
    /// Whether the call is a replay.
    pub(in crate::exchange) replayed: bool,
    /// The time of the response, by [`Machine::received`].
    pub(in crate::exchange) received: u64,
}

/// The decision about a 401.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::exchange) enum Decision<R> {
    /// Drop the token, then replay the call unless it is a replay.
    Drop,
    /// Replay the call with the provider's next token.
    Replay,
    /// Run the check of this number and report its result.
    Check(u64, How<R>),
    /// Wait until the check ends, at most for this time, and decide again.
    Wait(u64, Duration),
    Fail(Cause),
}

/// The kind of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::exchange) enum How<R> {
    /// Repeat this read, which succeeded before.
    Repeat(R),
    /// Ask the issuer.
    Ask,
}

/// The meaning of a 401.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::exchange) enum Cause {
    /// The token is valid, so the cause is the id or the role.
    Target,
    /// The API rejects the token, and another one does not help.
    Token,
    /// Either. This provider has no way to check.
    Unclear,
    /// Either. The check had no result, or is not possible yet.
    Unchecked,
}

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::exchange) enum Checked {
    Accepted,
    Refused,
    /// The network or the server failed.
    Failed,
    /// The issuer has no introspection.
    CannotAsk,
}

/// The machine. `R` is a read that can be repeated.
#[derive(Debug)]
pub(in crate::exchange) struct Machine<R> {
    /// The order of events.
    events: u64,
    token: Option<Current>,
    /// Older tokens, and whether they were rejected.
    past: VecDeque<(TokenKey, bool)>,
    marks: Marks,
    /// The marks of the token before, unless it was rejected.
    marks_before: Marks,
    /// Successful reads of two subjects, the last one first.
    reads: VecDeque<(u64, R)>,
    checks: u64,
    check: Option<Check>,
    result: Option<CheckResult>,
    cannot_ask: bool,
    refetch_from: Duration,
    /// The number of new tokens that were rejected in a row.
    refused_in_a_row: u32,
    rest_until: Duration,
}

/// The newest token.
#[derive(Debug)]
struct Current {
    key: TokenKey,
    /// Whether it was accepted after the last unverified mark, so that all of its marks are valid.
    proven: bool,
    dropped: Option<Dropped>,
    /// Whether it was dropped, and the provider returned it again.
    stuck: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dropped {
    Refused,
    /// To check whether another token is accepted.
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
    /// Begins a call. An error is the rest of the pause because the API rejects every new token.
    pub(in crate::exchange) fn begin(&self, now: Duration) -> Result<(), Duration> {
        match self.rest_until.saturating_sub(now) {
            Duration::ZERO => Ok(()),
            rest => Err(rest),
        }
    }

    /// Records a request with `token`.
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

    /// Records a success with `token`. `read` repeats it, if it can be repeated.
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

    /// Records a 401, and returns its number for [`Refusal::received`].
    pub(in crate::exchange) fn received(&mut self) -> u64 {
        self.events += 1;
        self.events
    }

    /// Decides about a 401. Called again after each wait.
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
        // A token that was dropped without being rejected is still valid for the call that requested it.
        if let Some(why) = current.dropped.filter(|why| *why == Dropped::Refused || !refusal.fresh) {
            return if current.stuck || refusal.replayed {
                Decision::Fail(why.cause())
            } else {
                Decision::Replay
            };
        }
        // A token that was requested for the call sets an unverified mark. The next 401 checks it unless the token was
        // accepted in between, or a token that was revoked before that call would go unnoticed for this target.
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

    /// Ends a check with its token. Returns whether that token must be dropped.
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
                // It may be refused because its resource was deleted.
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

    /// Aborts a check whose call was dropped.
    pub(in crate::exchange) fn lost(&mut self, number: u64) {
        self.check.take_if(|check| check.number == number);
    }

    /// Records that the provider returned a token again after it was dropped.
    pub(in crate::exchange) fn unchanged(&mut self, token: TokenKey) -> Cause {
        match self.token.as_mut().filter(|current| current.key == token) {
            Some(current) => {
                current.stuck = current.dropped.is_some();
                // It is the only token, so a pause has no use.
                self.rest_until = Duration::ZERO;
                current.dropped.map_or(Cause::Unchecked, Dropped::cause)
            }
            None => Cause::Unchecked,
        }
    }

    /// Returns the number of the current check.
    pub(in crate::exchange) fn running(&self) -> Option<u64> {
        self.check.as_ref().map(|check| check.number)
    }

    /// Returns whether an older token was rejected; `None` if it is not one.
    fn was(&self, token: TokenKey) -> Option<bool> {
        self.past.iter().find(|(key, _)| *key == token).map(|(_, refused)| *refused)
    }

    /// Returns the result of the last check, if it was for the same token and began after the 401.
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
            // The next replacement has to wait, or two tokens were tried and a third is not allowed.
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

    /// Records the rejection of a token that was requested for the call.
    fn rest_after(&mut self, now: Duration) {
        self.refused_in_a_row = self.refused_in_a_row.saturating_add(1);
        // A single one may have been revoked in between.
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
