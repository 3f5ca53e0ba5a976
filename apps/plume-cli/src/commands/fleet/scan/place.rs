//! The file with the place of an interrupted scan, in the platform's directory for state.

use plume::{Continuation, FleetCheckpoint};
use serde::de::DeserializeOwned;

use crate::failure::{Failure, Result};
use crate::places::state_directory;
use crate::session::Session;

/// The file of a fleet; `None` without a home directory, and with pseudonyms or a recording, which have no later run.
pub(super) fn of(session: &Session, partner: &str) -> Option<FleetCheckpoint> {
    let global = &session.global;
    if global.sanitize || global.replay.is_some() {
        return None;
    }
    let cloud = if global.demo { "demo" } else { "live" };
    let safe = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
    let partner: String = partner.chars().map(safe).take(64).collect();
    let path = state_directory()?.join(format!("fleet-scan-{cloud}-{partner}.json"));
    Some(FleetCheckpoint::new(path, session.scope()))
}

/// The stored place and findings, if there are any.
///
/// # Errors
///
/// The file cannot be read, is damaged, or is of another scan.
pub(super) fn load<T: DeserializeOwned>(checkpoint: &FleetCheckpoint) -> Result<Option<(Continuation, T)>> {
    checkpoint.load().map_err(|error| {
        let message = format!("cannot resume: {}: {error}", checkpoint.path().display());
        Failure::usage(message, "Remove the file and leave out --resume to scan from the beginning.")
    })
}
