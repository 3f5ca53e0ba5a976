//! Watching a client: what it asked for, when, with which token, and what it had been told before.

mod chains;
mod tokens;
mod verdict;

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};

use http::{HeaderMap, Method, header::ACCEPT};

use crate::{
    faults::Area,
    firewall::{CALLS, WINDOW},
    oauth::{Issued, Sight, carries_basic},
};

use chains::{Chains, Ending};
use tokens::TokenBook;
pub use verdict::{Counts, Verdict, Violation, ViolationKind};

/// The most violations that are kept; more are counted.
const KEPT: usize = 1_000;
/// The first so many of each kind are kept anyway.
const KEPT_OF_EACH: u64 = 5;

/// A request as it arrives.
#[derive(Debug)]
pub(crate) struct Arrival<'r> {
    pub(crate) number: u64,
    pub(crate) at: Duration,
    pub(crate) address: &'r str,
    pub(crate) area: Area,
    pub(crate) method: &'r Method,
    pub(crate) path: &'r str,
    pub(crate) query: Option<&'r str>,
    pub(crate) headers: &'r HeaderMap,
    pub(crate) body: &'r [u8],
    pub(crate) template: Option<&'static str>,
    /// Sending it twice may do something twice. Some `POST`s of this API only read.
    pub(crate) change: bool,
    pub(crate) sight: Sight,
    /// The tenant whose customer is in the path.
    pub(crate) owner: Option<usize>,
    /// The tenant that asks for a token, if this is such a request.
    pub(crate) asks_token: Option<usize>,
    pub(crate) is_token_route: bool,
}

/// How a request was answered.
#[derive(Debug, Default)]
pub(crate) struct Reaction {
    /// None if no whole answer is given.
    pub(crate) status: Option<u16>,
    pub(crate) faulted: bool,
    /// Until when the firewall blocks the address, if it answered.
    pub(crate) blocked_until: Option<Duration>,
    /// Whether the request may have been carried out although the answer does not say so.
    pub(crate) unconfirmed: bool,
    /// Until when `Retry-After` asks to wait.
    pub(crate) wait_until: Option<Duration>,
    pub(crate) issued: Option<Issued>,
    /// How long that token can be used at the most, by what was said and by what is true.
    pub(crate) life: Duration,
    /// Whether the answer with the token arrives as it was meant.
    pub(crate) intact: bool,
    /// The token of a call that is answered with 401.
    pub(crate) questioned_token: Option<u64>,
    /// The 401 means the token, and not an unknown customer.
    pub(crate) token_refused: bool,
    /// The request never came to the cloud.
    pub(crate) never_arrived: bool,
}

#[derive(Debug, Default)]
struct Address {
    calls: VecDeque<(Duration, u64)>,
    /// The breach of the limit was told, until the count is below it again.
    told: bool,
    block: Option<Block>,
}

#[derive(Debug)]
struct Block {
    until: Duration,
    /// Requests from this number on, and after this time, were sent by someone who could know.
    known_from: u64,
    known_at: Duration,
    first: u64,
    probes: u32,
}

/// A request that is under way.
#[derive(Debug)]
struct Pending {
    address: String,
    key: Option<u64>,
    depth: chains::Depth,
    change: bool,
    asks_token: Option<usize>,
    reaction: Reaction,
}

/// All that is watched.
#[derive(Debug, Default)]
pub(crate) struct Oracle {
    counts: Counts,
    violations: Vec<Violation>,
    totals: BTreeMap<ViolationKind, u64>,
    addresses: HashMap<String, Address>,
    tokens: TokenBook,
    chains: Chains,
    pending: HashMap<u64, Pending>,
    last_number: u64,
    /// How long a request may have been on its way without having heard of an answer; nothing in process.
    pub(crate) settle: Duration,
}

impl Oracle {
    pub(crate) fn verdict(&self) -> Verdict {
        Verdict {
            counts: self.counts.clone(),
            violations: self.violations.clone(),
            totals: self.totals.clone(),
        }
    }

    fn blame(&mut self, kind: ViolationKind, requests: Vec<u64>, at: Duration, message: impl Into<String>) {
        let total = self.totals.entry(kind).or_default();
        *total += 1;
        if self.violations.len() < KEPT || *total <= KEPT_OF_EACH {
            self.violations.push(Violation { kind, requests, at, message: message.into() });
        }
    }

    /// A request comes in.
    pub(crate) fn arrive(&mut self, arrival: &Arrival<'_>) {
        let Arrival { number, at, .. } = *arrival;
        self.last_number = number;
        self.counts.requests += 1;
        self.well_formed(arrival);
        let mut pending = Pending {
            address: arrival.address.to_owned(),
            key: None,
            depth: chains::Depth::default(),
            change: false,
            asks_token: arrival.asks_token,
            reaction: Reaction::default(),
        };
        if arrival.area == Area::Oauth {
            if arrival.is_token_route {
                self.counts.token_requests += 1;
            }
            if let Some(tenant) = arrival.asks_token {
                self.token_request(tenant, number, at);
            }
        } else {
            self.counts.calls += 1;
            self.call(arrival);
            self.token_use(arrival);
            let key = chains::key(arrival);
            let change = arrival.change;
            pending.key = Some(key);
            pending.change = change;
            pending.depth = self.again(key, change, arrival);
        }
        self.pending.insert(number, pending);
        let in_flight = u64::try_from(self.pending.len()).unwrap_or(u64::MAX);
        self.counts.most_in_flight = self.counts.most_in_flight.max(in_flight);
    }

