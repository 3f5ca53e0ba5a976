//! The places of the program's files, and the variables that name others.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

use etcetera::{AppStrategy, AppStrategyArgs, choose_app_strategy};

use crate::failure::{Failure, Result};

/// The variable that names another configuration file.
pub(crate) const CONFIG: &str = "PLUME_CONFIG";

/// Returns the path of the configuration file: of `PLUME_CONFIG`, or the default one.
pub(crate) fn config_path() -> Option<PathBuf> {
    let named = std::env::var_os(CONFIG).and_then(|path| named(&path.to_string_lossy()));
    named.or_else(default_path)
}

/// Returns the path in the variable, `None` if it is blank.
pub(crate) fn named(text: &str) -> Option<PathBuf> {
    Some(plume_text::trim(text)).filter(|path| !path.is_empty()).map(|path| Path::new(path).to_owned())
}

/// Returns the path of the configuration file in the platform's place, or `None` without a home directory.
pub(crate) fn default_path() -> Option<PathBuf> {
    Some(strategy()?.config_dir().join("config.toml"))
}

/// Returns the platform's directory for the state of this program, or `None` without a home directory.
pub(crate) fn state_directory() -> Option<PathBuf> {
    let strategy = strategy()?;
    Some(strategy.state_dir().unwrap_or_else(|| strategy.data_dir()))
}

fn strategy() -> Option<impl AppStrategy> {
    let arguments = AppStrategyArgs {
        top_level_domain: "com".to_owned(),
        author: "plume".to_owned(),
        app_name: "plume".to_owned(),
    };
    choose_app_strategy(arguments).ok()
}

/// Returns the `PLUME_…` variables of this process.
///
/// # Errors
///
/// A value that is no text: a path with replaced characters would be another one.
pub(crate) fn variables() -> Result<BTreeMap<String, String>> {
    texts(std::env::vars_os())
}

fn texts(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<BTreeMap<String, String>> {
    let variables = variables.filter_map(|(name, value)| {
        let name = name.into_string().ok().filter(|name| name.starts_with("PLUME_"))?;
        Some(match value.into_string() {
            Ok(value) => Ok((name, value)),
            Err(_) => Err(Failure::usage(format!("{name} is not valid UTF-8"), format!("Correct {name}."))),
        })
    });
    variables.collect()
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use plume::cli;

    use super::*;

    #[test]
    fn a_variable_that_is_no_text_is_refused_without_its_value() {
        let odd = OsString::from_vec(b"/tmp/canary-\xff".to_vec());
        let failure = texts([("PLUME_TOKEN_STORE".into(), odd.clone())].into_iter()).unwrap_err();
        assert_eq!(cli::Failure::from(failure).message, "PLUME_TOKEN_STORE is not valid UTF-8");
        // Of another program.
        assert!(texts([("OTHER".into(), odd)].into_iter()).unwrap().is_empty());
    }
}
