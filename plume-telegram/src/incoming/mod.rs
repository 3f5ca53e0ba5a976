//! What comes in: updates, and where they come from.

mod poller;
mod update;
mod webhook;

pub use poller::{Me, Poller, Stopped};
pub use update::{Content, Update};
pub use webhook::{InvalidWebhookSecret, Webhook};
