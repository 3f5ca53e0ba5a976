//! The loop around the machine of a call.

use std::time::Duration;

use http::Uri;
use plume_auth::{AccessToken, RequestMark, SecureUrl};
use tracing::Instrument;

use crate::call::{Attempts, Call, RawResponse, Success};
use crate::error::{Attempt, Error, NotRetried};
use crate::exchange::machine::{Machine, Step, Stop};
use crate::exchange::response::Unauthorized;
use crate::exchange::services::{CallOptions, Services};
use crate::exchange::verification::Target;
use crate::telemetry;

/// The error of a call, and the reason why it was not retried.
pub(super) type Failure = (Error, Option<NotRetried>);

impl Services {
    /// Executes a call. Returns a response of success that is not decoded yet.
    pub(crate) async fn send(&self, options: &CallOptions, call: Call<'_>) -> Result<RawResponse, Error> {
        let operation = call.operation;
        let uri = Uri::try_from(self.url(&call)?)
            .map_err(|_| Error::argument(operation, "request", "it forms no URL"))?;
        let target = Target::of(operation.name, call.customer(), uri.path());
        let exchange = Exchange::new(self, *options, call, uri, target, self.clock.monotonic());
        exchange.traced().await.map_err(|error| self.at_base(operation.service, error))
    }
}

/// The waits of an attempt.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Waits {
    pub(super) pause: Duration,
    pub(super) limiter: Duration,
    pub(super) token: Duration,
}

/// A call in progress.
pub(super) struct Exchange<'c> {
    pub(super) services: &'c Services,
    pub(super) options: CallOptions,
    pub(super) call: Call<'c>,
    pub(super) uri: Uri,
    /// The target that a 401 can mean in place of the token.
    pub(super) target: Target,
    pub(super) machine: Machine<Error, Unauthorized>,
    /// Marks the token requests before this call.
    pub(super) requests_before: RequestMark,
    /// The token of the last request.
    pub(super) token: Option<AccessToken>,
    /// The failed attempts.
    pub(super) attempts: Vec<Attempt>,
    /// The attempt with a status of success, which is the last one.
    pub(super) success: Option<Success>,
    /// The waits of the current attempt.
    pub(super) waits: Waits,
}

impl<'c> Exchange<'c> {
    pub(super) fn new(
        services: &'c Services,
        options: CallOptions,
        call: Call<'c>,
        uri: Uri,
        target: Target,
        started: Duration,
    ) -> Self {
        Self {
            services,
            machine: Machine::new(options.retry, started, options.deadline, false),
            options,
            call,
            uri,
            target,
            requests_before: RequestMark::now(),
            token: None,
            attempts: Vec::new(),
            success: None,
            waits: Waits::default(),
        }
    }

    /// Creates the check of a token for another call, with that call's deadline: a 401 is its result.
    pub(super) fn of_check(of: &'c Self, call: Call<'c>, uri: Uri) -> Self {
        let started = of.machine.started();
        let machine = Machine::new(of.options.retry, started, of.options.deadline, true);
        Self { machine, ..Self::new(of.services, of.options, call, uri, of.target, started) }
    }

    pub(super) fn now(&self) -> Duration {
        self.services.clock.monotonic()
    }

    pub(super) fn left(&self) -> Duration {
        self.machine.left(self.now())
    }

    pub(super) fn host(&self) -> &'c str {
        self.services.bases.get(self.call.operation.service).as_ref().map(SecureUrl::host).unwrap_or_default()
    }

    /// Runs the call within its span.
    pub(super) async fn traced(mut self) -> Result<RawResponse, Error> {
        let span = telemetry::span(self.call.operation, self.host());
        let result = self.run().instrument(span.clone()).await;
        let waited = |last, of: fn(&Attempt) -> Duration| {
            self.attempts.iter().map(of).fold(last, Duration::saturating_add)
        };
        let sums = telemetry::Sums {
            attempts: self.attempts.len() + usize::from(self.success.is_some()),
            took: self.machine.passed(self.now()),
            limiter_wait: waited(self.waits.limiter, |attempt| attempt.limiter_wait),
            token_wait: waited(self.waits.token, |attempt| attempt.token_wait),
        };
        telemetry::ended(&span, self.call.operation, &result, &sums);
        let attempts = Attempts { failed: self.attempts, last: self.success };
        match result {
            Ok(answer) => Ok(RawResponse { attempts, ..answer }),
            Err((error, why)) => Err(error.after(attempts.all(), why)),
        }
    }

    /// Makes attempts until the machine ends the call.
    pub(super) async fn run(&mut self) -> Result<RawResponse, Failure> {
        let (services, service) = (self.services, self.call.operation.service);
        let (budget, verification) = (services.budgets.get(service), services.verifications.get(service));
        loop {
            let now = self.now();
            if self.machine.may_rest()
                && let Err(wait) = verification.with(|machine| machine.begin(now))
            {
                return Err((Error::resting(self.call.operation, wait), None));
            }
            let (permit, token) = match self.ready().await {
                Ok(ready) => ready,
                Err((why, error)) => {
                    let stop = self.machine.unready(why, error);
                    return Err(self.stopped(stop));
                }
            };
            if let Some(refused) = self.machine.has_token(token.key()) {
                let cause = verification.with(|machine| machine.unchanged(token.key()));
                return Err(self.refused(&refused, cause));
            }
            verification.with(|machine| machine.sent(token.key()));
            self.token = Some(token.clone());
            let (outcome, ended_at) = self.attempt(permit, &token).await?;
            match self.machine.ended(ended_at, outcome, budget, fastrand::f64()) {
                Step::Done(answer) => {
                    self.accepted(&token);
                    return Ok(answer);
                }
                Step::Stop(stop) => return Err(self.stopped(stop)),
                Step::Resolve(refused) => match self.resolve(&token, refused.names_token).await {
                    Ok(()) => self.machine.replay(refused, token.key()),
                    Err(cause) => return Err(self.refused(&refused, cause)),
                },
                Step::Pause(pause) => {
                    if !pause.is_zero() {
                        services.clock.sleep(pause).await;
                    }
                    self.waits.pause = pause;
                }
            }
        }
    }

    fn stopped(&self, stop: Stop<Error, Unauthorized>) -> Failure {
        match stop {
            Stop::Error(error, why) => (error, why),
            Stop::Unauthorized(refused, cause) => self.refused(&refused, cause),
        }
    }
}