    /// What the request looks like.
    fn well_formed(&mut self, arrival: &Arrival<'_>) {
        let Arrival { number, at, method, path, .. } = *arrival;
        let malformed = |oracle: &mut Self, what: &str| {
            oracle.blame(ViolationKind::Malformed, vec![number], at, format!("{method} request {what}"));
        };
        if path.contains("//") {
            malformed(self, "with an empty path segment");
        }
        if arrival.area != Area::Oauth {
            if !arrival.headers.contains_key(ACCEPT) {
                malformed(self, "without an Accept header, so the answer may be HTML");
            }
            if arrival.sight == Sight::Nothing {
                malformed(self, "without a bearer token");
            }
            if carries_basic(arrival.headers) {
                let message = "the OAuth client's secret was sent to the API";
                self.blame(ViolationKind::LeakedSecret, vec![number], at, message);
            }
            if arrival.template.is_none() {
                self.counts.unknown_routes += 1;
                let message = format!("there is no route {method} {path}");
                self.blame(ViolationKind::UnknownRoute, vec![number], at, message);
            }
        } else if arrival.template.is_none() {
            self.counts.unknown_routes += 1;
            self.blame(
                ViolationKind::UnknownRoute,
                vec![number],
                at,
                format!("there is no route {method} {path}"),
            );
        }
        let query = arrival.query.unwrap_or_default();
        let in_query = query.split('&').any(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            ["access_token", "token", "authorization", "client_secret"]
                .iter()
                .any(|secret| name.eq_ignore_ascii_case(secret))
        });
        // Every token begins with the same encoded header.
        if in_query || path.contains("eyJ") || query.contains("eyJ") {
            self.blame(ViolationKind::LeakedSecret, vec![number], at, "a token stands in the URL");
        }
    }

    /// The count of calls, and the firewall's block.
    fn call(&mut self, arrival: &Arrival<'_>) {
        let Arrival { number, at, .. } = *arrival;
        let settle = self.settle;
        let address = self.addresses.entry(arrival.address.to_owned()).or_default();
        while address.calls.front().is_some_and(|(call, _)| at.saturating_sub(*call) >= WINDOW) {
            address.calls.pop_front();
        }
        address.calls.push_back((at, number));
        let count = u64::try_from(address.calls.len()).unwrap_or(u64::MAX);
        self.counts.most_calls_in_300_s = self.counts.most_calls_in_300_s.max(count);
        let over = count > u64::from(CALLS);
        let first = address.calls.front().map_or(number, |(_, first)| *first);
        let newly = over && !std::mem::replace(&mut address.told, over);
        let mut during = None;
        if let Some(block) = &mut address.block {
            if at >= block.until {
                address.block = None;
            } else if number >= block.known_from && at.saturating_sub(block.known_at) >= settle {
                block.probes += 1;
                if block.probes > 1 {
                    during = Some(block.first);
                }
            }
        }
        if newly {
            let message = format!("{count} calls from one address within 300 s, where {CALLS} are allowed");
            self.blame(ViolationKind::CallLimit, vec![first, number], at, message);
        }
        if let Some(first) = during {
            let message = "another call although the firewall had said that the address is blocked";
            self.blame(ViolationKind::CallDuringBlock, vec![first, number], at, message);
        }
    }

    /// The token that a call carries.
    fn token_use(&mut self, arrival: &Arrival<'_>) {
        let Arrival { number, at, .. } = *arrival;
        let Sight::Known { number: token, tenant, .. } = arrival.sight else {
            if arrival.sight == Sight::Unknown {
                let message = "a token was used that was never handed out here";
                self.blame(ViolationKind::ForeignToken, vec![number], at, message);
            }
            return;
        };
        if arrival.owner.is_some_and(|owner| owner != tenant) {
            let message = "a token was used for a customer of another provider";
            self.blame(ViolationKind::ForeignToken, vec![number], at, message);
        }
        let Some(seen) = self.tokens.token(token) else { return };
        if let Some((refused_by, known_from, refused_at)) = seen.refused {
            if number >= known_from && at.saturating_sub(refused_at) >= self.settle {
                let message = "a token was used again that the API had refused";
                self.blame(ViolationKind::RejectedToken, vec![refused_by, number], at, message);
            }
        } else if at >= seen.until.saturating_add(self.settle) {
            let by = at.saturating_sub(seen.until).as_secs_f64();
            let message = format!("a token was used {by:.3} s after its end");
            self.blame(ViolationKind::ExpiredToken, vec![seen.issued_by, number], at, message);
        }
    }

    fn token_request(&mut self, tenant: usize, number: u64, at: Duration) {
        let count = self.tokens.request(tenant, at);
        self.counts.most_token_requests_in_60_s = self.counts.most_token_requests_in_60_s.max(count.all);
        if count.newly_stormy {
            let message = format!("{} token requests within 60 s", count.all);
            self.blame(ViolationKind::TokenRequestStorm, vec![number], at, message);
        }
        let under_way = self
            .pending
            .iter()
            .filter(|(_, pending)| pending.asks_token == Some(tenant))
            .map(|(number, _)| *number)
            .min();
        if let Some(other) = under_way {
            let message = "a token was asked for while another request for one was under way";
            self.blame(ViolationKind::NeedlessTokenRequest, vec![other, number], at, message);
        } else if let Some((issued_by, left)) = self.tokens.young(tenant, at) {
            let message = format!(
                "a token was asked for while one at hand was good for {:.0} s more",
                left.as_secs_f64()
            );
            self.blame(ViolationKind::NeedlessTokenRequest, vec![issued_by, number], at, message);
        }
    }

    /// The same request as one that failed before.
    fn again(&mut self, key: u64, change: bool, arrival: &Arrival<'_>) -> chains::Depth {
        let Arrival { number, at, .. } = *arrival;
        let found = self.chains.again(key, number, at);
        if let Some(before) = found.before {
            let both = vec![before.number, number];
            if change && before.unconfirmed {
                let message =
                    format!("{} sent again although the first may have taken effect", arrival.method);
                self.blame(ViolationKind::RepeatedChange, both.clone(), at, message);
            }
            // Waits are counted in whole seconds by those who obey them.
            if before.wait_until.is_some_and(|until| at.saturating_add(Duration::from_millis(1)) < until) {
                let message = "the same request again before the time that Retry-After named";
                self.blame(ViolationKind::EarlyRetry, both.clone(), at, message);
            }
            if found.depth.refusals >= chains::MOST_REFUSALS {
                let message = format!("refused with 401 {} times and sent again", found.depth.refusals);
                self.blame(ViolationKind::RefusalLoop, both.clone(), at, message);
            }
            if found.depth.failures >= chains::MOST_FAILURES {
                let message = format!("failed {} times in a row and sent again", found.depth.failures);
                self.blame(ViolationKind::RetryStorm, both, at, message);
            }
        }
        found.depth
    }

    /// A token that nobody had to ask for.
    pub(crate) fn gift(&mut self, issued: Issued, at: Duration, until: Duration) {
        self.tokens.issued(issued, 0, at, until, false);
    }

    /// What will be answered is known. The client has not heard it yet.
    pub(crate) fn answer(&mut self, number: u64, reaction: Reaction) {
        *self.counts.by_status.entry(reaction.status.unwrap_or_default()).or_default() += 1;
        self.counts.faulted += u64::from(reaction.faulted);
        self.counts.blocked += u64::from(reaction.blocked_until.is_some());
        self.counts.tokens_issued += u64::from(reaction.issued.is_some());
        if let Some(pending) = self.pending.get_mut(&number) {
            pending.reaction = reaction;
        }
    }

    /// The client has its answer (`heard`), or has gone away without it.
    pub(crate) fn finish(&mut self, number: u64, at: Duration, heard: bool) {
        let Some(pending) = self.pending.remove(&number) else { return };
        let reaction = pending.reaction;
        let next = self.last_number + 1;
        if let Some(issued) = reaction.issued {
            // Life counts from the request at the earliest, and this is the latest: the client's favour.
            let until = at.saturating_add(reaction.life);
            self.tokens.issued(issued, number, at, until, heard && reaction.intact);
        }
        if heard {
            if let Some(token) = reaction.questioned_token {
                self.tokens.question(token, at);
                // A replay with a new token that is refused as well looks like an unknown customer.
                if reaction.token_refused && pending.depth.refusals == 0 {
                    self.tokens.refuse(token, number, next, at);
                }
            }
            if let Some(until) = reaction.blocked_until {
                let address = self.addresses.entry(pending.address).or_default();
                let block = address.block.get_or_insert(Block {
                    until,
                    known_from: next,
                    known_at: at,
                    first: number,
                    probes: 0,
                });
                block.until = block.until.max(until);
            }
        }
        if let Some(key) = pending.key {
            let ending = match reaction.status.filter(|_| heard) {
                Some(401) => Ending::Refused,
                Some(408 | 429 | 500 | 502..=504) | None => Ending::Failed,
                Some(_) => Ending::Done,
            };
            // An answer that nobody heard confirms nothing.
            let arrived = !reaction.never_arrived;
            let unconfirmed = pending.change && arrived && (reaction.unconfirmed || !heard);
            let wait_until = reaction.wait_until.filter(|_| heard);
            self.chains.end(key, number, at, pending.depth, ending, unconfirmed, wait_until);
        }
    }
}
