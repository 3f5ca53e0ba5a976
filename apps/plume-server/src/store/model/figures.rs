//! Numbers about everything in a store.

use chrono::{DateTime, Utc};
use plume::{
    health::Status,
    monitor::{ids::TenantId, incident::Scope},
};

use crate::store::model::home::{StatusCounts, rank};

/// The numbers of a store, over all tenants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// The homes of each tenant by status, in the order of the tenants' ids.
    pub homes: Vec<(TenantId, StatusCounts)>,
    /// Open incidents that are not part of a fleet incident, by scope and status.
    pub open: Vec<(ScopeKind, Status, u64)>,
    /// Messages that wait.
    pub waiting: u64,
    /// The time since which the oldest message waits that is due, or whose first attempt failed. The time before it may be sent,
    /// for example within quiet hours, does not count.
    pub oldest: Option<DateTime<Utc>>,
    /// Messages that no attempt will follow.
    pub dead: u64,
    /// The size of the database in bytes, without its log.
    pub bytes: u64,
}

/// The kind of a [`Scope`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ScopeKind {
    /// One home.
    Home,
    /// A group of homes.
    Fleet,
    /// The cloud, the egress address or a credential.
    Source,
}

impl ScopeKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Home, Self::Fleet, Self::Source];

    /// Returns the code in tables: the place in [`Self::ALL`].
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Home => 0,
            Self::Fleet => 1,
            Self::Source => 2,
        }
    }

    /// Returns the kind of a code.
    pub(crate) fn of_code(code: u8) -> Self {
        Self::ALL.get(usize::from(code)).copied().unwrap_or(Self::Home)
    }

    /// Returns the word for the kind.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Fleet => "fleet",
            Self::Source => "source",
        }
    }
}

impl From<&Scope> for ScopeKind {
    fn from(scope: &Scope) -> Self {
        match scope {
            Scope::Group(_) => Self::Fleet,
            Scope::Source(_) => Self::Source,
            _ => Self::Home,
        }
    }
}

impl Figures {
    /// Adds open incidents.
    pub(crate) fn count(&mut self, kind: ScopeKind, status: Status, number: u64) {
        match self.open.iter_mut().find(|(of, at, _)| (*of, *at) == (kind, status)) {
            Some((_, _, counted)) => *counted = counted.saturating_add(number),
            None => self.open.push((kind, status, number)),
        }
        self.open.sort_unstable_by_key(|(kind, status, _)| (*kind, rank(*status)));
    }
}
