//! The settings of a client, from the environment.

use std::{collections::BTreeMap, fmt};

use plume_auth::{AuthorizationSetting, InvalidFile, SecureUrl, read_file, read_secret_file, setting_value};
use plume_runtime::{HttpTransport, HttpTransportBuilder, Proxy};
use plume_types::PartnerId;
use secrecy::ExposeSecret;

/// The token endpoint.
const SSO_URL: &str = "PLUME_SSO_URL";
/// The client's credentials.
const AUTH_HEADER: &str = "PLUME_AUTH_HEADER";
/// The provider.
const PARTNER_ID: &str = "PLUME_PARTNER_ID";
/// Base of the API.
const API_BASE: &str = "PLUME_API_BASE";
/// Base of the reports.
const REPORTS_BASE: &str = "PLUME_REPORTS_BASE";
/// Base of the LTE service.
const LTE_BASE: &str = "PLUME_LTE_BASE";

/// The proxy.
const PROXY: &str = "PLUME_PROXY";
/// A file with certificates to trust.
const EXTRA_ROOTS: &str = "PLUME_EXTRA_ROOTS";

/// Names that are read here.
const READ: [&str; 8] =
    [SSO_URL, AUTH_HEADER, PARTNER_ID, API_BASE, REPORTS_BASE, LTE_BASE, PROXY, EXTRA_ROOTS];
/// How a certificate begins in a PEM file.
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
/// Far more than the certificates of all public authorities.
const MAX_ROOTS: usize = 4 << 20;

/// Names that other programs of this project read.
const ELSEWHERE: [&str; 3] = ["PLUME_PROFILE", "PLUME_CONFIG", "PLUME_TOKEN_STORE"];

/// What a client needs to know, checked.
///
/// | variable | meaning |
/// |---|---|
/// | `PLUME_SSO_URL` | token endpoint, `https://…/oauth2/<id>/v1/token` |
/// | `PLUME_AUTH_HEADER` or `PLUME_AUTH_HEADER_FILE` | `Basic …` from the Plume Portal, or `Bearer …` |
/// | `PLUME_PARTNER_ID` | the provider's id; a short name is written `slug:name` |
/// | `PLUME_API_BASE` | for example `https://cloud.example.net/api` |
/// | `PLUME_REPORTS_BASE` | for example `https://cloud.example.net/reports`; only reports need it |
/// | `PLUME_LTE_BASE` | for example `https://cloud.example.net/lteservice`; only LTE needs it |
/// | `PLUME_PROXY` | `off` (the default), `system` for what `HTTPS_PROXY` and its like say, or `http://host:port` |
/// | `PLUME_EXTRA_ROOTS` | a PEM file with certificates to trust besides the system's |
///
/// With a `Bearer` token, `PLUME_SSO_URL` and `PLUME_PARTNER_ID` may be missing.
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
    pub(crate) sso_url: Option<SecureUrl>,
    pub(crate) authorization: AuthorizationSetting,
    pub(crate) partner_id: Option<PartnerId>,
    pub(crate) api_base: SecureUrl,
    pub(crate) reports_base: Option<SecureUrl>,
    pub(crate) lte_base: Option<SecureUrl>,
    pub(crate) network: NetworkSettings,
    warnings: Vec<String>,
}

/// The way to the network: the proxy of `PLUME_PROXY` and the certificates of `PLUME_EXTRA_ROOTS`.
///
/// A client that is built from [`Settings`] uses them already. A program that builds a transport itself, because it also
/// filters addresses or serves several accounts, starts from [`transport`](Self::transport):
///
/// ```
/// use plume_client::NetworkSettings;
///
/// let network = NetworkSettings::from_variables([("PLUME_PROXY", "off")])?;
/// let transport = network.transport().user_agent("example/1.0").build();
/// # let _ = transport;
/// # Ok::<(), plume_client::SettingsError>(())
/// ```
#[derive(Clone, Default)]
pub struct NetworkSettings {
    proxy: Proxy,
    extra_roots: Option<Vec<u8>>,
}

