//! The state of all rules, and their application to an arriving request.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use http::{Method, header::AUTHORIZATION};

use crate::http::Area;
use crate::oauth::{Issued, TokenStatus};
use crate::oracle::arrival::{Arrival, Reaction};
use crate::oracle::memory::{Presence, Recent, SETTLE, Tokens};
use crate::oracle::messages::{Intent, breaches, intent};
use crate::oracle::rules::{
    Chain, Chains, Change, Changes, Egress, Readings, Redirections, Sender, Target, TokenRequests, Waits,
};
use crate::oracle::verdict::{Counts, Verdict, Violation, ViolationKind};
use crate::routes::OAuthRequest;
use crate::world::{LocationKey, customer_id, noise};

/// Maximum number of recorded violations; more are only counted.
const KEPT: usize = 1_000;
/// Number of violations of each kind that are recorded in any case.
const KEPT_OF_EACH: u64 = 5;

/// A request in flight.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    pub(crate) address: u64,
    pub(crate) presence: Presence,
    pub(crate) authority: Option<String>,
    /// The client that sent it, or the OAuth client at this address.
    pub(crate) client: u64,
    pub(crate) requester: u64,
    /// The client whose refused token this request replaces.
    pub(crate) replaces: Option<u64>,
    pub(crate) token: Option<u64>,
    pub(crate) intent: Option<Intent>,
    pub(crate) chain: Option<Chain>,
    pub(crate) chain_key: Option<u64>,
    pub(crate) wait: u64,
    /// It was sent before a time that another response had named.
    pub(crate) bound: bool,
    pub(crate) change: Option<(usize, Change)>,
    /// The provider and the customer of a read.
    pub(crate) read: Option<(usize, Option<u64>)>,
    pub(crate) oauth_request: Option<OAuthRequest>,
    pub(crate) arrives: bool,
    pub(crate) reaction: Reaction,
}

/// The state of one address.
#[derive(Debug, Default)]
pub(crate) struct Address {
    pub(crate) egress: Egress,
    pub(crate) redirections: Redirections,
}

/// The state of all rules.
#[derive(Debug, Default)]
pub(crate) struct Oracle {
    pub(crate) counts: Counts,
    pub(crate) violations: Vec<Violation>,
    pub(crate) totals: BTreeMap<ViolationKind, u64>,
    /// Breaches by requester that are withdrawn if several processes turn out to share the address.
    pub(crate) suspicions: HashMap<u64, Vec<Violation>>,
    pub(crate) addresses: Recent<Address>,
    pub(crate) tokens: Tokens,
    pub(crate) token_requests: Recent<TokenRequests>,
    pub(crate) chains: Chains,
    pub(crate) waits: Waits,
    pub(crate) changes: HashMap<usize, Changes>,
    pub(crate) readings: Readings,
    pub(crate) pending: HashMap<u64, Pending>,
    pub(crate) last_number: u64,
    pub(crate) last_connection: u64,
}

impl Oracle {
    pub(crate) fn verdict(&self) -> Verdict {
        let mut verdict = Verdict {
            counts: self.counts.clone(),
            violations: self.violations.clone(),
            totals: self.totals.clone(),
            unused_faults: Vec::new(),
        };
        for violation in self.suspicions.values().flatten() {
            *verdict.totals.entry(violation.kind).or_default() += 1;
            verdict.violations.push(violation.clone());
        }
        verdict.violations.sort_by_key(|violation| violation.requests.last().copied());
        verdict
    }

    /// Resets everything except the tokens. Requests in flight are no longer checked.
    pub(crate) fn reset(&mut self) {
        let tokens = std::mem::take(&mut self.tokens);
        *self = Self {
            tokens,
            last_number: self.last_number,
            last_connection: self.last_connection,
            ..Self::default()
        };
    }

    pub(crate) fn blame(
        &mut self,
        kind: ViolationKind,
        message: impl Into<String>,
        requests: impl Into<Vec<u64>>,
        at: Duration,
    ) {
        let total = self.totals.entry(kind).or_default();
        *total += 1;
        if self.violations.len() < KEPT || *total <= KEPT_OF_EACH {
            self.violations.push(Violation { kind, requests: requests.into(), at, message: message.into() });
        }
    }

    pub(crate) fn address(&mut self, address: u64) -> &mut Address {
        self.addresses.entry(address)
    }

    /// Opens a connection. Returns its number.
    pub(crate) fn connection_opened(&mut self, address: &str) -> u64 {
        self.last_connection += 1;
        self.address(noise::salt(address)).egress.connection_opened();
        self.last_connection
    }

    pub(crate) fn connection_closed(&mut self, address: &str) {
        self.address(noise::salt(address)).egress.connection_closed();
    }

