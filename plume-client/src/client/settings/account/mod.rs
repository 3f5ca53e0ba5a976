//! The settings of a client.

use std::path::PathBuf;

use plume_auth::{AuthorizationSetting, SecureUrl};
#[cfg(feature = "store")]
use plume_auth::{Scope, store::StoreKey};
use plume_types::PartnerId;

use crate::client::settings::error::SettingsError;
use crate::client::settings::names::{
    API_BASE, AUTH_HEADER, LTE_BASE, PARTNER_ID, PROXY, REPORTS_BASE, SSO_URL,
};
use crate::client::settings::network::NetworkSettings;
use crate::client::settings::reader::{Problem, Reader};

/// The validated settings of a client: base URLs, credentials, partner id, proxy and certificates.
///
/// | variable | meaning |
/// |---|---|
/// | `PLUME_SSO_URL` | token endpoint, `https://…/oauth2/<id>/v1/token` |
/// | `PLUME_AUTH_HEADER` or `PLUME_AUTH_HEADER_FILE` | `Basic …` from the Plume Portal, or `Bearer …` |
/// | `PLUME_PARTNER_ID` | the provider's id; a short name is written `slug:name` |
/// | `PLUME_API_BASE` | for example `https://cloud.example.net/api` |
/// | `PLUME_REPORTS_BASE` | for example `https://cloud.example.net/reports`; only reports need it |
/// | `PLUME_LTE_BASE` | for example `https://cloud.example.net/lteservice`; only LTE needs it |
/// | `PLUME_PROXY` | `off` (the default), `system` for `HTTPS_PROXY` and the like, or `http://host:port` |
/// | `PLUME_EXTRA_ROOTS` | a PEM file with certificates to trust besides the system's |
///
/// With a `Bearer` token, `PLUME_SSO_URL` and `PLUME_PARTNER_ID` are optional.
///
/// In a configuration file the keys are the names in lower case without `PLUME_`, for example `api_base`. An unknown key
/// is an error there.
///
/// ```
/// use plume_client::Settings;
///
/// let settings = Settings::from_variables([
///     ("PLUME_SSO_URL", "https://external.sso.plume.com/oauth2/ausEXAMPLE/v1/token"),
///     ("PLUME_AUTH_HEADER", "Basic MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA=="),
///     ("PLUME_PARTNER_ID", "5e00000000000000000000aa"),
///     ("PLUME_API_BASE", "https://cloud.example.net/api"),
/// ])?;
/// assert!(settings.warnings().is_empty());
/// # Ok::<(), plume_client::SettingsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Settings {
    pub(in crate::client) sso_url: Option<SecureUrl>,
    pub(in crate::client) authorization: AuthorizationSetting,
    pub(crate) partner_id: Option<PartnerId>,
    pub(crate) api_base: SecureUrl,
    pub(crate) reports_base: Option<SecureUrl>,
    pub(crate) lte_base: Option<SecureUrl>,
    pub(in crate::client) network: NetworkSettings,
    #[cfg_attr(not(feature = "doctor"), expect(dead_code, reason = "only a doctor checks the file"))]
    secret_file: Option<PathBuf>,
    warnings: Vec<String>,
}

/// Returns the variables of this process with the prefix of settings.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok().filter(|name| name.starts_with("PLUME_"))?;
        Some((name, value.to_string_lossy().into_owned()))
    })
}

/// Returns the variables with `system` as the default of the proxy. An empty variable counts as not set.
fn with_system_proxy(
    variables: impl Iterator<Item = (String, String)>,
) -> impl Iterator<Item = (String, String)> {
    let set = variables.filter(|(name, value)| name != PROXY || !plume_text::trim(value).is_empty());
    // The last variable of a name counts.
    std::iter::once((PROXY.to_owned(), "system".to_owned())).chain(set)
}

impl Settings {
    /// Reads the environment of this process.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] with every missing or invalid setting.
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::from_variables(environment())
    }

    /// Reads the environment of a program that people run in a shell: like [`Settings::from_env`], but the default of
    /// `PLUME_PROXY` is `system`, so that `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` count.
    ///
    /// # Errors
    ///
    /// As [`Settings::from_env`], including invalid proxy variables.
    pub fn from_shell() -> Result<Self, SettingsError> {
        Self::from_variables(with_system_proxy(environment()))
    }

    /// Reads the given variables in place of the environment, and the files that `…_FILE` variables name.
    ///
    /// # Errors
    ///
    /// As [`Settings::from_env`].
    pub fn from_variables<N, V>(variables: impl IntoIterator<Item = (N, V)>) -> Result<Self, SettingsError>
    where
        N: Into<String>,
        V: Into<String>,
    {
        Partial::read(variables).whole()
    }

    /// Returns the proxy and the certificates.
    #[must_use]
    pub fn network(&self) -> &NetworkSettings {
        &self.network
    }

    /// The tenant of the tokens of all settings in a store, for
    /// [`RecordStore::forget_tenant`](plume_auth::store::RecordStore::forget_tenant).
    #[cfg(feature = "store")]
    #[cfg_attr(docsrs, doc(cfg(feature = "store")))]
    pub const TENANT: &str = "default";

    /// Returns the key of the tokens of these settings in a store; see
    /// [`ClientBuilder::token_store`](crate::ClientBuilder::token_store). `None` with a `Bearer` token, which is not kept.
    #[cfg(feature = "store")]
    #[cfg_attr(docsrs, doc(cfg(feature = "store")))]
    #[must_use]
    pub fn store_key(&self) -> Option<StoreKey> {
        let AuthorizationSetting::Basic(credential) = &self.authorization else { return None };
        let (url, partner) = (self.sso_url.as_ref()?, self.partner_id.as_ref()?);
        Some(StoreKey::new(Self::TENANT, url, credential, &Scope::partner_admin(partner.as_str())))
    }

    /// Returns likely mistakes that are no errors: unknown `PLUME_…` names with the closest known one, and known names
    /// that this program does not use.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// The settings as far as they could be read, and the problems of the others.