impl NetworkSettings {
    /// Reads `PLUME_PROXY` and `PLUME_EXTRA_ROOTS` from the given variables and ignores the others.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] if one of the two is wrong.
    pub fn from_variables<N, V>(variables: impl IntoIterator<Item = (N, V)>) -> Result<Self, SettingsError>
    where
        N: Into<String>,
        V: Into<String>,
    {
        let mut reader = Reader::new(variables);
        let network = reader.network();
        if reader.problems.is_empty() {
            Ok(network)
        } else {
            Err(SettingsError::new(reader.problems, reader.any_wrong))
        }
    }

    /// Returns the builder of a transport that uses this proxy and these certificates.
    #[must_use]
    pub fn transport(&self) -> HttpTransportBuilder {
        let builder = HttpTransport::builder().proxy(self.proxy.clone());
        match &self.extra_roots {
            Some(pem) => builder.extra_root_certificates(pem.as_slice()),
            None => builder,
        }
    }

    /// Whether requests go through a proxy, which then dials instead of this machine. An address filter cannot be used
    /// with it.
    #[must_use]
    pub fn has_proxy(&self) -> bool {
        self.proxy != Proxy::Off
    }
}

impl fmt::Debug for NetworkSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let roots = self.extra_roots.as_ref().map(Vec::len);
        f.debug_struct("NetworkSettings").field("proxy", &self.proxy).field("extra_roots", &roots).finish()
    }
}

/// Settings that are missing or wrong, all of them at once, each with its name and the fix. No value is ever
/// repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    problems: Vec<String>,
    any_wrong: bool,
}

impl SettingsError {
    /// One problem, told with the setting's name and the fix.
    pub(crate) fn one(problem: impl Into<String>) -> Self {
        Self::new(vec![problem.into()], true)
    }

    fn new(problems: Vec<String>, any_wrong: bool) -> Self {
        let harmless = |problem: String| plume_text::on_screen(&problem).into_owned();
        Self { problems: problems.into_iter().map(harmless).collect(), any_wrong }
    }

    /// Whether settings are missing and no setting is wrong: the program was not set up yet.
    #[must_use]
    pub fn is_only_missing(&self) -> bool {
        !self.any_wrong
    }

    /// The problems, one line each.
    pub fn problems(&self) -> impl Iterator<Item = &str> {
        self.problems.iter().map(String::as_str)
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.as_slice() {
            [one] => f.write_str(one),
            several => {
                f.write_str("settings are missing or wrong:")?;
                several.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
            }
        }
    }
}

impl std::error::Error for SettingsError {}

/// The variables of this process that can be settings.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok().filter(|name| name.starts_with("PLUME_"))?;
        Some((name, value.to_string_lossy().into_owned()))
    })
}

/// The variables with `system` as the proxy, unless one is set. An empty one is not, as everywhere.
fn with_system_proxy(
    variables: impl Iterator<Item = (String, String)>,
) -> impl Iterator<Item = (String, String)> {
    let set = variables.filter(|(name, value)| name != PROXY || !plume_text::trim(value).is_empty());
    // The later one of a name counts.
    std::iter::once((PROXY.to_owned(), "system".to_owned())).chain(set)
}

