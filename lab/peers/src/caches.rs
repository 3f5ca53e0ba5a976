//! One adapter per cache: its construction on top of the [`Upstream`], and one read.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use aws_smithy_async::{rt::sleep::TokioSleep, time::SystemTimeSource};
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime_api::client::{
    identity::{
        Identity, IdentityFuture, ResolveCachedIdentity, ResolveIdentity, SharedIdentityCache,
        SharedIdentityResolver,
    },
    runtime_components::{RuntimeComponents, RuntimeComponentsBuilder},
};
use aws_smithy_types::config_bag::ConfigBag;
use azure_core::{
    credentials::TokenCredential,
    http::{
        AsyncRawResponse, ClientMethodOptions, ClientOptions, HttpClient, Request, RetryOptions, StatusCode,
        Transport, headers::Headers,
    },
};
use azure_identity::{ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions};
use google_cloud_auth::credentials::{AccessTokenCredentials, user_account};
use hyper_util::{client::legacy::connect::HttpConnector, rt::TokioExecutor};
use plume_auth::{AuthError, AuthErrorKind, CachedTokenProvider, IssuedToken, TokenProvider, TokenSource};
use plume_runtime::SystemClock;
use yup_oauth2::{
    CustomHyperClientBuilder, ExternalAccountAuthenticator,
    authenticator::Authenticator,
    external_account::{CredentialSource, ExternalAccountSecret},
};

use crate::upstream::{TOKEN_BYTES, Upstream};

/// A token cache. Reads are generic, so that no boxed future is measured.
pub trait Cache: Send + Sync + Sized + 'static {
    const NAME: &'static str;
    /// As in the lock file.
    const PACKAGE: &'static str;

    fn new(upstream: Arc<Upstream>) -> impl Future<Output = Self>;

    /// Whether there was a token.
    fn read(&self) -> impl Future<Output = bool> + Send;
}

// --- ours

pub struct Plume(CachedTokenProvider);

#[derive(Debug)]
struct PlumeSource(Arc<Upstream>);

#[async_trait]
impl TokenSource for PlumeSource {
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        let lifetime =
            self.0.ask().await.ok_or_else(|| AuthError::new(AuthErrorKind::Unavailable, "down"))?;
        IssuedToken::new("x".repeat(TOKEN_BYTES), Duration::from_secs(lifetime))
            .ok_or_else(|| AuthError::new(AuthErrorKind::Internal, "not a token"))
    }
}

impl Cache for Plume {
    const NAME: &'static str = "plume-auth `CachedTokenProvider`";
    const PACKAGE: &'static str = "plume-auth";

    async fn new(upstream: Arc<Upstream>) -> Self {
        Self(CachedTokenProvider::new(PlumeSource(upstream), Arc::new(SystemClock::new())))
    }

    async fn read(&self) -> bool {
        // As plume-client does: first the cached token.
        self.0.ready().is_some() || self.0.token().await.is_ok()
    }
}

// --- azure_identity

pub struct Azure(Arc<ClientAssertionCredential<Assertion>>);

#[derive(Debug)]
pub struct Assertion;

#[async_trait]
impl ClientAssertion for Assertion {
    async fn secret(&self, _options: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        Ok("not-a-real-assertion".to_owned())
    }
}

#[async_trait]
impl HttpClient for Upstream {
    async fn execute_request(&self, _request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let (status, body) = match self.ask().await {
            Some(lifetime) => (StatusCode::Ok, Self::body(lifetime)),
            None => (StatusCode::ServiceUnavailable, r#"{"error":"temporarily_unavailable"}"#.to_owned()),
        };
        Ok(AsyncRawResponse::from_bytes(status, Headers::new(), body))
    }
}

impl Cache for Azure {
    const NAME: &'static str = "azure_identity `ClientAssertionCredential`";
    const PACKAGE: &'static str = "azure_identity";

    async fn new(upstream: Arc<Upstream>) -> Self {
        let client_options = ClientOptions {
            transport: Some(Transport::new(upstream)),
            retry: RetryOptions::none(),
            ..ClientOptions::default()
        };
        let options = ClientAssertionCredentialOptions { client_options };
        let made = ClientAssertionCredential::new("tenant".into(), "client".into(), Assertion, Some(options));
        Self(made.unwrap_or_else(|error| panic!("azure_identity: {error}")))
    }

