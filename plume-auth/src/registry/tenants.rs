//! The registry itself, and the provider of each tenant.

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

use crate::provider::{AuthError, ProviderIdentity, TokenProvider};
use crate::registry::account::{Account, Place, TenantId};
use crate::registry::bucket::Buckets;
use crate::registry::entry::{Context, Entry, signed_out};
use crate::registry::shard::Shard;
use crate::registry::status::{RegistryError, TenantStatus};
use crate::registry::urls::Urls;
use crate::settings::SecureUrl;
use crate::token::AccessToken;

/// The most locks that a registry is split over.
const MAX_SHARDS: usize = 16;
/// Fewer tenants than this are not worth another lock.
const TENANTS_PER_SHARD: usize = 64;

/// The token providers of many tenants over one transport.
///
/// * **Isolation by construction.** A tenant has one entry, an entry has one account, and neither ever changes:
///   token endpoint, API, client, secret, scope and tenant are all part of what an entry is. Another account is
///   another entry with a cache of its own. Secrets are compared themselves, not by a digest that two of them
///   could share. No state of a request lives in anything that two tenants share.
/// * **Bounded.** At most [`capacity`](TokenRegistryBuilder::capacity) tenants. A new one takes the place of one
///   that was not used for long (the clock algorithm), one at a time, and never of one with a caller waiting or
///   a fetch under way. A tenant who was let go registers again.
/// * **A limit on token requests per tenant**
///   ([`fetch_limit`](TokenRegistryBuilder::fetch_limit)), so that the loop of one can neither lock its account
///   nor take the endpoint's patience from the others. Signing out and in again does not reset it.
/// * **Signing out wipes.** The secret is overwritten at once, a fetch under way is cut off, and no token of
///   that account leaves the registry any more. Tokens already handed out are beyond its reach.
///
/// Dropping the last clone of the registry signs everybody out.
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
    /// Entries, and places reserved for some.
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
    /// The most tenants at a time, at least one. By default 100,000.
    #[must_use]
    pub fn capacity(mut self, tenants: usize) -> Self {
        self.capacity = tenants.max(1);
        self
    }

    /// How often one tenant may fetch a token: `burst` times at once, then once per `interval`. By default 10
    /// and 30 s, which is far more than a token of ten minutes needs. One fetch is at most three requests.
    #[must_use]
    pub fn fetch_limit(mut self, burst: u32, interval: Duration) -> Self {
        (self.burst, self.interval) = (burst, interval);
        self
    }

    /// The registry, with nobody in it.
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
    /// The settings of a registry whose tenants all use `transport`.
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

    /// Signs `tenant` in with `account`. Doing so again with the very same account joins what is there,
    /// token included.
    ///
    /// # Errors
    ///
    /// [`RegistryError::OtherAccount`] if the tenant is signed in with another account, be it only another
    /// secret: [`TokenRegistry::replace`] is for that. [`RegistryError::Full`] if there is no room and
    /// everybody is in use.
    pub fn register(&self, tenant: &TenantId, account: Account) -> Result<TenantProvider, RegistryError> {
        self.sign_in(tenant, account, false)
    }

    /// Signs `tenant` in with `account` in place of any other, in one step: who asks before gets a token of
    /// the old account, who asks after one of the new, and nobody an error. The old secret and token are
    /// wiped.
    ///
    /// Providers of the tenant go on with the new account if only the secret is another one. If the URLs, the
    /// client or the scope are, they end with [`AuthErrorKind::SignedOut`](crate::AuthErrorKind::SignedOut): a caller that holds one would otherwise
    /// send the new tokens to the old API.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Full`] if the tenant is new, there is no room and everybody is in use.
    pub fn replace(&self, tenant: &TenantId, account: Account) -> Result<TenantProvider, RegistryError> {
        self.sign_in(tenant, account, true)
    }

    /// Changes the URLs of a tenant and keeps the credential, if they lead to the hosts that it was entered
    /// for.
    ///
    /// # Errors
    ///
    /// [`RegistryError::CredentialNeeded`] if one leads elsewhere: ask for the credential again and
    /// [`replace`](TokenRegistry::replace) the account. Then, and for a tenant who is
    /// [unknown](RegistryError::Unknown), nothing has changed.
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

    /// The provider of a tenant who is signed in.
    #[must_use]
    pub fn provider(&self, tenant: &TenantId) -> Option<TenantProvider> {
        let shard = read(self.shared.shard(tenant));
        let entry = shard.get(tenant)?;
        entry.touch();
        Some(self.handle(entry))
    }

    /// Signs a tenant out: the secret is wiped, a fetch under way is cut off, and all its providers end with
    /// [`AuthErrorKind::SignedOut`](crate::AuthErrorKind::SignedOut). Whether there was one.
    #[expect(clippy::must_use_candidate, reason = "signing out is done for what it does")]
    pub fn logout(&self, tenant: &TenantId) -> bool {
        let removed = write(self.shared.shard(tenant)).remove(tenant);
        if removed.is_some() {
            self.shared.len.fetch_sub(1, Ordering::AcqRel);
        }
        close(removed)
    }

    /// How many tenants are signed in.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.shards.iter().map(|shard| read(shard).entries().count()).sum()
    }

    /// Whether nobody is signed in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How every tenant stands, in no order, without a request and without a secret.
    #[must_use]
    pub fn status(&self) -> Vec<TenantStatus> {
        let shards = self.shared.shards.iter();
        // One lock at a time: a listing is no reason to stop everybody.
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
                // Room is made without this lock, because the one to go may be behind another one.
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

    /// Takes a place for one more entry; lets go of one if all are taken.
    fn reserve(&self, tenant: &TenantId) -> Result<(), RegistryError> {
        if self.len.fetch_add(1, Ordering::AcqRel) < self.capacity {
            return Ok(());
        }
        // The tenant's own shard first. The names are spread by a hash, so none is first more often.
        let home = self.number(tenant);
        let order = self.shards.iter().cycle().skip(home).take(self.shards.len());
        for shard in order {
            let evicted = write(shard).evict();
            // The old entry is closed already; its memory is given back after the lock.
            if evicted.is_some() {
                self.len.fetch_sub(1, Ordering::AcqRel);
                return Ok(());
            }
        }
        self.len.fetch_sub(1, Ordering::AcqRel);
        Err(RegistryError::Full)
    }

    /// Who stands in the place of an entry that is gone, if it is the same account but for the secret.
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

// A panic under one of these locks can only come from the allocator, and no change is left half-done by it.
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
/// It belongs to one tenant and one account. When the account's secret is replaced it goes on with the new
/// one; when the tenant signs out, gets another account or was let go for want of room, it ends with
/// [`AuthErrorKind::SignedOut`](crate::AuthErrorKind::SignedOut). It keeps neither the registry nor the secret alive.
#[derive(Clone)]
pub struct TenantProvider {
    tenant: TenantId,
    place: Arc<Place>,
    /// Where it was found first: in nearly all cases still the right one, and no lock is needed to read it.
    entry: Weak<Entry>,
    registry: Weak<Shared>,
}

impl TenantProvider {
    /// The tenant's name.
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
        // Every further round is owed to an account that was replaced during the last one.
        loop {
            let entry = self.entry().ok_or_else(signed_out)?;
            entry.touch();
            let result = entry.provider().token().await;
            // Whatever came of it is void if the account has ended meanwhile.
            if entry.is_open() {
                return result;
            }
        }
    }

    fn ready(&self) -> Option<AccessToken> {
        let entry = self.entry()?;
        entry.touch();
        let token = entry.provider().ready()?;
        // Void if the account has ended meanwhile.
        entry.is_open().then_some(token)
    }

    fn invalidate(&self, token: &AccessToken) {
        if let Some(entry) = self.entry() {
            entry.invalidate(token);
        }
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
