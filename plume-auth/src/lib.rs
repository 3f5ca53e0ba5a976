//! OAuth 2.0 access tokens for the Plume Cloud: credentials, caching, refresh and many tenants.
//!
//! The Plume Cloud accepts bearer tokens of an Okta authorization server, by the client credentials grant
//! (RFC 6749 §4.4). There is no user, no redirect and no refresh token: when a token expires, a new one is requested.
//!
//! * [`CachedTokenProvider`] is the provider for most programs: one request for any number of callers, refresh ahead of
//!   the expiry, and the old token for callers while the new one is fetched.
//! * [`TokenProvider`] is the trait that a client uses: it returns a valid token, and takes back a rejected one.
//! * [`ClientCredentials`] is a [`TokenSource`]: each call sends one request to the token endpoint.
//! * [`StaticToken`] provides one token that was obtained elsewhere.
//! * [`TokenRegistry`] keeps the providers of many tenants apart, over one transport.
//! * [`RotatingCredential`] and [`CredentialFile`] change the secret while the program runs.
//! * [`UrlGuard`] restricts the URLs that users of a service may enter.
//! * `store` (feature `store`) keeps tokens over a restart and shares them between processes, encrypted with the feature
//!   `encrypted-store`, with a key from the operating system's keyring with the feature `keyring`. None is a default.
//! * [`CachedTokenProvider::status`], a [`TokenObserver`] and `tracing` show the state of a provider.
//!
//! With the feature `testing`, the module `testing` has contract suites for your own token providers, stores and
//! transports.
//!
//! Secrets are in no `Debug` output, no error and no log. A token leaves its type only through
//! [`AccessToken::expose_token`] or as a header value that is marked sensitive.
//!
//! ```
//! use std::sync::Arc;
//! use plume_auth::{
//!     CachedTokenProvider, ClientCredentials, Credential, Scope, SecureUrl, TokenProvider,
//! };
//! # use bytes::Bytes;
//! # use plume_runtime::{InProcess, SystemClock};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let transport = Arc::new(InProcess::new(|_: http::Request<Bytes>| async {
//! #     Ok(http::Response::new(Bytes::from(r#"{"token_type":"Bearer","expires_in":600,"access_token":"not.a.token"}"#)))
//! # }));
//! let source = ClientCredentials::new(
//!     SecureUrl::parse("https://external.sso.plume.com/oauth2/ausEXAMPLE/v1/token")?,
//!     Credential::from_client("0oaEXAMPLE", "not-a-real-secret"),
//!     Scope::partner_admin("5e00000000000000000000aa"),
//!     transport,
//! );
//! let provider = CachedTokenProvider::new(source, Arc::new(SystemClock::new()));
//! let token = provider.token().await?;
//! assert!(token.header_value().is_sensitive());
//! # Ok(()) }
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

mod cache;
mod credential;
mod endpoint;
mod provider;
mod registry;
mod settings;
#[cfg(feature = "store")]
#[cfg_attr(docsrs, doc(cfg(feature = "store")))]
pub mod store;
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;
mod token;

pub use cache::{CachedTokenProvider, CachedTokenProviderBuilder};
pub use credential::{
    AuthorizationSetting, Credential, CredentialFile, CredentialSource, InvalidAuthorization, Redactor,
    RotatingCredential, Scope,
};
pub use endpoint::{ClientCredentials, Introspection};
pub use plume_seal::{InvalidFile, read_file, read_secret_file};
pub use provider::{
    AuthError, AuthErrorKind, ProviderIdentity, StaticToken, TokenEvent, TokenObserver, TokenPhase,
    TokenProvider, TokenSource, TokenStatus,
};
pub use registry::{
    Account, RegistryError, TenantId, TenantProvider, TenantStatus, TokenRegistry, TokenRegistryBuilder,
};
pub use settings::{
    GuardedTransport, InvalidPattern, InvalidUrl, InvalidValue, RefusedUrl, SecureUrl, UrlGuard,
    setting_value,
};
pub use token::{AccessToken, IssuedToken, RequestMark, TokenKey};
