//! Applies the rules when a request ends.

use std::time::Duration;

use crate::oracle::arrival::Reaction;
use crate::oracle::memory::{Heard, Outcome};
use crate::oracle::rules::{Ending, Forbidden, Target};
use crate::oracle::verdict::ViolationKind;
use crate::oracle::watch::{Oracle, Pending};
use crate::routes::OAuthRequest;
use crate::world::noise;

impl Oracle {
    /// Records a response that the client has not received yet.
    pub(crate) fn answer(&mut self, number: u64, reaction: Reaction) {
        *self.counts.by_status.entry(reaction.status.unwrap_or_default()).or_default() += 1;
        self.counts.faulted += u64::from(reaction.faulted);
        self.counts.blocked += u64::from(reaction.blocked_until.is_some());
        self.counts.tokens_issued += u64::from(reaction.issued.is_some());
        if let Some(pending) = self.pending.get_mut(&number) {
            pending.reaction = reaction;
        }
    }

    /// Records that the client received the response (`heard`), or disconnected without it.
    pub(crate) fn finish(&mut self, number: u64, at: Duration, heard: bool) {
        let Some(mut pending) = self.pending.remove(&number) else { return };
        let reaction = std::mem::take(&mut pending.reaction);
        let connections = self.address(pending.address).egress.most_connections;
        let told = Heard::new(
            self.last_number + 1,
            at,
            pending.presence.connection,
            self.last_connection,
            connections,
        );
        let status = reaction.status.filter(|_| heard);
        let good = status.is_some_and(|status| (200..300).contains(&status)) && !reaction.damaged;
        if pending.oauth_request == Some(OAuthRequest::Token) {
            self.token_answered(&pending, &reaction, at, heard);
        }
        if let Some(seen) = reaction.revoked.filter(|_| good).and_then(|token| self.tokens.get_mut(token)) {
            seen.revoke(number, told.clone().by_its_own_act());
        }
        if let Some(token) = pending.token {
            self.call_answered(token, &pending, &reaction, at, heard, &told);
        }
        if let Some(until) = reaction.blocked_until.filter(|_| heard) {
            let connection = pending.presence.connection;
            self.address(pending.address).egress.blocked(
                pending.client,
                number,
                until,
                connection,
                told.clone(),
            );
        }
        if let Some(target) = reaction.location.as_deref().filter(|_| heard).and_then(Target::of_location) {
            let (client, from) = (pending.client, pending.authority.as_deref());
            self.address(pending.address).redirections.answered(number, at, client, from, target);
        }
        if let Some(page) = pending.intent.and_then(|intent| intent.page) {
            self.readings.ended(pending.client, page, number, reaction.rows.filter(|_| good));
        }
        if let Some((tenant, change)) = pending.change {
            // A response that was not received confirms nothing.
            let unconfirmed = pending.arrives && (reaction.unconfirmed || !heard);
            let next = self.last_number + 1;
            self.changes.entry(tenant).or_default().end(change, number, at, next, unconfirmed);
        }
        if let Some((tenant, customer)) = pending.read.filter(|_| good)
            && let Some(changes) = self.changes.get_mut(&tenant)
        {
            changes.looked(number, customer);
        }
        let ending = match status {
            Some(401) => Ending::Refused(pending.token),
            Some(408 | 429 | 500 | 502..=504) | None => Ending::Failed,
            Some(403) if reaction.blocked_until.is_some() => Ending::Done,
            Some(status) if status >= 300 || reaction.damaged => Ending::Final,
            Some(_) => Ending::Done,
        };
        let wait_until = reaction.wait_until.filter(|_| heard && ending == Ending::Failed);
        if pending.oauth_request.is_none() {
            match wait_until {
                Some(until) => {
                    let first = self.waits.named(pending.wait, number, until, pending.bound, told);
                    if let Some(first) = first {
                        let message = "repeated calls before the time named by Retry-After";
                        self.blame(ViolationKind::EarlyRetry, message, [first, number], at);
                    }
                }
                None if good => self.waits.lifted(pending.wait),
                None => {}
            }
        }
        if let Some(chain_key) = pending.chain_key {
            self.chains.end(chain_key, pending.presence, at, pending.chain, ending, wait_until);
        }
    }

    /// Ends a token request.
    fn token_answered(&mut self, pending: &Pending, reaction: &Reaction, at: Duration, heard: bool) {
        let number = pending.presence.number;
        let issued = reaction.issued;
        if let Some(issued) = issued {
            // The lifetime counts from the latest possible moment, in favour of the client.
            let until = at.saturating_add(reaction.life);
            let client = pending.replaces.unwrap_or_else(|| noise::hash(1, &[issued.number]));
            let intact = heard && reaction.intact;
            self.tokens.issued(issued, pending.requester, client, number, (at, until), intact);
        }
        self.token_requests.entry(pending.requester).end(number, issued.map(|issued| issued.number));
    }

    /// Ends a call with a token.
    fn call_answered(
        &mut self,
        token: u64,
        pending: &Pending,
        reaction: &Reaction,
        at: Duration,
        heard: bool,
        told: &Heard,
    ) {
        let Some(seen) = self.tokens.get_mut(token) else { return };
        let status = reaction.status.filter(|_| heard);
        seen.ended(status.map(|status| Outcome {
            request: pending.presence,
            intent: pending.intent.map(|intent| intent.key).unwrap_or_default(),
            accepted: status < 300,
            refused: reaction.token_refused,
            evident: reaction.evident,
            heard: told.clone(),
        }));
        let Some(status) = status else { return };
        let (requester, client) = (seen.requester, seen.client);
        if reaction.questioned {
            seen.questioned_at = Some(at);
            self.token_requests.entry(requester).refused(client, at);
        }
        let intent = pending.intent.map(|intent| intent.key).unwrap_or_default();
        let forbidden = Forbidden { number: pending.presence.number, at, token, intent };
        self.token_requests.entry(requester).answered((status == 403).then_some(forbidden));
    }
}
