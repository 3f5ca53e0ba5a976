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
    /// Returns the visitor with a session, if it is still valid.
    pub(in crate::web) async fn visitor_of_session(&self, shown: &Shown) -> Result<Option<Visitor>> {
        self.session_visitor(&shown.id(), true).await
    }

    /// Returns the visitor with the session of an id, if it is still valid. Only a use keeps the session from being idle.
    async fn session_visitor(&self, id: &str, is_use: bool) -> Result<Option<Visitor>> {
        let Some(sign_in) = self.gate().sign_in() else { return Ok(None) };
        let Some(pass) = self.store().pass(PassKind::Session, id).await? else { return Ok(None) };
        let now = self.now();
        let is_idle = now.signed_duration_since(pass.seen) > sign_in.limits.idle;
        if is_idle || has_ended(&pass, now) {
            self.store().remove_pass(PassKind::Session, id).await?;
            return Ok(None);
        }
        let Some(session) = document::<Session>(&pass) else { return Ok(None) };
        if !self.has_account(&session).await? {
            return Ok(None);
        }
        if is_use {
            self.used(PassKind::Session, &pass, now).await?;
        }
        let visitor = session.visitor(id, &sign_in.rules);
        Ok(visitor.and_then(|visitor| visitor.without(&self.gate().suspended().all())))
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
        let id = shown.id();
        let Some(pass) = self.store().pass(PassKind::Token, &id).await? else { return Ok(None) };
        let now = self.now();
        let Some(mut token) = document::<ApiToken>(&pass).filter(|_| !has_ended(&pass, now)) else {
            return Ok(None);
        };
        let visitor = token.visitor(&id).without(&self.gate().suspended().all());
        if !token.is_used {
            token.is_used = true;
            let body = write(&token)?;
            // A token that was revoked meanwhile must not come back.
            if !self.store().change_pass(PassKind::Token, Pass { seen: now, body, ..pass }).await? {
                return Ok(None);
            }
        } else {
            self.used(PassKind::Token, &pass, now).await?;
        }
        Ok(visitor)
    }

    /// Returns whether a visitor may still read, for open streams.
    pub(in crate::web) async fn is_still_valid(&self, visitor: &Visitor) -> bool {
        use crate::access::Via;
        let now = match visitor.via() {
            Via::Session(id) => self.session_visitor(id, false).await,
            Via::Token(id) => match self.store().pass(PassKind::Token, id).await {
                Ok(pass) => {
                    let pass = pass.filter(|pass| !has_ended(pass, self.now()));
                    let token = pass.as_ref().and_then(document::<ApiToken>);
                    let suspended = self.gate().suspended().all();
                    Ok(token.and_then(|token| token.visitor(id).without(&suspended)))
                }
                Err(error) => Err(error),
            },
            _ => return true,
        };
        // A store that fails for a moment ends no stream.
        now.map_or(true, |now| now.as_ref() == Some(visitor))
    }

    async fn used(&self, kind: PassKind, pass: &Pass, now: DateTime<Utc>) -> Result<()> {
        if now.signed_duration_since(pass.seen) < RECORDED {
            return Ok(());
        }
        self.store().use_pass(kind, &pass.id, now).await
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
        self.store().audit(AuditEvent::new(visitor.name(), "sign-out", "")).await?;
        ended.map(drop)
    }

    /// Returns an account by its name.
    pub(in crate::web) async fn account(&self, name: &str) -> Result<Option<Account>> {
        let pass = self.store().pass(PassKind::Account, name).await?;
        Ok(pass.as_ref().and_then(document))
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
