//! The input and the output of the decision.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::home::CheckFailure;
use crate::ids::{HomeId, TenantId};

/// A completed check, as far as the source of the data is concerned.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SourceCheck {
    /// The owner of the credential that was used. Several tenants may use one.
    pub owner: TenantId,
    /// The home.
    pub home: HomeId,
    /// The time at which the check was completed.
    pub at: DateTime<Utc>,
    /// The failure; `None` if the home was checked.
    pub failure: Option<CheckFailure>,
    /// For a block: the number of calls that this address sent within the window of the cloud's limit, if it is known.
    pub own_calls: Option<u64>,
}

impl SourceCheck {
    /// Returns a check.
    #[must_use]
    pub fn new(owner: TenantId, home: HomeId, at: DateTime<Utc>, failure: Option<CheckFailure>) -> Self {
        Self { owner, home, at, failure, own_calls: None }
    }

    /// Sets [`own_calls`](Self::own_calls).
    #[must_use]
    pub fn with_own_calls(mut self, calls: u64) -> Self {
        self.own_calls = Some(calls);
        self
    }
}

/// A problem of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SourceProblem {
    /// The firewall of the cloud blocks the address, because it sent too many calls.
    Blocked,
    /// The firewall blocks the address although it sent few calls: another program uses the same address.
    AddressShared,
    /// The cloud does not respond, or fails.
    Unreachable,
    /// The responses of the cloud cannot be read, or are refusals.
    Unreadable,
    /// The cloud does not know most of the homes.
    NotFound,
    /// The call limit has had no place for most checks for minutes.
    Limited,
    /// The cloud refuses a credential.
    CredentialRefused,
}

plume_health::__named!(SourceProblem {
    Blocked = "blocked",
    AddressShared = "address_shared",
    Unreachable = "unreachable",
    Unreadable = "unreadable",
    NotFound = "not_found",
    Limited = "limited",
    CredentialRefused = "credential_refused",
});

/// An open problem.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SourceIncident {
    /// The problem.
    pub problem: SourceProblem,
    /// The owner of the credential; `None` if all homes are affected.
    pub tenant: Option<TenantId>,
    /// The time of the first failure.
    pub since: DateTime<Utc>,
    /// The time of the check that opened the incident.
    pub opened_at: DateTime<Utc>,
}

/// The kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SourceEvent {
    /// The problem began.
    Opened,
    /// The problem ended.
    Closed,
    /// No home uses the credential any more.
    Gone,
}

plume_health::__named!(SourceEvent { Opened = "opened", Closed = "closed", Gone = "gone" });

/// A problem that began or ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SourceChange {
    /// Whether it began or ended.
    pub event: SourceEvent,
    /// The problem.
    pub problem: SourceProblem,
    /// The owner of the credential; `None` if all homes are affected.
    pub tenant: Option<TenantId>,
    /// The time of the first failure.
    pub since: DateTime<Utc>,
    /// The time of the check that decided.
    pub at: DateTime<Utc>,
}

impl SourceChange {
    pub(super) fn new(event: SourceEvent, incident: &SourceIncident, at: DateTime<Utc>) -> Self {
        let SourceIncident { problem, tenant, since, .. } = incident.clone();
        Self { event, problem, tenant, since, at }
    }
}

impl fmt::Display for SourceChange {
    /// Writes one line for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { event, problem, tenant, since, .. } = self;
        write!(f, "{event}: {problem} since {since}")?;
        tenant.as_ref().map_or(Ok(()), |tenant| write!(f, " (tenant {tenant})"))
    }
}
