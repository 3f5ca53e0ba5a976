//! The registry, and the provider of each tenant.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use plume_runtime::{Clock, Transport};

use crate::provider::{AuthError, ProviderIdentity, TokenProvider, TokenStatus};
use crate::registry::account::{Account, Place, TenantId};
use crate::registry::bucket::Buckets;
use crate::registry::entry::{Context, Entry, signed_out};
use crate::registry::shard::Shard;
use crate::registry::status::{RegistryError, TenantStatus};
use crate::registry::urls::Urls;
use crate::settings::SecureUrl;
use crate::token::AccessToken;

/// Maximum number of locks that a registry is split over.
const MAX_SHARDS: usize = 16;
/// Minimum number of tenants per lock.
const TENANTS_PER_SHARD: usize = 64;

/// The token providers of many tenants over one transport.
///
/// * **Isolation.** A tenant has one entry, an entry has one account, and neither changes: token endpoint, API, client,
///   secret, scope and tenant are all part of an entry. Another account is another entry with a cache of its own. Secrets
///   are compared directly, not by a digest. Tenants share no state of a request.
/// * **Bounded.** At most [`capacity`](TokenRegistryBuilder::capacity) tenants. A new one evicts one that was not used
///   recently (the clock algorithm), but never one with a waiting caller or a running fetch. An evicted tenant can register
///   again.
/// * **A limit on token requests per tenant** ([`fetch_limit`](TokenRegistryBuilder::fetch_limit)), so that a loop in one
///   can neither lock its account nor use up the endpoint's limit for the others. Signing out and in does not reset it.
/// * **Signing out wipes.** The secret is overwritten at once, a running fetch is cancelled, and no token of that account
///   leaves the registry any more. Tokens that callers hold already stay valid.
///
/// Dropping the last clone of the registry signs out all tenants.
///
/// ```
/// use std::sync::Arc;
/// use plume_auth::{Account, Credential, Scope, SecureUrl, TenantId, TokenProvider, TokenRegistry};
/// # use bytes::Bytes;
/// # use plume_runtime::{InProcess, SystemClock};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let transport = Arc::new(InProcess::new(|_: http::Request<Bytes>| async {
/// #     Ok(http::Response::new(Bytes::from(r#"{"token_type":"Bearer","expires_in":600,"access_token":"not.a.token"}"#)))
/// # }));
/// let registry = TokenRegistry::builder(transport, Arc::new(SystemClock::new())).capacity(1_000).build();
///
/// let tenant = TenantId::new("chat:4711").ok_or("not a name")?;
/// let account = Account::new(
///     SecureUrl::parse("https://external.sso.plume.com/oauth2/ausEXAMPLE/v1/token")?,
///     SecureUrl::parse("https://api.plume.com/api/")?,
///     Credential::from_client("0oaEXAMPLE", "not-a-real-secret"),
///     Scope::partner_admin("5e00000000000000000000aa"),
/// );
/// let provider = registry.register(&tenant, account)?;
/// provider.token().await?;
///
/// registry.logout(&tenant);
/// assert!(provider.token().await.is_err());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct TokenRegistry {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) shards: Box<[RwLock<Shard>]>,
    pub(super) hasher: RandomState,
    /// Entries, and places reserved for new ones.
    pub(super) len: AtomicUsize,
    pub(super) capacity: usize,
    pub(super) context: Arc<Context>,
}

/// Settings of a [`TokenRegistry`].
#[derive(Debug)]
pub struct TokenRegistryBuilder {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    capacity: usize,
    burst: u32,
    interval: Duration,
}

impl TokenRegistryBuilder {
    /// Sets the maximum number of tenants, at least one. The default is 100,000.
    #[must_use]
    pub fn capacity(mut self, tenants: usize) -> Self {
        self.capacity = tenants.max(1);
        self
    }

    /// Limits the fetches of one tenant: `burst` at once, then one per `interval`. The default is 10 and 30 s, which is far
    /// more than a token of ten minutes needs. One fetch sends at most three requests.
    #[must_use]
    pub fn fetch_limit(mut self, burst: u32, interval: Duration) -> Self {
        (self.burst, self.interval) = (burst, interval);
        self
    }

    /// Creates the registry, without tenants.
    #[must_use]
    pub fn build(self) -> TokenRegistry {
        let shards = (self.capacity / TENANTS_PER_SHARD).clamp(1, MAX_SHARDS);
        let buckets = Buckets::new(self.burst, self.interval);
        let context = Context {
            transport: self.transport,
            clock: self.clock,
            buckets,
            urls: Urls::new(),
            hasher: RandomState::new(),
        };
        TokenRegistry {
            shared: Arc::new(Shared {
                shards: (0..shards).map(|_| RwLock::default()).collect(),
                hasher: RandomState::new(),
                len: AtomicUsize::new(0),
                capacity: self.capacity,
                context: Arc::new(context),
            }),
        }
    }
}

