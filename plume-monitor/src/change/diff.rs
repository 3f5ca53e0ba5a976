//! The comparison of two snapshots.

use plume_health::{Subject, SubjectKind};
use plume_types::LocationSnapshot;

use crate::change::changes::{Changes, ComparedPart, NotCompared};
use crate::change::found::Found;
use crate::change::{location, members, phrases};

/// Compares two snapshots of a location.
///
/// The order and repetition of nodes and devices do not matter. Contradicting records of the same thing are not
/// compared. A list with unreadable elements does not prove that something joined or left. Position and link are
/// compared if the thing is connected in both snapshots, because the last known position of something disconnected
/// is not current.
#[must_use]
pub fn diff(before: &LocationSnapshot, after: &LocationSnapshot) -> Changes {
    let name = before.display_name().min(after.display_name());
    let location = Subject::new(SubjectKind::Location, after.location_id.as_str(), name);
    let mut found = Found::default();
    if before.location_id == after.location_id {
        location::compare(before, after, &location, &mut found);
        members::compare_nodes(before, after, &mut found);
        members::compare_devices(before, after, &mut found);
    } else {
        found.not_compared.push(NotCompared {
            part: ComparedPart::Location,
            subject: None,
            kind: None,
            moment: None,
            reason: phrases::OTHER_LOCATION.to_owned(),
        });
    }
    found.changes.sort_by(|a, b| (a.kind, &a.subject).cmp(&(b.kind, &b.subject)));
    found.not_compared.sort();
    Changes {
        location,
        before: before.taken_at,
        after: after.taken_at,
        changes: found.changes,
        not_compared: found.not_compared,
    }
}
