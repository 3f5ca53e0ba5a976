//! The sections of the configuration, one file each.

pub(super) mod access;
pub(super) mod cloud;
mod document;
pub(super) mod messages;
pub(super) mod monitor;
mod routes;
mod server;

pub use messages::{Mail, MailTls, Messages};
pub use routes::{CHANNEL_ID, is_channel_id};
pub use server::{Metrics, Server};
