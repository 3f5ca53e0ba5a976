//! Requests to the token endpoint.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{
    Request, Response, StatusCode,
    header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE},
};
use plume_runtime::{Clock, Limits, SystemClock, Transport};

use crate::credential::CredentialSource;
use crate::credential::{Credential, Scope};
use crate::endpoint::answer::{Asked, read_token};
use crate::endpoint::introspection::Introspection;
use crate::endpoint::refusal::read_refusal;
use crate::provider::TokenSource;
use crate::provider::bounds::{ATTEMPT, LAST_START};
use crate::provider::trace;
use crate::provider::{AuthError, AuthErrorKind};
use crate::settings::SecureUrl;
use crate::token::{AccessToken, IssuedToken};

/// Maximum number of attempts of one fetch. A repeated token request has no side effect.
const MAX_TRIES: u32 = 3;
/// The backoff before the second attempt; doubled before the third.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// Maximum size of a response. Token responses have about one kilobyte.
const MAX_BODY: usize = 64 << 10;

/// The OAuth 2.0 client credentials grant (RFC 6749 §4.4) of the Plume Cloud.
///
/// A fetch sends one `POST` with a form: `grant_type=client_credentials` and the scope. The client authenticates with the
/// Basic header only, because Okta refuses a request that does so twice. Redirects are not followed, responses are
/// limited to 64 KiB and attempts to 10 s, and only failures of the network and the server are retried, with three
/// attempts in all.
///
/// Each fetch sends a request, so wrap it in a [`CachedTokenProvider`](crate::CachedTokenProvider).
///
/// ```
/// # use std::sync::Arc;
/// use plume_auth::{CachedTokenProvider, ClientCredentials, Credential, Scope, SecureUrl};
/// use plume_runtime::{SystemClock, Transport};
///
/// fn provider(transport: Arc<dyn Transport>) -> Result<CachedTokenProvider, Box<dyn std::error::Error>> {
///     let source = ClientCredentials::new(
///         "https://external.sso.plume.com/oauth2/ausEXAMPLE/v1/token".parse()?,
///         Credential::from_client("0oaEXAMPLE", "not-a-real-secret"),
///         Scope::partner_admin("5e00000000000000000000aa"),
///         transport,
///     );
///     Ok(CachedTokenProvider::new(source, Arc::new(SystemClock::new())))
/// }
/// ```
#[derive(Clone)]
pub struct ClientCredentials {
    url: SecureUrl,
    revocation_url: Option<SecureUrl>,
    credentials: Arc<dyn CredentialSource>,
    scope: Scope,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    limits: Limits,
    max_attempts: u32,
    seen: Arc<Seen>,
}

/// Findings of earlier fetches.
#[derive(Default)]
struct Seen {
    /// The last fetch failed, including its retries. Until one succeeds each fetch is one attempt, because the cache backs
    /// off.
    ailing: AtomicBool,
    /// The warning about a missing lifetime was logged.
    lifetime_assumed: AtomicBool,
    /// The warning about different clocks was logged.
    clocks_differ: AtomicBool,
}

impl ClientCredentials {
    /// Requests tokens of `scope` from `url` with `credential`: a [`Credential`], or a source of credentials that change
    /// while the program runs ([`RotatingCredential`](crate::RotatingCredential),
    /// [`CredentialFile`](crate::CredentialFile)).
    pub fn new(
        url: SecureUrl,
        credential: impl CredentialSource + 'static,
        scope: Scope,
        transport: Arc<dyn Transport>,
    ) -> Self {
        Self {
            url,
            revocation_url: None,
            credentials: Arc::new(credential),
            scope,
            transport,
            seen: Arc::default(),
            clock: Arc::new(SystemClock::new()),
            limits: Limits::default().total_timeout(ATTEMPT).max_body_bytes(MAX_BODY),
            max_attempts: MAX_TRIES,
        }
    }

