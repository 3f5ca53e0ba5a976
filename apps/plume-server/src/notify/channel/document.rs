//! The document of a channel, which is stored sealed.

use lettre::message::Mailbox;
use plume_telegram::BotToken;
use serde::{Deserialize, Serialize};

use crate::guard::Guard;
use crate::notify::channel::hidden::Hidden;

/// The prefix of a key of Standard Webhooks.
pub(in crate::notify) const KEY_PREFIX: &str = "whsec_";
/// Sizes of keys in bytes (Standard Webhooks 1.0.0).
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Maximum number of recipients of a mail.
const MAX_RECIPIENTS: usize = 50;

/// A channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// The name for people.
    pub name: String,
    /// The receiver.
    pub target: Target,
    /// Maximum number of messages in an hour. More become a summary.
    #[serde(default = "hourly")]
    pub max_per_hour: u32,
    /// The channel that reports a failure of this one. Without it, another channel of the tenant does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<String>,
}

fn hourly() -> u32 {
    60
}

/// The receiver of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[expect(clippy::exhaustive_enums, reason = "every channel has a renderer")]
pub enum Target {
    /// A webhook, signed by Standard Webhooks.
    Webhook {
        /// The URL.
        url: Hidden,
        /// The key, `whsec_…`.
        key: Hidden,
    },
    /// An incoming webhook of Slack.
    Slack {
        /// The URL.
        url: Hidden,
    },
    /// A workflow of Microsoft Teams that posts cards.
    Teams {
        /// The URL.
        url: Hidden,
    },
    /// A chat of Telegram.
    Telegram {
        /// The token of the bot; left out for the bot of the configuration.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<Hidden>,
        /// The id of the chat.
        chat: i64,
        /// The topic of a forum.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<i64>,
    },
    /// Mail, by the server of the configuration.
    Mail {
        /// The recipients.
        to: Vec<String>,
    },
    /// An Alertmanager.
    Alertmanager {
        /// The base URL, before `/api/v2/alerts`.
        url: Hidden,
    },
}

impl Target {
    /// Returns the word for the kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Slack { .. } => "slack",
            Self::Teams { .. } => "teams",
            Self::Telegram { .. } => "telegram",
            Self::Mail { .. } => "mail",
            Self::Alertmanager { .. } => "alertmanager",
        }
    }
}

/// The parts of a configuration that channels depend on.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "the program fills it from its configuration")]
pub struct Means {
    /// The addresses that messages may be sent to.
    pub guard: Guard,
    /// Whether a mail server is configured.
    pub has_mail: bool,
    /// Whether a bot is configured.
    pub has_bot: bool,
}

/// The reason why a channel is refused. It does not repeat a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {reason}")]
#[non_exhaustive]
pub struct InvalidChannel {
    /// The name of the field.
    pub field: &'static str,
    /// The reason, which continues the name.
    pub reason: String,
}

impl InvalidChannel {
    fn new(field: &'static str, reason: impl ToString) -> Self {
        Self { field, reason: reason.to_string() }
    }
}

impl Channel {
    /// Checks a channel as a person entered it.
    ///
    /// # Errors
    ///
    /// [`InvalidChannel`] for the first invalid field.
    pub fn validate(&self, means: &Means) -> Result<(), InvalidChannel> {
        let guard = &means.guard;
        if plume_text::is_blank(&self.name) {
            return Err(InvalidChannel::new("name", "is empty"));
        }
        if self.max_per_hour == 0 {
            return Err(InvalidChannel::new("max_per_hour", "is 0; delete the channel instead"));
        }
        match &self.target {
            Target::Webhook { url, key } => {
                guard.check(url.expose()).map_err(|refused| InvalidChannel::new("url", refused))?;
                parse_key(key.expose()).map(drop).map_err(|reason| InvalidChannel::new("key", reason))
            }
            Target::Slack { url } | Target::Teams { url } | Target::Alertmanager { url } => {
                guard.check(url.expose()).map_err(|refused| InvalidChannel::new("url", refused))
            }
            Target::Telegram { token: Some(token), .. } => match BotToken::parse(token.expose()) {
                Ok(_) => Ok(()),
                Err(invalid) => Err(InvalidChannel::new("token", invalid)),
            },
            Target::Telegram { token: None, .. } if !means.has_bot => {
                Err(InvalidChannel::new("token", "is missing, and `telegram.token` is not configured"))
            }
            Target::Telegram { token: None, .. } => Ok(()),
            Target::Mail { .. } if !means.has_mail => {
                Err(InvalidChannel::new("kind", "is mail, and no mail server is configured: see `mail.host`"))
            }
            Target::Mail { to } => {
                if to.is_empty() || to.len() > MAX_RECIPIENTS {
                    let reason = format!("must have 1 to {MAX_RECIPIENTS} addresses");
                    return Err(InvalidChannel::new("to", reason));
                }
                let invalid = to.iter().find_map(|address| address.parse::<Mailbox>().err());
                invalid.map_or(Ok(()), |_| {
                    Err(InvalidChannel::new("to", "has an entry that is no mail address"))
                })
            }
        }
    }
}

/// Returns the bytes of a key.
///
/// # Errors
///
/// The reason, which continues the name of the field.
pub(in crate::notify) fn parse_key(text: &str) -> Result<Vec<u8>, &'static str> {
    use base64::Engine;
    let text = text.strip_prefix(KEY_PREFIX).ok_or("must begin with whsec_")?;
    let key =
        base64::engine::general_purpose::STANDARD.decode(text).map_err(|_| "is not base64 after whsec_")?;
    if KEY_BYTES.contains(&key.len()) { Ok(key) } else { Err("must have 24 to 64 bytes") }
}
