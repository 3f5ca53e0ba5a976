//! Places in lists of incidents, as addresses have them.

use std::cmp::Ordering;

use chrono::{DateTime, TimeDelta, Utc};
use plume::monitor::{
    ids::{IncidentId, TenantId},
    incident::Incident,
};

use crate::store::model::IncidentCursor;

/// A place in the list of the incidents of all tenants: the newest first, those of the same millisecond by tenant, and of
/// one tenant from the highest id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct Place {
    /// As of [`IncidentCursor`].
    rank: u8,
    homes: u64,
    opened: DateTime<Utc>,
    tenant: TenantId,
    id: IncidentId,
}

impl Place {
    pub(in crate::web) fn of(incident: &Incident) -> Self {
        let millis = incident.opened_at.timestamp_millis();
        Self {
            rank: 0,
            homes: 0,
            opened: DateTime::from_timestamp_millis(millis).unwrap_or(incident.opened_at),
            tenant: incident.tenant.clone(),
            id: incident.id.clone(),
        }
    }

    /// Returns the place in the list with the worst first.
    pub(in crate::web) fn ranked(incident: &Incident) -> Self {
        let IncidentCursor { rank, homes, .. } = IncidentCursor::ranked(incident);
        Self { rank, homes, ..Self::of(incident) }
    }

    /// Returns the place in the list of one tenant.
    pub(in crate::web) fn within(&self, tenant: &TenantId) -> IncidentCursor {
        let (rank, homes, opened, none) = (self.rank, self.homes, self.opened, IncidentId::new(""));
        match tenant.cmp(&self.tenant) {
            Ordering::Less => IncidentCursor { rank, homes, opened, id: none },
            Ordering::Equal => IncidentCursor { rank, homes, opened, id: self.id.clone() },
            // Those of the same millisecond follow.
            Ordering::Greater => IncidentCursor {
                rank,
                homes,
                opened: opened.checked_add_signed(TimeDelta::milliseconds(1)).unwrap_or(opened),
                id: none,
            },
        }
    }

    /// Returns the text for an address.
    pub(in crate::web) fn text(&self) -> String {
        let Self { rank, homes, opened, tenant, id } = self;
        let (millis, tenant, id) = (opened.timestamp_millis(), tenant.as_str(), id.as_str());
        match rank {
            0 => serde_json::json!([millis, tenant, id]).to_string(),
            rank => serde_json::json!([millis, tenant, id, rank, homes]).to_string(),
        }
    }

    /// Reads the text of an address.
    pub(in crate::web) fn read(text: &str) -> Option<Self> {
        let by_time = || serde_json::from_str::<(i64, String, String)>(text).ok();
        let ((millis, tenant, id), (rank, homes)) = match serde_json::from_str(text) {
            Ok((millis, tenant, id, rank, homes)) => ((millis, tenant, id), (rank, homes)),
            Err(_) => (by_time()?, (0, 0)),
        };
        let opened = DateTime::from_timestamp_millis(millis)?;
        Some(Self { rank, homes, opened, tenant: TenantId::new(tenant), id: IncidentId::new(id) })
    }
}

impl Ord for Place {
    /// Compares the places in the order of the list.
    fn cmp(&self, other: &Self) -> Ordering {
        let worst = self.rank.cmp(&other.rank).then(other.homes.cmp(&self.homes));
        let (newest, highest) = (other.opened.cmp(&self.opened), other.id.cmp(&self.id));
        worst.then(newest).then_with(|| self.tenant.cmp(&other.tenant)).then(highest)
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(millis: i64, tenant: &str, id: &str) -> Place {
        Place::read(&serde_json::json!([millis, tenant, id]).to_string()).unwrap()
    }

    #[test]
    fn the_lists_of_the_tenants_continue_where_the_list_of_all_ends() {
        let mut all: Vec<Place> = (0..3)
            .flat_map(|millis| ["a", "b", "c"].map(|tenant| (millis, tenant)))
            .flat_map(|(millis, tenant)| ["1", "2"].map(|id| place(millis, tenant, id)))
            .collect();
        all.sort();
        for (index, last) in all.iter().enumerate() {
            for (other, found) in all.iter().enumerate() {
                let cursor = last.within(&found.tenant);
                let of_store = (found.opened, &found.id) < (cursor.opened, &cursor.id);
                assert_eq!(of_store, other > index, "{found:?} after {last:?}");
            }
        }
    }

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let written = place(1_768_471_200_123, "t\"1", "home:h,1:2");
        assert_eq!(Place::read(&written.text()), Some(written.clone()));
        let ranked = Place { rank: 3, homes: 18, ..written };
        assert_eq!(Place::read(&ranked.text()), Some(ranked));
        for other in ["", "1", "[1]", "[\"a\",\"b\",\"c\"]", "[9223372036854775807,\"a\",\"b\"]"] {
            assert_eq!(Place::read(other), None, "{other}");
        }
    }
}
