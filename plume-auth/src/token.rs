//! Access tokens.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::HeaderValue;
use plume_runtime::Clock;
use secrecy::{ExposeSecret, SecretString};

/// A token as the endpoint issued it, before it is cached.
#[derive(Clone)]
pub struct IssuedToken {
    secret: SecretString,
    pub(crate) lifetime: Duration,
    pub(crate) scope: Option<String>,
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
        valid.then(|| Self { secret: SecretString::from(token), lifetime, scope: None })
    }

    /// The scope that was granted, where the endpoint tells.
    #[must_use]
    pub fn with_scope(mut self, scope: Option<String>) -> Self {
        self.scope = scope;
        self
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
/// grows with every token of a provider, by which a rejected token is named
/// ([`TokenProvider::invalidate`](crate::TokenProvider::invalidate)).
#[derive(Clone)]
pub struct AccessToken {
    inner: Arc<Inner>,
}

struct Inner {
    header: HeaderValue,
    generation: u64,
    lifetime: Option<Lifetime>,
    scope: Option<String>,
}

/// When a token was asked for, and how long it lives from then on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lifetime {
    pub(crate) obtained: Moment,
    pub(crate) length: Duration,
}

impl AccessToken {
    pub(crate) fn new(issued: &IssuedToken, generation: u64, obtained: Option<Moment>) -> Option<Self> {
        let text = SecretString::from(format!("Bearer {}", issued.expose()));
        let mut header = HeaderValue::from_str(text.expose_secret()).ok()?;
        header.set_sensitive(true);
        Some(Self {
            inner: Arc::new(Inner {
                header,
                generation,
                lifetime: obtained.map(|obtained| Lifetime { obtained, length: issued.lifetime }),
                scope: issued.scope.clone(),
            }),
        })
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