    /// Applies the rules to an arriving request.
    pub(crate) fn arrive(&mut self, arrival: &Arrival<'_>) {
        let (number, at) = (arrival.number, arrival.at);
        self.last_number = number;
        self.counts.requests += 1;
        let address = noise::salt(arrival.address);
        let presence = Presence { number, at, connection: arrival.connection };
        let client = self.client(arrival);
        let token = match arrival.token_status {
            TokenStatus::Known { number, .. } if arrival.area != Area::Oauth => Some(number),
            _ => None,
        };
        let requester = token.and_then(|token| self.tokens.get(token)).map(|seen| seen.requester);
        let who = arrival.tenant.filter(|_| arrival.area == Area::Oauth);
        let who = who.map_or(u64::MAX, |tenant| u64::try_from(tenant).unwrap_or(u64::MAX));
        let mut pending = Pending {
            address,
            presence,
            authority: arrival.authority(),
            client,
            requester: requester.unwrap_or_else(|| noise::hash(address, &[who])),
            token,
            wait: noise::hash(client, &[noise::salt(arrival.area.name())]),
            oauth_request: arrival.oauth_request(),
            arrives: arrival.arrives,
            ..Pending::default()
        };
        let strayed = self.redirected(arrival, client);
        if !strayed {
            for (kind, message) in breaches(arrival) {
                self.blame(kind, message, [number], at);
            }
        }
        self.counts.unknown_routes += u64::from(arrival.template().is_none());
        self.counts.unsimulated += u64::from(arrival.is_unsimulated());
        if let Some(place) = arrival.leak {
            self.blame(ViolationKind::LeakedSecret, place, [number], at);
        }
        match arrival.oauth_request() {
            _ if arrival.area != Area::Oauth => self.call(arrival, &mut pending, strayed),
            Some(oauth_request) => self.oauth_request(arrival, oauth_request, &mut pending),
            None => {}
        }
        self.pending.insert(number, pending);
        let in_flight = u64::try_from(self.pending.len()).unwrap_or(u64::MAX);
        self.counts.most_in_flight = self.counts.most_in_flight.max(in_flight);
    }

    /// Returns the client of a request, as far as it is known.
    fn client(&self, arrival: &Arrival<'_>) -> u64 {
        let address = noise::salt(arrival.address);
        if let TokenStatus::Known { number, .. } = arrival.token_status {
            return self.tokens.get(number).map_or(noise::hash(1, &[number]), |seen| seen.client);
        }
        let mut values = arrival.head.headers.get_all(AUTHORIZATION).iter();
        let credential = values.next().map_or(0, |value| noise::salt_bytes(value.as_bytes()));
        noise::hash(address, &[credential])
    }

    /// Returns whether the request follows a redirect.
    fn redirected(&mut self, arrival: &Arrival<'_>, client: u64) -> bool {
        let path = match arrival.head.uri.query() {
            Some(query) => format!("{}?{query}", arrival.head.uri.path()),
            None => arrival.head.uri.path().to_owned(),
        };
        let here = Target { authority: arrival.authority(), path };
        let address = self.address(noise::salt(arrival.address));
        let Some(followed) = address.redirections.followed(arrival.at, client, &here) else { return false };
        if arrival.head.headers.contains_key(AUTHORIZATION) {
            let message = "a redirect was followed with the credential";
            self.blame(ViolationKind::FollowedRedirect, message, [followed.from, arrival.number], arrival.at);
        }
        true
    }

    /// Applies the rules for the authorization server.
    fn oauth_request(&mut self, arrival: &Arrival<'_>, oauth_request: OAuthRequest, pending: &mut Pending) {
        let (number, at) = (arrival.number, arrival.at);
        if oauth_request == OAuthRequest::Token {
            self.counts.token_requests += 1;
            let requester = self.token_requests.entry(pending.requester);
            let asked = requester.ask(number, at, &mut self.tokens);
            pending.replaces = asked.client;
            self.counts.most_token_requests_in_60_s =
                self.counts.most_token_requests_in_60_s.max(asked.within_60_s);
            for ((kind, message), other) in asked.breaches {
                self.blame(kind, message, other.into_iter().chain([number]).collect::<Vec<_>>(), at);
            }
            if let Some(((kind, message), other)) = asked.suspicion {
                let suspicions = self.suspicions.entry(pending.requester).or_default();
                if suspicions.len() < KEPT {
                    suspicions.push(Violation { kind, requests: vec![other, number], at, message });
                }
            }
        } else if let Some((kind, message)) = self.token_requests.entry(pending.requester).question(at) {
            self.blame(kind, message, [number], at);
        }
        // Processes behind one address cannot be distinguished here.
        let kind = u64::from(oauth_request == OAuthRequest::Token);
        self.follow(noise::hash(pending.requester, &[kind]), true, pending);
    }

