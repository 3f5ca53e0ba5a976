//! The gate: whether visitors have to sign in, and how.

use std::{
    fmt,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use crate::access::oidc::{Pending, PendingProblem};
use crate::access::{Shown, SignIn, SignInLimit, Visitor};
use crate::suspended::Suspended;
use crate::web::provider::Provider;

/// The gate of a dashboard. Clones share it.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    sign_in: Option<SignIn>,
    provider: Option<Provider>,
    suspended: Suspended,
    limit: Mutex<SignInLimit>,
    /// The secret behind the proofs that a browser has signed in before, and behind sign-ins that have begun.
    key: Option<Shown>,
    /// Counts the sessions and tokens that were revoked, which open streams watch.
    revoked: watch::Sender<u64>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("sign_in", &self.0.sign_in).finish_non_exhaustive()
    }
}

impl Gate {
    /// Returns a gate that lets every visitor in, for loopback addresses only.
    #[must_use]
    pub fn open(suspended: Suspended) -> Self {
        Self::new(None, None, suspended)
    }

    /// Returns a gate that only visitors with a session or token pass.
    #[must_use]
    pub fn closed(sign_in: SignIn, provider: Option<Provider>, suspended: Suspended) -> Self {
        Self::new(Some(sign_in), provider, suspended)
    }

    fn new(sign_in: Option<SignIn>, provider: Option<Provider>, suspended: Suspended) -> Self {
        Self(Arc::new(Inner {
            sign_in,
            provider,
            suspended,
            limit: Mutex::default(),
            key: Shown::random(),
            revoked: watch::Sender::new(0),
        }))
    }

    pub(in crate::web) fn sign_in(&self) -> Option<&SignIn> {
        self.0.sign_in.as_ref()
    }

    pub(in crate::web) fn provider(&self) -> Option<&Provider> {
        self.0.provider.as_ref()
    }

    /// Returns the page of the provider for sign-out.
    pub(in crate::web) async fn end_at_provider(&self) -> Option<String> {
        let origin = self.sign_in()?.public_origin.as_deref()?;
        self.provider()?.end(origin).await
    }

    pub(in crate::web) fn key(&self) -> Option<&Shown> {
        self.0.key.as_ref()
    }

    /// Returns the sign-in that a browser has begun, for a response with `state`.
    pub(in crate::web) fn pending(
        &self,
        cookie: Option<String>,
        state: &str,
        now: DateTime<Utc>,
    ) -> Result<Pending, PendingProblem> {
        let key = self.key().ok_or(PendingProblem::Missing)?;
        Pending::read(cookie.as_deref(), key, state, now)
    }

    /// Counts a visit of the pages that lead to the provider and back.
    ///
    /// # Errors
    ///
    /// The time to wait.
    pub(in crate::web) fn visit(&self, address: IpAddr, now: Duration) -> Result<(), Duration> {
        self.limit(|limit| limit.visit(address, now))
    }

    pub(in crate::web) fn suspended(&self) -> &Suspended {
        &self.0.suspended
    }

    /// Returns whether browsers reach the server by https.
    pub(in crate::web) fn is_secure(&self) -> bool {
        let origin = self.sign_in().and_then(|sign_in| sign_in.public_origin.as_deref());
        origin.is_some_and(|origin| origin.starts_with("https://"))
    }

    /// The full name of a cookie. Browsers accept `__Host-` from this very host by https only.
    pub(in crate::web) fn cookie(&self, name: &str) -> String {
        if self.is_secure() { format!("__Host-{name}") } else { name.to_owned() }
    }

    /// Records that sessions or tokens are revoked.
    pub(in crate::web) fn revoke(&self) {
        self.0.revoked.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Returns the number of revocations, which wakes its receivers.
    pub(in crate::web) fn revocations(&self) -> watch::Receiver<u64> {
        self.0.revoked.subscribe()
    }

    /// The proof that a browser has signed in to an account.
    pub(in crate::web) fn browser(&self, account: &str) -> Option<String> {
        self.0.key.as_ref().map(|secret| secret.derive(&format!("browser {account}")))
    }

    /// Counts an attempt to sign in to an account.
    ///
    /// # Errors
    ///
    /// The time to wait.
    pub(in crate::web) fn attempt(
        &self,
        address: IpAddr,
        account: &str,
        proof: Option<&str>,
        now: Duration,
    ) -> Result<(), Duration> {
        let proof = proof.filter(|proof| self.is_known(account, Some(proof)));
        self.limit(|limit| limit.sign_in(address, account, proof, now))
    }

    /// Counts a change of a visitor. One who has not signed in, or uses this very machine, has no limit here.
    ///
    /// # Errors
    ///
    /// The time to wait.
    pub(in crate::web) fn change(&self, visitor: Option<&Visitor>, now: Duration) -> Result<(), Duration> {
        let visitor = visitor.filter(|visitor| !visitor.is_local()).map(Visitor::signed);
        visitor.map_or(Ok(()), |visitor| self.limit(|limit| limit.change(&visitor, now)))
    }

    /// Returns whether the refusal of a request of a visitor, or of a sign-in, is a row of the audit.
    pub(in crate::web) fn is_recorded(&self, visitor: Option<&Visitor>, now: Duration) -> bool {
        self.limit(|limit| limit.is_recorded(visitor.map(Visitor::signed).as_deref(), now))
    }

    /// Returns whether a browser has proved that it has signed in to an account before.
    pub(in crate::web) fn is_known(&self, account: &str, proof: Option<&str>) -> bool {
        let own = self.browser(account);
        proof.is_some_and(|proof| own.as_deref().is_some_and(|own| crate::access::same(own, proof)))
    }

    fn limit<T>(&self, work: impl FnOnce(&mut SignInLimit) -> T) -> T {
        // Every change under the lock is complete.
        work(&mut self.0.limit.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
