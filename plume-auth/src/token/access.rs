//! A token that is ready for use.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::token::fingerprint::{Fingerprint, TokenKey};
use crate::token::issued::IssuedToken;
use crate::token::moment::{Lifetime, Moment, RequestMark};

/// An access token, ready for use. Cheap to clone.
///
/// It carries the whole `Authorization` header value, marked sensitive, and a generation: a number that
/// grows with every token of a provider, by which people and logs tell tokens apart. The memory that holds the
/// token is wiped when the last copy of the header value is gone.
#[derive(Clone)]
pub struct AccessToken {
    inner: Arc<Inner>,
}

#[derive(Clone)]
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
        let inner = (*self.inner).clone();
        let header = header(self.expose_token()).unwrap_or_else(|| inner.header.clone());
        Self { inner: Arc::new(Inner { header, ..inner }) }
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
