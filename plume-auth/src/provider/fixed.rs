//! A provider of one fixed token.

use std::time::Duration;

use async_trait::async_trait;

use crate::provider::error::AuthError;
use crate::provider::identity::ProviderIdentity;
use crate::provider::traits::TokenProvider;
use crate::token::{AccessToken, IssuedToken};

/// One token that was obtained elsewhere.
///
/// It is provided even after the API has rejected it, because there is no other. The client that got the response sees
/// that the token did not change and reports it.
///
/// ```
/// use plume_auth::{StaticToken, TokenProvider};
///
/// let provider = StaticToken::new("not.a.token").expect("a valid bearer token");
/// assert!(provider.ready().is_some());
/// ```
#[derive(Debug, Clone)]
pub struct StaticToken {
    token: AccessToken,
    identity: ProviderIdentity,
}

impl StaticToken {
    /// Creates a provider of a token, given without the word `Bearer`. `None` if it is not a bearer token (RFC 6750 §2.1).
    #[must_use]
    pub fn new(token: &str) -> Option<Self> {
        let issued = IssuedToken::new(token.trim(), Duration::MAX)?;
        Some(Self { token: AccessToken::new(&issued, 1, None)?, identity: ProviderIdentity::new() })
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

    fn identity(&self) -> Option<ProviderIdentity> {
        Some(self.identity.clone())
    }
}
