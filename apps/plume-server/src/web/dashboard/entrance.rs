//! Sessions, tokens and accounts, for the checks before a handler and for sign-in.

use chrono::{DateTime, TimeDelta, Utc};
use serde::de::DeserializeOwned;

use crate::access::audit::AuditEvent;
use crate::access::{Account, ApiToken, Session, Shown, Visitor};
use crate::store::{
    Result, StoreError, StoreErrorKind,
    model::{Pass, PassKind},
};
use crate::web::dashboard::shared::Dashboard;

/// A use is recorded after this time.
const RECORDED: TimeDelta = TimeDelta::seconds(60);

impl Dashboard {
    /// Returns the visitor with a session, if it is still valid. `is_use` says whether the request is one of a person: a page
    /// that loads itself does not keep its session from being idle.
    pub(in crate::web) async fn visitor_of_session(
        &self,
        shown: &Shown,
        is_use: bool,
    ) -> Result<Option<Visitor>> {
        let Some((pass, visitor)) = self.session(&shown.id()).await? else { return Ok(None) };
        if is_use {
            self.used(PassKind::Session, &pass, pass.seen).await;
        }
        Ok(Some(visitor))
    }

    /// Returns a session with its visitor, if it is still valid. Otherwise removes it.
    async fn session(&self, id: &str) -> Result<Option<(Pass, Visitor)>> {
        let Some(sign_in) = self.gate().sign_in() else { return Ok(None) };
        let Some(pass) = self.store().pass(PassKind::Session, id).await? else { return Ok(None) };
        let Some(session) = document::<Session>(&pass) else { return Ok(None) };
        let (now, limits) = (self.now(), sign_in.limits);
        let is_idle = now.signed_duration_since(pass.seen) > limits.idle;
        let is_old = now.signed_duration_since(session.created) >= limits.absolute;
        if is_idle || is_old || has_ended(&pass, now) || !self.has_account(&session).await? {
            self.store().remove_pass(PassKind::Session, id).await?;
            return Ok(None);
        }
        let visitor = session.visitor(id, &sign_in.rules);
        let visitor = visitor.and_then(|visitor| visitor.without(&self.gate().suspended().all()));
        Ok(visitor.map(|visitor| (pass, visitor)))
    }

    /// Returns whether the account of a session still exists, with the password of the sign-in. A session of the identity
    /// provider has none.
    async fn has_account(&self, session: &Session) -> Result<bool> {
        let Some(name) = session.account() else { return Ok(session.claims.is_some()) };
        let pass = self.store().pass(PassKind::Account, name).await?;
        Ok(pass.is_some_and(|pass| pass.seen <= session.created))
    }

    /// Returns the visitor with a token, if it is still valid.
    pub(in crate::web) async fn visitor_of_token(&self, shown: &Shown) -> Result<Option<Visitor>> {
        let Some((pass, token, visitor)) = self.token_of(&shown.id()).await? else { return Ok(None) };
        // The first use is recorded at once. Only the time is written: a token that was revoked meanwhile stays revoked.
        let last = if pass.seen > token.created { pass.seen } else { DateTime::UNIX_EPOCH };
        self.used(PassKind::Token, &pass, last).await;
        Ok(Some(visitor))
    }

    /// Returns a token with its visitor, if it is still valid.
    async fn token_of(&self, id: &str) -> Result<Option<(Pass, ApiToken, Visitor)>> {
        let Some(sign_in) = self.gate().sign_in() else { return Ok(None) };
        let Some(pass) = self.store().pass(PassKind::Token, id).await? else { return Ok(None) };
        let Some(token) = document::<ApiToken>(&pass).filter(|_| !has_ended(&pass, self.now())) else {
            return Ok(None);
        };
        if !self.has_account(&token.by).await? {
            return Ok(None);
        }
        let visitor = token.visitor(id, &sign_in.rules);
        let visitor = visitor.and_then(|visitor| visitor.without(&self.gate().suspended().all()));
        Ok(visitor.map(|visitor| (pass, token, visitor)))
    }

    /// Returns whether a visitor may still read, for open streams.
    pub(in crate::web) async fn is_still_valid(&self, visitor: &Visitor) -> bool {
        use crate::access::Via;
        let now = match visitor.via() {
            Via::Session(id) => self.session(id).await.map(|found| found.map(|(_, visitor)| visitor)),
            Via::Token(id) => self.token_of(id).await.map(|found| found.map(|(.., visitor)| visitor)),
            _ => return true,
        };
        // A store that fails for a moment ends no stream.
        now.map_or(true, |now| now.as_ref() == Some(visitor))
    }

    /// Records a use. Without space for it, the request is answered all the same, and the pass ends earlier.
    async fn used(&self, kind: PassKind, pass: &Pass, last: DateTime<Utc>) {
        let now = self.now();
        if now.signed_duration_since(last) >= RECORDED {
            let _ = self.store().use_pass(kind, &pass.id, now).await;
        }
    }

    /// Begins a session with a new id, and ends the one that the browser had. Without its row in the audit there is no
    /// session.
    pub(in crate::web) async fn begin_session(
        &self,
        session: &Session,
        old: Option<&Shown>,
    ) -> Result<Shown> {
        let limits = self.gate().sign_in().map(|sign_in| sign_in.limits).unwrap_or_default();
        let shown = Shown::random().ok_or_else(|| internal("there are no random numbers"))?;
        let event = AuditEvent::new(&session.name, "sign-in", &session.subject);
        self.store().audit(event.with_outcome(&format!("done, from {}", session.address))).await?;
        let now = self.now();
        self.store().end_passes(now).await?;
        if let Some(old) = old {
            self.store().remove_pass(PassKind::Session, &old.id()).await?;
        }
        let ends = now.checked_add_signed(limits.absolute);
        let pass = Pass { id: shown.id(), seen: now, ends, body: write(session)? };
        self.store().put_pass(PassKind::Session, pass).await?;
        Ok(shown)
    }

    /// Ends the session of a visitor.
    pub(in crate::web) async fn end_session(&self, visitor: &Visitor, id: &str) -> Result<()> {
        // The session ends even if the audit does not take the row.
        let ended = self.store().remove_pass(PassKind::Session, id).await;
        self.gate().revoke();
        self.store().audit(AuditEvent::new(&visitor.signed(), "sign-out", "")).await?;
        ended.map(drop)
    }

    /// Returns an account by its name.
    pub(in crate::web) async fn account(&self, name: &str) -> Result<Option<Account>> {
        let pass = self.store().pass(PassKind::Account, name).await?;
        Ok(pass.as_ref().and_then(document))
    }

    /// Adds the refusal of a sign-in to the audit, unless there were many.
    pub(in crate::web) async fn record_stranger(&self, event: AuditEvent) -> Result<()> {
        match self.gate().is_recorded(None, self.monotonic()) {
            true => self.record(event).await,
            false => Ok(()),
        }
    }

    /// Adds a row to the audit.
    pub(in crate::web) async fn record(&self, event: AuditEvent) -> Result<()> {
        self.store().audit(event).await.map(drop)
    }
}

pub(super) fn has_ended(pass: &Pass, now: DateTime<Utc>) -> bool {
    pass.ends.is_some_and(|ends| ends <= now)
}

/// Reads the document of a pass. One of another version is no pass.
pub(super) fn document<T: DeserializeOwned>(pass: &Pass) -> Option<T> {
    serde_json::from_slice(&pass.body).ok()
}

pub(super) fn write(document: &impl serde::Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(document).map_err(|error| internal(&error.to_string()))
}

fn internal(cause: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Internal, cause)
}
