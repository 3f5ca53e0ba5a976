//! One check: the calls to the cloud, and what they say.

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, Utc};
use plume::{
    Client, Error, ErrorKind, Priority,
    auth::AuthErrorKind,
    health::{HealthReport, NodeState, Policy, analyze},
    monitor::{
        home::{CheckFailure, Sample},
        ids::TenantId,
        monitor::OPERATOR,
        schedule::CheckDetail,
    },
    runtime::Clock,
    types::{LocationSnapshot, Part},
};

use crate::store::model::{Claim, Point, Traits};

/// Maximum time of the calls of a check.
pub(super) const LIMIT: Duration = Duration::from_secs(45);

/// The clients of the tenants. All share the call limit of the egress address.
#[derive(Debug, Clone)]
pub struct Clients {
    operator: Client,
    own: HashMap<TenantId, Client>,
}

impl Clients {
    /// Returns the clients of tenants without a credential of their own. Checks wait for calls of people.
    #[must_use]
    pub fn new(operator: &Client) -> Self {
        Self { operator: operator.with_priority(Priority::Background), own: HashMap::new() }
    }

    /// Adds the client of a tenant with a credential of its own.
    pub fn add(&mut self, tenant: TenantId, client: &Client) {
        self.own.insert(tenant, client.with_priority(Priority::Background));
    }

    /// Returns the owner of the credential of a tenant: the operator, unless the tenant has its own.
    pub(super) fn owner(&self, tenant: &TenantId) -> TenantId {
        if self.own.contains_key(tenant) { tenant.clone() } else { TenantId::new(OPERATOR) }
    }

    fn of(&self, tenant: &TenantId) -> &Client {
        self.own.get(tenant).unwrap_or(&self.operator)
    }
}

/// The result of the calls.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) sample: Sample,
    pub(super) point: Point,
    /// The groups of the home, if the check saw its gateway.
    pub(super) traits: Option<Traits>,
    /// The failure in one line.
    pub(super) failure: Option<String>,
}

/// Makes the calls of a check.
pub(super) async fn check(
    clients: &Clients,
    claim: &Claim,
    detail: CheckDetail,
    policy: &Policy,
    clock: &dyn Clock,
) -> Checked {
    let location = clients.of(&claim.tenant).customer(&claim.customer).location(&claim.location);
    let began = clock.monotonic();
    let calls = async {
        match detail {
            CheckDetail::Full => location.snapshot().await,
            _ => location.nodes().await.map(|nodes| {
                let mut snapshot =
                    LocationSnapshot::new(claim.customer.as_str(), claim.location.as_str(), clock.wall());
                snapshot.nodes = Part::Known(nodes);
                snapshot
            }),
        }
    };
    let snapshot = tokio::select! {
        snapshot = calls => Some(snapshot),
        () = clock.limit(LIMIT) => None,
    };
    let took = clock.monotonic().saturating_sub(began);
    match snapshot {
        Some(Ok(snapshot)) => of_report(&analyze(&snapshot, policy, clock.wall()), detail, took),
        Some(Err(error)) => of_failure(of_error(&error), error.to_string(), detail, took, clock.wall()),
        None => {
            let text = format!("no response within {} s", LIMIT.as_secs());
            of_failure(CheckFailure::Transport, text, detail, took, clock.wall())
        }
    }
}

fn of_report(report: &HealthReport, detail: CheckDetail, took: Duration) -> Checked {
    let nodes = (!report.nodes.is_empty()).then(|| {
        let off = report.nodes.iter().filter(|node| node.state == NodeState::Disconnected).count();
        (count(report.nodes.len()), count(off))
    });
    let gateway = report.nodes.iter().find(|node| node.gateway == Some(true));
    Checked {
        sample: Sample::of_report(report, detail),
        point: Point {
            at: report.taken_at,
            status: report.status,
            is_full: detail == CheckDetail::Full,
            failure: 0,
            took_ms: millis(took),
            pods: nodes,
            devices: report.devices.map(|devices| count(devices.connected)),
        },
        traits: gateway.map(|gateway| Traits {
            firmware: gateway.firmware.clone(),
            model: gateway.model.clone(),
            region: None,
        }),
        failure: None,
    }
}

fn of_error(error: &Error) -> CheckFailure {
    match error.auth_error() {
        Some(error) => failure_of_token(error.kind()),
        None => failure(error.kind()),
    }
}

fn of_failure(
    failure: CheckFailure,
    text: String,
    detail: CheckDetail,
    took: Duration,
    now: DateTime<Utc>,
) -> Checked {
    Checked {
        sample: Sample::failed(now, detail, failure),
        point: Point {
            at: now,
            status: plume::health::Status::Unknown,
            is_full: detail == CheckDetail::Full,
            failure: code(failure),
            took_ms: millis(took),
            pods: None,
            devices: None,
        },
        traits: None,
        failure: Some(text),
    }
}

fn failure(kind: ErrorKind) -> CheckFailure {
    match kind {
        ErrorKind::Network | ErrorKind::Timeout | ErrorKind::OutcomeUnknown => CheckFailure::Transport,
        ErrorKind::Server => CheckFailure::Server,
        ErrorKind::Blocked => CheckFailure::Blocked,
        ErrorKind::RateLimited | ErrorKind::Overloaded => CheckFailure::RateLimited,
        ErrorKind::Auth | ErrorKind::Unauthorized => CheckFailure::Credential,
        ErrorKind::NotFound(_) => CheckFailure::NotFound,
        _ => CheckFailure::Other,
    }
}

/// The failure to obtain a token. Only a refusal is about the credential: the token endpoint may be away like the rest.
fn failure_of_token(kind: AuthErrorKind) -> CheckFailure {
    match kind {
        AuthErrorKind::Unavailable | AuthErrorKind::Protocol | AuthErrorKind::Internal => {
            CheckFailure::Server
        }
        AuthErrorKind::Blocked => CheckFailure::Blocked,
        AuthErrorKind::Throttled => CheckFailure::RateLimited,
        AuthErrorKind::Runtime => CheckFailure::Other,
        _ => CheckFailure::Credential,
    }
}

/// The code of a failure in a sample. Codes of stored samples never change.
fn code(failure: CheckFailure) -> u8 {
    match failure {
        CheckFailure::Transport => 1,
        CheckFailure::Server => 2,
        CheckFailure::Blocked => 3,
        CheckFailure::RateLimited => 4,
        CheckFailure::Credential => 5,
        CheckFailure::NotFound => 6,
        _ => 255,
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_endpoint_that_is_away_refuses_no_credential() {
        for (kind, expected) in [
            (AuthErrorKind::Unavailable, CheckFailure::Server),
            (AuthErrorKind::Protocol, CheckFailure::Server),
            (AuthErrorKind::Blocked, CheckFailure::Blocked),
            (AuthErrorKind::Throttled, CheckFailure::RateLimited),
            (AuthErrorKind::CredentialsRejected, CheckFailure::Credential),
            (AuthErrorKind::TokenRejected, CheckFailure::Credential),
        ] {
            assert_eq!(failure_of_token(kind), expected, "{kind:?}");
        }
    }
}
