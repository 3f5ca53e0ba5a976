//! The open store.

use std::time::Duration;

use plume::{
    auth::store::{FileStore, RecordStore, StoreError, StoreErrorKind},
    cli::exit,
    runtime::{Clock, SystemClock},
};
use plume_seal::RecordName;
use secrecy::{ExposeSecret, SecretString};

use crate::failure::{Failure, Result};
use crate::state::context::{Context, Subject, is_key};

/// The number of attempts to write while another process does, and the pause between them.
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// The open store.
#[derive(Debug)]
pub(crate) struct Vault {
    pub(super) context: Context,
    pub(super) records: RecordStore,
}

impl Vault {
    /// The store of tokens.
    pub(crate) fn tokens(&self) -> FileStore {
        FileStore::from(self.records.clone())
    }

    /// The authorization header of a profile.
    pub(crate) fn header(&self, profile: &str) -> Result<Option<SecretString>> {
        let found = self.records.load(&name(profile)).map_err(|error| self.failed_at("read", &error))?;
        let Some(bytes) = found else { return Ok(None) };
        match std::str::from_utf8(&bytes) {
            Ok(text) => Ok(Some(text.into())),
            Err(_) => {
                let directory = self.context.directory.display();
                let message = format!("the credential of the profile `{profile}` in {directory} is no text");
                Err(Failure::of_code(exit::AUTH, message, format!("Run `{}` again.", self.context.login)))
            }
        }
    }

    /// Checks that the key opens the record of a profile, if there is one. A damaged record is replaced by the next one.
    pub(super) fn check(&self, profile: &str) -> std::result::Result<(), StoreError> {
        match self.records.load(&name(profile)) {
            Err(error) if is_key(error.kind()) => Err(error),
            _ => Ok(()),
        }
    }

    /// Keeps the authorization header of a profile in place of the former one.
    pub(crate) async fn keep(&self, profile: &str, header: &SecretString) -> Result<()> {
        let clock = SystemClock::new();
        for attempt in 1.. {
            match self.records.save(&name(profile), header.expose_secret().as_bytes()) {
                Err(error) if error.kind() == StoreErrorKind::Busy && attempt < ATTEMPTS => {
                    clock.sleep(PAUSE).await;
                }
                Err(error) => return Err(self.failed_at("write to", &error)),
                Ok(()) => break,
            }
        }
        Ok(())
    }

    /// Removes the authorization header of a profile, and returns whether there was one.
    pub(crate) fn forget(&self, profile: &str) -> Result<bool> {
        // One that cannot be opened is removed as well.
        let existed = !matches!(self.records.load(&name(profile)), Ok(None));
        self.records.forget(&name(profile)).map_err(|error| self.failed_at("clear", &error))?;
        Ok(existed)
    }

    /// The failure of an operation on the tokens.
    pub(crate) fn failed(&self, doing: &str, error: &StoreError) -> Failure {
        self.context.failed(doing, error, Subject::Token)
    }

    fn failed_at(&self, doing: &str, error: &StoreError) -> Failure {
        self.context.failed(doing, error, Subject::Secret)
    }
}

pub(super) fn name(profile: &str) -> RecordName {
    RecordName::new(profile, "plume authorization header 1", &[profile.as_bytes()])
}
