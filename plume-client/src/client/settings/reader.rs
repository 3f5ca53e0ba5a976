//! A reader of variables that collects all problems.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use plume_auth::{InvalidFile, read_file, read_secret_file, setting_value};
use plume_runtime::Proxy;
use secrecy::ExposeSecret;

use crate::client::settings::names::{AUTH_HEADER, ELSEWHERE, EXTRA_ROOTS, PROXY, READ, nearest};

/// The first line of a certificate in a PEM file.
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
/// Well above the size of a bundle of all public authorities.
const MAX_ROOTS: usize = 4 << 20;

pub(super) struct Reader {
    variables: BTreeMap<String, String>,
    pub(super) problems: Vec<Problem>,
    /// The file of the secret, if it was read.
    pub(super) secret_file: Option<PathBuf>,
}

/// A missing or invalid setting.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    #[cfg_attr(not(feature = "doctor"), expect(dead_code, reason = "only a doctor sorts problems"))]
    pub(crate) setting: String,
    pub(crate) is_missing: bool,
    /// Names the setting and the fix.
    pub(crate) text: String,
}

impl Problem {
    pub(super) fn wrong(setting: &str, text: String) -> Self {
        Self { setting: setting.to_owned(), is_missing: false, text }
    }

    fn missing(setting: &str, text: String) -> Self {
        Self { setting: setting.to_owned(), is_missing: true, text }
    }
}

/// The value of one variable.
enum Given {
    /// Not set, or blank.
    Nothing,
    /// Invalid, and recorded as a problem.
    Wrong,
    /// A value, without the quotes of an env file.
    Value(String),
}

impl Reader {
    pub(super) fn new<N: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { variables, problems: Vec::new(), secret_file: None }
    }

    fn wrong(&mut self, setting: &str, text: String) {
        self.problems.push(Problem::wrong(setting, text));
    }

    fn given(&mut self, name: &str) -> Given {
        match setting_value(self.variables.get(name).map_or("", String::as_str)) {
            Ok("") => Given::Nothing,
            Ok(value) => Given::Value(value.to_owned()),
            Err(error) => {
                self.wrong(name, format!("{name} {error}"));
                Given::Wrong
            }
        }
    }

    pub(super) fn optional(&mut self, name: &str) -> Option<String> {
        match self.given(name) {
            Given::Value(value) => Some(value),
            Given::Nothing | Given::Wrong => None,
        }
    }

    pub(super) fn required(&mut self, name: &str, what: &str) -> Option<String> {
        match self.given(name) {
            Given::Value(value) => Some(value),
            Given::Wrong => None,
            Given::Nothing => {
                self.problems.push(Problem::missing(name, format!("{name} is not set; set it to {what}")));
                None
            }
        }
    }

    /// Reads a secret, from its variable or from the file that the `…_FILE` variable names.
    pub(super) fn secret<T, E: fmt::Display>(
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
                self.wrong(name, format!("{name} and {by_file} are both set; unset one of them"));
                return None;
            }
            (Given::Nothing, Given::Nothing) => {
                let text = format!("{name} is not set; set it, or {by_file}, to {what}");
                self.problems.push(Problem::missing(name, text));
                return None;
            }
        };
        let text = match read_secret_file(&path) {
            Ok(text) => text,
            Err(InvalidFile::SecretItself) => {
                let text = format!(
                    "{by_file} looks like the header itself; set {name} to it, or {by_file} to the path of a file"
                );
                self.wrong(name, text);
                return None;
            }
            Err(error) => return self.check(&by_file, Err(error)),
        };
        self.secret_file = Some(path.into());
        let of_file = format!("{by_file} names a file whose text");
        let value = self.check(&of_file, setting_value(text.expose_secret()))?;
        self.check(&of_file, parse(value))
    }

    pub(super) fn proxy(&mut self) -> Proxy {
        let Some(value) = self.optional(PROXY) else { return Proxy::Off };
        // It may hold a password, so no message repeats it.
        let proxy = match value.as_str() {
            word if word.eq_ignore_ascii_case("off") => Proxy::Off,
            word if word.eq_ignore_ascii_case("system") => Proxy::System,
            url => Proxy::Url(url.to_owned()),
        };
        match (&proxy, proxy.check()) {
            (Proxy::System, Err(problem)) => self.wrong(PROXY, problem.to_string()),
            (Proxy::Url(url), checked) if checked.is_err() || !url.contains("://") => {
                self.wrong(PROXY, format!("{PROXY} must be `off`, `system` or a URL like http://host:port"));
            }
            _ => {}
        }
        proxy
    }

    pub(super) fn extra_roots(&mut self) -> Option<Vec<u8>> {
        let path = self.optional(EXTRA_ROOTS)?;
        let pem = match read_file(&path, MAX_ROOTS) {
            Ok(pem) => pem,
            Err(InvalidFile::SecretItself) => {
                let text = format!(
                    "{EXTRA_ROOTS} looks like the certificates themselves or a secret; it must be the path of a PEM file"
                );
                self.wrong(EXTRA_ROOTS, text);
                return None;
            }
            Err(error) => return self.check(EXTRA_ROOTS, Err(error)),
        };
        if !pem.windows(BEGIN.len()).any(|window| window == BEGIN.as_bytes()) {
            let text =
                format!("{EXTRA_ROOTS} names a file without certificates in PEM form ({BEGIN} is missing)");
            self.wrong(EXTRA_ROOTS, text);
            return None;
        }
        Some(pem.to_vec())
    }

    pub(super) fn check<T, E: fmt::Display>(&mut self, name: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.wrong(name, format!("{name} {error}"))).ok()
    }

    pub(super) fn warnings(&self) -> Vec<String> {
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
