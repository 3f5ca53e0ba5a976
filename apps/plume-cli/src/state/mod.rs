//! Secrets and tokens between runs, in a sealed store.
//!
//! The store is a directory of the platform's place for state, and its key a file beside it, which is created with the
//! store. `PLUME_TOKEN_STORE` names another directory, or is `off`; `PLUME_STORE_KEY` or `PLUME_STORE_KEY_FILE` hold a key of
//! the person.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use etcetera::{AppStrategy, AppStrategyArgs, choose_app_strategy};
use plume::{
    auth::store::{FileStore, KeysFromFile, RecordStore, SealKeys, StoreError, StoreErrorKind},
    cli::exit,
    runtime::{Clock, SystemClock},
};
use plume_seal::RecordName;
use secrecy::{ExposeSecret, SecretString};

use crate::failure::{Failure, Result};

const STORE: &str = "PLUME_TOKEN_STORE";
const KEY: &str = "PLUME_STORE_KEY";
const KEY_FILE: &str = "PLUME_STORE_KEY_FILE";
/// The name of the key that this program creates.
const KEY_NAME: &str = "plume";
/// The number of attempts to write while another process does, and the pause between them.
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// The place of the store and of its key.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// `None` if there is no store: it is off, or there is no home directory.
    directory: Option<PathBuf>,
    /// Whether a variable names it.
    is_named: bool,
    key: Key,
}

#[derive(Debug, Clone)]
enum Key {
    /// A file that is created with the store.
    Own(PathBuf),
    /// A file of the person.
    File(PathBuf),
    Variable(SecretString),
}

/// The open store.
#[derive(Debug)]
pub(crate) struct Vault {
    place: Place,
    records: RecordStore,
}

impl Place {
    /// Takes the variables of the store.
    ///
    /// # Errors
    ///
    /// Both forms of the key are set.
    pub(crate) fn take(variables: &mut BTreeMap<String, String>) -> Result<Self> {
        let state = default_directory();
        let mut variable = |name: &str| {
            let value = variables.remove(name)?;
            Some(plume_text::trim(&value).to_owned()).filter(|value| !value.is_empty())
        };
        let named = variable(STORE);
        let is_named = named.is_some();
        let directory = match named {
            Some(word) if word.eq_ignore_ascii_case("off") => None,
            Some(path) => Some(PathBuf::from(path)),
            None => state.as_ref().map(|state| state.join("store")),
        };
        let key = match (variable(KEY), variable(KEY_FILE)) {
            (Some(_), Some(_)) => {
                let message = format!("{KEY} and {KEY_FILE} are both set");
                return Err(Failure::usage(message, "Unset one of them."));
            }
            (Some(key), None) => Key::Variable(key.into()),
            (None, Some(path)) => Key::File(path.into()),
            (None, None) => Key::Own(match (&state, &directory) {
                (Some(state), _) => state.join("store.key"),
                // Beside the directory, so that a copy of the directory does not have the key.
                (None, Some(directory)) => directory.with_extension("key"),
                (None, None) => PathBuf::new(),
            }),
        };
        Ok(Self { directory, is_named, key })
    }

    /// The directory, if there is a store.
    pub(crate) fn directory(&self) -> Option<&Path> {
        self.directory.as_deref()
    }

    /// The file or the variable of the key.
    pub(crate) fn key_place(&self) -> String {
        match &self.key {
            Key::Own(path) | Key::File(path) => path.display().to_string(),
            Key::Variable(_) => KEY.to_owned(),
        }
    }

    /// The file of the key.
    pub(crate) fn key_file(&self) -> Option<&Path> {
        match &self.key {
            Key::Own(path) | Key::File(path) => Some(path),
            Key::Variable(_) => None,
        }
    }

    /// The key as the value of a setting.
    pub(crate) fn key(&self) -> String {
        match &self.key {
            Key::Own(path) | Key::File(path) => path.display().to_string(),
            Key::Variable(_) => "[redacted]".to_owned(),
        }
    }

    pub(crate) fn origin(&self) -> Option<String> {
        Some(if self.is_named { STORE } else { "default" }.to_owned())
    }

    pub(crate) fn key_origin(&self) -> Option<String> {
        let origin = match &self.key {
            Key::Own(_) => "default",
            Key::File(_) => KEY_FILE,
            Key::Variable(_) => KEY,
        };
        Some(origin.to_owned())
    }

    /// Opens the store if it exists.
    pub(crate) fn existing(&self) -> Result<Option<Vault>> {
        match &self.directory {
            Some(directory) if directory.exists() => self.open().map(Some),
            _ => Ok(None),
        }
    }

