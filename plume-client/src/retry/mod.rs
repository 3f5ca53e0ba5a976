//! The way of one call: token, permit, send, judge, and perhaps once more.

mod after;
mod budget;
mod policy;
mod unauthorized;

use std::{future::poll_fn, sync::atomic::Ordering, task::Poll, time::Duration};

use futures_util::{
    FutureExt,
    future::{Either, select},
};
use http::{Method, Uri};
use plume_auth::{AccessToken, AuthErrorKind, RequestMark, SecureUrl, TokenKey};
use plume_runtime::{Limits, TransportError, TransportErrorKind};
use tracing::{Instrument, Span};

use crate::call::{Answer, Call, request, uri};
use crate::client::Client;
use crate::error::{Attempt, Error, NotRetried};
use crate::judge::{BLOCK, Outcome, Unauthorized, without_secrets};
use crate::limiter::{Ask, Held, Permit};
use crate::trace;
use crate::verification::{Cause, Target};
pub(crate) use after::retry_after;
pub(crate) use budget::Budget;
pub use policy::RetryPolicy;

/// How long everybody holds still after a 429 that names no time, and at the most after one that does. Some of them mean
/// one operation only.
const HOLD: Duration = Duration::from_secs(1);
const LONGEST_HOLD: Duration = Duration::from_secs(10);

impl Client {
    pub(crate) async fn send(&self, call: Call<'_>) -> Result<Answer, Error> {
        let uri = uri(call.operation, self.url(&call)?)?;
        let host = self.base(call.operation.service).map(SecureUrl::host).unwrap_or_default();
        let span = trace::span(call.operation, host);
        let target = Target::of(call.operation.name, call.customer(), uri.path());
        Way::new(self, call, uri, host, target, self.inner.clock.monotonic()).go(span).await
    }
}

/// What a try waited for.
#[derive(Debug, Default, Clone, Copy)]
struct Waits {
    pause: Duration,
    limiter: Duration,
    token: Duration,
}

struct Way<'c> {
    client: &'c Client,
    call: Call<'c>,
    uri: Uri,
    host: &'c str,
    started: Duration,
    /// What a 401 to this call can mean, other than the token.
    target: Target,
    /// The token requests before this call.
    requests_before: RequestMark,
    /// The token of the last request.
    token: Option<AccessToken>,
    /// The token that is not to be used again, once the call is replayed.
    replaced: Option<TokenKey>,
    /// It checks a token: a 401 is its result.
    is_check: bool,
    /// The tries that failed.
    attempts: Vec<Attempt>,
    /// Of the try that is under way.
    waits: Waits,
    /// Of the whole call.
    total: Waits,
}

impl<'c> Way<'c> {
    fn new(
        client: &'c Client,
        call: Call<'c>,
        uri: Uri,
        host: &'c str,
        target: Target,
        started: Duration,
    ) -> Self {
        Self {
            client,
            call,
            uri,
            host,
            started,
            target,
            requests_before: RequestMark::now(),
            token: None,
            replaced: None,
            is_check: false,
            attempts: Vec::new(),
            waits: Waits::default(),
            total: Waits::default(),
        }
    }

    fn now(&self) -> Duration {
        self.client.inner.clock.monotonic()
    }

    fn left(&self) -> Duration {
        self.left_at(self.now())
    }

    fn left_at(&self, now: Duration) -> Duration {
        self.client.options.deadline.saturating_sub(now.saturating_sub(self.started))
    }

    async fn go(mut self, span: Span) -> Result<Answer, Error> {
        let result = self.run().instrument(span.clone()).await;
        let sums = trace::Sums {
            tries: self.attempts.len() + usize::from(result.is_ok()),
            took: self.now().saturating_sub(self.started),
            limiter_wait: self.total.limiter,
            token_wait: self.total.token,
        };
        trace::ended(&span, self.call.operation, &result, &sums);
        result.map_err(|(error, why)| error.after(self.attempts, why))
    }