impl TokenRegistry {
    /// Returns a builder for a registry whose tenants all use `transport`.
    #[must_use]
    pub fn builder(transport: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> TokenRegistryBuilder {
        TokenRegistryBuilder {
            transport,
            clock,
            capacity: 100_000,
            burst: 10,
            interval: Duration::from_secs(30),
        }
    }

    /// Signs `tenant` in with `account`. Registering the same account again returns the existing provider, with its token.
    ///
    /// # Errors
    ///
    /// [`RegistryError::OtherAccount`] if the tenant is signed in with another account, even if only the secret differs: use
    /// [`TokenRegistry::replace`]. [`RegistryError::Full`] if the registry is full and all tenants are in use.
    pub fn register(&self, tenant: &TenantId, account: Account) -> Result<TenantProvider, RegistryError> {
        self.sign_in(tenant, account, false)
    }

    /// Signs `tenant` in with `account` in place of any other, in one step: an earlier call gets a token of the old
    /// account, a later one of the new account, and none an error. The old secret and token are wiped.
    ///
    /// Providers of the tenant continue with the new account if only the secret differs. If the URLs, the client or the
    /// scope differ, they fail with [`AuthErrorKind::SignedOut`](crate::AuthErrorKind::SignedOut): their callers would
    /// otherwise send the new tokens to the old API.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Full`] if the tenant is new, the registry is full and all tenants are in use.
    pub fn replace(&self, tenant: &TenantId, account: Account) -> Result<TenantProvider, RegistryError> {
        self.sign_in(tenant, account, true)
    }

    /// Changes the URLs of a tenant and keeps the credential, if they have the hosts that it was entered for.
    ///
    /// # Errors
    ///
    /// [`RegistryError::CredentialNeeded`] if a URL has another host: have the credential entered again and
    /// [`replace`](TokenRegistry::replace) the account. [`RegistryError::Unknown`] if the tenant is not signed in. In both
    /// cases nothing has changed.
    pub fn change_urls(
        &self,
        tenant: &TenantId,
        sso: &SecureUrl,
        api: &SecureUrl,
    ) -> Result<TenantProvider, RegistryError> {
        let mut shard = write(self.shared.shard(tenant));
        let old = shard.get(tenant).ok_or(RegistryError::Unknown)?;
        let account = old.moved(sso, api).ok_or(RegistryError::CredentialNeeded)?;
        if *old.place() == account.place {
            return Ok(self.handle(old));
        }
        let entry = self.entry(tenant, account);
        let provider = self.handle(&entry);
        let old = shard.put(entry);
        drop(shard);
        close(old);
        Ok(provider)
    }

    /// Returns the provider of a tenant, if the tenant is signed in.
    #[must_use]
    pub fn provider(&self, tenant: &TenantId) -> Option<TenantProvider> {
        let shard = read(self.shared.shard(tenant));
        let entry = shard.get(tenant)?;
        entry.touch();
        Some(self.handle(entry))
    }

    /// Signs a tenant out: wipes the secret, cancels a running fetch, and lets all its providers fail with
    /// [`AuthErrorKind::SignedOut`](crate::AuthErrorKind::SignedOut). Returns whether the tenant was signed in.
    #[expect(clippy::must_use_candidate, reason = "called for its effect")]
    pub fn logout(&self, tenant: &TenantId) -> bool {
        let removed = write(self.shared.shard(tenant)).remove(tenant);
        if removed.is_some() {
            self.shared.len.fetch_sub(1, Ordering::AcqRel);
        }
        close(removed)
    }

    /// Returns the number of signed-in tenants.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.shards.iter().map(|shard| read(shard).entries().count()).sum()
    }

    /// Returns whether no tenant is signed in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the status of every tenant, in no order. Sends no request.
    #[must_use]
    pub fn status(&self) -> Vec<TenantStatus> {
        let shards = self.shared.shards.iter();
        // One lock at a time, so that a listing does not stop other calls.
        shards
            .flat_map(|shard| read(shard).entries().map(|entry| entry.status()).collect::<Vec<_>>())
            .collect()
    }

    fn sign_in(
        &self,
        tenant: &TenantId,
        account: Account,
        replaces: bool,
    ) -> Result<TenantProvider, RegistryError> {
        let shared = &self.shared;
        let mut reserved = false;
        loop {
            let mut shard = write(shared.shard(tenant));
            let there = shard.get(tenant);
            if let Some(there) = there
                && (there.is_account(&account) || !replaces)
            {
                let joined =
                    there.is_account(&account).then(|| self.handle(there)).ok_or(RegistryError::OtherAccount);
                drop(shard);
                if reserved {
                    shared.len.fetch_sub(1, Ordering::AcqRel);
                }
                return joined;
            }
            if there.is_none() && !reserved {
                // Eviction runs without this lock, because it may need the lock of another shard.
                drop(shard);
                shared.reserve(tenant)?;
                reserved = true;
                continue;
            }
            let entry = self.entry(tenant, account);
            let provider = self.handle(&entry);
            let old = shard.put(entry);
            drop(shard);
            if reserved && old.is_some() {
                shared.len.fetch_sub(1, Ordering::AcqRel);
            }
            close(old);
            return Ok(provider);
        }
    }