impl Settings {
    /// Reads the environment of this process.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] names every setting that is missing or wrong.
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::from_variables(environment())
    }

    /// Reads the environment of a program that people run in a shell: as [`Settings::from_env`], but `PLUME_PROXY` is
    /// `system` unless it is set, so that the usual variables (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`) count.
    ///
    /// # Errors
    ///
    /// As [`Settings::from_env`]; a proxy variable that cannot be used is named as well.
    pub fn from_shell() -> Result<Self, SettingsError> {
        Self::from_variables(with_system_proxy(environment()))
    }

    /// Reads the given variables as if they were the environment. Files named by `…_FILE` are read.
    ///
    /// # Errors
    ///
    /// As [`Settings::from_env`].
    pub fn from_variables<N, V>(variables: impl IntoIterator<Item = (N, V)>) -> Result<Self, SettingsError>
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
            let parsed =
                parsed.map_err(|error| format!("is wrong: {error} (a short name is written `slug:name`)"));
            reader.check(PARTNER_ID, parsed)
        });
        let api_base = reader.required(API_BASE, "the API's base URL, https://…/api");
        let api_base = api_base.and_then(|url| reader.check(API_BASE, SecureUrl::parse(&url)));
        let reports_base = reader.optional(REPORTS_BASE);
        let reports_base = reports_base.and_then(|url| reader.check(REPORTS_BASE, SecureUrl::parse(&url)));
        let lte_base = reader.optional(LTE_BASE);
        let lte_base = lte_base.and_then(|url| reader.check(LTE_BASE, SecureUrl::parse(&url)));

        let network = reader.network();
        let warnings = reader.warnings();
        match (authorization, api_base) {
            (Some(authorization), Some(api_base)) if reader.problems.is_empty() => Ok(Self {
                sso_url,
                authorization,
                partner_id,
                api_base,
                reports_base,
                lte_base,
                network,
                warnings,
            }),
            _ => {
                // A misspelt name is the likeliest reason for a missing setting.
                let mut problems = reader.problems;
                problems.extend(warnings);
                Err(SettingsError::new(problems, reader.any_wrong))
            }
        }
    }

    /// Returns how the network is reached.
    #[must_use]
    pub fn network(&self) -> &NetworkSettings {
        &self.network
    }

    /// What looks like a mistake but does not stop anybody: unknown `PLUME_…` names, with the nearest known
    /// one, and known names that this program does not use.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

struct Reader {
    variables: BTreeMap<String, String>,
    problems: Vec<String>,
    any_wrong: bool,
}

/// What the variables say about one setting.
enum Given {
    /// Nothing, or blanks.
    Nothing,
    /// Something unusable, which was noted.
    Wrong,
    /// A value, without what surrounds it in an env file.
    Value(String),
}

