//! The two traits between clients, caches and issuers.

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use crate::provider::error::AuthError;
use crate::provider::identity::ProviderIdentity;
use crate::token::{AccessToken, IssuedToken};

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

    /// Drops `token`, which the API does not accept any more, so that it is not handed out again.
    ///
    /// It names the token because answers arrive late: by then the provider may have a newer one, which must
    /// survive. Providers without a cache need not do anything.
    ///
    /// Each call can cost a token request. A 401 alone is no reason for it: the API answers so for an unknown customer
    /// too.
    fn invalidate(&self, token: &AccessToken) {
        let _ = token;
    }

    /// Whether the issuer still regards `token` as valid; `None` if it cannot be asked, or did not say.
    ///
    /// Clients ask when the API answered 401 and nothing else can tell whether it means the token.
    async fn still_valid(&self, token: &AccessToken) -> Option<bool> {
        let _ = token;
        None
    }

    /// The identity that this provider shares with its clones. `None` is the default. Clients that hold the provider in one
    /// and the same `Arc` still count as one user of the call limit.
    fn identity(&self) -> Option<ProviderIdentity> {
        None
    }

    /// The address that all clones of an `Arc` of a provider share, by which clients know a provider without an identity.
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

    fn identity(&self) -> Option<ProviderIdentity> {
        (**self).identity()
    }

    fn address(&self) -> Option<usize> {
        (**self).address().or_else(|| Some(Arc::as_ptr(self).cast::<()>().addr()))
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
    /// [`AuthError`] when none was issued. A cache then leaves the source alone for a while, at least for
    /// [`AuthError::retry_after`]; a wait of more than five minutes counts as five minutes. An error of kind
    /// [`AuthErrorKind::Runtime`](crate::AuthErrorKind::Runtime) goes only to callers on the runtime where it occurred.
    async fn fetch(&self) -> Result<IssuedToken, AuthError>;

    /// Tells that the API rejected `token`, so that a source that keeps tokens does not hand it out again.
    ///
    /// A cache calls it when it drops the token, outside its locks: an implementation may write a file.
    fn rejected(&self, token: &AccessToken) {
        let _ = token;
    }

    /// Tells that the token is to be forgotten, as after a logout: a source that keeps tokens removes them, for other
    /// processes too, and returns the one that it kept if that is still valid, so that it can be revoked.
    ///
    /// A cache calls it outside its locks.
    fn forgotten(&self) -> Option<IssuedToken> {
        None
    }

    /// As [`TokenProvider::still_valid`].
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
