//! The phrases of events.

use plume_health::text::time;

use crate::phrases::status;
use crate::tracker::event::{Event, EventKind};

pub(super) fn event(event: &Event) -> String {
    let now = status(event.to);
    let before = status(event.from);
    match event.kind {
        EventKind::Entered => format!("Problem: {now}"),
        EventKind::Worsened => format!("Worse: {now} (was {before})"),
        EventKind::Eased => format!("Better: {now} (was {before})"),
        EventKind::Left => format!("Resolved: {now} (was {before})"),
        EventKind::FlappingStarted => format!("Flapping: the status keeps changing, at this moment {now}"),
        EventKind::FlappingEnded => format!("No longer flapping: {now}"),
    }
}

pub(super) fn since(event: &Event) -> String {
    format!("Since {}", time(event.since))
}
