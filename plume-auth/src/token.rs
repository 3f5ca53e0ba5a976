//! Access tokens.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::HeaderValue;
use plume_runtime::Clock;
use secrecy::{ExposeSecret, SecretString};

/// A token as the endpoint issued it, before it is cached.
#[derive(Clone)]
pub struct IssuedToken {
    secret: SecretString,
    pub(crate) lifetime: Duration,
    pub(crate) scope: Option<String>,
    pub(crate) asked_with: Option<Fingerprint>,
    restored: bool,
    /// By how much the token's own expiry differs from `lifetime`.
    pub(crate) clocks_differ: Option<Duration>,
}

impl IssuedToken {
    /// A token of the given lifetime, counted from the moment it was asked for.
    ///
    /// `None` when it is empty, longer than 16 KiB or holds a character that no bearer token has (RFC 6750
    /// §2.1).
    #[must_use]
    pub fn new(token: impl Into<String>, lifetime: Duration) -> Option<Self> {
        const MAX_BYTES: usize = 16 << 10;
        let token = token.into();
        let valid = !token.is_empty()
            && token.len() <= MAX_BYTES
            && token.bytes().all(|byte| byte.is_ascii_graphic());
        valid.then(|| Self {
            secret: SecretString::from(token),
            lifetime,
            scope: None,
            asked_with: None,
            restored: false,
            clocks_differ: None,
        })
    }

    /// The scope that was granted, where the endpoint tells.
    #[must_use]
    pub fn with_scope(mut self, scope: Option<String>) -> Self {
        self.scope = scope;
        self
    }

    /// Names the credential that it was asked for with, so that the cache can tell a rotation.
    ///
    /// Any text that differs between two credentials does, the secret itself included: only a fingerprint of it
    /// is kept.
    #[must_use]
    pub fn asked_with(mut self, credential: &str) -> Self {
        self.asked_with = Some(Fingerprint::of(credential));
        self
    }

    /// Marks a token that was not requested just now but kept from before, as one from a store is. The API may have
    /// stopped accepting it meanwhile.
    #[must_use]
    pub fn restored(mut self) -> Self {
        self.restored = true;
        self
    }

    /// How long it lives, counted from the moment it was asked for.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }

    pub(crate) fn expose(&self) -> &str {
        self.secret.expose_secret()
    }
}

impl fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedToken")
            .field("lifetime", &self.lifetime)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// What a secret is recognised by without being kept: a keyed hash, worth nothing outside this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    pub(crate) fn of(secret: &str) -> Self {
        static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        Self(KEY.hash_one(secret))
    }
}

/// Tells the tokens of a process apart without revealing them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenKey(Fingerprint);

static REQUESTS: AtomicU64 = AtomicU64::new(0);

/// A point in the order of all token requests of this process.
///
/// It answers whether a token was requested after something happened, which no clock can answer when the clocks of
/// client and provider differ or are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestMark(u64);

impl RequestMark {
    /// The point after all requests that have begun.
    #[must_use]
    pub fn now() -> Self {
        Self(REQUESTS.load(Ordering::SeqCst))
    }

    /// The request that begins now.
    pub(crate) fn next() -> Self {
        Self(REQUESTS.fetch_add(1, Ordering::SeqCst).wrapping_add(1))
    }
}

/// A moment on both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) monotonic: Duration,
    pub(crate) wall: SystemTime,
}

impl Moment {
    pub(crate) fn now(clock: &dyn Clock) -> Self {
        Self { monotonic: clock.monotonic(), wall: clock.wall() }
    }
}

/// An access token, ready for use. Cheap to clone.
///
/// It carries the whole `Authorization` header value, marked sensitive, and a generation: a number that
/// grows with every token of a provider, by which people and logs tell tokens apart. The memory that holds the
/// token is wiped when the last copy of the header value is gone.
#[derive(Clone)]
pub struct AccessToken {
    inner: Arc<Inner>,
}

struct Inner {
    header: HeaderValue,
    generation: u64,
    fingerprint: Fingerprint,
    lifetime: Option<Lifetime>,
    requested: Option<RequestMark>,
    clocks_differ: Option<Duration>,
    scope: Option<String>,
    asked_with: Option<Fingerprint>,
}

/// The bytes of a header value. Wiped by [`SecretString`]; aligned, so that the reference counts of two copies
/// never share a cache line.
#[repr(align(64))]
struct Wiped(SecretString);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

/// When a token was asked for, and how long it lives from then on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lifetime {
    pub(crate) obtained: Moment,
    pub(crate) length: Duration,
}

