//! The settings of a client, from the environment or a configuration file.

mod account;
mod error;
mod file;
mod names;
mod network;
mod reader;

#[cfg(feature = "doctor")]
pub(crate) use account::Partial;
pub use account::Settings;
pub use error::SettingsError;
pub use network::NetworkSettings;
