//! Incidents of sources of data.

use plume_health::Status;

use crate::ids::{IncidentId, TenantId};
use crate::incident::{Cause, CauseKind, ChangeKind, CloseReason, IncidentChange, Scope, Situation};
use crate::source::{SourceChange, SourceEvent, SourceProblem};

/// The tenant of incidents that affect all homes, and the owner of the credential of tenants without their own: the
/// operator of the monitor.
pub const OPERATOR: &str = "operator";

/// Returns the change of a source's incident, with the tenant that it belongs to: the owner of the credential, or
/// [`OPERATOR`].
#[must_use]
pub fn incident_change(change: &SourceChange) -> (TenantId, IncidentChange) {
    let tenant = change.tenant.clone().unwrap_or_else(|| TenantId::new(OPERATOR));
    let source = format!("{}:{tenant}", change.problem);
    let id = IncidentId::of_source(&source, change.since, 1);
    let kind = match change.event {
        SourceEvent::Opened => ChangeKind::Opened,
        SourceEvent::Closed | SourceEvent::Gone => ChangeKind::Closed,
    };
    let mut incident = IncidentChange::new(id, Scope::Source(source.into()), kind, change.at);
    if kind == ChangeKind::Opened {
        let message = message(change.problem);
        let root = Cause::new(CauseKind::Source, change.problem.as_str(), Status::Orange, message);
        incident.situation = Some(Situation::new(root, change.since, message));
    } else {
        let is_gone = change.event == SourceEvent::Gone;
        incident.reason = Some(if is_gone { CloseReason::Gone } else { CloseReason::Recovered });
    }
    (tenant, incident)
}

fn message(problem: SourceProblem) -> &'static str {
    match problem {
        SourceProblem::Blocked => "The cloud blocks this address, because it sent too many calls",
        SourceProblem::AddressShared => "The cloud blocks this address, and another program uses it too",
        SourceProblem::Unreachable => "The cloud does not respond",
        SourceProblem::Unreadable => "The responses of the cloud cannot be read",
        SourceProblem::NotFound => "The cloud does not know most of the homes",
        SourceProblem::Limited => "Most checks are not made, because the call limit is used up",
        SourceProblem::CredentialRefused => "The cloud refuses the credential",
    }
}
