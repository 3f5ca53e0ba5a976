//! Settings of a run: options, the environment and a profile of the configuration file, each value with its origin.

mod credential;
mod edit;
mod explain;
mod file;
mod rows;
mod value;

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use plume::Settings;
use secrecy::ExposeSecret;

use crate::config::file::File;
use crate::config::value::{KEYS, Value};
use crate::failure::{Failure, Result};
use crate::places::{CONFIG, default_path, named, variables};
use crate::state::Place;

pub(crate) use crate::config::edit::Edit;
pub(crate) use crate::config::rows::{ProfileRow, Setting};
pub(crate) use crate::config::value::Origin;

/// Two forms of one setting: a variable overrides both of a file.
const HEADERS: [&str; 2] = ["auth_header", "auth_header_file"];
const PROFILE: &str = "PLUME_PROFILE";

/// The settings of a run. A variable with a misspelt name may hold a secret, so `others` has no `Debug`.
pub(crate) struct Config {
    values: BTreeMap<&'static str, Value>,
    /// The chosen profile and the origin of the choice.
    profile: Option<(String, Origin)>,
    file: File,
    /// The path of the file, which may not exist.
    path: Option<PathBuf>,
    is_path_named: bool,
    is_file_missing: bool,
    /// The token endpoint of the profile itself.
    own_sso_url: Option<String>,
    /// The place of stored credentials.
    pub(crate) place: Place,
    /// `PLUME_…` variables that are no settings of this program.
    others: Vec<(String, String)>,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { values, profile, path, place, .. } = self;
        f.debug_struct("Config")
            .field("values", values)
            .field("profile", profile)
            .field("path", path)
            .field("place", place)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// Reads the environment and the configuration file.
    pub(crate) fn load(profile: Option<&str>) -> Result<Self> {
        Self::read_with(profile, variables()?, default_path, false)
    }

    /// Reads the same for a profile that the file may not have.
    pub(crate) fn load_for_login(profile: Option<&str>) -> Result<Self> {
        Self::read_with(profile, variables()?, default_path, true)
    }

    #[cfg(test)]
    fn read(
        profile: Option<&str>,
        variables: BTreeMap<String, String>,
        default_path: impl FnOnce() -> Option<PathBuf>,
    ) -> Result<Self> {
        Self::read_with(profile, variables, default_path, false)
    }

    fn read_with(
        profile: Option<&str>,
        mut variables: BTreeMap<String, String>,
        default_path: impl FnOnce() -> Option<PathBuf>,
        may_be_missing: bool,
    ) -> Result<Self> {
        variables.retain(|_, value| !plume_text::trim(value).is_empty());
        let mut place = Place::take(&mut variables)?;
        let named = variables.remove(CONFIG).and_then(|path| named(&path));
        let is_path_named = named.is_some();
        let path = named.or_else(default_path);
        let found = path.as_deref().map(File::read).transpose()?.flatten();
        let is_file_missing = found.is_none();
        let file = found.unwrap_or_default();
        let of_option = profile.map(|name| (name.to_owned(), Origin::Option("--profile")));
        let of_variable = variables.remove(PROFILE).map(|name| (name, Origin::Variable(PROFILE)));
        let profile = of_option.or(of_variable).or_else(|| file.default_profile());
        let mut values = BTreeMap::from([(
            "proxy",
            // A program that people run in a shell respects HTTPS_PROXY and the like.
            Value { text: "system".into(), origin: Origin::Default },
        )]);
        match &profile {
            Some((name, _)) if !may_be_missing || file.has_profile(name) => {
                values.extend(file.profile(name)?);
            }
            _ => {}
        }
        if let Some((name, _)) = &profile {
            place.set_profile(name);
        }
        let own_sso_url = values.get("sso_url").map(|value| value.text.expose_secret().to_owned());
        let is_chosen_by_option = matches!(&profile, Some((_, Origin::Option(_))));
        for (key, variable) in KEYS {
            let Some(name) = variable else { continue };
            let Some(text) = variables.remove(name) else { continue };
            let is_header = HEADERS.contains(&key);
            // An option comes before a variable, and so do the values of the profile that it names.
            let is_overridden = is_chosen_by_option
                && match (is_header, &profile) {
                    (true, Some((name, _))) => {
                        // A secret that cannot be read is a failure later, and no reason to send another one.
                        values.iter().any(|(key, value)| HEADERS.contains(key) && !value.is_of_variable())
                            || !matches!(place.header(name), Ok(None))
                    }
                    _ => values.get(key).is_some_and(|value| value.origin != Origin::Default),
                };
            if is_overridden {
                continue;
            }
            if is_header {
                values.retain(|key, value| !HEADERS.contains(key) || value.is_of_variable());
            }
            values.insert(key, Value { text: text.into(), origin: Origin::Variable(name) });
        }
        Ok(Self {
            values,
            profile,
            file,
            path,
            is_path_named,
            is_file_missing,
            own_sso_url,
            place,
            others: variables.into_iter().collect(),
        })
    }

