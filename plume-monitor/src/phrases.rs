//! The phrases that events and messages share.

use plume_health::Status;

pub(crate) fn status(status: Status) -> &'static str {
    match status {
        Status::Red => "🔴 red",
        Status::Orange => "🟠 orange",
        Status::Yellow => "🟡 yellow",
        Status::Unknown => "⚪ unknown",
        Status::Green => "🟢 green",
    }
}