    /// Sets the clock for the backoff between attempts and for the token's own expiry claim.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the maximum number of attempts of one fetch, 3 by default. Zero counts as one. An attempt with a secret that was
    /// rotated in the meantime is not counted.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// Sets the URL at which tokens are revoked. Plume documents no such endpoint, so there is no default.
    #[must_use]
    pub fn revocation_url(mut self, url: SecureUrl) -> Self {
        self.revocation_url = Some(url);
        self
    }

    /// Asks the endpoint for the state of a token (RFC 7662, `plume-api` auth §3).
    ///
    /// # Errors
    ///
    /// [`AuthError`], also if the response does not clearly say whether the token is active.
    pub async fn introspect(&self, token: &AccessToken) -> Result<Introspection, AuthError> {
        let url = match self.url.as_str().strip_suffix("/token") {
            Some(start) => format!("{start}/introspect"),
            None => {
                return Err(AuthError::new(
                    AuthErrorKind::Configuration,
                    "the introspection URL cannot be derived: the SSO URL does not end in /token",
                ));
            }
        };
        let form = [("token", token.expose_token()), ("token_type_hint", "access_token")];
        let credential = self.credentials.credential()?;
        let answer = self.post(&url, &form, &credential).await?;
        if answer.status() != StatusCode::OK {
            return Err(self.refused(self.url.host(), &answer, token, &credential));
        }
        Introspection::parse(answer.body()).ok_or_else(|| {
            let message = format!(
                "the introspection endpoint at {} did not say whether the token is active",
                self.url.host()
            );
            AuthError::answered(AuthErrorKind::Protocol, answer.status(), None, message, None)
        })
    }

    /// Revokes a token (RFC 7009 §2). A token that the endpoint does not know counts as revoked.
    ///
    /// [`CachedTokenProvider::revoke`](crate::CachedTokenProvider::revoke) forgets it first.
    ///
    /// # Errors
    ///
    /// [`AuthError`] of kind `Configuration` without [`revocation_url`](Self::revocation_url), and if the endpoint
    /// cannot revoke tokens of this kind (its code is `unsupported_token_type`). If the error
    /// [is transient](AuthError::is_transient), the token is still valid and a retry makes sense. Success is only what
    /// the endpoint reports: some report it for tokens that they cannot revoke.
    pub async fn revoke(&self, token: &AccessToken) -> Result<(), AuthError> {
        let url = self.revocation_endpoint()?;
        let form = [("token", token.expose_token()), ("token_type_hint", "access_token")];
        let credential = self.credentials.credential()?;
        let answer = self.post(url.as_str(), &form, &credential).await?;
        if answer.status() == StatusCode::OK {
            Ok(())
        } else {
            Err(self.refused(url.host(), &answer, token, &credential))
        }
    }

    /// Returns the URL at which tokens are revoked, if it is set.
    fn revocation_endpoint(&self) -> Result<&SecureUrl, AuthError> {
        self.revocation_url
            .as_ref()
            .ok_or_else(|| AuthError::new(AuthErrorKind::Configuration, "no revocation URL is set"))
    }

    fn refused(
        &self,
        host: &str,
        answer: &Response<Bytes>,
        token: &AccessToken,
        credential: &Credential,
    ) -> AuthError {
        let redactor = credential.redactor().and(token.expose_token());
        let now = self.clock.wall();
        read_refusal(answer.status(), answer.headers(), answer.body(), host, now, &redactor)
    }

