//! Requests to the authorization server from one address for one OAuth client.
//!
//! Several processes can share an address, each with its own token. They look like one client that wastes tokens,
//! until the use of the tokens distinguishes them.

use std::{collections::VecDeque, time::Duration};

use crate::oracle::memory::{TokenRecord, Tokens};
use crate::oracle::verdict::{Breach, ViolationKind};

const MINUTE: Duration = Duration::from_secs(60);
/// Maximum number of token requests within a minute that failed or returned an unused token, and that no refusal
/// explains.
const MOST_IN_VAIN: usize = 8;
/// Maximum number of token requests within a minute that no refusal explains.
const MOST_TOKENS: usize = 20;
/// Maximum number of introspections and revocations within a minute.
const MOST_QUESTIONS: usize = 30;
/// This many tokens in a row, each used for one call and then replaced while valid, are one token per call.
const MOST_SINGLE: u32 = 4;
/// This many tokens in a row, each replaced after a 403, are no coincidence.
const MOST_AFTER_403: u32 = 3;
/// A request this soon is a consequence of the one before.
const AT_ONCE: Duration = Duration::from_secs(5);
/// The advised time of renewal before a token's expiry.
const MARGIN: Duration = Duration::from_secs(30);
/// Maximum number of recent requests that are examined one by one.
const LOOKED_AT: usize = 64;
/// Maximum number of requests that are counted.
const COUNTED: usize = 1 << 16;

#[derive(Debug, Default)]
pub(crate) struct TokenRequests {
    times: VecDeque<Duration>,
    /// The latest requests and the tokens that they returned.
    latest: VecDeque<(u64, Duration, Option<u64>)>,
    questions: VecDeque<Duration>,
    refusals: VecDeque<Duration>,
    /// The clients whose token was questioned and is not yet replaced.
    questioned: Vec<(u64, Duration)>,
    under_way: Vec<u64>,
    stormy: bool,
    asking: bool,
    single: u32,
    after_403: u32,
    /// The latest response to this address was a 403.
    forbidden: Option<Forbidden>,
    /// The token request that followed a 403 at once, with its token.
    instead: Option<(u64, Option<u64>, Forbidden)>,
}

/// A call that was answered with 403.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Forbidden {
    pub(crate) number: u64,
    pub(crate) at: Duration,
    pub(crate) token: u64,
    pub(crate) intent: u64,
}

/// The outcome of a token request.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// The client whose refused token it replaces.
    pub(crate) client: Option<u64>,
    pub(crate) within_60_s: u64,
    pub(crate) breaches: Vec<(Breach, Option<u64>)>,
    /// A breach that is withdrawn if one of the tokens is used again.
    pub(crate) suspicion: Option<(Breach, u64)>,
}

impl TokenRequests {
    /// Records a token request.
    pub(crate) fn ask(&mut self, number: u64, at: Duration, tokens: &mut Tokens) -> Asked {
        forget(&mut self.times, at);
        forget(&mut self.refusals, at);
        push(&mut self.times, at);
        let mut asked = Asked {
            client: self.replaced(at),
            within_60_s: u64::try_from(self.times.len()).unwrap_or(u64::MAX),
            breaches: Vec::new(),
            suspicion: None,
        };
        self.latest.push_back((number, at, None));
        if self.latest.len() > LOOKED_AT {
            self.latest.pop_front();
        }
        let recent = self.latest.iter().filter(|(_, asked_at, _)| at.saturating_sub(*asked_at) < MINUTE);
        let in_vain = recent
            .filter(|(_, _, token)| {
                token.and_then(|token| tokens.get(token)).is_none_or(|seen| seen.uses == 0)
            })
            .count();
        // A refused token has to be replaced, so a refusal explains one request.
        let explained = self.refusals.len();
        let stormy = in_vain > MOST_IN_VAIN + explained || self.times.len() > MOST_TOKENS + explained;
        if stormy && !self.stormy {
            let message = format!("{} token requests within 60 s", self.times.len());
            asked.breaches.push(((ViolationKind::TokenRequestStorm, message), None));
        }
        self.stormy = stormy;
        self.needless(number, at, tokens, &mut asked);
        if self.under_way.len() < LOOKED_AT {
            self.under_way.push(number);
        }
        asked
    }

    /// Returns the client of the latest questioned token, which this request replaces.
    fn replaced(&mut self, at: Duration) -> Option<u64> {
        self.questioned.retain(|(_, asked_at)| at.saturating_sub(*asked_at) < MINUTE);
        self.questioned.pop().map(|(client, _)| client)
    }

