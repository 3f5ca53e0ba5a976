//! The entry of one tenant: its secret and its token cache.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::future::{AbortHandle, AbortRegistration, Abortable};
use plume_runtime::{Clock, Transport, time};

use crate::cache::CachedTokenProvider;
use crate::credential::Credential;
use crate::endpoint::ClientCredentials;
use crate::provider::{AuthError, AuthErrorKind};
use crate::provider::{TokenProvider, TokenSource};
use crate::registry::account::{Account, Place, TenantId, same_secret};
use crate::registry::bucket::Buckets;
use crate::registry::status::TenantStatus;
use crate::registry::urls::Urls;
use crate::settings::SecureUrl;
use crate::token::{AccessToken, IssuedToken};

/// State that all tenants share. It contains names, times and URLs of tenants, but no secret.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) buckets: Buckets,
    pub(super) urls: Urls,
    /// For fingerprints of tokens; seeded per process.
    pub(super) hasher: RandomState,
}

/// The entry of a signed-in tenant. It never changes: another account is another entry.
pub(super) struct Entry {
    source: Arc<TenantSource>,
    /// Created by the first call, so that an idle tenant costs only its settings.
    provider: OnceLock<CachedTokenProvider>,
    /// Used since the clock hand passed.
    used: AtomicBool,
}

impl Entry {
    pub(super) fn new(tenant: TenantId, account: Account, context: Arc<Context>) -> Arc<Self> {
        let account = context.urls.share(account);
        let gate = Gate {
            secret: Some(account.credential),
            flight: None,
            newest: None,
            fetches: 0,
            expires_at: None,
            failure: None,
        };
        let source = TenantSource {
            tenant,
            place: account.place,
            closed: AtomicBool::new(false),
            gate: Mutex::new(gate),
            context,
        };
        Arc::new(Self { source: Arc::new(source), provider: OnceLock::new(), used: AtomicBool::new(false) })
    }

    pub(super) fn tenant(&self) -> &TenantId {
        &self.source.tenant
    }

    pub(super) fn place(&self) -> &Arc<Place> {
        &self.source.place
    }

    pub(super) fn provider(&self) -> &CachedTokenProvider {
        self.provider.get_or_init(|| {
            let clock = Arc::clone(&self.source.context.clock);
            // One copy of the token: there are many tenants with few readers each.
            CachedTokenProvider::builder(Arc::clone(&self.source), clock).lanes(1).build()
        })
    }

    /// Drops `token` from the cache if the cache issued it.
    ///
    /// The cache identifies tokens by their generation, which every entry counts from one. So the token itself is compared:
    /// a late rejection of a token of the earlier account must not drop the new one.
    pub(super) fn invalidate(&self, token: &AccessToken) {
        let fingerprint = self.source.context.hasher.hash_one(token.expose_token());
        if self.source.gate().newest == Some(fingerprint) {
            self.provider().invalidate(token);
        }
    }

    pub(super) fn touch(&self) {
        // Read first: a write would take the cache line from the other readers.
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
    }

    /// Returns whether the entry was used since the last call of this method.
    pub(super) fn was_used(&self) -> bool {
        self.used.swap(false, Ordering::Relaxed)
    }

    pub(super) fn is_open(&self) -> bool {
        !self.source.closed.load(Ordering::Acquire)
    }

    /// Returns whether `account` is the same, including the secret.
    pub(super) fn is_account(&self, account: &Account) -> bool {
        *self.place() == account.place
            && self
                .source
                .gate()
                .secret
                .as_ref()
                .is_some_and(|secret| same_secret(secret, &account.credential))
    }

    /// Returns this account at other URLs of the same hosts; `None` if the credential was not entered for those.
    pub(super) fn moved(&self, sso: &SecureUrl, api: &SecureUrl) -> Option<Account> {
        let place = Arc::new(self.place().moved(sso, api)?);
        let credential = self.source.gate().secret.clone()?;
        Some(Account { place, credential })
    }

    /// Closes the entry: wipes the secret, cancels a running fetch and discards its result.
    pub(super) fn close(&self) {
        let mut gate = self.source.gate();
        self.source.closed.store(true, Ordering::Release);
        let flight = gate.flight.take();
        // Its own type wipes it.
        gate.secret = None;
        drop(gate);
        // Outside the lock: it wakes the task that drives the fetch.
        if let Some((_, flight)) = flight {
            flight.abort();
        }
    }

    /// Closes the entry unless a caller waits for it or a fetch is running.
    pub(super) fn close_if_idle(self: &Arc<Self>) -> bool {
        if Arc::strong_count(self) > 1 {
            return false;
        }
        let mut gate = self.source.gate();
        if gate.flight.is_some() {
            return false;
        }
        self.source.closed.store(true, Ordering::Release);
        gate.secret = None;
        true
    }

    pub(super) fn status(&self) -> TenantStatus {
        let gate = self.source.gate();
        TenantStatus {
            tenant: self.tenant().clone(),
            host: self.place().sso.host().to_owned(),
            scope: self.place().scope.clone(),
            fetching: gate.flight.is_some(),
            fetches: gate.fetches,
            expires_at: gate.expires_at,
            failure: gate.failure,
        }
    }
}

