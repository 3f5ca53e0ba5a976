//! The sections of the configuration, one file each.

pub(super) mod access;
pub(super) mod cloud;
pub(super) mod messages;
pub(super) mod monitor;
mod server;

pub use messages::{Mail, MailTls, Messages};
pub use server::{Metrics, Server};
