//! Exit codes of the programs: the cause of a failure, wherever it happened. Clap's own usage errors have the code 2 as
//! well.

use std::error::Error as _;

use plume_auth::{AuthError, AuthErrorKind};
use plume_client::{Error, ErrorKind, NotRetried};
use plume_health::{HealthReport, ReportPart, Status};
use plume_runtime::{TransportError, TransportErrorKind};
use plume_types::{LocationSnapshot, PartFailure, PartFailureKind};

/// Success. A closed pipe is no failure.
pub const DONE: u8 = 0;
/// A failure with none of the causes below.
pub const FAILED: u8 = 1;
/// A wrong argument or setting.
pub const USAGE: u8 = 2;
/// A part of the result is missing.
pub const PARTLY: u8 = 3;
/// Credentials are missing or were refused.
pub const AUTH: u8 = 4;
/// Too many calls, or a firewall blocks this address; a later attempt may succeed. 429, a firewall's 403 and 503 with
/// `Retry-After`, at the API and at the token endpoint, and the own call limit.
pub const LIMITED: u8 = 5;
/// The customer, location, node or device does not exist.
pub const NOT_FOUND: u8 = 6;
/// The network failed, the deadline passed, or the server failed.
pub const NETWORK: u8 = 7;
/// Ctrl-C.
pub const INTERRUPTED: u8 = 130;
/// SIGTERM.
pub const TERMINATED: u8 = 143;

/// Returns the exit code for the cause of `error`.
#[must_use]
pub fn exit_code(error: &Error) -> u8 {
    if let Some(error) = error.auth_error() {
        return auth_code(error);
    }
    match error.kind() {
        ErrorKind::Settings | ErrorKind::Argument => USAGE,
        ErrorKind::Runtime => FAILED,
        // It may be about the id. A refusal of the operation (`Forbidden`) is not about the credential either.
        ErrorKind::Unauthorized if error.not_retried() == Some(NotRetried::Unchecked) => FAILED,
        ErrorKind::Auth | ErrorKind::Unauthorized => AUTH,
        _ if error.is_limited() => LIMITED,
        ErrorKind::NotFound(_) => NOT_FOUND,
        ErrorKind::Network
        | ErrorKind::Timeout
        | ErrorKind::OutcomeUnknown
        | ErrorKind::Server
        | ErrorKind::Unsupported => NETWORK,
        _ => FAILED,
    }
}

/// Returns the exit code for the reason why no token was obtained.
#[must_use]
pub fn auth_code(error: &AuthError) -> u8 {
    let transport = error.source().and_then(|source| source.downcast_ref::<TransportError>());
    match (error.kind(), transport.map(TransportError::kind)) {
        (_, Some(TransportErrorKind::Refused)) => USAGE,
        (_, Some(TransportErrorKind::TooLarge | TransportErrorKind::Runtime)) => FAILED,
        (_, Some(_)) => NETWORK,
        // An unexplained 403 may be a firewall's, and is backed off from like one.
        (AuthErrorKind::Blocked | AuthErrorKind::Unexplained, _) => LIMITED,
        // Without a time 503 is an outage, not a request to wait.
        (AuthErrorKind::Throttled | AuthErrorKind::Unavailable, _) => {
            let limited = error.status() != Some(503) && error.kind() == AuthErrorKind::Throttled;
            if limited || error.status() == Some(503) && error.retry_after().is_some() {
                LIMITED
            } else {
                NETWORK
            }
        }
        (
            AuthErrorKind::CredentialsRejected
            | AuthErrorKind::Forbidden
            | AuthErrorKind::TokenRejected
            | AuthErrorKind::SignedOut,
            _,
        ) => AUTH,
        // The scope or the URL, not the credential.
        (AuthErrorKind::Configuration, _) => USAGE,
        _ if error.status().is_some_and(|status| status >= 500) => NETWORK,
        _ => FAILED,
    }
}

/// The answer to a monitoring system: the status is not known. The other answers are those of [`check_code`].
pub const CHECK_UNKNOWN: u8 = 3;

/// Returns the exit code of a report for a monitoring system: 0 (green), 1 (yellow), 2 (orange, red) or 3 (unknown).
#[must_use]
pub fn check_code(report: &HealthReport) -> u8 {
    match report.status {
        Status::Green => 0,
        Status::Yellow => 1,
        Status::Orange | Status::Red => 2,
        Status::Unknown => CHECK_UNKNOWN,
    }
}

/// Returns the exit code of a report: whether it is complete, and if not, whether a part that the verdict needs is missing
/// because of a limit or block.
#[must_use]
pub fn report_code(snapshot: &LocationSnapshot, report: &HealthReport) -> u8 {
    let failures = [
        snapshot.location.failure(),
        snapshot.nodes.failure(),
        snapshot.devices.failure(),
        snapshot.service_level.failure(),
        snapshot.qoe.failure(),
    ];
    let needed = |part| report.unknown.iter().any(|unknown| unknown.needed && unknown.part == part);
    let limited = |failure: Option<&PartFailure>| {
        failure.is_some_and(|failure| failure.kind == PartFailureKind::Limited)
    };
    if needed(ReportPart::Nodes) && limited(snapshot.nodes.failure())
        || needed(ReportPart::NetworkState) && limited(snapshot.location.failure())
    {
        return LIMITED;
    }
    // What the cloud does not offer for this location is not missing.
    let missing = |failure: &PartFailure| failure.kind != PartFailureKind::Unsupported;
    if report.unknown.iter().any(|unknown| unknown.needed) || failures.into_iter().flatten().any(missing) {
        PARTLY
    } else {
        DONE
    }
}
