//! The settings of clients of a simulator.

use crate::world::{AUTH_SERVER_ID, Identity};

/// The base URL of the in-process simulator. Port 9 is the discard service, so a client that uses the network by
/// mistake finds no server.
pub(crate) const IN_PROCESS_BASE: &str = "http://127.0.0.1:9";

/// URLs and credentials for a client of one simulator.
///
/// The credentials are obviously false. Each provider has the same ones in every simulator, so they need no
/// protection: `Debug` shows them.
///
/// ```
/// use plume_sim::Simulator;
///
/// let endpoints = Simulator::builder().build().endpoints();
/// assert!(endpoints.api_base().ends_with("/api"));
/// for (name, value) in endpoints.environment() {
///     assert!(name.starts_with("PLUME_") && !value.is_empty());
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    base: String,
    identity: Identity,
}

impl Endpoints {
    pub(crate) fn new(base: &str, identity: &Identity) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), identity: identity.clone() }
    }

    /// Returns the URL of the token endpoint.
    #[must_use]
    pub fn sso_url(&self) -> String {
        format!("{}/oauth2/{AUTH_SERVER_ID}/v1/token", self.base)
    }

    /// Returns the value of the `Authorization` header for the token endpoint.
    #[must_use]
    pub fn auth_header(&self) -> String {
        self.identity.auth_header()
    }

    /// Returns the id of the OAuth client in [`Endpoints::auth_header`].
    #[must_use]
    pub fn client_id(&self) -> String {
        self.identity.client_id.clone()
    }

    /// Returns the secret of that OAuth client, for a client that builds the header itself.
    #[must_use]
    pub fn client_secret(&self) -> String {
        self.identity.client_secret.clone()
    }

    /// Returns the partner whose customers these credentials give access to.
    #[must_use]
    pub fn partner_id(&self) -> String {
        self.identity.partner_id.clone()
    }

    /// Returns the base URL of the API, without a trailing slash.
    #[must_use]
    pub fn api_base(&self) -> String {
        format!("{}/api", self.base)
    }

    /// Returns the base URL of the reports service, which is not below the API.
    #[must_use]
    pub fn reports_base(&self) -> String {
        format!("{}/reports", self.base)
    }

    /// Returns the base URL of the LTE service, without a trailing slash.
    #[must_use]
    pub fn lte_base(&self) -> String {
        format!("{}/lteservice", self.base)
    }

    /// Returns the same settings as names and values of environment variables, in no particular order. Later versions
    /// may add more.
    pub fn environment(&self) -> impl Iterator<Item = (&'static str, String)> + use<> {
        [
            ("PLUME_SSO_URL", self.sso_url()),
            ("PLUME_AUTH_HEADER", self.auth_header()),
            ("PLUME_PARTNER_ID", self.partner_id()),
            ("PLUME_API_BASE", self.api_base()),
            ("PLUME_REPORTS_BASE", self.reports_base()),
            ("PLUME_LTE_BASE", self.lte_base()),
        ]
        .into_iter()
    }
}
