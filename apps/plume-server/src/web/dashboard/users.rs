//! The work of administrators: sessions, tokens, suspended tenants, and the audit.

use chrono::TimeDelta;
use plume::monitor::ids::TenantId;
use serde::de::DeserializeOwned;

use crate::access::audit::{AuditEvent, AuditRow, Broken};
use crate::access::{ApiToken, Role, Session, Shown, Tenants, Via};
use crate::store::{
    Result, StoreError, StoreErrorKind,
    model::{AuditQuery, Pass, PassCursor, PassKind},
};
use crate::web::dashboard::entrance::{document, write};
use crate::web::dashboard::visible::Visible;

/// Sessions and tokens on one page.
const LISTED: usize = 200;
/// Maximum time for which a token is valid, in days.
const DAYS: i64 = 366;

impl Visible {
    /// Returns the sessions of people who see no other tenants than the visitor, those that were used last first, and
    /// the place of the last one if there are more.
    pub(in crate::web) async fn sessions(
        &self,
        after: Option<PassCursor>,
    ) -> Result<(Vec<(Pass, Session)>, Option<PassCursor>)> {
        self.listed(PassKind::Session, after, |session| self.covers_session(session)).await
    }

    fn covers_session(&self, session: &Session) -> bool {
        match session.visitor("", &self.rules()) {
            Some(visitor) => self.visitor.tenants().cover(visitor.tenants()),
            None => self.has_all(),
        }
    }

    /// Returns the visible passes after that of a cursor, and the place of the last one if there are more.
    async fn listed<T: DeserializeOwned>(
        &self,
        kind: PassKind,
        mut after: Option<PassCursor>,
        is_visible: impl Fn(&T) -> bool + Send,
    ) -> Result<(Vec<(Pass, T)>, Option<PassCursor>)> {
        self.needs(Role::Admin)?;
        let mut found = Vec::new();
        loop {
            let passes = self.dashboard.store().passes_after(kind, after, LISTED).await?;
            let is_last = passes.len() < LISTED;
            after = passes.last().map(PassCursor::from);
            for pass in passes {
                if let Some(read) = document::<T>(&pass).filter(&is_visible) {
                    if found.len() == LISTED {
                        let last = found.last().map(|(pass, _)| PassCursor::from(pass));
                        return Ok((found, last));
                    }
                    found.push((pass, read));
                }
            }
            if is_last {
                return Ok((found, None));
            }
        }
    }

    /// Returns a visible pass with its document.
    async fn one<T: DeserializeOwned>(
        &self,
        kind: PassKind,
        id: &str,
        is_visible: impl Fn(&T) -> bool + Send,
    ) -> Result<Option<T>> {
        self.needs(Role::Admin)?;
        let pass = self.dashboard.store().pass(kind, id).await?;
        Ok(pass.as_ref().and_then(document::<T>).filter(is_visible))
    }

    /// Ends a session.
    pub(in crate::web) async fn revoke_session(&self, id: &str) -> Result<()> {
        let found = self.one(PassKind::Session, id, |session| self.covers_session(session)).await?;
        let Some(session) = found else { return Err(missing("session")) };
        let subject = format!("{} ({})", session.name, session.subject);
        let event = AuditEvent::new(&self.visitor.signed(), "session revoke", &subject);
        self.audited(event, self.dashboard.forget_session(id)).await?;
        self.dashboard.gate().revoke();
        Ok(())
    }

    /// Returns the tokens for no other tenants than those of the visitor, those that were used last first, and the place
    /// of the last one if there are more.
    pub(in crate::web) async fn tokens(
        &self,
        after: Option<PassCursor>,
    ) -> Result<(Vec<(Pass, ApiToken)>, Option<PassCursor>)> {
        self.listed(PassKind::Token, after, |token| self.covers_token(token)).await
    }

    fn covers_token(&self, token: &ApiToken) -> bool {
        self.visitor.tenants().cover(&token.tenants)
    }

