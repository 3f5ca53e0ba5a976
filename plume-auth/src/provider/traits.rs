//! The traits between clients, caches and issuers.

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use crate::provider::error::AuthError;
use crate::provider::identity::ProviderIdentity;
use crate::provider::observe::TokenStatus;
use crate::token::{AccessToken, IssuedToken};

/// Provides access tokens to clients.
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
    /// Returns a token that is valid now. A client calls it before every attempt of a call.
    ///
    /// Dropping the future only ends this caller's wait.
    ///
    /// # Errors
    ///
    /// [`AuthError`] if no valid token was obtained.
    async fn token(&self) -> Result<AccessToken, AuthError>;

    /// Returns a valid token if one is cached, without waiting and without a request.
    ///
    /// Clients call it first, because [`token`](TokenProvider::token) costs an allocation for its future. `None` means
    /// only that [`token`](TokenProvider::token) has to be called, and is correct for every provider.
    fn ready(&self) -> Option<AccessToken> {
        None
    }

    /// Drops `token`, which the API rejected, so that it is not returned again.
    ///
    /// The caller passes the token because responses arrive late: the provider may have a newer one by then, which must
    /// be kept. Providers without a cache need not do anything.
    ///
    /// Each call can cost a token request. A 401 alone is not a reason: the API sends it for an unknown customer, too.
    fn invalidate(&self, token: &AccessToken) {
        let _ = token;
    }

    /// Returns whether the issuer still regards `token` as valid. `None` if there is no introspection or no clear result.
    ///
    /// Clients call it after a 401 if nothing else shows whether the token is meant.
    async fn still_valid(&self, token: &AccessToken) -> Option<bool> {
        let _ = token;
        None
    }

    /// Returns the state of the cached token, without a request. `None` for a provider without a cache.
    fn token_status(&self) -> Option<TokenStatus> {
        None
    }

    /// Returns the identity that this provider shares with its clones. The default is `None`. Clients that hold the
    /// provider in the same `Arc` still count as one tenant of the call limit.
    fn identity(&self) -> Option<ProviderIdentity> {
        None
    }

    /// Returns the address that all clones of an `Arc` of a provider share. Not a stable interface.
    #[doc(hidden)]
    fn address(&self) -> Option<usize> {
        None
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

    async fn still_valid(&self, token: &AccessToken) -> Option<bool> {
        (**self).still_valid(token).await
    }

    fn token_status(&self) -> Option<TokenStatus> {
        (**self).token_status()
    }

    fn identity(&self) -> Option<ProviderIdentity> {
        (**self).identity()
    }

    fn address(&self) -> Option<usize> {
        (**self).address().or_else(|| Some(Arc::as_ptr(self).cast::<()>().addr()))
    }
}

/// Fetches a new token with each call. A [`CachedTokenProvider`](crate::CachedTokenProvider) caches its tokens.
///
/// ```
/// use std::time::Duration;
/// use async_trait::async_trait;
/// use plume_auth::{AuthError, AuthErrorKind, IssuedToken, TokenSource};
///
/// #[derive(Debug)]
/// struct Vault;
///
/// #[async_trait]
/// impl TokenSource for Vault {
///     async fn fetch(&self) -> Result<IssuedToken, AuthError> {
///         let invalid = || AuthError::new(AuthErrorKind::Protocol, "the vault returned an invalid token");
///         IssuedToken::new("not.a.token", Duration::from_secs(600)).ok_or_else(invalid)
///     }
/// }
/// ```
#[async_trait]
pub trait TokenSource: fmt::Debug + Send + Sync {
    /// Fetches a new token.
    ///
    /// # Errors
    ///
    /// [`AuthError`] if no token was issued. A cache then starts no fetch for a while, at least for
    /// [`AuthError::retry_after`]; more than five minutes count as five minutes. An error of kind
    /// [`AuthErrorKind::Runtime`](crate::AuthErrorKind::Runtime) goes only to callers on the runtime where it occurred.
    async fn fetch(&self) -> Result<IssuedToken, AuthError>;

    /// Reports that the API rejected `token`, so that a source that keeps tokens does not return it again.
    ///
    /// A cache calls it when it drops the token, outside its locks. It may write a file.
    fn rejected(&self, token: &AccessToken) {
        let _ = token;
    }

    /// Forgets the token, as after a logout. A source that keeps tokens removes them, for other processes too, and returns
    /// the one that it kept if that is still valid, so that it can be revoked.
    ///
    /// A cache calls it outside its locks.
    fn forgotten(&self) -> Option<IssuedToken> {
        None
    }

    /// Returns whether the issuer still accepts `token`, as [`TokenProvider::still_valid`].
    async fn still_valid(&self, token: &AccessToken) -> Option<bool> {
        let _ = token;
        None
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

    fn forgotten(&self) -> Option<IssuedToken> {
        (**self).forgotten()
    }

    async fn still_valid(&self, token: &AccessToken) -> Option<bool> {
        (**self).still_valid(token).await
    }
}
