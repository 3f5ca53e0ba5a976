//! The settings of sign-in.

use plume::auth::SecureUrl;
use secrecy::SecretString;

use crate::access::rules::Rules;
use crate::access::session::SessionLimits;
use crate::access::sign_in::proxies::Proxies;

/// The settings of sign-in.
#[derive(Debug, Clone, Default)]
pub struct SignIn {
    /// The identity provider; without one, people sign in with accounts of this server.
    pub provider: Option<ProviderSettings>,
    /// The rules for persons of the identity provider.
    pub rules: Rules,
    /// The limits of sessions.
    pub limits: SessionLimits,
    /// The origin that browsers see, for example `https://monitor.example.net`.
    pub public_origin: Option<String>,
    /// The proxies whose word about the address of a browser counts.
    pub proxies: Proxies,
}

/// The settings of an identity provider.
#[derive(Debug, Clone)]
pub struct ProviderSettings {
    /// The issuer, as its tokens name it.
    pub issuer: SecureUrl,
    /// The id of this server at the provider.
    pub client_id: String,
    /// The secret of this server at the provider. Without one it is a public client, which PKCE protects.
    pub client_secret: Option<SecretString>,
    /// The scopes to request.
    pub scopes: Vec<String>,
}
