//! Updates, by long polling or by a webhook.

mod poller;
mod update;
mod webhook;

pub use poller::{Me, Poller, Stopped};
pub use update::{Content, Update};
pub use webhook::{InvalidWebhookSecret, Webhook};