    async fn run(&mut self) -> Result<Answer, (Error, Option<NotRetried>)> {
        let client = self.client;
        let (operation, inner, policy) = (self.call.operation, &client.inner, client.options.retry);
        let budget = inner.budget(operation.service);
        let verification = inner.verification(operation.service);
        let mut tries = 0;
        let mut refused: Option<Unauthorized> = None;
        let mut last: Option<Error> = None;
        loop {
            if refused.is_none()
                && !self.is_check
                && let Err(wait) = verification.begin(self.now())
            {
                return Err((Error::resting(operation, wait), None));
            }
            let (permit, token) = match self.ready().await {
                Ok(ready) => ready,
                Err(Unready::Held(held)) => {
                    return Err(match (last, held) {
                        // The failure before tells more than "no time for another try".
                        (Some(error), Held::Limit(_)) => (error, Some(NotRetried::Deadline)),
                        (_, held) => (self.held(held), None),
                    });
                }
                Err(Unready::Late(late)) => {
                    return Err(match last {
                        Some(error) => (error, Some(NotRetried::Deadline)),
                        None => (late, None),
                    });
                }
                Err(Unready::Auth(error)) => {
                    return Err(match refused {
                        // The endpoint issues the refused token again.
                        Some(refused) if error.kind() == AuthErrorKind::TokenRejected => {
                            self.refused(&refused, Cause::Token)
                        }
                        _ => (Error::auth(operation, error), Some(NotRetried::Final)),
                    });
                }
            };
            if let Some(refused) = refused.take()
                && self.replaced == Some(token.key())
            {
                // The provider has no other token, so the answer would be the same.
                let cause = verification.unchanged(token.key());
                return Err(self.refused(&refused, cause));
            }
            verification.sent(token.key());
            self.token = Some(token.clone());
            let request = request(self.uri.clone(), &self.call, token.header_value().clone());
            let sent = match permit.used() {
                Ok(sent) => sent,
                Err(held) => return Err((self.held(held), None)),
            };
            tries += 1;
            inner.calls.fetch_add(1, Ordering::Relaxed);
            let sent_at = self.now();
            let limits = inner.limits.clone().total_timeout(inner.limits.total().min(self.left_at(sent_at)));
            let result = self.exchange(request, &limits).await;
            let ended_at = self.now();
            let described = describe(&result);
            let maybe_done = maybe_done(&result);
            trace::attempt(operation, self.attempts.len() + 1, &result, ended_at.saturating_sub(sent_at));
            let outcome = match result {
                Ok(answer) => {
                    let answer = without_secrets(answer, || self.call.redactor(&token));
                    let outcome = client.judge(operation, answer);
                    match &outcome {
                        Outcome::Blocked(_) => sent.blocked(BLOCK),
                        _ => sent.passed(),
                    }
                    outcome
                }
                Err(error) => {
                    match error.kind() {
                        TransportErrorKind::Refused | TransportErrorKind::Runtime => {
                            inner.calls.fetch_sub(1, Ordering::Relaxed);
                            sent.stayed();
                        }
                        _ => drop(sent),
                    }
                    self.failed_to_send(error)
                }
            };
            if let Some(outcome) = described {
                self.note(ended_at.saturating_sub(sent_at), outcome, maybe_done);
            }
            // Whether this call may be repeated or not: others are to hold still.
            if let Outcome::Again(error, _) | Outcome::Failed(error, _) = &outcome
                && error.status() == Some(429)
            {
                inner.limiter.throttled(error.retry_after().unwrap_or(HOLD).min(LONGEST_HOLD));
            }
            match outcome {
                Outcome::Done(answer) => {
                    if self.attempts.is_empty() {
                        budget.answered_at_once(ended_at);
                    } else {
                        budget.answered(ended_at);
                    }
                    if !self.is_check {
                        let read = (operation.method == Method::GET).then(|| self.uri.clone());
                        verification.accepted(token.key(), self.target, read);
                    }
                    return Ok(answer);
                }
                Outcome::Failed(error, why) => {
                    // A refusal is an answer: the service is well.
                    if why == NotRetried::Final && error.status().is_some_and(|status| status < 500) {
                        match self.attempts.as_slice() {
                            [_] => budget.answered_at_once(ended_at),
                            _ => budget.answered(ended_at),
                        }
                    }
                    return Err((error, Some(why)));
                }
                Outcome::Blocked(error) => return Err((error, Some(NotRetried::Final))),
                Outcome::Unauthorized(answer) => {
                    // It is an answer: the service is well.
                    budget.answered(ended_at);
                    if self.is_check {
                        return Err(self.refused(&answer, Cause::Token));
                    }
                    if let Err(cause) = self.resolve(&token, answer.names_token).await {
                        return Err(self.refused(&answer, cause));
                    }
                    // The same try once more, with another token.
                    tries -= 1;
                    refused = Some(answer);
                }
                Outcome::Again(error, at_least) => {
                    if tries == 1 {
                        budget.failed_at_first(ended_at);
                    }
                    if tries >= policy.tries {
                        return Err((error, Some(NotRetried::TriesUsedUp)));
                    }
                    let pause = policy.wait(tries).max(at_least.unwrap_or_default());
                    if pause >= self.left() {
                        return Err((error, Some(NotRetried::Deadline)));
                    }
                    if policy.budget && !budget.withdraw(ended_at) {
                        return Err((error, Some(NotRetried::BudgetUsedUp)));
                    }
                    if !pause.is_zero() {
                        inner.clock.sleep(pause).await;
                    }
                    self.waits.pause = pause;
                    last = Some(error);
                }
            }
        }
    }