    async fn read(&self) -> bool {
        self.0.get_token(&["https://example.net/.default"], None).await.is_ok()
    }
}

// --- aws-smithy-runtime

pub struct Aws {
    cache: SharedIdentityCache,
    resolver: SharedIdentityResolver,
    components: RuntimeComponents,
    config: ConfigBag,
}

#[derive(Debug)]
struct AwsResolver(Arc<Upstream>);

impl ResolveIdentity for AwsResolver {
    fn resolve_identity<'a>(&'a self, _: &'a RuntimeComponents, _: &'a ConfigBag) -> IdentityFuture<'a> {
        IdentityFuture::new(async {
            let lifetime = self.0.ask().await.ok_or("down")?;
            #[allow(clippy::disallowed_methods, reason = "the cache reads the system clock itself")]
            let expiry = SystemTime::now() + Duration::from_secs(lifetime);
            Ok(Identity::new("x".repeat(TOKEN_BYTES), Some(expiry)))
        })
    }
}

impl Cache for Aws {
    const NAME: &'static str = "aws-smithy-runtime `IdentityCache::lazy`";
    const PACKAGE: &'static str = "aws-smithy-runtime";

    async fn new(upstream: Arc<Upstream>) -> Self {
        let components = RuntimeComponentsBuilder::for_tests()
            .with_time_source(Some(SystemTimeSource::new()))
            .with_sleep_impl(Some(TokioSleep::new()))
            .build()
            .unwrap_or_else(|error| panic!("aws-smithy-runtime: {error}"));
        Self {
            cache: IdentityCache::lazy().build(),
            resolver: SharedIdentityResolver::new(AwsResolver(upstream)),
            components,
            config: ConfigBag::base(),
        }
    }

    async fn read(&self) -> bool {
        let resolver = self.resolver.clone();
        self.cache.resolve_cached_identity(resolver, &self.components, &self.config).await.is_ok()
    }
}

// --- google-cloud-auth

pub struct Google(AccessTokenCredentials);

impl Cache for Google {
    const NAME: &'static str = "google-cloud-auth `AccessTokenCredentials`";
    const PACKAGE: &'static str = "google-cloud-auth";

    async fn new(upstream: Arc<Upstream>) -> Self {
        let address = upstream.serve().await.unwrap_or_else(|error| panic!("no port: {error}"));
        let user = serde_json::json!({
            "type": "authorized_user",
            "client_id": "client",
            "client_secret": "not-a-real-secret",
            "refresh_token": "not-a-real-token",
        });
        let made = user_account::Builder::new(user)
            .with_token_uri(format!("http://{address}/token"))
            .build_access_token_credentials();
        Self(made.unwrap_or_else(|error| panic!("google-cloud-auth: {error}")))
    }

    async fn read(&self) -> bool {
        self.0.access_token().await.is_ok()
    }
}

// --- yup-oauth2

pub struct Yup(Authenticator<HttpConnector>);

impl Cache for Yup {
    const NAME: &'static str = "yup-oauth2 `Authenticator`";
    const PACKAGE: &'static str = "yup-oauth2";

    async fn new(upstream: Arc<Upstream>) -> Self {
        let address = upstream.serve().await.unwrap_or_else(|error| panic!("no port: {error}"));
        let secret = ExternalAccountSecret {
            audience: "example".into(),
            subject_token_type: "urn:ietf:params:oauth:token-type:jwt".into(),
            service_account_impersonation_url: None,
            token_url: format!("http://{address}/token"),
            // Any file will do: the subject's token is passed on unread.
            credential_source: CredentialSource::File {
                file: concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").into(),
            },
            key_type: "external_account".into(),
        };
        let client = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
        let made =
            ExternalAccountAuthenticator::with_client(secret, CustomHyperClientBuilder::from(client)).build();
        Self(made.await.unwrap_or_else(|error| panic!("yup-oauth2: {error}")))
    }

    async fn read(&self) -> bool {
        self.0.token(&["https://example.net/scope"]).await.is_ok()
    }
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aws")
    }
}
