//! The settings, from the environment.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use plume::{
    NetworkSettings,
    auth::{
        SecureUrl, UrlGuard,
        store::{KeySource, KeysFromFile, SealKeys},
    },
};
use secrecy::SecretString;

use crate::telegram::UserId;

const TOKEN: &str = "TELEGRAM_BOT_TOKEN";
const ALLOWED: &str = "TELEGRAM_ALLOWED_USERS";
const API_BASE: &str = "TELEGRAM_API_BASE";
const STATE_DIR: &str = "TELEGRAM_STATE_DIR";
const STATE_KEY: &str = "TELEGRAM_STATE_KEY";
const HOSTS: &str = "TELEGRAM_PLUME_HOSTS";
const HEARTBEAT: &str = "TELEGRAM_HEARTBEAT_FILE";
const KNOWN: [&str; 9] = [
    TOKEN,
    "TELEGRAM_BOT_TOKEN_FILE",
    ALLOWED,
    API_BASE,
    STATE_DIR,
    STATE_KEY,
    "TELEGRAM_STATE_KEY_FILE",
    HOSTS,
    HEARTBEAT,
];
/// Where the Bot API is.
const TELEGRAM: &str = "https://api.telegram.org";
/// Hosts of Plume, as [`UrlGuard::plume`] knows them.
const PLUME_HOSTS: [&str; 3] = ["*.sso.plume.com", "*.plume.com", "*.plumenet.io"];

/// What the bot needs to know, checked.
pub struct Settings {
    /// The bot's token. Missing only where there is no Telegram.
    pub token: Option<SecretString>,
    /// Whom the bot talks to.
    pub allowed: BTreeSet<UserId>,
    /// The Bot API.
    pub telegram: SecureUrl,
    /// Where users are kept, and the keys they are sealed with.
    pub state: Option<(PathBuf, Arc<dyn KeySource>)>,
    /// Which URLs users may type.
    pub guard: UrlGuard,
    /// Touched while all is well.
    pub heartbeat: Option<PathBuf>,
    /// How the Plume Cloud is reached.
    pub network: NetworkSettings,
    /// The operator's Plume account, if users may use it.
    pub operator: Option<plume::Settings>,
    /// The API's base for those who skip the question.
    pub api: Option<SecureUrl>,
    /// The base of the reports that belongs to it.
    pub reports: Option<SecureUrl>,
    /// What looks like a mistake but stops nobody.
    pub warnings: Vec<String>,
}

struct Reader {
    variables: BTreeMap<String, String>,
    problems: Vec<String>,
    warnings: Vec<String>,
}

impl Settings {
    /// Reads the given variables. With `demo` no account of Plume is looked for, and with `offline` no bot token.
    ///
    /// # Errors
    ///
    /// Everything that is missing or wrong, one line each, without any value.
    pub fn read(
        variables: impl IntoIterator<Item = (String, String)>,
        demo: bool,
        offline: bool,
    ) -> Result<Self, Vec<String>> {
        let variables = variables.into_iter().filter(|(_, value)| !value.trim().is_empty()).collect();
        let mut reader = Reader { variables, problems: Vec::new(), warnings: Vec::new() };
        reader.unknown();
        let token = reader.secret(TOKEN);
        if token.is_none() && !offline && reader.problems.is_empty() {
            reader.problems.push(format!(
                "{TOKEN} is not set; set it, or {TOKEN}_FILE, to the token that @BotFather gave you, or try --demo --offline"
            ));
        }
        let allowed = reader.allowed();
        if allowed.is_empty() && !offline {
            reader.warnings.push(format!(
                "{ALLOWED} is empty, so the bot talks to nobody; write to it once, and it tells you your id"
            ));
        }
        let telegram = reader.url(API_BASE).or_else(|| SecureUrl::parse(TELEGRAM).ok());
        let state = reader.state();
        let guard = reader.guard();
        let (operator, network) = if demo { Default::default() } else { reader.plume() };
        let (api, reports) = (reader.url("PLUME_API_BASE"), reader.url("PLUME_REPORTS_BASE"));
        let heartbeat = reader.get(HEARTBEAT).map(PathBuf::from);
        match telegram {
            Some(telegram) if reader.problems.is_empty() => Ok(Self {
                token: token.map(SecretString::from),
                allowed,
                telegram,
                state,
                guard,
                heartbeat,
                network,
                operator,
                api,
                reports,
                warnings: reader.warnings,
            }),
            _ => {
                // A misspelt name is the likeliest reason for a missing setting.
                reader.problems.append(&mut reader.warnings);
                Err(reader.problems)
            }
        }
    }
}