    /// Creates a token with rights that the visitor has, for a number of days. It is shown once.
    pub(in crate::web) async fn create_token(
        &self,
        name: &str,
        role: Role,
        tenants: Tenants,
        days: i64,
    ) -> Result<Shown> {
        self.needs(Role::Admin)?;
        if role > self.visitor.role() || !self.visitor.tenants().cover(&tenants) {
            return Err(refused("a token has no more rights than its creator"));
        }
        if let Tenants::Only(chosen) = &tenants {
            let known = self.tenants().await?;
            if !chosen.iter().all(|chosen| known.iter().any(|known| known.id == *chosen)) {
                return Err(refused("there is no such tenant"));
            }
        }
        let now = self.now();
        let ends = TimeDelta::try_days(days).filter(|_| (1..=DAYS).contains(&days));
        let ends = ends.and_then(|time| now.checked_add_signed(time));
        let ends = ends.ok_or_else(|| refused("a token is valid for 1 to 366 days"))?;
        let Some(by) = self.own_session().await? else {
            return Err(refused("a token is created by a person who has signed in"));
        };
        let shown = Shown::random()
            .ok_or_else(|| StoreError::new(StoreErrorKind::Internal, "there are no random numbers"))?;
        let subject = format!("{name}, {role}, for {days} days");
        let event = AuditEvent::new(&self.visitor.signed(), "token create", &subject);
        let token = ApiToken { name: name.to_owned(), by, role, tenants, created: now };
        let pass = Pass { id: shown.id(), seen: now, ends: Some(ends), body: write(&token)? };
        self.audited(event, self.dashboard.store().put_pass(PassKind::Token, pass)).await?;
        Ok(shown)
    }

    /// Returns the session of the visitor; `None` for a token, and without sign-in.
    async fn own_session(&self) -> Result<Option<Session>> {
        let Via::Session(id) = self.visitor.via() else { return Ok(None) };
        let pass = self.dashboard.store().pass(PassKind::Session, id).await?;
        Ok(pass.as_ref().and_then(document))
    }

    /// Ends a token.
    pub(in crate::web) async fn revoke_token(&self, id: &str) -> Result<()> {
        let found = self.one(PassKind::Token, id, |token| self.covers_token(token)).await?;
        let Some(token) = found else { return Err(missing("token")) };
        let event = AuditEvent::new(&self.visitor.signed(), "token revoke", &token.name);
        self.audited(event, self.dashboard.store().remove_pass(PassKind::Token, id)).await?;
        self.dashboard.gate().revoke();
        Ok(())
    }

    /// Returns the rows of the audit that the visitor sees.
    pub(in crate::web) async fn audit(
        &self,
        text: Option<String>,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<AuditRow>> {
        self.needs(Role::Admin)?;
        let tenants = self.visitor.tenants().clone();
        self.dashboard.store().audit_rows(AuditQuery { tenants, text, before, limit }).await
    }

    /// Checks the chain of the audit, for visitors that see all tenants: it has the rows of all.
    pub(in crate::web) async fn check_audit(&self) -> Result<std::result::Result<u64, Broken>> {
        self.needs(Role::Admin)?;
        if !self.has_all() {
            return Err(refused("the audit is checked by an administrator of all tenants"));
        }
        self.dashboard.store().check_audit().await
    }

    /// Suspends a tenant, or lets it continue. Its work stops, and sessions and tokens for it alone end.
    pub(in crate::web) async fn suspend(&self, tenant: &str, is_suspended: bool) -> Result<()> {
        self.needs(Role::Admin)?;
        let tenant = TenantId::new(tenant);
        // Only the operator of all tenants may stop one.
        if !self.has_all() || !self.tenants().await?.iter().any(|known| known.id == tenant) {
            return Err(missing("tenant"));
        }
        let action = if is_suspended { "tenant suspend" } else { "tenant resume" };
        let event = AuditEvent::new(&self.visitor.signed(), action, tenant.as_str());
        let store = self.dashboard.store();
        self.audited(event.of(&tenant), store.suspend(&tenant, is_suspended)).await?;
        let suspended = store.suspended().await?;
        self.dashboard.gate().suspended().replace(suspended.clone());
        self.dashboard.gate().revoke();
        let is_over = |tenants: &Tenants| match tenants {
            Tenants::All => false,
            Tenants::Only(tenants) => tenants.is_subset(&suspended),
        };
        let rules = self.rules();
        let of_session =
            |session: &Session| session.visitor("", &rules).is_some_and(|visitor| is_over(visitor.tenants()));
        self.remove_all(PassKind::Session, of_session).await?;
        self.remove_all(PassKind::Token, |token: &ApiToken| is_over(&token.tenants)).await
    }

    /// Removes every pass of a kind that is over.
    async fn remove_all<T: DeserializeOwned>(
        &self,
        kind: PassKind,
        is_over: impl Fn(&T) -> bool + Send,
    ) -> Result<()> {
        let mut after = None;
        loop {
            let passes = self.dashboard.store().passes_after(kind, after, LISTED).await?;
            after = passes.last().map(PassCursor::from);
            for pass in &passes {
                if document::<T>(pass).is_some_and(|document| is_over(&document)) {
                    self.dashboard.store().remove_pass(kind, &pass.id).await?;
                }
            }
            if passes.len() < LISTED {
                return Ok(());
            }
        }
    }
}

fn missing(kind: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Missing, format!("there is no such {kind}"))
}

fn refused(why: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Refused, why)
}
