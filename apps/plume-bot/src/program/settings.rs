//! The settings, from the environment.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    path::PathBuf,
    sync::Arc,
};

use plume::{
    NetworkSettings,
    auth::{SecureUrl, UrlGuard, read_secret_file},
};
use plume_seal::{KeySource, KeysFromFile, SealKeys};
use plume_telegram::{BotToken, UserId};
use secrecy::ExposeSecret;

const TOKEN: &str = "TELEGRAM_BOT_TOKEN";
const ALLOWED: &str = "TELEGRAM_ALLOWED_USERS";
const API_BASE: &str = "TELEGRAM_API_BASE";
const STATE_DIR: &str = "TELEGRAM_STATE_DIR";
const STATE_KEY: &str = "TELEGRAM_STATE_KEY";
const HOSTS: &str = "TELEGRAM_PLUME_HOSTS";
const HEARTBEAT: &str = "TELEGRAM_HEARTBEAT_FILE";
/// The default base of the Bot API.
const TELEGRAM: &str = "https://api.telegram.org";
/// The hosts of Plume, as in [`UrlGuard::plume`].
const PLUME_HOSTS: [&str; 3] = ["*.sso.plume.com", "*.plume.com", "*.plumenet.io"];

/// The validated settings of the bot.
pub struct Settings {
    /// The bot's token. Missing only if Telegram is not used.
    pub token: Option<BotToken>,
    pub allowed: BTreeSet<UserId>,
    pub telegram: SecureUrl,
    /// The directory of the users' records, and the keys that seal them.
    pub state: Option<(PathBuf, Arc<dyn KeySource>)>,
    pub guard: UrlGuard,
    pub heartbeat: Option<PathBuf>,
    pub network: NetworkSettings,
    /// The operator's Plume account, if users may use it.
    pub operator: Option<plume::Settings>,
    /// The default base of the API.
    pub api: Option<SecureUrl>,
    /// The default base of the reports.
    pub reports: Option<SecureUrl>,
    /// Possible mistakes that do not stop the bot.
    pub warnings: Vec<String>,
}

struct Reader {
    variables: BTreeMap<String, String>,
    problems: Vec<String>,
    warnings: Vec<String>,
    /// Unknown names. A misspelt name is the most likely reason for a missing setting, so both lists get them.
    unknown: Vec<String>,
}

impl Settings {
    /// Reads the given variables. With `demo` no account of Plume is required, and with `offline` no bot token.
    pub fn read(
        variables: impl IntoIterator<Item = (String, String)>,
        demo: bool,
        offline: bool,
    ) -> Result<Self, Vec<String>> {
        let variables = variables.into_iter().filter(|(_, value)| !value.trim().is_empty()).collect();
        let mut reader =
            Reader { variables, problems: Vec::new(), warnings: Vec::new(), unknown: Vec::new() };
        reader.unknown();
        let token = reader.token();
        if token.is_none() && !offline && reader.problems.is_empty() {
            reader.problems.push(format!(
                "{TOKEN} is not set; set it, or {TOKEN}_FILE, to the token that @BotFather gave you, or try --demo --offline"
            ));
        }
        let allowed = reader.allowed(offline);
        let telegram = reader.url(API_BASE).or_else(|| SecureUrl::parse(TELEGRAM).ok());
        let state = reader.state();
        let guard = reader.guard();
        let (operator, network) = if demo { Default::default() } else { reader.plume() };
        let (api, reports) = (reader.url("PLUME_API_BASE"), reader.url("PLUME_REPORTS_BASE"));
        let heartbeat = reader.get(HEARTBEAT).map(PathBuf::from);
        match telegram {
            Some(telegram) if reader.problems.is_empty() => Ok(Self {
                token,
                allowed,
                telegram,
                state,
                guard,
                heartbeat,
                network,
                operator,
                api,
                reports,
                warnings: [reader.unknown, reader.warnings].concat(),
            }),
            _ => {
                reader.problems.append(&mut reader.unknown);
                Err(reader.problems)
            }
        }
    }
}