    async fn post(
        &self,
        url: &str,
        form: &[(&str, &str)],
        credential: &Credential,
    ) -> Result<Response<Bytes>, AuthError> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let unusable = || {
            AuthError::new(
                AuthErrorKind::Configuration,
                "the credential contains a character that a header cannot hold",
            )
        };
        let request = Request::post(url)
            .header(AUTHORIZATION, credential.header_value().ok_or_else(unusable)?)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            // A token is small, so compression would only add the risk of a decompression bomb.
            .header(ACCEPT_ENCODING, "identity")
            .header(CACHE_CONTROL, "no-cache")
            .body(Bytes::from(body))
            .map_err(|_| AuthError::new(AuthErrorKind::Configuration, "the SSO URL cannot be used in a request"))?;
        // Introspection and revocation may have another host than the tokens.
        let host = request.uri().host().unwrap_or_default().to_owned();
        self.transport.send(request, &self.limits).await.map_err(|error| AuthError::transport(&host, error))
    }

    async fn try_once(&self, credential: &Credential) -> Result<IssuedToken, AuthError> {
        let asked = Asked { at: self.clock.wall(), host: self.url.host(), credential, scope: &self.scope };
        let form = [("grant_type", "client_credentials"), ("scope", self.scope.as_str())];
        let answer = self.post(self.url.as_str(), &form, credential).await?;
        let reading = read_token(&answer, &asked)?;
        if reading.lifetime_assumed && !self.seen.lifetime_assumed.swap(true, Ordering::Relaxed) {
            trace::lifetime_missing(asked.host, reading.issued.lifetime.as_secs());
        }
        if let Some(off) = reading.clocks_differ
            && !self.seen.clocks_differ.swap(true, Ordering::Relaxed)
        {
            trace::clocks_differ(asked.host, off.as_secs());
        }
        if !reading.not_granted.is_empty() {
            trace::narrower(asked.host, &reading.not_granted.join(" "));
        }
        let mut issued = reading.issued;
        issued.clocks_differ = reading.clocks_differ;
        issued.asked_with = Some(credential.fingerprint());
        Ok(issued)
    }

    /// Returns whether a fetch that began at `started` may begin another attempt after `pause`.
    fn may_begin(&self, started: Duration, pause: Duration) -> bool {
        self.clock.monotonic().saturating_sub(started).saturating_add(pause) < LAST_START
    }

    async fn try_some_times(
        &self,
        credential: &Credential,
        started: Duration,
    ) -> Result<IssuedToken, AuthError> {
        let most = if self.seen.ailing.load(Ordering::Relaxed) { 1 } else { self.max_attempts };
        let mut wait = FIRST_WAIT;
        let mut tried = 1;
        loop {
            let result = self.try_once(credential).await;
            let mut pause = wait.mul_f64(0.5 + fastrand::f64());
            if let Some(asked) = result.as_ref().err().and_then(AuthError::retry_after) {
                // Never earlier than requested, and with jitter.
                pause = pause.max(asked.mul_f64(1.0 + 0.1 * fastrand::f64()));
            }
            let may_begin = self.may_begin(started, pause);
            match result {
                Err(error) if may_pass(&error) && tried < most && may_begin => {
                    self.clock.sleep(pause).await;
                    wait *= 2;
                    tried += 1;
                }
                // The error is not about the endpoint.
                Err(error) if error.kind() == AuthErrorKind::Runtime => return Err(error),
                result => {
                    self.seen.ailing.store(result.is_err(), Ordering::Relaxed);
                    return result;
                }
            }
        }
    }
}

/// Returns whether a retry within the same fetch may succeed.
fn may_pass(error: &AuthError) -> bool {
    matches!(error.kind(), AuthErrorKind::Unavailable | AuthErrorKind::Throttled)
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials")
            .field("url", &self.url)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl TokenSource for ClientCredentials {
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        let started = self.clock.monotonic();
        let credential = self.credentials.credential()?;
        match self.try_some_times(&credential, started).await {
            Err(error) if error.kind() == AuthErrorKind::CredentialsRejected => {
                // The secret may have been rotated while the request was in flight.
                let newer = self.credentials.credential()?;
                if newer.fingerprint() == credential.fingerprint() || !self.may_begin(started, Duration::ZERO)
                {
                    return Err(error);
                }
                self.try_once(&newer).await
            }
            result => result,
        }
    }

    async fn still_valid(&self, token: &AccessToken) -> Option<bool> {
        self.introspect(token).await.ok().map(|found| found.active)
    }
}