    /// Applies the rules for API and reports.
    fn call(&mut self, arrival: &Arrival<'_>, pending: &mut Pending, strayed: bool) {
        let (number, at) = (arrival.number, arrival.at);
        let (presence, client) = (pending.presence, pending.client);
        if arrival.arrives {
            self.counts.calls += 1;
            let mut breaches = Vec::new();
            let count = self.address(pending.address).egress.call(presence, client, &mut breaches);
            self.counts.most_calls_in_300_s = self.counts.most_calls_in_300_s.max(count);
            for ((kind, message), other) in breaches {
                self.blame(kind, message, other.into_iter().chain([number]).collect::<Vec<_>>(), at);
            }
        }
        let intent = intent(arrival);
        pending.intent = Some(intent);
        if !strayed {
            self.token_use(arrival, presence, intent.key);
        }
        let chain_key = noise::hash(client, &[intent.key]);
        self.follow(chain_key, false, pending);
        pending.bound = self.waits.binds(pending.wait, presence) && pending.chain.is_none();
        let reads = arrival.head.method == Method::GET || arrival.head.method == Method::HEAD;
        if reads {
            if let Some((kind, message)) = self.readings.pace(chain_key, at) {
                self.blame(kind, message, [number], at);
            }
            if let Some(page) = intent.page
                && let Some(((kind, message), before)) = self.readings.page(client, page, number, at)
            {
                self.blame(kind, message, [before, number], at);
            }
        }
        let tenant = match arrival.token_status {
            TokenStatus::Known { tenant, .. } => Some(tenant),
            _ => None,
        };
        let customer = customer(arrival);
        if let Some(tenant) = tenant.filter(|_| !arrival.change) {
            pending.read = Some((tenant, customer));
        }
        if arrival.change && arrival.arrives {
            let tenant = tenant.unwrap_or(usize::MAX);
            let change = Change { intent: intent.key, customer: customer.unwrap_or_default() };
            let sender = Sender { client, address: pending.address };
            let before = self.changes.entry(tenant).or_default().arrive(change, number, at, sender);
            pending.change = Some((tenant, change));
            if let Some(before) = before {
                let message =
                    format!("{} sent again although the first one may take effect", arrival.head.method);
                self.blame(ViolationKind::RepeatedChange, message, [before, number], at);
            }
        }
    }

    /// Continues the chain of this intent.
    fn follow(&mut self, chain_key: u64, shared: bool, pending: &mut Pending) {
        let Presence { number, at, .. } = pending.presence;
        pending.chain_key = Some(chain_key);
        let Some(mut chain) = self.chains.again(chain_key, at) else { return };
        for (kind, message) in chain.judge(pending.presence, shared) {
            self.blame(kind, message, [chain.number, number], at);
        }
        pending.chain = Some(chain);
    }

    /// Applies the rules about the token of a call.
    fn token_use(&mut self, arrival: &Arrival<'_>, presence: Presence, intent: u64) {
        let (number, at) = (arrival.number, arrival.at);
        let (token, valid) = match arrival.token_status {
            TokenStatus::Known { number, valid, .. } => (number, valid),
            TokenStatus::Forgotten => {
                self.blame(
                    ViolationKind::ExpiredToken,
                    "a token was used long after its expiry",
                    [number],
                    at,
                );
                return;
            }
            TokenStatus::Unknown => {
                let message = "a token was used that was never issued here";
                self.blame(ViolationKind::ForeignToken, message, [number], at);
                return;
            }
            TokenStatus::Missing => return,
        };
        if arrival.foreign {
            let message = "a token was used for a resource of another provider";
            self.blame(ViolationKind::ForeignToken, message, [number], at);
        }
        let Some(seen) = self.tokens.get_mut(token) else { return };
        let refused = seen.used(presence);
        let again = seen.uses > 1 && std::mem::take(&mut seen.in_run);
        let (issued_by, until, revoked) = (seen.issued_by, seen.until, seen.revoked);
        let requester = self.token_requests.entry(seen.requester);
        if again {
            requester.used_again();
            self.suspicions.remove(&seen.requester);
        }
        if let Some(forbidden) = requester.repeats_forbidden(token, intent) {
            let message = "a new token was requested because of a 403, which is not about the token";
            self.blame(ViolationKind::NeedlessTokenRequest, message, [forbidden, issued_by, number], at);
        }
        // Over a socket, the request may have been in transit when the token expired.
        let slack = if arrival.connection.is_some() { SETTLE } else { Duration::ZERO };
        if let Some(by) = refused {
            let why = if revoked { "its client had revoked" } else { "the API had refused" };
            let message = format!("a token was used again that {why}");
            self.blame(ViolationKind::RejectedToken, message, [by, number], at);
        } else if !valid && at >= until.saturating_add(slack) {
            let by = at.saturating_sub(until).as_secs_f64();
            let message = format!("a token was used {by:.3} s after its expiry");
            self.blame(ViolationKind::ExpiredToken, message, [issued_by, number], at);
        }
    }

    /// Records a token that was issued without a request.
    pub(crate) fn gift(&mut self, issued: Issued, at: Duration, until: Duration) {
        let own = noise::hash(2, &[issued.number]);
        self.tokens.issued(issued, own, own, 0, (at, until), false);
    }
}

/// Returns the customer of a request.
pub(crate) fn customer(arrival: &Arrival<'_>) -> Option<u64> {
    let of_customer = arrival.template()?.contains("/Customers/{id}");
    arrival.parameters().iter().find_map(|(name, value)| match *name {
        "id" if of_customer => Some(noise::salt(&value.to_ascii_lowercase())),
        "locationId" => {
            let key = LocationKey::from_id(value)?;
            Some(noise::salt(&customer_id(key.customer)))
        }
        _ => None,
    })
}