/// The token source of one tenant.
struct TenantSource {
    tenant: TenantId,
    place: Arc<Place>,
    /// Set when the secret is wiped, under the gate's lock; readable without it.
    closed: AtomicBool,
    gate: Mutex<Gate>,
    context: Arc<Context>,
}

struct Gate {
    secret: Option<Credential>,
    /// The running fetch and its number, so that the late end of an older one is ignored.
    flight: Option<(u32, AbortHandle)>,
    /// The fingerprint of the newest token.
    newest: Option<u64>,
    fetches: u32,
    expires_at: Option<DateTime<Utc>>,
    failure: Option<AuthErrorKind>,
}

impl TenantSource {
    fn gate(&self) -> MutexGuard<'_, Gate> {
        // Every change under the lock is complete, so a poisoned lock is still valid.
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what a fetch needs, or the reason why it must not start.
    fn begin(&self) -> Result<(ClientCredentials, AbortRegistration, Landing<'_>), AuthError> {
        let context = &self.context;
        let mut gate = self.gate();
        let secret = gate.secret.clone().ok_or_else(signed_out)?;
        if let Err(wait) = context.buckets.take(&self.tenant, context.clock.monotonic()) {
            gate.failure = Some(AuthErrorKind::Throttled);
            return Err(AuthError::throttled_here(wait));
        }
        let (handle, registration) = AbortHandle::new_pair();
        gate.fetches = gate.fetches.wrapping_add(1);
        let landing = Landing { source: self, number: gate.fetches };
        gate.flight = Some((landing.number, handle));
        drop(gate);
        Ok((self.credentials(secret), registration, landing))
    }

    fn credentials(&self, secret: Credential) -> ClientCredentials {
        ClientCredentials::new(
            (*self.place.sso).clone(),
            secret,
            self.place.scope.clone(),
            Arc::clone(&self.context.transport),
        )
        .clock(Arc::clone(&self.context.clock))
    }
}

/// Removes the mark of a fetch when it ends or is dropped, but not the mark of a later one.
struct Landing<'a> {
    source: &'a TenantSource,
    number: u32,
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        self.source.gate().flight.take_if(|(number, _)| *number == self.number);
    }
}

#[async_trait]
impl TokenSource for TenantSource {
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        let (credentials, registration, landing) = self.begin()?;
        let requested = self.context.clock.wall();
        let fetched = Abortable::new(credentials.fetch(), registration).await;
        drop(landing);
        let fetched = fetched.unwrap_or_else(|_| Err(signed_out()));
        let mut gate = self.gate();
        match &fetched {
            Ok(issued) => {
                gate.newest = Some(self.context.hasher.hash_one(issued.expose()));
                gate.expires_at = Some(time::after(requested, issued.lifetime));
                gate.failure = None;
            }
            // Nothing was sent, and the error is not about the tenant.
            Err(error) if error.kind() == AuthErrorKind::Runtime => {
                self.context.buckets.give_back(&self.tenant);
            }
            Err(error) => gate.failure = Some(error.kind()),
        }
        drop(gate);
        fetched
    }

    async fn still_valid(&self, token: &AccessToken) -> Option<bool> {
        let secret = self.gate().secret.clone()?;
        self.credentials(secret).still_valid(token).await
    }
}

impl fmt::Debug for TenantSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantSource")
            .field("tenant", &self.tenant)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

pub(super) fn signed_out() -> AuthError {
    AuthError::new(AuthErrorKind::SignedOut, "this tenant is signed out, or signed in with another account")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use plume_runtime::{InProcess, ManualClock};

    use super::*;
    use crate::credential::Scope;

    #[test]
    fn a_fetch_that_ends_late_leaves_the_newer_one_its_mark() {
        let url = |text| SecureUrl::parse(text).unwrap();
        let transport = InProcess::new(|_| async { Ok(http::Response::new(Bytes::new())) });
        let context = Context {
            transport: Arc::new(transport),
            clock: Arc::new(ManualClock::new(DateTime::UNIX_EPOCH)),
            buckets: Buckets::new(10, Duration::from_secs(30)),
            urls: Urls::new(),
            hasher: RandomState::new(),
        };
        let account = Account::new(
            url("https://sso.example.net/oauth2/x/v1/token"),
            url("https://cloud.example.net/api"),
            Credential::from_client("client", "not-a-real-secret"),
            Scope::raw("x"),
        );
        let entry = Entry::new(TenantId::new("a").unwrap(), account, Arc::new(context));
        let (_, _, old) = entry.source.begin().unwrap();
        let (_, cut_off, newer) = entry.source.begin().unwrap();
        let newer_fetch = Abortable::new(std::future::pending::<()>(), cut_off);
        drop(old);
        assert!(entry.status().fetching && !entry.close_if_idle(), "the entry is in use");
        entry.close();
        assert!(newer_fetch.is_aborted(), "signing out cuts off the newer fetch");
        drop(newer);
        assert!(!entry.status().fetching);
    }
}
