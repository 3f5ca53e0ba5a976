//! The documents of the outbox.

use plume::monitor::notify::{Digest, Message};
use serde::{Deserialize, Serialize};

use crate::store::model::Outgoing;

/// The document of a row of the outbox. A message is written as it is, a digest as `{"digest": …}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[expect(clippy::exhaustive_enums, reason = "a sender writes each of them")]
pub enum Letter {
    /// A daily summary.
    Digest {
        /// The summary.
        digest: Digest,
    },
    /// A message about one incident.
    Message(Box<Message>),
}

/// Returns the rows of a letter, one for each channel.
pub(in crate::worker) fn letter(letter: &Letter) -> Vec<Outgoing> {
    let body = serde_json::to_vec(letter).unwrap_or_default();
    let (channels, incident, key, at, held) = match letter {
        Letter::Digest { digest } => (&digest.channels, None, &digest.key, digest.at, None),
        Letter::Message(message) => {
            let incident = Some(message.incident.clone());
            (&message.channels, incident, &message.key, message.at, Some(&message.not_before))
        }
    };
    let row = |channel: &plume::monitor::ids::ChannelId| Outgoing {
        channel: channel.to_string(),
        incident: incident.clone(),
        dedup: key.to_string(),
        not_before: held.and_then(|held| held.get(channel)).copied().unwrap_or(at),
        body: body.clone(),
    };
    channels.iter().map(row).collect()
}
