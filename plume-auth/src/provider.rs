//! The traits, and the simplest provider.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{AccessToken, AuthError, IssuedToken};

/// Gives access tokens to clients.
///
/// Object safe, so that a client can hold an `Arc<dyn TokenProvider>`.
///
/// ```
/// use async_trait::async_trait;
/// use plume_auth::{AccessToken, AuthError, StaticToken, TokenProvider};
///
/// #[derive(Debug)]
/// struct FromVault { inner: StaticToken }
///
/// #[async_trait]
/// impl TokenProvider for FromVault {
///     async fn token(&self) -> Result<AccessToken, AuthError> {
///         self.inner.token().await
///     }
/// }
/// ```
#[async_trait]
pub trait TokenProvider: fmt::Debug + Send + Sync {
    /// A token that is valid now. Asked for again before every attempt of a call.
    ///
    /// Dropping the future only ends this caller's wait.
    ///
    /// # Errors
    ///
    /// [`AuthError`] when no valid token can be had.
    async fn token(&self) -> Result<AccessToken, AuthError>;

    /// A valid token, if one is at hand: no waiting, and no request.
    ///
    /// Clients ask here first, because [`token`](TokenProvider::token) costs an allocation for its future. `None`
    /// says nothing but "ask [`token`](TokenProvider::token)", and is right for every provider.
    fn ready(&self) -> Option<AccessToken> {
        None
    }

    /// Tells that the API rejected `token`, so that it is not handed out again.
    ///
    /// It names the token because answers arrive late: by then the provider may have a newer one, which must
    /// survive. Providers without a cache need not do anything.
    fn invalidate(&self, token: &AccessToken) {
        let _ = token;
    }
}

#[async_trait]
impl<P: TokenProvider + ?Sized> TokenProvider for Arc<P> {
    async fn token(&self) -> Result<AccessToken, AuthError> {
        (**self).token().await
    }

    fn ready(&self) -> Option<AccessToken> {
        (**self).ready()
    }

    fn invalidate(&self, token: &AccessToken) {
        (**self).invalidate(token);
    }
}

/// Fetches a new token every time it is called. What a [`CachedTokenProvider`](crate::CachedTokenProvider)
/// caches.
#[async_trait]
pub trait TokenSource: fmt::Debug + Send + Sync {
    /// Asks for a new token.
    ///
    /// # Errors
    ///
    /// [`AuthError`] when none was issued.
    async fn fetch(&self) -> Result<IssuedToken, AuthError>;

    /// Tells that the API rejected `token`, so that a source that keeps tokens does not hand it out again.
    ///
    /// A cache calls it when it drops the token, outside its locks: an implementation may write a file.
    fn rejected(&self, token: &AccessToken) {
        let _ = token;
    }
}

#[async_trait]
impl<S: TokenSource + ?Sized> TokenSource for Arc<S> {
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        (**self).fetch().await
    }

    fn rejected(&self, token: &AccessToken) {
        (**self).rejected(token);
    }
}

/// One token that was obtained elsewhere.
///
/// It is handed out even after the API answered 401, because that answer has other reasons too: an unknown
/// customer, for one. The client that got the answer sees that the token did not change and reports it.
#[derive(Debug, Clone)]
pub struct StaticToken {
    token: AccessToken,
}

impl StaticToken {
    /// Keeps a token, without the word `Bearer`. `None` when it is no bearer token (RFC 6750 §2.1).
    #[must_use]
    pub fn new(token: &str) -> Option<Self> {
        let issued = IssuedToken::new(token.trim(), Duration::MAX)?;
        Some(Self { token: AccessToken::new(&issued, 1, None)? })
    }
}

#[async_trait]
impl TokenProvider for StaticToken {
    async fn token(&self) -> Result<AccessToken, AuthError> {
        Ok(self.token.clone())
    }

    fn ready(&self) -> Option<AccessToken> {
        Some(self.token.clone())
    }
}
