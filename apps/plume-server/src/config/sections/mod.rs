//! The sections of the configuration, one file each.

pub(super) mod access;
pub(super) mod cloud;
pub(super) mod messages;
pub(super) mod monitor;
mod routes;
mod server;

pub use messages::{Mail, MailTls, Messages};
#[cfg(test)]
pub(crate) use routes::check_routes;
pub use routes::{CHANNEL_ID, is_channel_id};
pub use server::{Metrics, Server};
