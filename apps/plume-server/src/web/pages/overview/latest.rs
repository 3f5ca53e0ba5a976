//! The latest changes: those of many homes with the same reason are one line.

use std::ops::Range;

use chrono::{DateTime, Utc};
use plume::monitor::ids::HomeId;

use crate::store::{Result, model::Logged};
use crate::web::dashboard::VisibleTenant;
use crate::web::pages::row::StatusChange;
use crate::web::view::{Counted, brief};

/// Changes that are read in all, and the least and the most of one tenant.
const READ: usize = 400;
const LEAST: usize = 10;
const MOST: usize = 100;
/// Lines.
const SHOWN: usize = 8;

/// A change, and the number of older ones that are the same in other homes.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) change: StatusChange,
    /// In words; empty for a change of one home.
    pub(super) others: String,
}

/// Returns the number of changes to read of each tenant: with many tenants, few of each are among the latest of all.
pub(super) fn changes_of_each(tenants: usize) -> usize {
    (READ / tenants.max(1)).clamp(LEAST, MOST)
}

type Change = (VisibleTenant, (HomeId, Logged));

/// Returns the lines for changes, which are sorted from the latest on. `is_whole` is whether there are no older ones.
pub(super) async fn runs(changes: Vec<Change>, is_whole: bool, now: DateTime<Utc>) -> Result<Vec<Run>> {
    let kind =
        |(_, (_, logged)): &Change| (logged.transition.from, logged.transition.to, brief(&logged.headline));
    let kinds: Vec<_> = changes.iter().map(kind).collect();
    let mut shown = Vec::new();
    for run in kinds_alike(&kinds).take(SHOWN) {
        let is_complete = is_whole || run.end < changes.len();
        let Some((tenant, (id, logged))) = changes.get(run.start) else { continue };
        if let Some(home) = tenant.home(id).await? {
            let change = StatusChange::new(logged, now).of_home(tenant.id(), &home);
            shown.push(Run { change, others: others(run.len(), is_complete) });
        }
    }
    Ok(shown)
}

/// Returns the places of equal values in a row.
fn kinds_alike<K: PartialEq>(kinds: &[K]) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    kinds.chunk_by(PartialEq::eq).map(move |run| {
        let place = start..start + run.len();
        start = place.end;
        place
    })
}

/// Returns the words for the other homes of a run, of which older ones may be unknown.
fn others(length: usize, is_complete: bool) -> String {
    let others = Counted(length.saturating_sub(1) as u64, "other home");
    match (length, is_complete) {
        (..=1, _) => String::new(),
        (_, true) => format!("and {others}"),
        (_, false) => format!("and more than {others}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_changes_in_a_row_are_one_line() {
        let runs: Vec<_> = kinds_alike(&["a", "a", "b", "a"]).collect();
        assert_eq!(runs, [0..2, 2..3, 3..4]);
        assert_eq!(kinds_alike::<u8>(&[]).count(), 0);
        assert_eq!([others(1, true), others(1, false)], ["", ""]);
        assert_eq!(others(2, true), "and 1 other home");
        assert_eq!(others(100, false), "and more than 99 other homes");
    }
}
