//! Tenants and their accounts.

use std::{fmt, sync::Arc};

use secrecy::ExposeSecret as _;
use url::Url;

use crate::credential::{Credential, Scope};
use crate::settings::SecureUrl;

/// The name of a tenant, for example of one chat user or one customer of a host.
///
/// It is shown in logs and listings, so it must not be secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(Arc<str>);

impl TenantId {
    /// Creates a name of 1 to 128 bytes without control characters. `None` for others.
    ///
    /// ```
    /// use plume_auth::TenantId;
    ///
    /// assert!(TenantId::new("chat:4711").is_some());
    /// assert!(TenantId::new("").is_none());
    /// ```
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        const MAX_BYTES: usize = 128;
        let valid = !name.is_empty() && name.len() <= MAX_BYTES && !name.chars().any(char::is_control);
        valid.then(|| Self(name.into()))
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The account of a tenant: endpoint, API, credential and scope.
///
/// A credential is pinned to the hosts that it was entered for. An account cannot get another host and keep its
/// credential, because a user who can change a URL could otherwise have the secret or a token sent to another server.
///
/// ```
/// use plume_auth::{Account, Credential, Scope, SecureUrl};
///
/// let account = Account::new(
///     SecureUrl::parse("https://external.sso.plume.com/oauth2/ausEXAMPLE/v1/token")?,
///     SecureUrl::parse("https://api.plume.com/api/")?,
///     Credential::from_client("0oaEXAMPLE", "not-a-real-secret"),
///     Scope::partner_admin("5e00000000000000000000aa"),
/// );
/// assert!(!format!("{account:?}").contains("not-a-real-secret"));
/// # Ok::<(), plume_auth::InvalidUrl>(())
/// ```
#[derive(Clone)]
pub struct Account {
    pub(super) place: Arc<Place>,
    pub(super) credential: Credential,
}

/// An account without its secret. Two accounts with equal places differ at most in the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) sso: Arc<SecureUrl>,
    pub(super) api: Arc<SecureUrl>,
    pub(super) scope: Scope,
    /// `None` for a header that cannot be decoded. Such a place equals no other: see [`Place::continues`].
    pub(super) client: Option<Box<str>>,
}

impl Account {
    /// Creates an account that gets tokens of `scope` at the token endpoint `sso` with `credential`, for `api`.
    #[must_use]
    pub fn new(sso: SecureUrl, api: SecureUrl, credential: Credential, scope: Scope) -> Self {
        let client = credential.client_id().map(String::into_boxed_str);
        Self { place: Arc::new(Place { sso: Arc::new(sso), api: Arc::new(api), scope, client }), credential }
    }

    /// Returns the URL of the token endpoint.
    #[must_use]
    pub fn sso(&self) -> &SecureUrl {
        &self.place.sso
    }

    /// Returns the URL of the API.
    #[must_use]
    pub fn api(&self) -> &SecureUrl {
        &self.place.api
    }

    /// Returns the scope of the tokens.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.place.scope
    }
}

impl Place {
    /// Returns whether a token of `next` may replace one of `self`: only the secret differs.
    pub(super) fn continues(&self, next: &Self) -> bool {
        self.client.is_some() && self == next
    }

    /// Returns the same place at other URLs, if they have the hosts that the credential was entered for.
    pub(super) fn moved(&self, sso: &SecureUrl, api: &SecureUrl) -> Option<Self> {
        let pinned = same_origin(&self.sso, sso) && same_origin(&self.api, api);
        pinned.then(|| Self {
            sso: Arc::new(sso.clone()),
            api: Arc::new(api.clone()),
            scope: self.scope.clone(),
            client: self.client.clone(),
        })
    }
}

fn same_origin(a: &SecureUrl, b: &SecureUrl) -> bool {
    let origin = |url: &SecureUrl| Url::parse(url.as_str()).ok().map(|url| url.origin());
    origin(a).is_some() && origin(a) == origin(b)
}

/// Compares two secrets in constant time.
pub(super) fn same_secret(a: &Credential, b: &Credential) -> bool {
    let (a, b) = (a.header().expose_secret().as_bytes(), b.header().expose_secret().as_bytes());
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("sso", &self.place.sso)
            .field("api", &self.place.api)
            .field("scope", &self.place.scope)
            .finish_non_exhaustive()
    }
}
