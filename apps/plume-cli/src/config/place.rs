//! The place of the configuration file.

use std::path::PathBuf;

use etcetera::{AppStrategy, AppStrategyArgs, choose_app_strategy};

/// Returns the path of the configuration file in the platform's place, or `None` without a home directory.
pub(crate) fn default_path() -> Option<PathBuf> {
    let arguments = AppStrategyArgs {
        top_level_domain: "com".to_owned(),
        author: "plume".to_owned(),
        app_name: "plume".to_owned(),
    };
    Some(choose_app_strategy(arguments).ok()?.config_dir().join("config.toml"))
}