#[derive(Debug, Clone)]
pub(crate) struct Partial {
    pub(crate) sso_url: Option<SecureUrl>,
    pub(crate) authorization: Option<AuthorizationSetting>,
    pub(crate) partner_id: Option<PartnerId>,
    pub(crate) api_base: Option<SecureUrl>,
    pub(crate) reports_base: Option<SecureUrl>,
    pub(crate) lte_base: Option<SecureUrl>,
    pub(crate) network: NetworkSettings,
    pub(crate) secret_file: Option<PathBuf>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<String>,
}

impl Partial {
    #[cfg(feature = "doctor")]
    pub(crate) fn of_env() -> Self {
        Self::read(environment())
    }

    #[cfg(feature = "doctor")]
    pub(crate) fn of_shell() -> Self {
        Self::read(with_system_proxy(environment()))
    }

    pub(crate) fn read<N, V>(variables: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<String>,
        V: Into<String>,
    {
        let mut reader = Reader::new(variables);
        let authorization = reader.secret(
            AUTH_HEADER,
            "the authorization header from the Plume Portal",
            AuthorizationSetting::parse,
        );
        let has_token = matches!(authorization, Some(AuthorizationSetting::Bearer(_)));
        let unless_token = |reader: &mut Reader, name, what| match has_token {
            true => reader.optional(name),
            false => reader.required(name, what),
        };
        let sso_url =
            unless_token(&mut reader, SSO_URL, "the token endpoint, https://…/oauth2/<id>/v1/token");
        let sso_url = sso_url.and_then(|url| reader.check(SSO_URL, SecureUrl::parse(&url)));
        let partner_id = unless_token(&mut reader, PARTNER_ID, "your partner id from the Plume Portal");
        let partner_id = partner_id.and_then(|id| {
            let parsed = match id.strip_prefix("slug:") {
                Some(name) => PartnerId::slug(name),
                None => PartnerId::parse(&id),
            };
            let parsed = parsed.map_err(|error| {
                format!("is invalid: {error}; {} (a short name is written `slug:name`)", error.help())
            });
            reader.check(PARTNER_ID, parsed)
        });
        let api_base = reader.required(API_BASE, "the API's base URL, https://…/api");
        let api_base = api_base.and_then(|url| reader.check(API_BASE, SecureUrl::parse(&url)));
        let reports_base = reader.optional(REPORTS_BASE);
        let reports_base = reports_base.and_then(|url| reader.check(REPORTS_BASE, SecureUrl::parse(&url)));
        let lte_base = reader.optional(LTE_BASE);
        let lte_base = lte_base.and_then(|url| reader.check(LTE_BASE, SecureUrl::parse(&url)));

        let network = NetworkSettings::read(&mut reader);
        let warnings = reader.warnings();
        Self {
            sso_url,
            authorization,
            partner_id,
            api_base,
            reports_base,
            lte_base,
            network,
            secret_file: reader.secret_file,
            problems: reader.problems,
            warnings,
        }
    }

    fn whole(self) -> Result<Settings, SettingsError> {
        match (self.authorization, self.api_base) {
            (Some(authorization), Some(api_base)) if self.problems.is_empty() => Ok(Settings {
                sso_url: self.sso_url,
                authorization,
                partner_id: self.partner_id,
                api_base,
                reports_base: self.reports_base,
                lte_base: self.lte_base,
                network: self.network,
                secret_file: self.secret_file,
                warnings: self.warnings,
            }),
            _ => Err(SettingsError::of(self.problems, self.warnings)),
        }
    }
}

#[cfg(feature = "doctor")]
impl From<Settings> for Partial {
    fn from(settings: Settings) -> Self {
        Self {
            sso_url: settings.sso_url,
            authorization: Some(settings.authorization),
            partner_id: settings.partner_id,
            api_base: Some(settings.api_base),
            reports_base: settings.reports_base,
            lte_base: settings.lte_base,
            network: settings.network,
            secret_file: settings.secret_file,
            problems: Vec::new(),
            warnings: settings.warnings,
        }
    }
}

#[cfg(test)]
mod tests;
