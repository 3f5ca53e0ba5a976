//! The order of statuses in incidents.

use plume_health::Status;

/// Returns whether a status is worse than another one. Missing data is worse than mild trouble, because
/// it may hide any.
pub(crate) fn is_worse(status: Status, than: Status) -> bool {
    severity(status) < severity(than)
}

/// Returns the worse of two statuses.
pub(crate) fn worse_of(one: Status, other: Status) -> Status {
    if is_worse(other, one) { other } else { one }
}

/// Returns the place of a status in lists of incidents with the worst first, from 0 on. Missing data is worse than mild
/// trouble, because it may hide any.
#[must_use]
pub fn severity(status: Status) -> u8 {
    match status {
        Status::Red => 0,
        Status::Orange => 1,
        Status::Unknown => 2,
        Status::Yellow => 3,
        Status::Green => 4,
    }
}
