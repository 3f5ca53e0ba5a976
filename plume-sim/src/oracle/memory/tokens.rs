//! What is known about each token: how long it is good, which client has it, and what the API said about it.

use std::{collections::BTreeMap, time::Duration};

use crate::oauth::Issued;
use crate::oracle::memory::presence::{Heard, Presence};

/// The most tokens that are remembered.
const REMEMBERED: usize = 8_192;
/// So many refusals of one token that its client had heard of are enough, whatever else is under way.
const MOST_REFUSALS: u32 = 3;

#[derive(Debug, Default)]
pub(crate) struct TokenRecord {
    pub(crate) requester: u64,
    /// The client that has it, through all tokens that replaced a refused one.
    pub(crate) client: u64,
    pub(crate) issued_by: u64,
    pub(crate) at: Duration,
    /// After this, no careful client uses it.
    pub(crate) until: Duration,
    /// It arrived as it was meant.
    pub(crate) intact: bool,
    /// Its client has revoked it.
    pub(crate) revoked: bool,
    pub(crate) uses: u64,
    pub(crate) used_at: Duration,
    /// It belongs to a run of tokens that were used once.
    pub(crate) in_run: bool,
    /// When a call with it was last answered with 401, for whatever reason. A careful client may replace it then.
    pub(crate) questioned_at: Option<Duration>,
    /// A call with it succeeded, so that there is something to verify it with.
    accepted: bool,
    /// The intent of the first call with it, if that was refused: it can be about what the call asked for.
    first_refused: Option<u64>,
    in_flight: u32,
    /// The API does not accept it any more, and answered with a 401 that does not say so.
    suspect: Option<Heard>,
    knowing_refusals: u32,
    /// Its client knows that it is not accepted: the request that was refused.
    refused: Option<(u64, Heard)>,
}

/// How a call with a token ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) request: Presence,
    pub(crate) intent: u64,
    pub(crate) accepted: bool,
    /// 401 because of the token.
    pub(crate) refused: bool,
    /// The answer says that it is because of the token.
    pub(crate) evident: bool,
    pub(crate) heard: Heard,
}

#[derive(Debug, Default)]
pub(crate) struct Tokens {
    tokens: BTreeMap<u64, TokenRecord>,
}

impl Tokens {
    pub(crate) fn get(&self, number: u64) -> Option<&TokenRecord> {
        self.tokens.get(&number)
    }

    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut TokenRecord> {
        self.tokens.get_mut(&number)
    }

    pub(crate) fn issued(
        &mut self,
        issued: Issued,
        requester: u64,
        client: u64,
        by: u64,
        life: (Duration, Duration),
        intact: bool,
    ) {
        let (at, until) = life;
        let seen = TokenRecord {
            requester,
            client,
            issued_by: by,
            at,
            until,
            intact,
            used_at: at,
            ..TokenRecord::default()
        };
        self.tokens.insert(issued.number, seen);
        while self.tokens.len() > REMEMBERED {
            self.tokens.pop_first();
        }
    }
}

impl TokenRecord {
    /// A call with it arrives. Gives the request that was refused if the client knows of it.
    pub(crate) fn used(&mut self, request: Presence) -> Option<u64> {
        self.uses += 1;
        self.used_at = request.at;
        self.in_flight += 1;
        let (by, heard) = self.refused.as_mut()?;
        heard.is_known_to(request).then_some(*by)
    }

    /// A call with it ended and was heard, or (`None`) its end was not heard.
    ///
    /// A 401 may mean an unknown customer. A careful client verifies its token then, by a call that was accepted before.
    /// Only when that is refused, the client knows. If the first call with a new token is refused, a client can take its
    /// target for unknown, and say so each time that the same is asked for.
    pub(crate) fn ended(&mut self, outcome: Option<Outcome>) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let Some(outcome) = outcome else { return };
        self.accepted |= outcome.accepted;
        if !outcome.refused {
            return;
        }
        if let Some((_, heard)) = &mut self.refused {
            heard.again(outcome.request.connection);
            return;
        }
        let first = *self.first_refused.get_or_insert(outcome.intent);
        if !outcome.evident && !self.accepted && first == outcome.intent {
            return;
        }
        let knew = self.suspect.as_mut().is_some_and(|heard| heard.is_known_to(outcome.request));
        self.knowing_refusals += u32::from(knew);
        let verified = knew && (self.in_flight == 0 || self.knowing_refusals >= MOST_REFUSALS);
        if outcome.evident || verified {
            self.refused = Some((outcome.request.number, outcome.heard));
        } else if let Some(heard) = &mut self.suspect {
            heard.again(outcome.request.connection);
        } else {
            self.suspect = Some(outcome.heard);
        }
    }

    /// Its client has revoked it by this request.
    pub(crate) fn revoke(&mut self, by: u64, heard: Heard) {
        self.revoked = true;
        self.refused.get_or_insert((by, heard));
    }
}
