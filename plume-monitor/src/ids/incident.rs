//! Ids of incidents.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::ids::group::GroupKey;
use crate::ids::opaque::{HomeId, TenantId, opaque};
use serde::{Deserialize, Serialize};

opaque! {
    /// An incident. The text is derived from its origin and start, so a decision that is repeated after a crash
    /// gives the same incident.
    IncidentId
}

impl IncidentId {
    /// Returns the id of a home's incident. `number` counts the incidents in the state of the home, so that two of
    /// the same second differ.
    #[must_use]
    pub fn of_home(home: &HomeId, opened_at: DateTime<Utc>, number: u64) -> Self {
        Self::new(format!("home:{home}:{}-{number}", opened_at.timestamp()))
    }

    /// Returns the id of a fleet incident.
    #[must_use]
    pub fn of_group(tenant: &TenantId, group: &GroupKey, opened_at: DateTime<Utc>, number: u64) -> Self {
        let tenant = escape(tenant.as_str());
        let GroupKey { kind, value } = group;
        Self::new(format!("group:{tenant}:{kind}:{value}:{}-{number}", opened_at.timestamp()))
    }

    /// Returns the id of an incident of a source of data, for example an egress address.
    #[must_use]
    pub fn of_source(source: &str, opened_at: DateTime<Utc>, number: u64) -> Self {
        Self::new(format!("source:{source}:{}-{number}", opened_at.timestamp()))
    }
}

/// Escapes the separator, so that two pairs of tenant and value never give the same text.
fn escape(text: &str) -> String {
    text.replace('%', "%25").replace(':', "%3A")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::group::GroupKind;

    #[test]
    fn ids_of_different_origins_differ() {
        let at = DateTime::UNIX_EPOCH;
        let group = |tenant: &str, value: &str| {
            IncidentId::of_group(&TenantId::new(tenant), &GroupKey::new(GroupKind::Region, value), at, 1)
        };
        assert_ne!(group("a", "region:b"), group("a:region", "b"));
        assert_ne!(group("a%3A", "b"), group("a:", "b"));
        assert_ne!(
            IncidentId::of_home(&HomeId::new("a"), at, 11),
            IncidentId::of_home(&HomeId::new("a"), at, 1)
        );
        assert_ne!(IncidentId::of_source("a", at, 1), IncidentId::of_home(&HomeId::new("a"), at, 1));
    }
}
