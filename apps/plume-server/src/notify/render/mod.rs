//! Requests of messages, one file for each kind of channel. Pure.

mod alertmanager;
mod envelope;
mod mail;
mod slack;
mod teams;
mod telegram;
mod webhook;

pub use alertmanager::alerts;
pub use envelope::{Envelope, Request};

use crate::notify::channel::Target;

/// Writes a message as the request of a channel.
///
/// # Errors
///
/// The cause in one line, for a channel whose document is invalid.
pub fn render(target: &Target, envelope: &Envelope<'_>) -> Result<Request, String> {
    match target {
        Target::Webhook { url, key } => webhook::render(url, key, envelope),
        Target::Slack { url } => slack::render(url, envelope),
        Target::Teams { url } => teams::render(url, envelope),
        Target::Telegram { token, chat, topic } => telegram::render(token.as_ref(), *chat, *topic, envelope),
        Target::Mail { to } => mail::render(to, envelope),
        Target::Alertmanager { url } => alertmanager::render(url, envelope),
    }
}