    /// A token and a permit for one try. The permit comes last, because what is sent counts when it is sent; and a
    /// blocked address needs no token.
    async fn ready(&mut self) -> Result<(Permit<'c>, AccessToken), Unready> {
        let client = self.client;
        let inner = &client.inner;
        let mut rounds = 0;
        loop {
            // A token that is at hand costs no future, and nobody has to be asked for it.
            let token = match inner.tokens.ready() {
                Some(token) => token,
                None => {
                    inner.limiter.check().map_err(Unready::Held)?;
                    self.in_time(self.now())?;
                    self.token().await?
                }
            };
            let asked = self.now();
            let patience = self.in_time(asked)?;
            let options = &client.options;
            let ask = Ask { tenant: options.tenant, priority: options.priority, patience };
            let permit = inner.limiter.acquire(ask).await.map_err(Unready::Held)?;
            if !permit.waited() {
                return Ok((permit, token));
            }
            let now = self.now();
            let waited = now.saturating_sub(asked);
            self.waits.limiter = self.waits.limiter.saturating_add(waited);
            self.total.limiter = self.total.limiter.saturating_add(waited);
            self.in_time(now)?;
            // It may have run out or been rejected in the meantime. To wait for another one with the permit in hand
            // would keep it from everybody else, other tenants too.
            let at_hand = inner.tokens.ready().map(Ok).or_else(|| inner.tokens.token().now_or_never());
            match at_hand {
                Some(token) => return Ok((permit, token.map_err(Unready::Auth)?)),
                None if rounds < 2 => drop(permit),
                // A provider that never has one at hand.
                None => return Ok((permit, token)),
            }
            rounds += 1;
        }
    }

    /// The time that is left, or an error if there is none: nothing may be sent then.
    fn in_time(&self, now: Duration) -> Result<Duration, Unready> {
        let left = self.left_at(now);
        if left.is_zero() {
            return Err(Unready::Late(Error::too_late(self.call.operation)));
        }
        Ok(left)
    }

    /// Sends the request, and ends the try at its limit also where the transport does not keep it.
    async fn exchange(
        &self,
        request: http::Request<bytes::Bytes>,
        limits: &Limits,
    ) -> Result<http::Response<bytes::Bytes>, TransportError> {
        let inner = &self.client.inner;
        let mut sending = inner.transport.send(request, limits);
        let mut timer = None;
        poll_fn(|cx| {
            // First, because the transport's own time-out says more. An answer that is there at once needs no timer.
            if let Poll::Ready(result) = sending.poll_unpin(cx) {
                return Poll::Ready(result);
            }
            let timer = timer.get_or_insert_with(|| inner.clock.limit(limits.total()));
            timer.poll_unpin(cx).map(|()| {
                let message = format!("no complete response within {}", plume_text::human(limits.total()));
                Err(TransportError::new(TransportErrorKind::Timeout, message))
            })
        })
        .await
    }

    async fn token(&mut self) -> Result<AccessToken, Unready> {
        let inner = &self.client.inner;
        if let Some(token) = inner.tokens.ready() {
            return Ok(token);
        }
        // Waiting for one must not use up more than this call's time.
        let asked = self.now();
        let token = select(inner.tokens.token(), inner.clock.sleep(self.left())).await;
        let waited = self.now().saturating_sub(asked);
        self.waits.token = self.waits.token.saturating_add(waited);
        self.total.token = self.total.token.saturating_add(waited);
        match token {
            Either::Left((token, _)) => token.map_err(Unready::Auth),
            Either::Right(_) => Err(Unready::Late(Error::out_of_time(self.call.operation, "access token"))),
        }
    }

    fn held(&self, held: Held) -> Error {
        let operation = self.call.operation;
        match held {
            Held::Limit(wait) => Error::limited(operation, wait),
            Held::Block(wait) => {
                let now = self.client.inner.clock.wall();
                Error::blocked(operation, wait, now.checked_add(wait).unwrap_or(now))
            }
            Held::Full => Error::overloaded(operation),
        }
    }

