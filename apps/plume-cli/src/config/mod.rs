//! Settings of a run: options, the environment and a profile of the configuration file, each value with its origin.

mod file;
mod place;
mod value;

use std::{collections::BTreeMap, path::PathBuf};

use plume::Settings;

pub(crate) use crate::config::place::default_path;

use crate::config::file::File;
use crate::config::value::{KEYS, Origin, Value};
use crate::failure::{Failure, Result};

/// Two forms of one setting: a variable overrides both of a file.
const HEADERS: [&str; 2] = ["auth_header", "auth_header_file"];
const CONFIG: &str = "PLUME_CONFIG";
const PROFILE: &str = "PLUME_PROFILE";

/// The settings of a run.
#[derive(Debug)]
pub(crate) struct Config {
    values: BTreeMap<&'static str, Value>,
    /// `PLUME_…` variables that are no settings of this program.
    others: Vec<(String, String)>,
}

impl Config {
    /// Reads the environment and the configuration file.
    pub(crate) fn load(profile: Option<&str>) -> Result<Self> {
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok().filter(|name| name.starts_with("PLUME_"))?;
            Some((name, value.to_string_lossy().into_owned()))
        });
        Self::read(profile, variables.collect(), default_path)
    }

    fn read(
        profile: Option<&str>,
        mut variables: BTreeMap<String, String>,
        default_path: impl FnOnce() -> Option<PathBuf>,
    ) -> Result<Self> {
        variables.retain(|_, value| !plume_text::trim(value).is_empty());
        let path = variables.remove(CONFIG).map(|path| PathBuf::from(plume_text::trim(&path)));
        let file = match path {
            Some(path) => File::read(&path)?.ok_or_else(|| {
                Failure::usage(
                    format!("failed to read {}: no such file", path.display()),
                    format!("Correct {CONFIG}, or unset it for the default file."),
                )
            })?,
            None => match default_path() {
                Some(path) => File::read(&path)?.unwrap_or_default(),
                None => File::default(),
            },
        };
        let of_variable = variables.remove(PROFILE);
        let profile = profile.map(str::to_owned).or(of_variable).or_else(|| file.default_profile.clone());
        let mut values = BTreeMap::from([(
            "proxy",
            // A program that people run in a shell respects HTTPS_PROXY and the like.
            Value { text: "system".to_owned(), origin: Origin::Default },
        )]);
        if let Some(name) = profile {
            values.extend(file.profile(&name)?);
        }
        for (key, variable) in KEYS {
            let Some(name) = variable else { continue };
            if let Some(text) = variables.remove(name) {
                if HEADERS.contains(&key) {
                    values.retain(|key, value| !HEADERS.contains(key) || value.is_of_variable());
                }
                values.insert(key, Value { text, origin: Origin::Variable(name) });
            }
        }
        Ok(Self { values, others: variables.into_iter().collect() })
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(|value| value.text.as_str())
    }

    /// The settings of the client. Problems name the line of the file where the value comes from one.
    pub(crate) fn settings(&self) -> Result<Settings> {
        let named = KEYS.iter().filter_map(|(key, variable)| {
            let (name, value) = ((*variable)?, self.values.get(key)?);
            Some((name.to_owned(), value.text.clone()))
        });
        Settings::from_variables(named.chain(self.others.iter().cloned())).map_err(|error| {
            let is_only_missing = error.is_only_missing();
            let problems: Vec<String> = error.problems().map(|problem| self.located(problem)).collect();
            let message = match problems.as_slice() {
                [one] => one.clone(),
                several => format!("missing or invalid settings:\n  {}", several.join("\n  ")),
            };
            let help = match is_only_missing {
                true => "Set the variables, or add --demo to look around without any.",
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
