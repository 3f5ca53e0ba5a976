//! The settings of a client, from the environment.

mod account;
mod error;
mod names;
mod network;
mod reader;

pub use account::Settings;
pub use error::SettingsError;
pub use network::NetworkSettings;
