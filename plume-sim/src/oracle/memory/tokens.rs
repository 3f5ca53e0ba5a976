//! The facts about each token: its expiry, its client, and the API's responses to it.

use std::{collections::BTreeMap, time::Duration};

use crate::oauth::Issued;
use crate::oracle::memory::presence::{Heard, Presence};

/// Maximum number of tokens.
const REMEMBERED: usize = 8_192;
/// Number of refusals received by the client that are sufficient, regardless of requests in flight.
const MOST_REFUSALS: u32 = 3;

#[derive(Debug, Default)]
pub(crate) struct TokenRecord {
    pub(crate) requester: u64,
    /// The client of the token and of all tokens that replaced it after a refusal.
    pub(crate) client: u64,
    pub(crate) issued_by: u64,
    pub(crate) at: Duration,
    /// The time after which no careful client uses it.
    pub(crate) until: Duration,
    /// The token response arrived unchanged and on time.
    pub(crate) intact: bool,
    /// Its client revoked it.
    pub(crate) revoked: bool,
    pub(crate) uses: u64,
    pub(crate) used_at: Duration,
    /// It belongs to a series of tokens that were each used once.
    pub(crate) in_run: bool,
    /// The time of the latest 401 to a call with it, for any reason. A careful client may replace the token then.
    pub(crate) questioned_at: Option<Duration>,
    /// A call with it succeeded, so the client can verify it.
    accepted: bool,
    /// The intent of the first call with it, if that was refused: the refusal may be about the requested resource.
    first_refused: Option<u64>,
    in_flight: u32,
    /// The API rejects it, with a 401 that does not say so.
    suspect: Option<Heard>,
    knowing_refusals: u32,
    /// The refused request that informed its client of the rejection.
    refused: Option<(u64, Heard)>,
}

/// The outcome of a call with a token.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) request: Presence,
    pub(crate) intent: u64,
    pub(crate) accepted: bool,
    /// A 401 because of the token.
    pub(crate) refused: bool,
    /// The response says that the token is the reason.
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
    /// Records a call. Returns the refused request if the client knows of it.
    pub(crate) fn used(&mut self, request: Presence) -> Option<u64> {
        self.uses += 1;
        self.used_at = request.at;
        self.in_flight += 1;
        let (by, heard) = self.refused.as_mut()?;
        heard.is_known_to(request).then_some(*by)
    }

    /// Records the end of a call, or `None` if the client did not receive it.
    ///
    /// A 401 may mean an unknown customer. A careful client then verifies its token with a call that succeeded
    /// before; only if that is refused, the client knows. If the first call with a new token is refused, a client may
    /// take its target as unknown and fail equal calls.
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

    /// Records that its client revoked it by this request.
    pub(crate) fn revoke(&mut self, by: u64, heard: Heard) {
        self.revoked = true;
        self.refused.get_or_insert((by, heard));
    }
}
