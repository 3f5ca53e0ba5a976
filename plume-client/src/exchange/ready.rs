//! The token and the permit of an attempt.

use std::time::Duration;

use futures_util::{
    FutureExt,
    future::{Either, select},
};
use plume_auth::{AccessToken, AuthError, AuthErrorKind};
use plume_runtime::time;

use crate::error::Error;
use crate::exchange::machine::Unready;
use crate::exchange::run::Exchange;
use crate::limiter::{Held, PermitGuard, PermitRequest};

/// The reason why an attempt is not possible.
type NotReady = (Unready, Error);

impl<'c> Exchange<'c> {
    /// Gets a token and a permit. The permit is last, because a held permit delays others. A blocked address needs no
    /// token.
    pub(super) async fn ready(&mut self) -> Result<(PermitGuard<'c>, AccessToken), NotReady> {
        let services = self.services;
        let mut rounds = 0;
        loop {
            let token = match services.tokens.ready() {
                Some(token) => token,
                None => {
                    services.limiter.check().map_err(|held| self.not_let_through(held))?;
                    self.in_time(self.now())?;
                    self.token().await?
                }
            };
            let asked = self.now();
            let patience = self.in_time(asked)?;
            let ask =
                PermitRequest { tenant: self.options.tenant, priority: self.options.priority, patience };
            let permit = services.limiter.acquire(ask).await.map_err(|held| self.not_let_through(held))?;
            if !permit.waited() {
                return Ok((permit, token));
            }
            let now = self.now();
            self.waits.limiter = self.waits.limiter.saturating_add(now.saturating_sub(asked));
            self.in_time(now)?;
            // The token may have expired or been rejected in the meantime. Waiting for another one with the permit would
            // delay all others.
            let at_hand = services.tokens.ready().map(Ok).or_else(|| services.tokens.token().now_or_never());
            match at_hand {
                Some(token) => return Ok((permit, token.map_err(|error| self.no_token(error))?)),
                None if rounds < 2 => drop(permit),
                // A provider without a cache.
                None => return Ok((permit, token)),
            }
            rounds += 1;
        }
    }

    /// Returns the time until the deadline, or an error after it.
    fn in_time(&self, now: Duration) -> Result<Duration, NotReady> {
        match self.machine.left(now) {
            Duration::ZERO => Err((Unready::NoTime, Error::too_late(self.call.operation))),
            left => Ok(left),
        }
    }

    async fn token(&mut self) -> Result<AccessToken, NotReady> {
        let services = self.services;
        let asked = self.now();
        let token = select(services.tokens.token(), services.clock.limit(self.left())).await;
        self.waits.token = self.waits.token.saturating_add(self.now().saturating_sub(asked));
        match token {
            Either::Left((token, _)) => token.map_err(|error| self.no_token(error)),
            Either::Right(_) => Err((Unready::NoTime, Error::no_token_in_time(self.call.operation))),
        }
    }

    fn no_token(&self, error: AuthError) -> NotReady {
        let rejected = error.kind() == AuthErrorKind::TokenRejected;
        (
            Unready::NoToken { rejected, transient: error.is_transient() },
            Error::auth(self.call.operation, error),
        )
    }

    fn not_let_through(&self, held: Held) -> NotReady {
        let why = if matches!(held, Held::Limit(_)) { Unready::NoTime } else { Unready::Held };
        (why, self.held(held))
    }

    /// Returns the error of a call without a permit.
    pub(super) fn held(&self, held: Held) -> Error {
        let operation = self.call.operation;
        match held {
            Held::Limit(wait) => Error::limited(operation, wait),
            Held::Block(wait) => {
                let now = self.services.clock.wall();
                Error::blocked(operation, wait, time::after(now, wait))
            }
            Held::Full => Error::overloaded(operation),
        }
    }
}