impl Lifetime {
    /// As old as the older of the two clocks says.
    ///
    /// The monotonic clock may have stood still while the machine slept, the wall clock may have been set. A
    /// wall clock set back is no reason to doubt a token.
    pub(crate) fn age(&self, now: Moment) -> Duration {
        let by_monotonic = now.monotonic.saturating_sub(self.obtained.monotonic);
        let by_wall = now.wall.duration_since(self.obtained.wall).unwrap_or_default();
        by_monotonic.max(by_wall)
    }

    pub(crate) fn left(&self, now: Moment) -> Duration {
        self.length.saturating_sub(self.age(now))
    }
}

fn header(token: &str) -> Option<HeaderValue> {
    let text = SecretString::from(format!("Bearer {token}"));
    let mut header = HeaderValue::from_maybe_shared(Bytes::from_owner(Wiped(text))).ok()?;
    header.set_sensitive(true);
    Some(header)
}

impl AccessToken {
    pub(crate) fn new(
        issued: &IssuedToken,
        generation: u64,
        obtained: Option<(Moment, RequestMark)>,
    ) -> Option<Self> {
        let requested = obtained.map(|(_, requested)| requested).filter(|_| !issued.restored);
        Some(Self {
            inner: Arc::new(Inner {
                header: header(issued.expose())?,
                generation,
                fingerprint: Fingerprint::of(issued.expose()),
                lifetime: obtained.map(|(obtained, _)| Lifetime { obtained, length: issued.lifetime }),
                requested,
                clocks_differ: issued.clocks_differ,
                scope: issued.scope.clone(),
                asked_with: issued.asked_with,
            }),
        })
    }

    /// A token for clients, as a [`TokenProvider`](crate::TokenProvider) of your own hands it out.
    ///
    /// `generation` tells it from the other tokens of that provider. `None` when it cannot stand in a header.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use plume_auth::{AccessToken, IssuedToken};
    /// let issued = IssuedToken::new("not.a.token", Duration::from_secs(600)).expect("it is well formed");
    /// let token = AccessToken::from_issued(&issued, 1).expect("it fits into a header");
    /// assert!(token.header_value().is_sensitive());
    /// ```
    #[must_use]
    pub fn from_issued(issued: &IssuedToken, generation: u64) -> Option<Self> {
        Self::new(issued, generation, None)
    }

    /// The same token in memory of its own, so that two threads can clone theirs without passing one reference
    /// count back and forth.
    pub(crate) fn apart(&self) -> Self {
        let inner = &self.inner;
        Self {
            inner: Arc::new(Inner {
                header: header(self.expose_token()).unwrap_or_else(|| inner.header.clone()),
                generation: inner.generation,
                fingerprint: inner.fingerprint,
                lifetime: inner.lifetime,
                requested: inner.requested,
                clocks_differ: inner.clocks_differ,
                scope: inner.scope.clone(),
                asked_with: inner.asked_with,
            }),
        }
    }

    /// The value of the `Authorization` header, marked sensitive.
    #[must_use]
    pub fn header_value(&self) -> &HeaderValue {
        &self.inner.header
    }

    /// Which token of its provider this is.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.inner.generation
    }

    /// What tells it from other tokens: equal for equal tokens, however often they were issued.
    #[must_use]
    pub fn key(&self) -> TokenKey {
        TokenKey(self.inner.fingerprint)
    }

    /// Whether the token was requested after `mark`. `false` where that is not known: for a token from a store, or from a
    /// provider of your own.
    #[must_use]
    pub fn requested_after(&self, mark: RequestMark) -> bool {
        self.inner.requested.is_some_and(|requested| requested > mark)
    }

    /// By how much the expiry inside the token differs from the `expires_in` of its answer, if that is more than a delay:
    /// the clocks of the token endpoint and of this machine disagree. The token is used as long as `expires_in` says.
    #[must_use]
    pub fn clocks_differ(&self) -> Option<Duration> {
        self.inner.clocks_differ
    }

    /// When it runs out by the wall clock, if known.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        let lifetime = self.inner.lifetime?;
        lifetime.obtained.wall.checked_add(lifetime.length)
    }

    /// The scope that was granted, where the endpoint told.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.inner.scope.as_deref()
    }

    /// The token itself. Every use of this name is a place to look at in a review.
    #[must_use]
    pub fn expose_token(&self) -> &str {
        self.inner.header.to_str().ok().and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default()
    }

    pub(crate) fn lifetime(&self) -> Option<Lifetime> {
        self.inner.lifetime
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        self.inner.fingerprint
    }

    /// What it was asked for with, where the source tells.
    pub(crate) fn asked_with(&self) -> Option<Fingerprint> {
        self.inner.asked_with
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("generation", &self.inner.generation)
            .field("expires_at", &self.expires_at())
            .field("scope", &self.inner.scope)
            .finish_non_exhaustive()
    }
}
