//! Access tokens that are ready for use.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::token::fingerprint::{Fingerprint, TokenKey};
use crate::token::issued::IssuedToken;
use crate::token::moment::{Lifetime, Moment, RequestMark};

/// An access token that is ready for use. Cheap to clone.
///
/// It has the value of the `Authorization` header, marked sensitive, and a generation: a number that grows with every
/// token of a provider and identifies it in logs. The memory of the token is wiped when the last copy of the header value
/// is dropped.
///
/// ```
/// # async fn example(provider: impl plume_auth::TokenProvider) -> Result<(), Box<dyn std::error::Error>> {
/// let token = provider.token().await?;
/// let request = http::Request::get("https://api.example.net/")
///     .header(http::header::AUTHORIZATION, token.header_value())
///     .body(())?;
/// # let _ = request;
/// # Ok(()) }
/// ```
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

/// The bytes of a header value. [`SecretString`] wipes them; the alignment keeps the reference counts of two copies on
/// separate cache lines.
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

    /// Creates a token in a [`TokenProvider`](crate::TokenProvider) of your own.
    ///
    /// `generation` identifies it among the tokens of that provider. Returns `None` if a header cannot hold the token.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use plume_auth::{AccessToken, IssuedToken};
    /// let issued = IssuedToken::new("not.a.token", Duration::from_secs(600)).expect("a valid bearer token");
    /// let token = AccessToken::from_issued(&issued, 1).expect("a valid header value");
    /// assert!(token.header_value().is_sensitive());
    /// ```
    #[must_use]
    pub fn from_issued(issued: &IssuedToken, generation: u64) -> Option<Self> {
        Self::new(issued, generation, None)
    }

    /// Copies the token to memory of its own, so that two threads do not share one reference count.
    pub(crate) fn apart(&self) -> Self {
        let inner = (*self.inner).clone();
        let header = header(self.expose_token()).unwrap_or_else(|| inner.header.clone());
        Self { inner: Arc::new(Inner { header, ..inner }) }
    }

    /// Returns the value of the `Authorization` header, marked sensitive.
    #[must_use]
    pub fn header_value(&self) -> &HeaderValue {
        &self.inner.header
    }

    /// Returns the number of the token among those of its provider.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.inner.generation
    }

    /// Returns the key of the token. Equal tokens have equal keys, however often they were issued.
    #[must_use]
    pub fn key(&self) -> TokenKey {
        TokenKey(self.inner.fingerprint)
    }

    /// Returns whether the token was requested after `mark`. `false` if that is not known: for a token from a store, or
    /// from a provider of your own.
    #[must_use]
    pub fn requested_after(&self, mark: RequestMark) -> bool {
        self.inner.requested.is_some_and(|requested| requested > mark)
    }

    /// Returns the difference between the expiry inside the token and the `expires_in` of its response, if that is more
    /// than a delay: the clocks of the token endpoint and of this machine differ. `expires_in` decides.
    #[must_use]
    pub fn clocks_differ(&self) -> Option<Duration> {
        self.inner.clocks_differ
    }

    /// Returns the expiry by the wall clock, if known.
    #[must_use]
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        let lifetime = self.inner.lifetime?;
        Some(lifetime.wall_after(lifetime.length))
    }

    /// Returns the scope that was granted, if the endpoint reported it.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.inner.scope.as_deref()
    }

    /// Returns the token itself. Review every use of this method.
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

    /// Returns the fingerprint of the credential of the request, if the source gave one.
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
