//! Where a scan stopped: a file in the platform's place for state.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use plume::Continuation;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::config::state_directory;
use crate::failure::{Failure, Result};
use crate::session::Session;

const VERSION: u32 = 1;

/// The content of the file: the place in the fleet, and what was found before it.
#[derive(Debug, Serialize, Deserialize)]
struct Stored<T> {
    version: u32,
    /// The cloud and its partner: a place is of use there only.
    scope: String,
    at: Continuation,
    found: T,
}

/// The file of the scans of one fleet. Scans of the same fleet at the same time replace each other's file; each is complete.
#[derive(Debug)]
pub(super) struct Checkpoint {
    path: PathBuf,
    scope: String,
}

impl Checkpoint {
    /// The file of a fleet; `None` without a home directory, and with pseudonyms or a recording, which have no later run.
    pub(super) fn of(session: &Session, partner: &str) -> Option<Self> {
        let global = &session.global;
        if global.sanitize || global.replay.is_some() {
            return None;
        }
        let cloud = if global.demo { "demo" } else { "live" };
        let safe = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
        let partner: String = partner.chars().map(safe).take(64).collect();
        let path = state_directory()?.join(format!("fleet-scan-{cloud}-{partner}.json"));
        Some(Self { path, scope: session.scope() })
    }

    /// The stored place, if there is one.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is damaged, or was written by another version.
    pub(super) fn load<T: DeserializeOwned>(&self) -> Result<Option<(Continuation, T)>> {
        let failed = |why: String| {
            let message = format!("cannot resume: {}: {why}", self.path.display());
            Failure::usage(message, "Remove the file and leave out --resume to scan from the beginning.")
        };
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error.to_string())),
        };
        let stored: Stored<T> =
            serde_json::from_slice(&bytes).map_err(|error| failed(format!("damaged: {error}")))?;
        match stored.version {
            VERSION if stored.scope != self.scope => {
                Err(failed(format!("it is of a scan of {}, and this is one of {}", stored.scope, self.scope)))
            }
            VERSION => Ok(Some((stored.at, stored.found))),
            other => Err(failed(format!("version {other} is not supported"))),
        }
    }

    /// Replaces the file.
    pub(super) fn save<T: Serialize>(&self, at: &Continuation, found: &T) -> io::Result<()> {
        let stored = Stored { version: VERSION, scope: self.scope.clone(), at: at.clone(), found };
        let bytes = serde_json::to_vec(&stored)?;
        let folder = self.path.parent().unwrap_or_else(|| Path::new("."));
        create(folder)?;
        let temporary = folder.join(format!(".fleet-scan-{}.tmp", std::process::id()));
        let written = new_file(&temporary)
            .and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&temporary, &self.path));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    /// Removes the file after a complete scan.
    pub(super) fn remove(&self) {
        let _ = fs::remove_file(&self.path);
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Only the owner may read the ids and names in the file.
fn create(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn new_file(path: &Path) -> io::Result<fs::File> {
    // An earlier program with this process id may have ended in the middle.
    let _ = fs::remove_file(path);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