impl Reader {
    fn new<N: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { variables, problems: Vec::new(), any_wrong: false }
    }

    fn network(&mut self) -> NetworkSettings {
        NetworkSettings { proxy: self.proxy(), extra_roots: self.extra_roots() }
    }

    fn wrong(&mut self, problem: String) {
        self.any_wrong = true;
        self.problems.push(problem);
    }

    fn given(&mut self, name: &str) -> Given {
        match setting_value(self.variables.get(name).map_or("", String::as_str)) {
            Ok("") => Given::Nothing,
            Ok(value) => Given::Value(value.to_owned()),
            Err(error) => {
                self.wrong(format!("{name} {error}"));
                Given::Wrong
            }
        }
    }

    fn optional(&mut self, name: &str) -> Option<String> {
        match self.given(name) {
            Given::Value(value) => Some(value),
            Given::Nothing | Given::Wrong => None,
        }
    }

    fn required(&mut self, name: &str, what: &str) -> Option<String> {
        match self.given(name) {
            Given::Value(value) => Some(value),
            Given::Wrong => None,
            Given::Nothing => {
                self.problems.push(format!("{name} is not set; set it to {what}"));
                None
            }
        }
    }

    /// A secret, given directly or by the name of a file. What is wrong with a file's text is told with the setting that
    /// names the file.
    fn secret<T, E: fmt::Display>(
        &mut self,
        name: &str,
        what: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let by_file = format!("{name}_FILE");
        let path = match (self.given(name), self.given(&by_file)) {
            (Given::Wrong, _) | (_, Given::Wrong) => return None,
            (Given::Value(value), Given::Nothing) => return self.check(name, parse(&value)),
            (Given::Nothing, Given::Value(path)) => path,
            (Given::Value(_), Given::Value(_)) => {
                self.wrong(format!("{name} and {by_file} are both set; unset one of them"));
                return None;
            }
            (Given::Nothing, Given::Nothing) => {
                self.problems.push(format!("{name} is not set; set it, or {by_file}, to {what}"));
                return None;
            }
        };
        let text = match read_secret_file(&path) {
            Ok(text) => text,
            Err(InvalidFile::SecretItself) => {
                self.wrong(format!(
                    "{by_file} looks like the header itself; put it into {name}, or its file's path here"
                ));
                return None;
            }
            Err(error) => return self.check(&by_file, Err(error)),
        };
        let of_file = format!("{by_file} names a file whose text");
        let value = self.check(&of_file, setting_value(text.expose_secret()))?;
        self.check(&of_file, parse(value))
    }

    fn proxy(&mut self) -> Proxy {
        let Some(value) = self.optional(PROXY) else { return Proxy::Off };
        // It may hold a password, so it is not repeated.
        let proxy = match value.as_str() {
            word if word.eq_ignore_ascii_case("off") => Proxy::Off,
            word if word.eq_ignore_ascii_case("system") => Proxy::System,
            url => Proxy::Url(url.to_owned()),
        };
        match (&proxy, proxy.check()) {
            (Proxy::System, Err(problem)) => self.wrong(problem.to_string()),
            (Proxy::Url(url), checked) if checked.is_err() || !url.contains("://") => {
                self.wrong(format!("{PROXY} must be `off`, `system` or a URL like http://host:port"));
            }
            _ => {}
        }
        proxy
    }

    fn extra_roots(&mut self) -> Option<Vec<u8>> {
        let path = self.optional(EXTRA_ROOTS)?;
        let pem = match read_file(&path, MAX_ROOTS) {
            Ok(pem) => pem,
            Err(InvalidFile::SecretItself) => {
                self.wrong(format!(
                    "{EXTRA_ROOTS} looks like the certificates themselves or a secret; it must be the path of a PEM file"
                ));
                return None;
            }
            Err(error) => return self.check(EXTRA_ROOTS, Err(error)),
        };
        if !pem.windows(BEGIN.len()).any(|window| window == BEGIN.as_bytes()) {
            self.wrong(format!(
                "{EXTRA_ROOTS} names a file without certificates in PEM form ({BEGIN} is missing)"
            ));
            return None;
        }
        Some(pem.to_vec())
    }

    fn check<T, E: fmt::Display>(&mut self, name: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.wrong(format!("{name} {error}"))).ok()
    }

    fn warnings(&self) -> Vec<String> {
        let file = format!("{AUTH_HEADER}_FILE");
        self.variables
            .keys()
            .filter(|name| name.starts_with("PLUME_") && !READ.contains(&name.as_str()) && **name != file)
            .map(|name| {
                if ELSEWHERE.contains(&name.as_str()) {
                    return format!("{name} is set, but this program does not use it");
                }
                match nearest(name) {
                    Some(known) => format!("{name} is not a known setting; did you mean {known}?"),
                    None => format!("{name} is not a known setting"),
                }
            })
            .collect()
    }
}

/// The known name that a mistyped one most likely means.
fn nearest(name: &str) -> Option<String> {
    const MAX_TYPOS: usize = 4;
    let files = [format!("{AUTH_HEADER}_FILE")];
    READ.iter()
        .chain(&ELSEWHERE)
        .map(|known| (*known).to_owned())
        .chain(files)
        .map(|known| (distance(name, &known), known))
        .min()
        .filter(|(distance, _)| *distance <= MAX_TYPOS)
        .map(|(_, known)| known)
}

