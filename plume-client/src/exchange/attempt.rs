//! One attempt: the request, its response, and the conclusions for limiter, token and budget.

use std::{future::poll_fn, sync::atomic::Ordering, task::Poll, time::Duration};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{Method, Response, StatusCode};
use plume_auth::AccessToken;
use plume_runtime::{Limits, TransportError, TransportErrorKind};

use crate::call::{RawResponse, Success, request};
use crate::error::{Attempt, Error, ErrorKind, NotRetried};
use crate::exchange::machine::Outcome;
use crate::exchange::response::{BLOCK, HOLD, LONGEST_HOLD, Unauthorized, classify};
use crate::exchange::run::{Exchange, Failure, Waits};
use crate::limiter::{PermitGuard, Sent};
use crate::telemetry;

type Reply = Result<Response<Bytes>, TransportError>;
type Ended = Outcome<RawResponse, Error, Unauthorized>;

impl Exchange<'_> {
    /// Sends the request, and returns its outcome and time.
    pub(super) async fn attempt(
        &mut self,
        permit: PermitGuard<'_>,
        token: &AccessToken,
    ) -> Result<(Ended, Duration), Failure> {
        let services = self.services;
        let request = request(self.uri.clone(), &self.call, token.header_value().clone());
        let sent = permit.used().map_err(|held| (self.held(held), None))?;
        services.requests.fetch_add(1, Ordering::Relaxed);
        let sent_at = self.now();
        let limits = services
            .limits
            .clone()
            .total_timeout(services.limits.total_timeout.min(self.machine.left(sent_at)));
        let reply = self.transfer(request, &limits).await;
        let ended_at = self.now();
        self.note(&reply, ended_at.saturating_sub(sent_at));
        let outcome = match reply {
            Ok(answer) => self.answered(answer, sent, token),
            Err(error) => self.not_answered(error, sent),
        };
        // Other calls pause, whether this one is retried or not.
        if let Outcome::Again(error, _) | Outcome::Failed(error, _) = &outcome
            && error.status() == Some(StatusCode::TOO_MANY_REQUESTS.as_u16())
        {
            services.limiter.throttled(error.retry_after().unwrap_or(HOLD).min(LONGEST_HOLD));
        }
        Ok((outcome, ended_at))
    }

    /// Records that the API accepted the token.
    pub(super) fn accepted(&self, token: &AccessToken) {
        let operation = self.call.operation;
        if !self.machine.is_check() {
            let read = (operation.method == Method::GET).then(|| self.uri.clone());
            let verification = self.services.verifications.get(operation.service);
            verification.with(|machine| machine.accepted(token.key(), self.target, read));
        }
    }

    fn answered(&self, answer: Response<Bytes>, sent: Sent<'_>, token: &AccessToken) -> Ended {
        let (services, redactor) = (self.services, || self.call.redactor(token));
        let near_limit = || services.limiter.near_limit();
        let outcome = classify(self.call.operation, answer, redactor, services.clock.wall(), near_limit);
        match &outcome {
            Outcome::Failed(error, _) if error.kind() == ErrorKind::Blocked => sent.blocked(BLOCK),
            _ => sent.passed(),
        }
        outcome
    }

    fn not_answered(&self, error: TransportError, sent: Sent<'_>) -> Ended {
        if matches!(
            error.kind(),
            TransportErrorKind::Refused | TransportErrorKind::Runtime | TransportErrorKind::NotRecorded
        ) {
            self.services.requests.fetch_sub(1, Ordering::Relaxed);
            sent.stayed();
        } else {
            drop(sent);
        }
        let operation = self.call.operation;
        let (transient, never_sent) = (error.is_transient(), error.never_sent());
        let error = Error::transport(operation, self.host(), error);
        match transient {
            true if never_sent || operation.safety.may_repeat() => Outcome::Again(error, None),
            true => Outcome::Failed(error, NotRetried::NotRepeatable),
            false => Outcome::Failed(error, NotRetried::Final),
        }
    }

    /// Sends the request within its time limit, even if the transport does not enforce it.
    async fn transfer(&self, request: http::Request<Bytes>, limits: &Limits) -> Reply {
        let mut sending = self.services.transport.send(request, limits);
        let mut timer = None;
        poll_fn(|cx| {
            // The transport is first, because its timeout is more specific. An immediate response needs no timer.
            if let Poll::Ready(reply) = sending.poll_unpin(cx) {
                return Poll::Ready(reply);
            }
            let timer = timer.get_or_insert_with(|| self.services.clock.limit(limits.total_timeout));
            timer.poll_unpin(cx).map(|()| {
                let message =
                    format!("no complete response within {}", plume_text::human(limits.total_timeout));
                Err(TransportError::new(TransportErrorKind::Timeout, message))
            })
        })
        .await
    }

    /// Traces and records an attempt.
    fn note(&mut self, reply: &Reply, took: Duration) {
        telemetry::attempt(self.call.operation, self.attempts.len() + 1, reply, took);
        let Waits { pause, limiter: limiter_wait, token: token_wait } = self.waits;
        // Whether the server may have carried out the request without a response of success.
        let (outcome, maybe_done) = match reply {
            Ok(answer) if answer.status().is_success() => {
                let status = answer.status();
                self.success = Some(Success { status, pause, limiter_wait, token_wait, took });
                return;
            }
            Ok(answer) => {
                (answer.status().to_string(), matches!(answer.status().as_u16(), 408 | 500 | 502..))
            }
            Err(error) => (error.to_string(), !error.never_sent()),
        };
        self.waits = Waits::default();
        self.attempts.push(Attempt { pause, limiter_wait, token_wait, took, outcome, maybe_done });
    }
}