    fn entry(&self, tenant: &TenantId, account: Account) -> Arc<Entry> {
        Entry::new(tenant.clone(), account, Arc::clone(&self.shared.context))
    }

    fn handle(&self, entry: &Arc<Entry>) -> TenantProvider {
        TenantProvider {
            tenant: entry.tenant().clone(),
            place: Arc::clone(entry.place()),
            entry: Arc::downgrade(entry),
            registry: Arc::downgrade(&self.shared),
        }
    }
}

impl Shared {
    pub(super) fn number(&self, tenant: &TenantId) -> usize {
        let hash = self.hasher.hash_one(tenant);
        (hash % self.shards.len().max(1) as u64) as usize
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "the number is a remainder of the length, which is never zero"
    )]
    fn shard(&self, tenant: &TenantId) -> &RwLock<Shard> {
        &self.shards[self.number(tenant)]
    }

    /// Reserves a place for one more entry, and evicts an entry if all are taken.
    fn reserve(&self, tenant: &TenantId) -> Result<(), RegistryError> {
        if self.len.fetch_add(1, Ordering::AcqRel) < self.capacity {
            return Ok(());
        }
        // The tenant's own shard first. Names are spread by a hash, so no shard is preferred.
        let home = self.number(tenant);
        let order = self.shards.iter().cycle().skip(home).take(self.shards.len());
        for shard in order {
            let evicted = write(shard).evict();
            // The old entry is closed already; its memory is freed after the lock.
            if evicted.is_some() {
                self.len.fetch_sub(1, Ordering::AcqRel);
                return Ok(());
            }
        }
        self.len.fetch_sub(1, Ordering::AcqRel);
        Err(RegistryError::Full)
    }

    /// Returns the entry that replaced a closed one, if only the secret of its account differs.
    fn successor(&self, tenant: &TenantId, place: &Place) -> Option<Arc<Entry>> {
        let shard = read(self.shard(tenant));
        shard.get(tenant).filter(|entry| place.continues(entry.place())).cloned()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        for shard in &self.shards {
            read(shard).entries().for_each(|entry| entry.close());
        }
    }
}

// Only the allocator can panic under one of these locks, and no change is left incomplete by it.
pub(super) fn read(shard: &RwLock<Shard>) -> RwLockReadGuard<'_, Shard> {
    shard.read().unwrap_or_else(PoisonError::into_inner)
}

fn write(shard: &RwLock<Shard>) -> RwLockWriteGuard<'_, Shard> {
    shard.write().unwrap_or_else(PoisonError::into_inner)
}

fn close(entry: Option<Arc<Entry>>) -> bool {
    entry.is_some_and(|entry| {
        entry.close();
        true
    })
}

impl fmt::Debug for TokenRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRegistry")
            .field("tenants", &self.len())
            .field("capacity", &self.shared.capacity)
            .finish_non_exhaustive()
    }
}

/// The [`TokenProvider`] of one tenant of a [`TokenRegistry`]. Cheap to clone.
///
/// It belongs to one tenant and one account. It continues when the account's secret is replaced; when the tenant signs
/// out, gets another account or is evicted, it fails with
/// [`AuthErrorKind::SignedOut`](crate::AuthErrorKind::SignedOut). It keeps neither the registry nor the secret alive.
#[derive(Clone)]
pub struct TenantProvider {
    tenant: TenantId,
    place: Arc<Place>,
    /// The entry that was found first. It is almost always still the right one, and needs no lock.
    entry: Weak<Entry>,
    registry: Weak<Shared>,
}

impl TenantProvider {
    /// Returns the tenant's name.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    fn entry(&self) -> Option<Arc<Entry>> {
        self.entry
            .upgrade()
            .filter(|entry| entry.is_open())
            .or_else(|| self.registry.upgrade()?.successor(&self.tenant, &self.place))
    }
}

#[async_trait]
impl TokenProvider for TenantProvider {
    async fn token(&self) -> Result<AccessToken, AuthError> {
        // Each further round follows a replacement of the account during the last one.
        loop {
            let entry = self.entry().ok_or_else(signed_out)?;
            entry.touch();
            let result = entry.provider().token().await;
            // The result is void if the account was closed meanwhile.
            if entry.is_open() {
                return result;
            }
        }
    }

    fn ready(&self) -> Option<AccessToken> {
        let entry = self.entry()?;
        entry.touch();
        let token = entry.provider().ready()?;
        // Void if the account was closed meanwhile.
        entry.is_open().then_some(token)
    }

    fn invalidate(&self, token: &AccessToken) {
        if let Some(entry) = self.entry() {
            entry.invalidate(token);
        }
    }

    fn token_status(&self) -> Option<TokenStatus> {
        self.entry()?.provider().token_status()
    }

    async fn still_valid(&self, token: &AccessToken) -> Option<bool> {
        self.entry()?.provider().still_valid(token).await
    }

    fn identity(&self) -> Option<ProviderIdentity> {
        self.entry()?.provider().identity()
    }
}

impl fmt::Debug for TenantProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantProvider").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}