/// Levenshtein's distance: how many characters were added, dropped or changed.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, b) in row.iter_mut().skip(1).zip(other.chars()) {
            let above = *cell;
            let cost = diagonal + usize::from(a != b);
            left = cost.min(above + 1).min(left + 1);
            diagonal = above;
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [(&str, &str); 5] = [
        (SSO_URL, "https://external.sso.plume.com/oauth2/ausEXAMPLE/v1/token"),
        (AUTH_HEADER, "Basic MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA=="),
        (PARTNER_ID, "5e00000000000000000000aa"),
        (API_BASE, "https://cloud.example.net/api"),
        (REPORTS_BASE, "https://cloud.example.net/reports"),
    ];

    fn with(name: &str, value: Option<&str>) -> Result<Settings, SettingsError> {
        let mut variables: BTreeMap<&str, &str> = GOOD.into();
        match value {
            Some(value) => variables.insert(name, value),
            None => variables.remove(name),
        };
        Settings::from_variables(variables)
    }

    fn problems(result: Result<Settings, SettingsError>) -> Vec<String> {
        result.unwrap_err().problems
    }

    #[test]
    fn good_settings_pass() {
        assert!(Settings::from_variables(GOOD).is_ok());
        assert!(with(REPORTS_BASE, None).is_ok(), "only reports need it");
        assert!(with(PARTNER_ID, Some("slug:example-isp")).is_ok());
    }

    #[test]
    fn a_missing_or_empty_setting_is_named_with_its_fix() {
        for name in [SSO_URL, AUTH_HEADER, PARTNER_ID, API_BASE] {
            for value in [None, Some(""), Some(" ")] {
                let problems = problems(with(name, value));
                assert_eq!(problems.len(), 1, "{problems:?}");
                assert!(problems[0].starts_with(&format!("{name} is not set; set it")), "{problems:?}");
            }
        }
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let none: [(&str, &str); 0] = [];
        assert_eq!(problems(Settings::from_variables(none)).len(), 4);
    }

    #[test]
    fn wrong_values_are_named_and_not_repeated() {
        for (name, value, part) in [
            (SSO_URL, "http://canary.example.net/token", "https://"),
            (API_BASE, "canary", "not a URL"),
            (REPORTS_BASE, "https://x.example/?canary", "before any"),
            (LTE_BASE, "https://x.example/?canary", "before any"),
            (PARTNER_ID, "canary", "at least 20 are expected"),
            (AUTH_HEADER, "canary", "Basic"),
        ] {
            let problems = problems(with(name, Some(value)));
            assert!(problems[0].starts_with(name) && problems[0].contains(part), "{problems:?}");
            assert!(!problems[0].contains("canary"), "{problems:?}");
        }
    }

    #[test]
    fn a_proxy_is_a_word_or_a_url_and_never_shown() {
        for (value, shown) in [
            ("off", "Off"),
            ("System", "System"),
            ("http://user:canary@proxy.example.net:3128", "Url([redacted])"),
        ] {
            let settings = with(PROXY, Some(value)).unwrap();
            assert!(format!("{settings:?}").contains(&format!("proxy: {shown}")), "{settings:?}");
            assert!(!format!("{settings:?}").contains("canary"));
            let _ = settings.network().transport().build();
        }
        for value in [
            "canary",
            "socks5://user:canary@x",
            "http://",
            "user:canary@proxy:1",
            "http://canary:80:80",
            "\"http://canary:80\"",
            "http://canary:80/path",
        ] {
            let problems = problems(with(PROXY, Some(value)));
            assert!(problems[0].starts_with(PROXY) && !problems[0].contains("canary"), "{problems:?}");
        }
    }

    #[test]
    fn in_a_shell_the_proxy_of_the_system_counts_unless_one_is_set() {
        for (set, expected) in [
            (None, Proxy::System),
            (Some(""), Proxy::System),
            (Some(" \r"), Proxy::System),
            (Some("off"), Proxy::Off),
        ] {
            let variables = set.map(|value| (PROXY.to_owned(), value.to_owned()));
            let network = NetworkSettings::from_variables(with_system_proxy(variables.into_iter())).unwrap();
            assert_eq!(network.proxy, expected, "{set:?}");
        }
    }

    #[test]
    fn the_network_settings_need_no_account() {
        let read = |variables: &[(&str, &str)]| NetworkSettings::from_variables(variables.iter().copied());
        assert!(!read(&[]).unwrap().has_proxy());
        assert!(!read(&[(PROXY, "off")]).unwrap().has_proxy());
        assert!(read(&[(PROXY, "system")]).unwrap().has_proxy());
        assert!(read(&[(PROXY, "http://proxy.example.net:3128"), (SSO_URL, "ignored")]).unwrap().has_proxy());
        let wrong = read(&[(PROXY, "canary"), (EXTRA_ROOTS, "/nonexistent/roots.pem")]).unwrap_err();
        assert_eq!(wrong.problems().count(), 2, "{wrong}");
    }

    #[test]
    fn extra_roots_are_a_file_with_certificates() {
        let missing = problems(with(EXTRA_ROOTS, Some("/nonexistent/roots.pem")));
        assert!(missing[0].starts_with("PLUME_EXTRA_ROOTS names a file that cannot be read"), "{missing:?}");
        let other = problems(with(EXTRA_ROOTS, Some(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))));
        assert!(other[0].starts_with("PLUME_EXTRA_ROOTS names a file without certificates"), "{other:?}");
    }

    #[test]
    fn a_bearer_token_needs_no_sso() {
        let settings =
            Settings::from_variables([(AUTH_HEADER, "Bearer a.b.c"), (API_BASE, "http://localhost:1/api")]);
        assert!(settings.is_ok());
    }

    #[test]
    fn a_mistyped_name_is_told_with_the_right_one() {
        let mut variables: BTreeMap<&str, &str> = GOOD.into();
        variables.insert("PLUME_REPORT_BASE", "x");
        variables.insert("PLUME_PROFILE", "lab");
        variables.insert("PLUME_COLOURFUL_THING", "x");
        let settings = Settings::from_variables(variables).unwrap();
        assert_eq!(
            settings.warnings(),
            [
                "PLUME_COLOURFUL_THING is not a known setting",
                "PLUME_PROFILE is set, but this program does not use it",
                "PLUME_REPORT_BASE is not a known setting; did you mean PLUME_REPORTS_BASE?",
            ]
        );
        let problems = problems(Settings::from_variables([("PLUME_SSO_ULR", "x")]));
        assert!(
            problems.iter().any(|problem| problem.contains("did you mean PLUME_SSO_URL?")),
            "{problems:?}"
        );
    }

    #[test]
    fn a_secret_may_stand_in_a_file() {
        let by_file = |path: &str| {
            let mut variables: BTreeMap<&str, &str> = GOOD.into();
            variables.remove(AUTH_HEADER);
            variables.insert("PLUME_AUTH_HEADER_FILE", path);
            Settings::from_variables(variables)
        };
        let place = std::env::temp_dir().join(format!("plume-client-settings-{}", std::process::id()));
        std::fs::write(&place, format!("\u{feff}{}\r\n", GOOD[1].1)).unwrap();
        // As a file from Windows has it, and an env file that was written there.
        let read = by_file(&format!("{}\r", place.display()));
        std::fs::remove_file(&place).unwrap();
        assert!(read.is_ok(), "{read:?}");
        let both = with("PLUME_AUTH_HEADER_FILE", Some("/nonexistent/header"));
        assert!(both.unwrap_err().to_string().contains("both set"));
        assert_eq!(
            problems(by_file("/nonexistent/canary")),
            ["PLUME_AUTH_HEADER_FILE names a file that cannot be read: it does not exist"]
        );
    }

    #[test]
    fn a_file_with_a_wrong_text_is_named_by_its_setting() {
        let place = std::env::temp_dir().join(format!("plume-client-settings-text-{}", std::process::id()));
        for (text, expected) in [
            ("\"Basic Y2FuYXJ5\"\r\n", "is in quotes, which env files keep; take them away"),
            ("\u{feff}'Y2FuYXJ5'", "is in quotes, which env files keep; take them away"),
            ("\n", "is empty; paste the authorization header from the Plume Portal (`Basic …`)"),
            ("PLUME_AUTH_HEADER=Basic Y2FuYXJ5", "must start with `Basic ` or `Bearer `"),
        ] {
            std::fs::write(&place, text).unwrap();
            let mut variables: BTreeMap<&str, String> =
                GOOD.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
            variables.remove(AUTH_HEADER);
            variables.insert("PLUME_AUTH_HEADER_FILE", place.display().to_string());
            let problems = problems(Settings::from_variables(variables));
            assert_eq!(problems, [format!("PLUME_AUTH_HEADER_FILE names a file whose text {expected}")]);
        }
        std::fs::remove_file(&place).unwrap();
    }

    #[test]
    fn a_secret_in_the_place_of_a_path_is_named_and_not_repeated() {
        for (name, secret, expected) in [
            ("PLUME_AUTH_HEADER_FILE", "Basic ZXhhbXBsZTpjYW5hcnk=", "looks like the header itself"),
            ("PLUME_AUTH_HEADER_FILE", "ZXhhbXBsZTpjYW5hcnk=", "looks like the header itself"),
            ("PLUME_AUTH_HEADER_FILE", "ZXhhbXBsZTpjYW5hcnk", "looks like the header itself"),
            ("PLUME_AUTH_HEADER_FILE", "Bearer eyJjYW5hcnk.canary", "looks like the header itself"),
            ("PLUME_AUTH_HEADER_FILE", "canary-canary-canary-0123", "does not exist"),
            ("PLUME_AUTH_HEADER_FILE", "/dev/zero", "must be a regular file"),
            (EXTRA_ROOTS, "-----BEGIN CERTIFICATE-----\ncanary", "looks like the certificates themselves"),
            (EXTRA_ROOTS, "Basic ZXhhbXBsZTpjYW5hcnk=", "or a secret; it must be the path"),
            (EXTRA_ROOTS, "canary-canary-canary-0123", "does not exist"),
            (EXTRA_ROOTS, "/dev/zero", "must be a regular file"),
        ] {
            let mut variables: BTreeMap<&str, &str> = GOOD.into();
            if name != EXTRA_ROOTS {
                variables.remove(AUTH_HEADER);
            }
            variables.insert(name, secret);
            let problems = problems(Settings::from_variables(variables));
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert!(problems[0].starts_with(name) && problems[0].contains(expected), "{problems:?}");
            assert!(!problems[0].contains("canary") && !problems[0].contains("ZXhh"), "{problems:?}");
        }
    }

    #[test]
    fn quotes_of_an_env_file_are_named_for_every_setting() {
        for name in READ.into_iter().chain(["PLUME_AUTH_HEADER_FILE"]) {
            for value in ["\"canary\"", "'canary'\r"] {
                let mut variables: BTreeMap<&str, &str> = GOOD.into();
                if name == "PLUME_AUTH_HEADER_FILE" {
                    variables.remove(AUTH_HEADER);
                }
                variables.insert(name, value);
                assert_eq!(
                    problems(Settings::from_variables(variables)),
                    [format!("{name} is in quotes, which env files keep; take them away")]
                );
            }
        }
    }

    #[test]
    fn what_surrounds_a_value_in_a_file_from_windows_is_left_out() {
        let around = GOOD.map(|(name, value)| (name, format!("\u{feff}{value} \r\n")));
        let settings = Settings::from_variables(around).unwrap();
        assert_eq!(settings.api_base.as_str(), "https://cloud.example.net/api");
        assert_eq!(settings.partner_id.unwrap().as_str(), "5e00000000000000000000aa");
    }

    #[test]
    fn missing_settings_are_told_from_wrong_ones() {
        assert!(with(API_BASE, None).unwrap_err().is_only_missing());
        assert!(!with(API_BASE, Some("canary")).unwrap_err().is_only_missing());
        assert!(!with(API_BASE, Some("'canary'")).unwrap_err().is_only_missing());
        assert!(!with("PLUME_AUTH_HEADER_FILE", Some("x")).unwrap_err().is_only_missing());
    }
}
