//! The sentences of messages.

use plume_health::Status;
use plume_health::text::{count, name, span, time};

use crate::incident::{Consequences, Scope};
use crate::notify::digest::{Digest, DigestEntry, DigestKind};
use crate::notify::kind::MessageKind;
use crate::notify::message::Message;
use crate::phrases;

/// Returns the title of a message.
pub(super) fn title_of(message: &Message) -> String {
    match message.situation.left {
        0 => title(message.kind, &message.scope, message.status),
        left => {
            format!("{}: recovered, except {}", place(&message.scope), count(left, "home", "homes"))
        }
    }
}

fn title(kind: MessageKind, scope: &Scope, status: Status) -> String {
    let place = place(scope);
    let status = phrases::status(status);
    match kind {
        MessageKind::Problem => format!("{place}: {status}"),
        MessageKind::Worsened => format!("{place}: worse, now {status}"),
        MessageKind::OtherCause => format!("{place}: {status}, another cause"),
        MessageKind::Eased => format!("{place}: better, now {status}"),
        MessageKind::FlappingStarted => format!("{place}: flapping, the status keeps changing"),
        MessageKind::FlappingEnded => format!("{place}: no longer flapping, {status}"),
        MessageKind::Recovered => format!("{place}: recovered, {status}"),
        MessageKind::Gone => format!("{place}: no longer monitored"),
        MessageKind::Lost => format!("{place}: not known any more, trouble that lasts is a new incident"),
        MessageKind::Reminder => format!("{place}: still {status}"),
    }
}

fn place(scope: &Scope) -> String {
    match scope {
        Scope::Home(home) => name(home.as_str()).into_owned(),
        Scope::Group(group) => format!("{} {}", group.kind, name(&group.value)),
        Scope::Source(source) => name(source).into_owned(),
    }
}

pub(super) fn consequences(consequences: &Consequences) -> Option<String> {
    let parts = [
        (consequences.nodes, "pod", "pods"),
        (consequences.devices, "device", "devices"),
        (consequences.others, "other thing", "other things"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|part| part.0 > 0)
        .map(|(number, one, many)| count(number, one, many))
        .collect();
    (!parts.is_empty()).then(|| format!("Affected: {}", parts.join(", ")))
}

pub(super) fn length(message: &Message) -> Option<String> {
    if message.kind == MessageKind::Lost {
        return None;
    }
    let length = message.ended_at?.signed_duration_since(message.situation.since);
    let at_least = if message.situation.from_before { "at least " } else { "" };
    Some(format!("It lasted {at_least}{}", span(length.num_seconds())))
}

pub(super) fn since(message: &Message) -> String {
    let before = if message.situation.from_before { "before " } else { "" };
    format!("Since {before}{}", time(message.situation.since))
}

pub(super) const FURTHER: &str = "Further causes";
pub(super) const STEPS: &str = "What would make it green";

pub(super) fn digest(digest: &Digest) -> String {
    let tenant = name(digest.tenant.as_str());
    match digest.kind {
        DigestKind::Daily => {}
        DigestKind::FirstChecks => {
            let homes = count(digest.total, "home was", "homes were");
            return format!("{tenant}: {homes} in trouble at the first check");
        }
        DigestKind::Left => {
            let homes = count(digest.total, "home is", "homes are");
            return format!("{tenant}: {homes} still in trouble after an outage of many homes");
        }
    }
    // What is repeated once a day is here however bad it is.
    let is_mild = digest.entries.iter().all(|entry| matches!(entry.status, Status::Yellow | Status::Green));
    let words = if is_mild { ("mild problem", "mild problems") } else { ("problem", "problems") };
    format!("{} of {tenant}", count(digest.total, words.0, words.1))
}

pub(super) fn entry(entry: &DigestEntry, kind: DigestKind) -> String {
    let since = match (entry.kind, kind) {
        // The status is that of the end.
        (MessageKind::Recovered | MessageKind::Gone | MessageKind::Lost, _) => ", the trouble began",
        (_, DigestKind::FirstChecks) => " since before",
        (_, DigestKind::Daily | DigestKind::Left) => " since",
    };
    let title = title(entry.kind, &entry.scope, entry.status);
    format!("{title}{since} {}: {}", time(entry.since), entry.message)
}

pub(super) fn not_listed(digest: &Digest) -> Option<String> {
    let listed = u64::try_from(digest.entries.len()).unwrap_or(u64::MAX);
    let more = digest.total.saturating_sub(listed);
    (more > 0).then(|| format!("and {more} more"))
}
