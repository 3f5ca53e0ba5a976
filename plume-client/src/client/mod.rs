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
#[cfg(feature = "doctor")]
pub(crate) use settings::Partial;
pub use settings::{NetworkSettings, Settings, SettingsError};
