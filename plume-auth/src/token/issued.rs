//! Tokens as the endpoint issued them.

use std::{fmt, time::Duration};

use secrecy::{ExposeSecret, SecretString};

use crate::token::fingerprint::Fingerprint;

/// A token as the endpoint issued it, before it is cached. A [`TokenSource`](crate::TokenSource) returns it.
#[derive(Clone)]
pub struct IssuedToken {
    secret: SecretString,
    pub(crate) lifetime: Duration,
    pub(crate) scope: Option<String>,
    pub(crate) asked_with: Option<Fingerprint>,
    pub(super) restored: bool,
    /// The difference between the token's own expiry and `lifetime`.
    pub(crate) clocks_differ: Option<Duration>,
}

impl IssuedToken {
    /// Creates a token of the given lifetime, counted from the request.
    ///
    /// Returns `None` if the token is empty, longer than 16 KiB or contains a character that no bearer token has (RFC 6750
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

    /// Sets the scope that was granted, if the endpoint reported it.
    #[must_use]
    pub fn with_scope(mut self, scope: Option<String>) -> Self {
        self.scope = scope;
        self
    }

    /// Identifies the credential of the request, so that the cache can detect a rotation.
    ///
    /// Any text that differs between two credentials will do, the secret itself included: only a fingerprint is kept.
    #[must_use]
    pub fn asked_with(mut self, credential: &str) -> Self {
        self.asked_with = Some(Fingerprint::of(credential));
        self
    }

    /// Marks a token that was not requested now but kept, as one from a store is. The API may have rejected it since.
    #[must_use]
    pub fn restored(mut self) -> Self {
        self.restored = true;
        self
    }

    /// Returns the lifetime, counted from the request.
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