impl Reader {
    fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|value| value.trim())
    }

    /// Returns a valid value, and records an error.
    fn good<T>(&mut self, name: &str, read: Result<T, impl Display>) -> Option<T> {
        read.map_err(|error| self.problems.push(format!("{name} {error}"))).ok()
    }

    fn unknown(&mut self) {
        const KNOWN: [&str; 7] = [TOKEN, ALLOWED, API_BASE, STATE_DIR, STATE_KEY, HOSTS, HEARTBEAT];
        let is_known = |name: &str| {
            KNOWN.contains(&name) || matches!(name.strip_suffix("_FILE"), Some(TOKEN | STATE_KEY))
        };
        let unknown = self.variables.keys().filter(|name| name.starts_with("TELEGRAM_") && !is_known(name));
        self.unknown.extend(unknown.map(|name| format!("{name} is not a known setting")));
    }

    /// Reads a secret that is given directly or in a file. Returns the name of the setting and its value.
    fn either(&mut self, name: &str) -> Option<(String, String)> {
        let by_file = format!("{name}_FILE");
        match (self.get(name).map(str::to_owned), self.get(&by_file).map(str::to_owned)) {
            (Some(_), Some(_)) => {
                self.problems.push(format!("{name} and {by_file} are both set; unset one of them"));
                None
            }
            (Some(value), None) => Some((name.to_owned(), value)),
            (None, path) => path.map(|path| (by_file, path)),
        }
    }

    fn token(&mut self) -> Option<BotToken> {
        let (name, value) = self.either(TOKEN)?;
        let text = if name == TOKEN { value.into() } else { self.good(&name, read_secret_file(&value))? };
        self.good(&name, BotToken::parse(text.expose_secret()))
    }

    fn allowed(&mut self, offline: bool) -> BTreeSet<UserId> {
        let users = users(self.get(ALLOWED).unwrap_or_default());
        if !offline && users.as_ref().is_ok_and(BTreeSet::is_empty) {
            self.warnings.push(format!(
                "{ALLOWED} is empty, so no user may use the bot; write to the bot once, and it replies with your id"
            ));
        }
        self.good(ALLOWED, users).unwrap_or_default()
    }

    fn url(&mut self, name: &str) -> Option<SecureUrl> {
        let url = SecureUrl::parse(self.get(name)?);
        self.good(name, url)
    }

    fn state(&mut self) -> Option<(PathBuf, Arc<dyn KeySource>)> {
        let directory = self.get(STATE_DIR).map(PathBuf::from);
        let keys: Option<Arc<dyn KeySource>> = match self.either(STATE_KEY) {
            Some((name, text)) if name == STATE_KEY => {
                let keys = self.good(&format!("{STATE_KEY} is wrong:"), SealKeys::parse(&text));
                keys.map(|keys| Arc::new(keys) as Arc<dyn KeySource>)
            }
            Some((_, path)) => Some(Arc::new(KeysFromFile::new(path))),
            None => None,
        };
        match (directory, keys) {
            (Some(directory), Some(keys)) => return Some((directory, keys)),
            (Some(_), None) => self.warnings.push(format!(
                "{STATE_DIR} is set without {STATE_KEY} or {STATE_KEY}_FILE, so users are kept in memory only"
            )),
            (None, Some(_)) => self
                .problems
                .push(format!("{STATE_KEY} is set, but {STATE_DIR} does not say where to keep users")),
            (None, None) => {}
        }
        None
    }

    fn guard(&mut self) -> UrlGuard {
        let more = entries(self.get(HOSTS).unwrap_or_default()).map(unwrapped);
        let guard = UrlGuard::hosts(PLUME_HOSTS.into_iter().chain(more));
        self.good(&format!("{HOSTS} is wrong:"), guard).unwrap_or_else(UrlGuard::plume)
    }

    /// Reads the operator's account, if its header is set, and the network settings.
    fn plume(&mut self) -> (Option<plume::Settings>, NetworkSettings) {
        let variables = self.variables.clone().into_iter().filter(|(name, _)| name.starts_with("PLUME_"));
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

/// Parses a list of user ids: `11, 12`, one a line, with quotes or in brackets. One invalid entry is an error for the whole
/// list.
fn users(list: &str) -> Result<BTreeSet<UserId>, String> {
    let user = |(at, word): (usize, &str)| {
        let word = unwrapped(word);
        let digits = word.bytes().all(|byte| byte.is_ascii_digit());
        match word.parse() {
            Ok(id) if digits && id > 0 => return Ok(UserId(id)),
            _ => {}
        }
        let why = if word.contains(['"', '\'', '[', ']']) {
            "has a quotation mark or bracket without its counterpart"
        } else if word.starts_with('-') {
            "is the id of a group; only users can be allowed"
        } else if digits {
            "is a number that no user has"
        } else {
            "is not a numeric user id; names are not accepted, because they can change owners"
        };
        Err(format!("is wrong: entry {} {why}", at + 1))
    };
    entries(list).enumerate().map(user).collect()
}

/// Splits a list into its entries, as written: with commas, semicolons or blanks between them, and optionally in quotes or
/// brackets as a whole.
fn entries(list: &str) -> impl Iterator<Item = &str> {
    let list = unwrapped(list.trim().trim_start_matches('\u{feff}'));
    let words = list.split(|character: char| character.is_whitespace() || ",;".contains(character));
    words.filter(|word| !word.is_empty())
}

/// Removes quotes or brackets around a text.
fn unwrapped(text: &str) -> &str {
    let mut text = text.trim();
    for (open, close) in [('"', '"'), ('\'', '\''), ('[', ']'), ('"', '"'), ('\'', '\'')] {
        let inner = text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        // `"11","12"` is two quoted words and not one.
        text = inner.filter(|inner| !inner.contains([open, close])).map_or(text, str::trim);
    }
    text
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("allowed", &self.allowed).finish_non_exhaustive()
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
    fn only_the_token_is_required_and_no_user_is_allowed_by_default() {
        let settings = read(&[(TOKEN, "1:not-a-real-token")]).unwrap();
        assert!(settings.allowed.is_empty() && settings.state.is_none());
        assert!(settings.warnings[0].contains("no user may use the bot"));
        assert!(!format!("{settings:?}").contains("not-a-real"));
    }

    #[test]
    fn invalid_settings_are_named_without_their_values() {
        for (name, value) in [
            (ALLOWED, "@canary"),
            (ALLOWED, "-3"),
            (API_BASE, "http://canary.example.net"),
            (STATE_KEY, "canary"),
            (HOSTS, "*"),
            (TOKEN, "canary"),
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
    fn user_lists_accept_common_separators() {
        for list in [
            "11,12",
            " 11 , 12 ",
            "11 12",
            "11\n12\n",
            "11\r\n12",
            "11\t12",
            "11;12",
            "12,11,11,",
            "\"11\",\"12\"",
            "'11' '12'",
            "\"11,12\"",
            "'11, 12'",
            "[11, 12]",
            "[\"11\", \"12\"]",
            "'[11, 12]'",
            "\u{feff}11,12",
        ] {
            assert_eq!(users(list), Ok([UserId(11), UserId(12)].into()), "{list:?}");
        }
        for list in ["", " ", "[]", "\"\"", ","] {
            assert_eq!(users(list), Ok(BTreeSet::new()), "{list:?}");
        }
    }

    #[test]
    fn a_list_of_users_is_refused_with_one_reason() {
        for (list, reason) in [
            ("11,@anna", "entry 2 is not a numeric"),
            ("anna,ben", "entry 1 is not a numeric"),
            ("11,-500", "entry 2 is the id of a group"),
            ("0", "entry 1 is a number that no user has"),
            ("99999999999999999999", "entry 1 is a number that no user has"),
            ("+491701234567", "entry 1 is not a numeric"),
            ("11.0", "entry 1 is not a numeric"),
            ("11|12", "entry 1 is not a numeric"),
            ("(11, 12)", "entry 1 is not a numeric"),
            ("１１", "entry 1 is not a numeric"),
            ("[11, 12", "entry 1 has a quotation mark"),
            ("\"11, 12", "entry 1 has a quotation mark"),
            ("11 \"12", "entry 2 has a quotation mark"),
        ] {
            let problems = read(&[(TOKEN, "1:not-a-real-token"), (ALLOWED, list)]).unwrap_err();
            assert_eq!(problems.len(), 1, "{list:?}: {problems:?}");
            assert!(
                problems[0].starts_with(ALLOWED) && problems[0].contains(reason),
                "{list:?}: {problems:?}"
            );
        }
    }

    #[test]
    fn a_token_that_breaks_the_url_is_refused_at_the_start() {
        for token in
            ["1:not a real token", "1:not-a\nreal-token", "\"1:not-a-real-token\"", "not-a-real-token"]
        {
            let problems = read(&[(TOKEN, token)]).unwrap_err();
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert!(
                problems[0].starts_with("TELEGRAM_BOT_TOKEN ") && !problems[0].contains("real"),
                "{problems:?}"
            );
        }
    }

    #[test]
    fn hosts_are_listed_as_users_are() {
        let both = ["https://a.example.net/token", "https://b.example.net/token"];
        for list in [
            "a.example.net,b.example.net",
            "a.example.net\n\tb.example.net",
            "\"a.example.net; b.example.net\"",
        ] {
            let settings = read(&[(TOKEN, "1:not-a-real-token"), (HOSTS, list)]).unwrap();
            assert_eq!(both.map(|url| settings.guard.check(url).is_ok()), [true; 2], "{list:?}");
        }
    }

    #[test]
    fn unknown_variable_is_reported() {
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
