//! What one address asks of the authorization server for one OAuth client.
//!
//! Behind one address there may be several processes, each with a token of its own. They look like one that asks for
//! tokens without need, until it shows what becomes of the tokens.

use std::{collections::VecDeque, time::Duration};

use crate::oracle::memory::{TokenRecord, Tokens};
use crate::oracle::verdict::{Breach, ViolationKind};

const MINUTE: Duration = Duration::from_secs(60);
/// The most token requests within a minute that failed or brought an unused token, and that no refusal explains.
const MOST_IN_VAIN: usize = 8;
/// The most token requests within a minute that no refusal explains.
const MOST_TOKENS: usize = 20;
/// The most introspections and revocations within a minute.
const MOST_QUESTIONS: usize = 30;
/// So many tokens in a row, each used for one call and then replaced while it was good, are a token per call.
const MOST_SINGLE: u32 = 4;
/// So many tokens in a row, each replaced after a 403, are no chance.
const MOST_AFTER_403: u32 = 3;
/// What comes so soon is a consequence.
const AT_ONCE: Duration = Duration::from_secs(5);
/// Tokens are renewed so long before their end; this is advised.
const MARGIN: Duration = Duration::from_secs(30);
/// The most recent requests that are looked at one by one.
const LOOKED_AT: usize = 64;
/// The most requests that are counted.
const COUNTED: usize = 1 << 16;

#[derive(Debug, Default)]
pub(crate) struct TokenRequests {
    times: VecDeque<Duration>,
    /// The latest requests and the tokens they brought.
    latest: VecDeque<(u64, Duration, Option<u64>)>,
    questions: VecDeque<Duration>,
    refusals: VecDeque<Duration>,
    /// The clients whose token was questioned and has not been replaced.
    questioned: Vec<(u64, Duration)>,
    under_way: Vec<u64>,
    stormy: bool,
    asking: bool,
    single: u32,
    after_403: u32,
    /// The last answer to this address was a 403.
    forbidden: Option<Forbidden>,
    /// The request for a token, and then the token, that followed a 403 at once.
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

/// What a token request came to.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// The client whose refused token it replaces.
    pub(crate) client: Option<u64>,
    pub(crate) within_60_s: u64,
    pub(crate) breaches: Vec<(Breach, Option<u64>)>,
    /// A breach that holds unless one of the tokens is used again.
    pub(crate) suspicion: Option<(Breach, u64)>,
}

impl TokenRequests {
    /// A token request arrives.
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

    /// The client of the latest questioned token, which this request replaces.
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
            let message = "a token was asked for while another request for one was under way".to_owned();
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
        // A job that is started every few minutes has no token from its last run.
        if is_scheduled(gap) {
            self.single = 0;
            self.after_403 = 0;
            return;
        }
        self.after_403 = if forbidden.is_some() { self.after_403 + 1 } else { 0 };
        if self.after_403 >= MOST_AFTER_403 {
            let message =
                format!("a token was replaced after a 403, although it was good for {left:.0} s more");
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
                "a token was asked for although the last one served a single call and was good for {left:.0} s more"
            );
            asked.suspicion = Some(((ViolationKind::NeedlessTokenRequest, message), seen.issued_by));
        }
    }

    /// Whether all recent calls were made with this token.
    fn is_alone(&self, token: u64, tokens: &Tokens) -> bool {
        let Some(issued_at) = tokens.get(token).map(|seen| seen.at) else { return false };
        let others = self.latest.iter().filter_map(|(_, _, token)| *token).filter(|other| *other != token);
        !others
            .filter_map(|other| tokens.get(other))
            .any(|other| other.uses > 0 && other.used_at >= issued_at)
    }

    /// A token request ended.
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

    /// A call with this token arrives. Gives the 403 that made the client fetch it, if the call is the same again.
    pub(crate) fn repeats_forbidden(&mut self, token: u64, intent: u64) -> Option<u64> {
        let (_, _, forbidden) = self.instead.take_if(|(_, brought, _)| *brought == Some(token))?;
        (forbidden.intent == intent).then_some(forbidden.number)
    }

    /// An introspection or a revocation arrives. Whether there are too many now.
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

    /// A call with a token of this client was answered with 401.
    pub(crate) fn refused(&mut self, client: u64, at: Duration) {
        push(&mut self.refusals, at);
        if self.questioned.len() < LOOKED_AT && !self.questioned.iter().any(|(known, _)| *known == client) {
            self.questioned.push((client, at));
        }
    }

    /// A call was answered, perhaps with 403.
    pub(crate) fn answered(&mut self, forbidden: Option<Forbidden>) {
        self.forbidden = forbidden;
    }

    /// A token of a run of tokens that were used once is used again: they belong to several processes.
    pub(crate) fn used_again(&mut self) {
        self.single = 0;
    }
}

impl TokenRecord {
    /// Whether a client that has it needs no other one.
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
