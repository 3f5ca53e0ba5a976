//! The places of the program's files.

use std::path::{Path, PathBuf};

use etcetera::{AppStrategy, AppStrategyArgs, choose_app_strategy};

/// The variable that names another configuration file.
pub(super) const CONFIG: &str = "PLUME_CONFIG";

/// Returns the path of the configuration file: of `PLUME_CONFIG`, or the default one.
pub(crate) fn config_path() -> Option<PathBuf> {
    let named = std::env::var_os(CONFIG).and_then(|path| named(&path.to_string_lossy()));
    named.or_else(default_path)
}

/// Returns the path in the variable, `None` if it is blank.
pub(super) fn named(text: &str) -> Option<PathBuf> {
    Some(plume_text::trim(text)).filter(|path| !path.is_empty()).map(|path| Path::new(path).to_owned())
}

/// Returns the path of the configuration file in the platform's place, or `None` without a home directory.
pub(super) fn default_path() -> Option<PathBuf> {
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