    /// The name of the chosen profile.
    pub(crate) fn profile(&self) -> Option<&str> {
        self.profile.as_ref().map(|(name, _)| name.as_str())
    }

    /// Checks that the file has a profile.
    ///
    /// # Errors
    ///
    /// A wrong argument, with the nearest profile.
    pub(crate) fn check_profile(&self, name: &str) -> Result<()> {
        self.file.profile(name).map(|_| ())
    }

    /// The path of the file, which may not exist.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Checks that the file exists if a variable names it.
    ///
    /// # Errors
    ///
    /// A wrong setting.
    pub(crate) fn check_file(&self) -> Result<()> {
        match &self.path {
            Some(path) if self.is_path_named && self.is_file_missing => Err(Failure::usage(
                format!("failed to read {}: no such file", path.display()),
                format!(
                    "Correct {CONFIG}, unset it for the default file, or run `plume auth login`, which creates it."
                ),
            )),
            _ => Ok(()),
        }
    }

    /// Returns whether settings are missing and none is wrong, so that a login sets them.
    pub(crate) fn needs_login(&self) -> bool {
        let variables = self.variables_without_store();
        matches!(self.header(), Ok(None))
            && Settings::from_variables(variables).is_err_and(|error| error.is_only_missing())
    }

    /// Returns whether there is a configuration file.
    pub(crate) fn has_file(&self) -> bool {
        !self.is_file_missing
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(|value| value.text.expose_secret())
    }

    /// The settings of the client. Problems name the line of the file where the value comes from one.
    pub(crate) fn settings(&self) -> Result<Settings> {
        let variables = self.variables()?;
        let has_header = variables.iter().any(|(name, _)| name.starts_with("PLUME_AUTH_HEADER"));
        Settings::from_variables(variables).map_err(|error| {
            let is_only_missing = error.is_only_missing();
            let problems: Vec<String> = error.problems().map(|problem| self.located(problem)).collect();
            let message = match problems.as_slice() {
                [one] => one.clone(),
                several => format!("missing or invalid settings:\n  {}", several.join("\n  ")),
            };
            if let (Some(profile), true, false, 1) =
                (self.profile(), is_only_missing, has_header, problems.len())
            {
                return Failure::no_credential(profile);
            }
            let help = match is_only_missing {
                true => {
                    "Set the variables, run `plume auth login`, or add --demo to look around without any."
                }
                false => "Correct what is named above, or add --demo to look around without any settings.",
            };
            Failure::usage(message, help)
        })
    }

    /// A problem that begins with the name of a variable, with the place in the file instead.
    fn located(&self, problem: &str) -> String {
        let (name, rest) = problem.split_once(' ').unwrap_or((problem, ""));
        let key = KEYS.iter().find(|(_, variable)| *variable == Some(name)).map(|(key, _)| *key);
        let value = key.and_then(|key| Some((key, self.values.get(key)?)));
        match value {
            Some((key, Value { origin: origin @ Origin::File { .. }, .. })) => {
                format!("{origin}: `{key}` {rest}")
            }
            _ => problem.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
