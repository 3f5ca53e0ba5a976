//! The handling of a 401: finds out whether it means the token, and replays the call if it does.

use futures_util::{
    FutureExt,
    future::{BoxFuture, Either, select},
};
use http::{Method, Uri};
use plume_auth::AccessToken;

use crate::call::Call;
use crate::error::{Error, ErrorKind, NotRetried, Resource};
use crate::exchange::response::Unauthorized;
use crate::exchange::run::{Exchange, Failure};
use crate::exchange::verification::{Cause, Checked, Decision, How, Machine, Refusal};
use crate::operations::{Operation, Safety};

impl Exchange<'_> {
    /// Finds out what a 401 to a request with `token` means. Returns `Ok` if the call is to be replayed with the next token.
    pub(super) async fn resolve(&self, token: &AccessToken, names_token: bool) -> Result<(), Cause> {
        let services = self.services;
        let verification = services.verifications.get(self.call.operation.service);
        let refusal = Refusal {
            token: token.key(),
            target: self.target,
            names_token,
            // Some providers do not know when a token was requested, but after a replay it is a new one.
            fresh: token.requested_after(self.requests_before) || self.machine.is_replayed(),
            replayed: self.machine.is_replayed(),
            received: verification.with(Machine::received),
        };
        loop {
            // The clock is foreign code, so it is read outside the lock.
            let now = self.now();
            match verification.with(|machine| machine.decide(now, &refusal)) {
                Decision::Drop => {
                    services.tokens.invalidate(token);
                    return if refusal.replayed { Err(Cause::Token) } else { Ok(()) };
                }
                Decision::Replay => return Ok(()),
                Decision::Fail(cause) => return Err(cause),
                Decision::Check(number, how) => self.check(number, how, token).await,
                Decision::Wait(number, at_most) => {
                    let left = self.left();
                    if left.is_zero() {
                        return Err(Cause::Unchecked);
                    }
                    select(verification.ended(number), services.clock.limit(at_most.min(left))).await;
                }
            }
        }
    }

    /// Returns the error of a call that ends with this 401.
    pub(super) fn refused(&self, answer: &Unauthorized, cause: Cause) -> Failure {
        let operation = self.call.operation;
        let (kind, why, lead) = match cause {
            Cause::Target if operation.is_about_a_customer() => (
                ErrorKind::NotFound(Resource::Customer),
                NotRetried::Final,
                "no such customer, or no access to it, or the role does not allow this operation",
            ),
            Cause::Target => (
                ErrorKind::Forbidden,
                NotRetried::Final,
                "the role does not allow this operation, or its target is unknown or not accessible",
            ),
            Cause::Token => {
                (ErrorKind::Unauthorized, NotRetried::NoOtherToken, "the API rejected the access token")
            }
            Cause::Unclear => (ErrorKind::Unauthorized, NotRetried::NoOtherToken, token_or_target(operation)),
            Cause::Unchecked => (ErrorKind::Unauthorized, NotRetried::Unchecked, token_or_target(operation)),
        };
        let error = Error::from_response(kind, lead, operation, &answer.response, None);
        // With different clocks the API may treat the token as expired.
        let off = self.token.as_ref().and_then(AccessToken::clocks_differ).filter(|_| cause == Cause::Token);
        (off.into_iter().fold(error, Error::with_clocks), Some(why))
    }

    /// Runs a check for all calls that wait for it.
    async fn check(&self, number: u64, how: How<Uri>, token: &AccessToken) {
        let services = self.services;
        let run = services.verifications.get(self.call.operation.service).run(number);
        let (token, end) = match how {
            How::Repeat(uri) => self.repeat(uri, token.clone()).await,
            How::Ask => {
                let asked =
                    select(services.tokens.still_valid(token), services.clock.limit(self.left())).await;
                let end = match asked {
                    Either::Left((Some(true), _)) => Checked::Accepted,
                    Either::Left((Some(false), _)) => Checked::Refused,
                    Either::Left((None, _)) => Checked::CannotAsk,
                    Either::Right(_) => Checked::Failed,
                };
                (token.clone(), end)
            }
        };
        if run.ended(token.key(), end) {
            services.tokens.invalidate(&token);
        }
    }

    /// Repeats a read that succeeded before, within the deadline and limits of this call. Also returns its token: the
    /// provider may have a newer one than `token`.
    fn repeat(&self, uri: Uri, token: AccessToken) -> BoxFuture<'_, (AccessToken, Checked)> {
        async move {
            let service = self.call.operation.service;
            let operation = Operation::undescribed("check", Method::GET, service, "(a read)", Safety::Safe);
            let call = Call::at(&operation, String::new());
            let mut check = Exchange::of_check(self, call, uri);
            let end = match check.run().await {
                Ok(_) => Checked::Accepted,
                Err((error, _)) if error.kind() == ErrorKind::Unauthorized => Checked::Refused,
                Err((error, _)) if passed_the_token(&error) => Checked::Accepted,
                Err(_) => Checked::Failed,
            };
            (check.token.unwrap_or(token), end)
        }
        .boxed()
    }
}

/// Returns the beginning of the error of a 401 that may concern the token or the target of the call.
fn token_or_target(operation: &Operation) -> &'static str {
    if operation.path.contains('{') {
        "the API rejected the access token, or there is no such customer, or the role does not allow this operation"
    } else {
        "the API rejected the access token, or the role does not allow this operation"
    }
}

/// Returns whether the API processed the request, which it does only if it accepts the token.
fn passed_the_token(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Forbidden | ErrorKind::Rejected | ErrorKind::Unsupported => true,
        // Any other 404 may come from a gateway in front of the API.
        ErrorKind::NotFound(_) => error.code().is_some(),
        _ => false,
    }
}
