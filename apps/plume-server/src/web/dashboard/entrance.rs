//! Sessions, tokens and accounts, for the checks before a handler and for sign-in.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde::de::DeserializeOwned;

use crate::access::audit::AuditEvent;
use crate::access::{Account, ApiToken, Session, Shown, Visitor};
use crate::store::{
    Result, StoreError, StoreErrorKind,
    model::{Pass, PassKind},
};
use crate::web::dashboard::shared::Dashboard;
use crate::web::provider::{Person, Renewed};

/// A use is recorded after this time.
const RECORDED: TimeDelta = TimeDelta::seconds(60);
/// Tokens that are read at once.
const AT_ONCE: usize = 200;
/// The provider is asked again whether it lets a person in after this time.
const CONFIRMED: TimeDelta = TimeDelta::minutes(5);
/// Maximum time for which a request waits for the provider.
const PATIENCE: Duration = Duration::from_secs(3);
/// A session ends that the provider has not confirmed for this time: it gave no refresh token, or it does not answer.
const UNCONFIRMED: TimeDelta = TimeDelta::minutes(60);
/// A token has the confirmation of its creator at most this late.
const RENEWED: TimeDelta = TimeDelta::hours(1);

/// The result of a request with a token.
#[derive(Debug)]
pub(in crate::web) enum Bearer {
    Visitor(Visitor),
    /// The provider has not confirmed the creator of the token for long.
    Unconfirmed,
    /// There is no such token, or it gives no rights.
    Unknown,
}

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
        // A clock that was set back by more than an hour makes no session longer.
        let lasted = now.signed_duration_since(session.created);
        let is_old = lasted >= limits.absolute || lasted <= -UNCONFIRMED;
        if is_idle || is_old || has_ended(&pass, now) || !self.has_account(&session).await? {
            self.forget_session(id).await?;
            return Ok(None);
        }
        let age = now.signed_duration_since(session.confirmed);
        let session = if session.claims.is_some() && !is_confirmed(age) {
            // It runs to its end although the browser goes away, because the provider may replace the refresh token.
            let (dashboard, id) = (self.clone(), id.to_owned());
            let asked = tokio::spawn(async move { dashboard.confirm(&id).await });
            let confirmed = tokio::select! {
                confirmed = asked => confirmed.map_err(|error| internal(&error.to_string()))??,
                // A provider that is slow makes no page slow.
                () = self.limit(PATIENCE) => Some(session).filter(|_| age < UNCONFIRMED),
            };
            let Some(session) = confirmed else { return Ok(None) };
            session
        } else {
            session
        };
        let visitor = session.visitor(id, &sign_in.rules);
        let visitor = visitor.and_then(|visitor| visitor.without(&self.gate().suspended().all()));
        Ok(visitor.map(|visitor| (pass, visitor)))
    }

    /// Asks the provider whether it still lets the person of a session in. Returns the session with the claims of now; `None` if
    /// it has ended.
    async fn confirm(&self, id: &str) -> Result<Option<Session>> {
        let Some(sign_in) = self.gate().sign_in() else { return Ok(None) };
        let provider = self.gate().provider();
        let mut turn = match provider {
            Some(provider) => provider.turn(id).await,
            None => None,
        };
        // Another request may have asked meanwhile.
        let Some(pass) = self.store().pass(PassKind::Session, id).await? else { return Ok(None) };
        let Some(session) = document::<Session>(&pass) else { return Ok(None) };
        let age = self.now().signed_duration_since(session.confirmed);
        if is_confirmed(age) {
            return Ok(Some(session));
        }
        let renewed = match (provider, &mut turn) {
            (Some(provider), Some(turn)) => provider.renew(turn, &session.subject, &sign_in.rules).await,
            _ => Renewed::Unknown,
        };
        // The turn ends after this, so the next one finds what is stored.
        self.renewed(pass, session, renewed, age).await
    }

    /// Stores what the provider says about a session that was confirmed this long ago.
    async fn renewed(
        &self,
        pass: Pass,
        session: Session,
        renewed: Renewed,
        age: TimeDelta,
    ) -> Result<Option<Session>> {
        let rules = self.gate().sign_in().map(|sign_in| sign_in.rules.clone()).unwrap_or_default();
        let cause = match renewed {
            Renewed::Person(Person { name, claims, .. }) => {
                let denied = rules.decide(&claims).err();
                let (claims, read, confirmed) = (Some(claims), rules.names(), self.now());
                let session = Session { name, claims, read, confirmed, ..session.clone() };
                self.renew_tokens(&session).await?;
                match denied {
                    None => {
                        let body = write(&session)?;
                        let is_kept =
                            self.store().change_pass(PassKind::Session, Pass { body, ..pass }).await?;
                        return Ok(is_kept.then_some(session));
                    }
                    Some(denied) => denied.to_string(),
                }
            }
            Renewed::Gone => "the identity provider has ended the session".to_owned(),
            Renewed::Unknown if age < UNCONFIRMED => return Ok(Some(session)),
            Renewed::Unknown => "the identity provider has not confirmed the person for an hour".to_owned(),
        };
        self.forget_session(&pass.id).await?;
        let subject = format!("{} ({})", session.name, session.subject);
        let event = AuditEvent::new("identity provider", "session end", &subject);
        self.record(event.with_outcome(&format!("done: {cause}"))).await?;
        Ok(None)
    }

    /// Gives the tokens of a person the claims and the confirmation of now.
    async fn renew_tokens(&self, session: &Session) -> Result<()> {
        let mut after = String::new();
        loop {
            // A token that is used meanwhile keeps its place in this order.
            let passes = self.store().passes_by_id(PassKind::Token, &after, AT_ONCE).await?;
            after = passes.last().map(|pass| pass.id.clone()).unwrap_or_default();
            let is_last = passes.len() < AT_ONCE;
            for pass in passes {
                let Some(mut token) = document::<ApiToken>(&pass) else { continue };
                let age = session.confirmed.signed_duration_since(token.by.confirmed);
                let is_old = token.by.claims != session.claims || age.abs() >= RENEWED;
                if token.by.subject == session.subject && is_old {
                    let Session { claims, read, confirmed, .. } = session.clone();
                    (token.by.claims, token.by.read, token.by.confirmed) = (claims, read, confirmed);
                    let body = write(&token)?;
                    self.store().change_pass(PassKind::Token, Pass { body, ..pass }).await?;
                }
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// Removes a session, and its refresh token.
    pub(super) async fn forget_session(&self, id: &str) -> Result<bool> {
        if let Some(provider) = self.gate().provider() {
            provider.forget(id);
        }
        self.store().remove_pass(PassKind::Session, id).await
    }

    /// Returns whether the account of a session still exists, with the password of the sign-in. A session of the identity
    /// provider has none.
    async fn has_account(&self, session: &Session) -> Result<bool> {
        let Some(name) = session.account() else { return Ok(session.claims.is_some()) };
        let pass = self.store().pass(PassKind::Account, name).await?;
        Ok(pass.is_some_and(|pass| pass.seen <= session.created))
    }

    /// Returns the visitor with a token, if it is still valid.
    pub(in crate::web) async fn visitor_of_token(&self, shown: &Shown) -> Result<Bearer> {
        let Some((pass, token, visitor)) = self.token_of(&shown.id()).await? else {
            return Ok(Bearer::Unknown);
        };
        if !token.is_confirmed(self.now()) {
            return Ok(Bearer::Unconfirmed);
        }
        // The first use is recorded at once. Only the time is written: a token that was revoked meanwhile stays revoked.
        let last = if pass.seen > token.created { pass.seen } else { DateTime::UNIX_EPOCH };
        self.used(PassKind::Token, &pass, last).await;
        Ok(Bearer::Visitor(visitor))
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
            Via::Token(id) => {
                let found = self.token_of(id).await;
                let valid =
                    |(_, token, visitor): (_, ApiToken, _)| token.is_confirmed(self.now()).then_some(visitor);
                found.map(|found| found.and_then(valid))
            }
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
        refresh: Option<SecretString>,
        old: Option<&Shown>,
    ) -> Result<Shown> {
        let limits = self.gate().sign_in().map(|sign_in| sign_in.limits).unwrap_or_default();
        let shown = Shown::random().ok_or_else(|| internal("there are no random numbers"))?;
        let event = AuditEvent::new(&session.name, "sign-in", &session.subject);
        self.store().audit(event.with_outcome(&format!("done, from {}", session.address))).await?;
        let now = self.now();
        self.store().end_passes(now).await?;
        if let Some(old) = old {
            self.forget_session(&old.id()).await?;
        }
        let ends = now.checked_add_signed(limits.absolute);
        let pass = Pass { id: shown.id(), seen: now, ends, body: write(session)? };
        if let (Some(provider), Some(refresh), Ok(time)) =
            (self.gate().provider(), refresh, limits.absolute.to_std())
        {
            provider.keep(&pass.id, refresh, time);
        }
        self.store().put_pass(PassKind::Session, pass).await?;
        if session.claims.is_some() {
            self.renew_tokens(session).await?;
        }
        Ok(shown)
    }

    /// Ends the session of a visitor.
    pub(in crate::web) async fn end_session(&self, visitor: &Visitor, id: &str) -> Result<()> {
        // The session ends even if the audit does not take the row.
        let ended = self.forget_session(id).await;
        self.gate().revoke();
        self.store().audit(AuditEvent::new(&visitor.signed(), "sign-out", "")).await?;
        ended.map(drop)
    }

    /// Returns an account by its name.
    pub(in crate::web) async fn account(&self, name: &str) -> Result<Option<Account>> {
        let pass = self.store().pass(PassKind::Account, name).await?;
        Ok(pass.as_ref().and_then(document))
    }

    /// Adds the refusal of a sign-in to the audit, unless there were many. `account` is what was entered as its name: the log has
    /// it only if there is such an account, because people enter passwords there.
    pub(in crate::web) async fn record_stranger(
        &self,
        event: AuditEvent,
        account: Option<&str>,
    ) -> Result<()> {
        match self.gate().is_recorded(None, self.monotonic()) {
            true => {
                let account = match account {
                    Some(name) => self.account(name).await?.map(|_| name),
                    None => None,
                };
                tracing::warn!(account, "a sign-in failed: {}", event.outcome);
                self.record(event).await
            }
            false => Ok(()),
        }
    }

    /// Adds a row to the audit.
    pub(in crate::web) async fn record(&self, event: AuditEvent) -> Result<()> {
        self.store().audit(event).await.map(drop)
    }
}

/// Returns whether the provider confirmed a session this long ago. A clock that was set back says nothing.
fn is_confirmed(age: TimeDelta) -> bool {
    (TimeDelta::zero()..CONFIRMED).contains(&age)
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