    fn needless(&mut self, number: u64, at: Duration, tokens: &mut Tokens, asked: &mut Asked) {
        let forbidden = self.forbidden.take();
        let before =
            self.latest.iter().rev().skip(1).find_map(|(_, asked_at, token)| Some((*asked_at, (*token)?)));
        let Some((asked_at, token)) = before else { return };
        let alone = self.is_alone(token, tokens);
        let Some(seen) = tokens.get_mut(token) else { return };
        if !seen.is_good(at) {
            self.single = 0;
            self.after_403 = 0;
            return;
        }
        let by = Some(seen.issued_by);
        if let (Some(other), true, true) = (self.under_way.first(), alone, seen.uses > 1) {
            let message = "a token was requested while another token request was in flight".to_owned();
            asked.breaches.push(((ViolationKind::NeedlessTokenRequest, message), Some(*other)));
            return;
        }
        let left = seen.until.saturating_sub(at).as_secs_f64();
        let gap = at.saturating_sub(asked_at);
        let forbidden = forbidden.filter(|forbidden| forbidden.token == token);
        self.instead = forbidden
            .filter(|forbidden| at.saturating_sub(forbidden.at) < AT_ONCE)
            .map(|forbidden| (number, None, forbidden));
        if seen.uses == 0 {
            return;
        }
        // A job that starts every few minutes has no token from its last run.
        if is_scheduled(gap) {
            self.single = 0;
            self.after_403 = 0;
            return;
        }
        self.after_403 = if forbidden.is_some() { self.after_403 + 1 } else { 0 };
        if self.after_403 >= MOST_AFTER_403 {
            let message =
                format!("a token was replaced after a 403, although it was valid for {left:.0} s more");
            asked.breaches.push(((ViolationKind::NeedlessTokenRequest, message), by));
        }
        if seen.uses > 1 {
            self.single = 0;
            return;
        }
        seen.in_run = true;
        self.single += 1;
        if self.single >= MOST_SINGLE {
            let message = format!(
                "a token was requested although the last one was used for a single call and valid for {left:.0} s more"
            );
            asked.suspicion = Some(((ViolationKind::NeedlessTokenRequest, message), seen.issued_by));
        }
    }

    /// Returns whether all recent calls used this token.
    fn is_alone(&self, token: u64, tokens: &Tokens) -> bool {
        let Some(issued_at) = tokens.get(token).map(|seen| seen.at) else { return false };
        let others = self.latest.iter().filter_map(|(_, _, token)| *token).filter(|other| *other != token);
        !others
            .filter_map(|other| tokens.get(other))
            .any(|other| other.uses > 0 && other.used_at >= issued_at)
    }

    /// Ends a token request.
    pub(crate) fn end(&mut self, number: u64, token: Option<u64>) {
        self.under_way.retain(|other| *other != number);
        if let Some(entry) = self.latest.iter_mut().rev().find(|(asked, ..)| *asked == number) {
            entry.2 = token;
        }
        if let Some((asked, brought, _)) = &mut self.instead
            && *asked == number
        {
            *brought = token;
        }
    }

    /// Records a call with this token. Returns the 403 that led to the token request, if the call repeats that one.
    pub(crate) fn repeats_forbidden(&mut self, token: u64, intent: u64) -> Option<u64> {
        let (_, _, forbidden) = self.instead.take_if(|(_, brought, _)| *brought == Some(token))?;
        (forbidden.intent == intent).then_some(forbidden.number)
    }

    /// Records an introspection or a revocation. Returns a breach if there are too many.
    pub(crate) fn question(&mut self, at: Duration) -> Option<Breach> {
        forget(&mut self.questions, at);
        push(&mut self.questions, at);
        let many = self.questions.len() > MOST_QUESTIONS;
        let newly = many && !std::mem::replace(&mut self.asking, many);
        self.asking = many;
        newly.then(|| {
            let message = format!("{} introspections and revocations within 60 s", self.questions.len());
            (ViolationKind::TokenRequestStorm, message)
        })
    }

    /// Records a 401 to a call with a token of this client.
    pub(crate) fn refused(&mut self, client: u64, at: Duration) {
        push(&mut self.refusals, at);
        if self.questioned.len() < LOOKED_AT && !self.questioned.iter().any(|(known, _)| *known == client) {
            self.questioned.push((client, at));
        }
    }

    /// Records the response to a call, which may be a 403.
    pub(crate) fn answered(&mut self, forbidden: Option<Forbidden>) {
        self.forbidden = forbidden;
    }

    /// Records the reuse of a token from a series of tokens used once: they belong to several processes.
    pub(crate) fn used_again(&mut self) {
        self.single = 0;
    }
}

impl TokenRecord {
    /// Returns whether the token is valid long enough that its client needs no other one.
    fn is_good(&self, at: Duration) -> bool {
        let half = self.until.saturating_sub(self.at) / 2;
        let left = self.until.saturating_sub(at);
        let questioned = self.questioned_at.is_some_and(|asked| at.saturating_sub(asked) < MINUTE);
        self.intact && !self.revoked && !questioned && left > half.max(MARGIN)
    }
}

fn is_scheduled(gap: Duration) -> bool {
    let seconds = gap.as_secs();
    seconds >= 59 && (seconds + 1) % 60 <= 2
}

fn forget(times: &mut VecDeque<Duration>, now: Duration) {
    while times.front().is_some_and(|time| now.saturating_sub(*time) >= MINUTE) {
        times.pop_front();
    }
}

fn push(times: &mut VecDeque<Duration>, at: Duration) {
    if times.len() >= COUNTED {
        times.pop_front();
    }
    times.push_back(at);
}