impl Reader {
    fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|value| value.trim())
    }

    fn unknown(&mut self) {
        let unknown = self.variables.keys().filter(|name| name.starts_with("TELEGRAM_"));
        let unknown = unknown.filter(|name| !KNOWN.contains(&name.as_str()));
        self.warnings.extend(unknown.map(|name| format!("{name} is not a known setting")));
    }

    /// A secret, given directly or by the name of a file.
    fn secret(&mut self, name: &str) -> Option<String> {
        let by_file = format!("{name}_FILE");
        match (self.get(name).map(str::to_owned), self.get(&by_file).map(PathBuf::from)) {
            (Some(_), Some(_)) => {
                self.problems.push(format!("{name} and {by_file} are both set; unset one of them"));
                None
            }
            (Some(value), None) => Some(value),
            (None, Some(path)) => match std::fs::read_to_string(&path) {
                Ok(text) => Some(text.trim().to_owned()),
                Err(error) => {
                    let path = path.display();
                    self.problems.push(format!(
                        "{by_file} names a file that cannot be read: {path} ({})",
                        error.kind()
                    ));
                    None
                }
            },
            (None, None) => None,
        }
    }

    fn allowed(&mut self) -> BTreeSet<UserId> {
        let list = self.get(ALLOWED).unwrap_or_default().to_owned();
        let words = list.split([',', ' ', ';']).filter(|word| !word.is_empty());
        let mut allowed = BTreeSet::new();
        for word in words {
            match word.parse() {
                Ok(id) if id > 0 => {
                    allowed.insert(UserId(id));
                }
                _ => self.problems.push(format!(
                    "{ALLOWED} holds something that is no numeric user id; names are not taken, because they change hands"
                )),
            }
        }
        allowed
    }

    fn url(&mut self, name: &str) -> Option<SecureUrl> {
        let text = self.get(name)?.to_owned();
        SecureUrl::parse(&text).map_err(|error| self.problems.push(format!("{name} {error}"))).ok()
    }

    fn state(&mut self) -> Option<(PathBuf, Arc<dyn KeySource>)> {
        let directory = self.get(STATE_DIR).map(PathBuf::from);
        let by_file = format!("{STATE_KEY}_FILE");
        let keys: Option<Arc<dyn KeySource>> = match (self.get(STATE_KEY), self.get(&by_file)) {
            (Some(_), Some(_)) => {
                self.problems.push(format!("{STATE_KEY} and {by_file} are both set; unset one of them"));
                return None;
            }
            (None, Some(path)) => Some(Arc::new(KeysFromFile::new(path))),
            (Some(text), None) => match SealKeys::parse(text) {
                Ok(keys) => Some(Arc::new(keys)),
                Err(error) => {
                    self.problems.push(format!("{STATE_KEY} is wrong: {error}"));
                    None
                }
            },
            (None, None) => None,
        };
        match (directory, keys) {
            (Some(directory), Some(keys)) => Some((directory, keys)),
            (None, None) => None,
            (Some(_), None) => {
                self.warnings.push(format!(
                    "{STATE_DIR} is set without {STATE_KEY} or {by_file}, so users are kept in memory only"
                ));
                None
            }
            (None, Some(_)) => {
                self.problems
                    .push(format!("{STATE_KEY} is set, but {STATE_DIR} does not say where to keep users"));
                None
            }
        }
    }

    fn guard(&mut self) -> UrlGuard {
        let more = self.get(HOSTS).unwrap_or_default().to_owned();
        let more: Vec<&str> = more.split([',', ' ']).filter(|host| !host.is_empty()).collect();
        UrlGuard::hosts(PLUME_HOSTS.into_iter().chain(more)).unwrap_or_else(|error| {
            self.problems.push(format!("{HOSTS} is wrong: {error}"));
            UrlGuard::plume()
        })
    }

    /// The operator's account, which is there if its header is, and how the Plume Cloud is reached.
    fn plume(&mut self) -> (Option<plume::Settings>, NetworkSettings) {
        let variables: Vec<(String, String)> = self
            .variables
            .iter()
            .filter(|(name, _)| name.starts_with("PLUME_"))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let header = ["PLUME_AUTH_HEADER", "PLUME_AUTH_HEADER_FILE"];
        let read = if header.iter().any(|name| self.get(name).is_some()) {
            plume::Settings::from_variables(variables).map(|settings| {
                self.warnings.extend(settings.warnings().iter().cloned());
                let network = settings.network().clone();
                (Some(settings), network)
            })
        } else {
            NetworkSettings::from_variables(variables).map(|network| (None, network))
        };
        let (operator, network) = read.unwrap_or_else(|error| {
            self.problems.extend(error.problems().map(str::to_owned));
            Default::default()
        });
        if network.has_proxy() {
            self.warnings.push(
                "PLUME_PROXY is set, so the proxy and not the bot decides which addresses the URLs of /auth lead to; their \
                 hosts are still checked"
                    .to_owned(),
            );
        }
        (operator, network)
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("allowed", &self.allowed)
            .field("telegram", &self.telegram)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::read(owned, false, false)
    }

    #[test]
    fn a_token_is_enough_and_nobody_is_allowed() {
        let settings = read(&[(TOKEN, "1:not-a-real-token")]).unwrap();
        assert!(settings.allowed.is_empty() && settings.state.is_none());
        assert!(settings.warnings[0].contains("talks to nobody"));
        assert!(!format!("{settings:?}").contains("not-a-real"));
    }

    #[test]
    fn what_is_wrong_is_named_and_not_repeated() {
        for (name, value) in [
            (ALLOWED, "@canary"),
            (ALLOWED, "-3"),
            (API_BASE, "http://canary.example.net"),
            (STATE_KEY, "canary"),
            (HOSTS, "*"),
            ("PLUME_API_BASE", "canary"),
            ("TELEGRAM_BOT_TOKEN_FILE", "/nonexistent/token"),
        ] {
            let problems = read(&[(TOKEN, "1:not-a-real-token"), (name, value)]).unwrap_err();
            assert!(problems.iter().any(|problem| problem.contains(name)), "{problems:?}");
            assert!(!problems.concat().contains("canary"), "{problems:?}");
        }
        assert!(read(&[]).unwrap_err()[0].contains(TOKEN));
    }

    #[test]
    fn a_mistyped_name_is_told() {
        let settings = read(&[(TOKEN, "1:not-a-real-token"), ("TELEGRAM_ALLOWED_USER", "3")]).unwrap();
        assert!(settings.warnings.iter().any(|warning| warning.contains("TELEGRAM_ALLOWED_USER is not")));
    }

    #[test]
    fn an_operators_account_must_be_whole() {
        let problems =
            read(&[(TOKEN, "1:not-a-real-token"), ("PLUME_AUTH_HEADER", "Bearer a.b.c")]).unwrap_err();
        assert!(problems.iter().any(|problem| problem.contains("PLUME_API_BASE")), "{problems:?}");
    }
}
