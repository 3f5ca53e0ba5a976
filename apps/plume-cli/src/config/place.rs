//! The places of the program's files.

use std::path::PathBuf;

use etcetera::{AppStrategy, AppStrategyArgs, choose_app_strategy};

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
