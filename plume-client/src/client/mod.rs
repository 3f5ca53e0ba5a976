//! The client: settings, builder, calls and their decoding.

#[cfg(feature = "blocking")]
mod blocking;
mod builder;
mod calls;
mod core;
mod settings;
mod tenant;
pub mod troubleshooting;

#[cfg(feature = "blocking")]
pub use blocking::Blocking;
pub use builder::ClientBuilder;
pub use core::Client;
pub use settings::{NetworkSettings, Settings, SettingsError};
