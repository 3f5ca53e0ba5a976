//! Exit codes of the programs: the cause of a failure, wherever it happened. Clap's own usage errors have the code 2 as
//! well.

use plume_auth::AuthError;
use plume_client::{Cause, Error};
use plume_health::{HealthReport, ReportPart, Status};
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
/// The terminal was closed (SIGHUP).
pub const HANGUP: u8 = 129;
/// Ctrl-C.
pub const INTERRUPTED: u8 = 130;
/// SIGTERM.
pub const TERMINATED: u8 = 143;

/// Returns the exit code for a cause.
#[must_use]
pub fn cause_code(cause: Cause) -> u8 {
    match cause {
        Cause::Settings => USAGE,
        Cause::Credential => AUTH,
        Cause::Limited => LIMITED,
        Cause::NotFound => NOT_FOUND,
        Cause::Network => NETWORK,
        _ => FAILED,
    }
}

/// Returns the exit code for the cause of `error`.
#[must_use]
pub fn exit_code(error: &Error) -> u8 {
    cause_code(error.cause())
}

/// Returns the exit code for the reason why no token was obtained.
#[must_use]
pub fn auth_code(error: &AuthError) -> u8 {
    cause_code(error.into())
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