    /// Opens the store, and creates it if it is missing.
    pub(crate) fn create(&self) -> Result<Vault> {
        let Some(directory) = &self.directory else {
            return Err(Failure::usage(
                "there is no place for a credential: the store is off, or there is no home directory",
                format!("Set {STORE} to a directory, or use `auth_header_file` or PLUME_AUTH_HEADER_FILE."),
            ));
        };
        // A new key beside old records would hide that the old one is lost.
        if let (Key::Own(path), false) = (&self.key, directory.exists()) {
            KeysFromFile::new(path).create(KEY_NAME).map_err(|error| self.failed("create", &error))?;
        }
        self.open()
    }

    fn open(&self) -> Result<Vault> {
        let directory = self.directory.as_deref().unwrap_or(Path::new(""));
        let opened = match &self.key {
            Key::Own(path) | Key::File(path) => RecordStore::encrypted(directory, KeysFromFile::new(path)),
            Key::Variable(text) => {
                SealKeys::parse(text.expose_secret()).and_then(|keys| RecordStore::encrypted(directory, keys))
            }
        };
        let records = opened.map_err(|error| self.failed("open", &error))?;
        Ok(Vault { place: self.clone(), records })
    }

    /// The failure of the store, with the advice for its cause.
    fn failed(&self, doing: &str, error: &StoreError) -> Failure {
        let directory = self.directory.as_deref().unwrap_or(Path::new("")).display();
        let text = error.to_string();
        let message = format!(
            "failed to {doing} the credential store {directory}: {}",
            text.strip_prefix("store: ").unwrap_or(&text)
        );
        let help = match error.kind() {
            StoreErrorKind::Exposed => {
                format!("Run `chmod -R go= {directory}`. If others can log in here, replace the secret.")
            }
            StoreErrorKind::Keys => format!("Check the key: {}.", self.key()),
            StoreErrorKind::UnknownKey | StoreErrorKind::WrongKey => format!(
                "The key comes from {}. Give the key that the store was made with, or remove {directory} and log in again.",
                self.key_place()
            ),
            StoreErrorKind::Unsupported => "Use `auth_header_file` or PLUME_AUTH_HEADER_FILE.".to_owned(),
            StoreErrorKind::Busy => "Try again: another process changes it.".to_owned(),
            kind if kind.leaves_room() => {
                "The damaged record was moved aside; run `plume auth login` again.".to_owned()
            }
            _ => format!(
                "Check the free space and the permissions, or set {STORE} to another directory (`off` for none)."
            ),
        };
        let code = if error.kind().leaves_room() { exit::AUTH } else { exit::FAILED };
        Failure::of_code(code, message, help)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.directory {
            Some(directory) => write!(f, "{}", directory.display()),
            None => f.write_str("off"),
        }
    }
}

impl Vault {
    /// The store of tokens.
    pub(crate) fn tokens(&self) -> FileStore {
        FileStore::from(self.records.clone())
    }

    /// The authorization header of a profile.
    pub(crate) fn header(&self, profile: &str) -> Result<Option<SecretString>> {
        let found = self.records.load(&name(profile)).map_err(|error| self.place.failed("read", &error))?;
        let Some(bytes) = found else { return Ok(None) };
        match std::str::from_utf8(&bytes) {
            Ok(text) => Ok(Some(text.into())),
            Err(_) => {
                let message =
                    format!("the credential of the profile `{profile}` in {} is no text", self.place);
                Err(Failure::of_code(exit::AUTH, message, "Run `plume auth login` again."))
            }
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
                Err(error) => return Err(self.place.failed("write to", &error)),
                Ok(()) => break,
            }
        }
        Ok(())
    }

    /// Removes the authorization header of a profile, and returns whether there was one.
    pub(crate) fn forget(&self, profile: &str) -> Result<bool> {
        // One that cannot be opened is removed as well.
        let existed = !matches!(self.records.load(&name(profile)), Ok(None));
        self.records.forget(&name(profile)).map_err(|error| self.place.failed("clear", &error))?;
        Ok(existed)
    }

    /// The failure of an operation on the tokens.
    pub(crate) fn failed(&self, doing: &str, error: &StoreError) -> Failure {
        self.place.failed(doing, error)
    }
}

fn name(profile: &str) -> RecordName {
    RecordName::new(profile, "plume authorization header 1", &[profile.as_bytes()])
}

/// The platform's directory for the state of this program.
fn default_directory() -> Option<PathBuf> {
    let arguments = AppStrategyArgs {
        top_level_domain: "com".to_owned(),
        author: "plume".to_owned(),
        app_name: "plume".to_owned(),
    };
    let strategy = choose_app_strategy(arguments).ok()?;
    Some(strategy.state_dir().unwrap_or_else(|| strategy.data_dir()))
}
