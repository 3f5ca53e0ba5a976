//! The configuration file: profiles in TOML.
//!
//! ```toml
//! default_profile = "lab"
//!
//! [profiles.lab]
//! sso_url = "https://…/oauth2/<id>/v1/token"
//! auth_header_file = "/run/secrets/plume"
//! partner_id = "…"
//! api_base = "https://…/api"
//! customer_id = "…"
//! location_id = "…"
//! ```
//!
//! Errors name the file, the line and the key, and never repeat a value, because it may be a secret.

use std::{
    collections::BTreeMap,
    fs, io,
    ops::Range,
    path::{Path, PathBuf},
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::config::value::{Origin, Value, known_key};
use crate::failure::{Failure, Result, nearest};

/// The content of a configuration file.
#[derive(Debug, Default)]
pub(super) struct File {
    path: PathBuf,
    default_profile: Option<(String, Origin)>,
    profiles: BTreeMap<String, Profile>,
}

pub(super) type Profile = BTreeMap<&'static str, Value>;

impl File {
    /// Reads a file; `None` if there is none.
    pub(super) fn read(path: &Path) -> Result<Option<Self>> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                let message = format!("failed to read {}: {error}", path.display());
                return Err(Failure::usage(message, "Correct the file, or its permissions."));
            }
        };
        let file = Reader { path, text: text.trim_start_matches('\u{feff}') }.file()?;
        if file.has_secret() {
            check_permissions(path)?;
        }
        Ok(Some(file))
    }

    /// The default profile and its origin.
    pub(super) fn default_profile(&self) -> Option<(String, Origin)> {
        self.default_profile.clone()
    }

    pub(super) fn has_profile(&self, name: &str) -> bool {
        self.profiles.contains_key(name)
    }

    pub(super) fn profiles(&self) -> &BTreeMap<String, Profile> {
        &self.profiles
    }

    /// The values of a profile.
    pub(super) fn profile(&self, name: &str) -> Result<Profile> {
        if let Some(profile) = self.profiles.get(name) {
            return Ok(profile.clone());
        }
        let names = || self.profiles.keys().map(String::as_str);
        let help = match nearest(name, names()) {
            Some(meant) => format!("Did you mean `{meant}`?"),
            None if self.default_profile.as_ref().is_some_and(|(default, _)| default == name) => format!(
                "Correct `default_profile` in the file, or add the profile: `plume auth login --profile {name}`."
            ),
            None if self.profiles.is_empty() => {
                "There are no profiles; leave out --profile and PLUME_PROFILE.".to_owned()
            }
            None => format!("The profiles are: {}.", names().collect::<Vec<_>>().join(", ")),
        };
        let file = if self.path.as_os_str().is_empty() {
            "the configuration".to_owned()
        } else {
            self.path.display().to_string()
        };
        Err(Failure::usage(format!("{file} has no profile `{name}`"), help))
    }

    fn has_secret(&self) -> bool {
        self.profiles.values().any(|profile| profile.contains_key("auth_header"))
    }
}

/// A file with a secret must be private.
fn check_permissions(path: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode());
        if mode & 0o077 != 0 {
            return Err(Failure::usage(
                format!("{} holds a secret and other users can read it", path.display()),
                format!("Run `chmod 600 {}`, or use `auth_header_file`.", path.display()),
            ));
        }
    }
    let _ = path;
    Ok(())
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Reader<'_> {
    fn file(&self) -> Result<File> {
        let table = DeTable::parse(self.text).map_err(|error| {
            self.wrong(error.span().unwrap_or_default(), &format!("invalid TOML: {}", error.message()))
        })?;
        let mut file = File { path: self.path.to_owned(), ..File::default() };
        for (key, value) in table.get_ref() {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("default_profile", DeValue::String(name)) => {
                    let origin = Origin::File { path: self.path.to_owned(), line: self.line(&key.span()) };
                    file.default_profile = Some((name.to_string(), origin));
                }
                ("default_profile", _) => return Err(self.wrong_type(key, "a string")),
                ("profiles", DeValue::Table(profiles)) => {
                    for (name, values) in profiles {
                        let DeValue::Table(values) = values.get_ref() else {
                            return Err(self.wrong_type(name, "a table"));
                        };
                        file.profiles.insert(name.get_ref().to_string(), self.profile(values)?);
                    }
                }
                ("profiles", _) => return Err(self.wrong_type(key, "a table")),
                (word, _) => {
                    let meant = nearest(word, ["default_profile", "profiles"]);
                    let meant = meant.map_or_else(String::new, |key| format!("; did you mean `{key}`?"));
                    return Err(self.wrong(key.span(), &format!("unknown key `{word}`{meant}")));
                }
            }
        }
        Ok(file)
    }

    fn profile(&self, values: &DeTable<'_>) -> Result<Profile> {
        let mut profile = Profile::new();
        for (key, value) in values {
            let known = known_key(key.get_ref()).map_err(|problem| self.wrong(key.span(), &problem))?;
            let DeValue::String(text) = value.get_ref() else {
                return Err(self.wrong_type(key, "a string"));
            };
            let origin = Origin::File { path: self.path.to_owned(), line: self.line(&key.span()) };
            profile.insert(known, Value { text: text.to_string().into(), origin });
        }
        Ok(profile)
    }

    fn wrong_type(&self, key: &Spanned<std::borrow::Cow<'_, str>>, expected: &str) -> Failure {
        self.wrong(key.span(), &format!("`{}` must be {expected}", key.get_ref()))
    }

    fn wrong(&self, span: Range<usize>, problem: &str) -> Failure {
        let place = format!("{}:{}", self.path.display(), self.line(&span));
        Failure::usage(format!("{place}: {problem}"), "Correct the file.")
    }

    fn line(&self, span: &Range<usize>) -> usize {
        1 + self.text.bytes().take(span.start).filter(|byte| *byte == b'\n').count()
    }
}
