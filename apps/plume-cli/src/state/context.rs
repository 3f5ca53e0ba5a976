//! Failures of the store, with the advice for their cause.

use std::path::PathBuf;

use plume::{
    auth::store::{StoreError, StoreErrorKind},
    cli::exit,
};

use crate::failure::Failure;
use crate::state::key::{KeyPlace, REACH_KEYRING};

/// The names in the text of a failure.
#[derive(Debug, Clone)]
pub(super) struct Context {
    pub(super) directory: PathBuf,
    pub(super) key: KeyPlace,
    /// `plume auth login`, with the profile in use.
    pub(super) login: String,
}

/// The record that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Secret,
    Token,
}

impl Context {
    pub(super) fn failed(&self, doing: &str, error: &StoreError, subject: Subject) -> Failure {
        let (directory, why) = (self.directory.display(), self.cause(error));
        let message = format!("failed to {doing} the credential store {directory}: {why}");
        Failure::of_code(self.code(error.kind()), message, self.help(error.kind(), subject))
    }

    /// The cause in words.
    pub(super) fn cause(&self, error: &StoreError) -> String {
        match &self.key {
            KeyPlace::Own(path) if is_key(error.kind()) && !path.exists() => "its key is missing".to_owned(),
            _ => error.to_string().trim_start_matches("store: ").to_owned(),
        }
    }

    fn code(&self, kind: StoreErrorKind) -> u8 {
        match is_key(kind) || kind.leaves_room() || self.directory.is_file() {
            true => exit::AUTH,
            false => exit::FAILED,
        }
    }

    fn help(&self, kind: StoreErrorKind, subject: Subject) -> String {
        let Self { directory, key, login } = self;
        let directory = directory.display();
        match (kind, key) {
            _ if self.directory.is_file() => {
                format!("Run `{login}`: it moves the file aside and begins a new store.")
            }
            (StoreErrorKind::Exposed, _) => {
                format!("Run `chmod -R go= {directory}`. If others can log in here, replace the secret.")
            }
            (_, KeyPlace::Own(path) | KeyPlace::File(path)) if is_key(kind) && key.is_exposed() => {
                format!("Run `chmod 600 {}`. If others can log in here, replace the secret.", path.display())
            }
            (_, KeyPlace::Own(path)) if is_key(kind) => format!(
                "Put the key of the store back ({}), or run `{login}`: it moves the store aside and begins a new one.",
                path.display()
            ),
            (_, KeyPlace::Keyring) if is_key(kind) => format!(
                "{REACH_KEYRING}, or run `{login} --key file`: it moves the store aside and begins a new one."
            ),
            (_, KeyPlace::File(_) | KeyPlace::Variable) if is_key(kind) => format!(
                "The key comes from {key}. Give the key that the store was made with, or move {directory} away and run `{login}`."
            ),
            (StoreErrorKind::Unsupported, _) => "Use `auth_header_file` or PLUME_AUTH_HEADER_FILE.".to_owned(),
            (StoreErrorKind::Busy, _) => "Try again: another process changes it.".to_owned(),
            (kind, _) if kind.leaves_room() && subject == Subject::Token => {
                "The damaged record was moved aside; a new token is requested and stored.".to_owned()
            }
            (kind, _) if kind.leaves_room() => {
                format!("The damaged record was moved aside; run `{login}` again.")
            }
            _ => "Check the free space and the permissions, or set PLUME_TOKEN_STORE to another directory (`off` for none)."
                .to_owned(),
        }
    }
}

/// Whether the key is the cause: it is lost, damaged, not reachable, or another one.
pub(super) fn is_key(kind: StoreErrorKind) -> bool {
    matches!(kind, StoreErrorKind::Keys | StoreErrorKind::UnknownKey | StoreErrorKind::WrongKey)
}