    fn failed_to_send(&self, error: TransportError) -> Outcome {
        let operation = self.call.operation;
        let transient = error.is_transient();
        let repeat = error.never_sent() || operation.safety.may_repeat();
        let error = Error::transport(operation, self.host, error);
        match (transient, repeat) {
            (true, true) => Outcome::Again(error, None),
            (true, false) => Outcome::Failed(error, NotRetried::NotRepeatable),
            (false, _) => Outcome::Failed(error, NotRetried::Final),
        }
    }

    /// Notes a try that failed.
    fn note(&mut self, took: Duration, outcome: String, maybe_done: bool) {
        let Waits { pause, limiter, token } = std::mem::take(&mut self.waits);
        let (limiter_wait, token_wait) = (limiter, token);
        self.attempts.push(Attempt { pause, limiter_wait, token_wait, took, outcome, maybe_done });
    }
}

/// Why a try could not be made.
enum Unready {
    Held(Held),
    Auth(plume_auth::AuthError),
    /// The deadline came first.
    Late(Error),
}

/// Whether the server may have done what it was asked for, although it did not say so.
fn maybe_done(result: &Result<http::Response<bytes::Bytes>, TransportError>) -> bool {
    match result {
        Ok(answer) => matches!(answer.status().as_u16(), 408 | 500 | 502..),
        Err(error) => !error.never_sent(),
    }
}

/// How a try ended, unless it ended well.
fn describe(result: &Result<http::Response<bytes::Bytes>, TransportError>) -> Option<String> {
    match result {
        Ok(answer) if answer.status().is_success() => None,
        Ok(answer) => Some(answer.status().to_string()),
        Err(error) => Some(error.to_string()),
    }
}

#[cfg(test)]
mod schedules;

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::error::ErrorKind;

    #[tokio::test]
    async fn what_must_not_happen_twice_is_sent_once() {
        use std::sync::{Arc, Mutex};

        use bytes::Bytes;
        use http::Response;
        use plume_auth::StaticToken;
        use plume_runtime::{InProcess, ManualClock, TransportError, TransportErrorKind};

        use crate::operation::{Operation, Safety, Service};

        let change =
            |safety| Operation::undescribed("test.change", Method::POST, Service::Api, "/changes", safety);
        let fails = |kind| Err(TransportError::new(kind, "broken on purpose"));
        let answers = |status: u16| Ok(Response::builder().status(status).body(Bytes::new()).unwrap());
        for (safety, outcome, sent, kind) in [
            // The request may have arrived: nobody knows whether the change took place.
            (Safety::Neither, fails(TransportErrorKind::Interrupted), 1, ErrorKind::OutcomeUnknown),
            (Safety::Neither, fails(TransportErrorKind::Timeout), 1, ErrorKind::OutcomeUnknown),
            (Safety::Neither, answers(503), 1, ErrorKind::Server),
            (Safety::Neither, answers(429), 1, ErrorKind::RateLimited),
            // It cannot have arrived: another try is no second time.
            (Safety::Neither, fails(TransportErrorKind::Connect), 3, ErrorKind::Network),
            (Safety::Neither, fails(TransportErrorKind::Unprocessed), 3, ErrorKind::Network),
            // Another try meets the same proxy.
            (Safety::Safe, fails(TransportErrorKind::Proxy), 1, ErrorKind::Network),
            // Twice is the same as once.
            (Safety::Idempotent, fails(TransportErrorKind::Interrupted), 3, ErrorKind::Network),
            (Safety::Idempotent, answers(503), 3, ErrorKind::Server),
        ] {
            let requests = Arc::new(Mutex::new(0));
            let (seen, reply) = (Arc::clone(&requests), outcome.clone());
            let transport = InProcess::new(move |_| {
                *seen.lock().unwrap() += 1;
                let reply = reply.clone();
                async { reply }
            });
            let client = Client::builder()
                .api_base(SecureUrl::parse("https://cloud.example.net/api").unwrap())
                .token_provider(StaticToken::new("not.a.token").unwrap())
                .transport(Arc::new(transport))
                .clock(Arc::new(ManualClock::skipping(SystemTime::UNIX_EPOCH)))
                .build()
                .unwrap();
            let operation = change(safety);
            let error = client.send(Call::at(&operation, "/changes".to_owned())).await.err().unwrap();
            assert_eq!((*requests.lock().unwrap(), error.kind()), (sent, kind), "{safety:?} {outcome:?}");
        }
    }
}
