//! A call that was answered 401: find out whether it means the token, and replay the call if it does.

use futures_util::{
    FutureExt,
    future::{BoxFuture, Either, select},
};
use http::{Method, Uri};
use plume_auth::AccessToken;

use super::Way;
use crate::call::Call;
use crate::error::{Error, ErrorKind, NotRetried};
use crate::judge::Unauthorized;
use crate::operation::{Operation, Safety};
use crate::verification::{Cause, Checked, Decision, How, Refusal};

impl Way<'_> {
    /// Finds out what a 401 to a request with `token` means. `Ok` if the call is to be replayed with the provider's next
    /// token.
    pub(super) async fn resolve(&mut self, token: &AccessToken, names_token: bool) -> Result<(), Cause> {
        let inner = &self.client.inner;
        let verification = inner.verification(self.call.operation.service);
        let refusal = Refusal {
            token: token.key(),
            target: self.target,
            names_token,
            // Some providers cannot tell when a token was requested, but whoever had one dropped has another one now.
            fresh: token.requested_after(self.requests_before) || self.replaced.is_some(),
            replayed: self.replaced.is_some(),
            received: verification.received(),
        };
        loop {
            match verification.decide(self.now(), &refusal) {
                Decision::Drop => {
                    inner.tokens.invalidate(token);
                    if refusal.replayed {
                        return Err(Cause::Token);
                    }
                    self.replaced = Some(token.key());
                    return Ok(());
                }
                Decision::Replay => {
                    self.replaced = Some(token.key());
                    return Ok(());
                }
                Decision::Fail(cause) => return Err(cause),
                Decision::Check(number, how) => self.check(number, how, token).await,
                Decision::Wait(number, at_most) => {
                    let left = self.left();
                    if left.is_zero() {
                        return Err(Cause::Unchecked);
                    }
                    select(verification.ended(number), inner.clock.sleep(at_most.min(left))).await;
                }
            }
        }
    }

    /// The error of a call that ends with this 401.
    pub(super) fn refused(&self, answer: &Unauthorized, cause: Cause) -> (Error, Option<NotRetried>) {
        let (error, why) = answer.error(self.call.operation, cause);
        // An API whose clock is right may take the token for an old one.
        let off = self.token.as_ref().and_then(AccessToken::clocks_differ);
        let error = match off.filter(|_| cause == Cause::Token) {
            Some(off) => error.with_clocks(off),
            None => error,
        };
        (error, Some(why))
    }

    /// Runs a check for all who wait for it.
    async fn check(&self, number: u64, how: How<Uri>, token: &AccessToken) {
        let inner = &self.client.inner;
        let run = inner.verification(self.call.operation.service).run(number);
        let (token, end) = match how {
            How::Repeat(uri) => self.repeat(uri, token.clone()).await,
            How::Ask => {
                let asked = select(inner.tokens.still_valid(token), inner.clock.sleep(self.left())).await;
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
            inner.tokens.invalidate(&token);
        }
    }

    /// Sends a read once more that was accepted before, within the time and the limits of this call. Also says which
    /// token it was sent with: the provider may have a newer one than `token`.
    fn repeat(&self, uri: Uri, token: AccessToken) -> BoxFuture<'_, (AccessToken, Checked)> {
        async move {
            let service = self.call.operation.service;
            let operation = Operation::undescribed("check", Method::GET, service, "(a read)", Safety::Safe);
            let call = Call::at(&operation, String::new());
            let mut way = Way::new(self.client, call, uri, self.host, self.target, self.started);
            way.is_check = true;
            let end = match way.run().await {
                Ok(_) => Checked::Accepted,
                Err((error, _)) if error.kind() == ErrorKind::Unauthorized => Checked::Refused,
                Err((error, _)) if passed_the_token(&error) => Checked::Accepted,
                Err(_) => Checked::Failed,
            };
            (way.token.unwrap_or(token), end)
        }
        .boxed()
    }
}

/// Whether the API looked at the request itself, which it does only if it accepts the token.
fn passed_the_token(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Forbidden | ErrorKind::Rejected | ErrorKind::Unsupported => true,
        // Any other 404 can be from a gateway in front of the API.
        ErrorKind::NotFound(_) => error.code().is_some(),
        _ => false,
    }
}
