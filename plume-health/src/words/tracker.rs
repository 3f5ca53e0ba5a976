//! The words of events.

use super::trends::time;
use crate::report::Status;
use crate::tracker::{Event, EventKind};

fn status(status: Status) -> &'static str {
    match status {
        Status::Red => "🔴 red",
        Status::Orange => "🟠 orange",
        Status::Yellow => "🟡 yellow",
        Status::Unknown => "⚪ unknown",
        Status::Green => "🟢 green",
    }
}

pub(crate) fn event(event: &Event) -> String {
    let now = status(event.status);
    let before = status(event.before);
    match event.kind {
        EventKind::Entered => format!("Problem: {now}"),
        EventKind::Worsened => format!("Worse: {now} (was {before})"),
        EventKind::Eased => format!("Better: {now} (was {before})"),
        EventKind::Left => format!("Resolved: {now} (was {before})"),
        EventKind::FlappingStarted => format!("Flapping: the status keeps changing, at this moment {now}"),
        EventKind::FlappingEnded => format!("No longer flapping: {now}"),
    }
}

pub(crate) fn since(event: &Event) -> String {
    format!("Since {}", time(event.since))
}
