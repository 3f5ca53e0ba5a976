//! The place of the store and of its key.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use plume::auth::store::{KeySource, KeysFromFile, RecordStore, SealKeys, StoreError};
use secrecy::{ExposeSecret, SecretString};

use crate::failure::{Failure, Result};
use crate::places::{state_directory, variables};
use crate::state::context::{Context, Subject};
use crate::state::key::{KEY, KEY_FILE, Key, KeyPlace, OwnKeys};
use crate::state::ring::Ring;
use crate::state::vault::Vault;

const STORE: &str = "PLUME_TOKEN_STORE";
/// The file of the key beside the store in the platform's place.
const SHARED_KEY: &str = "store.key";
/// The name of a key that this program creates in a file.
pub(super) const KEY_NAME: &str = "plume";

/// The place of the store and of its key.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// `None` if there is no store: it is off, or there is no home directory.
    directory: Option<PathBuf>,
    /// Whether a variable names it.
    is_named: bool,
    pub(super) key: Key,
    pub(super) ring: Ring,
    /// The command that stores a credential again.
    login: String,
}

impl Place {
    /// Takes the variables of the store.
    ///
    /// # Errors
    ///
    /// Both forms of the key are set.
    pub(crate) fn take(variables: &mut BTreeMap<String, String>) -> Result<Self> {
        let state = state_directory();
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
            (None, None) => Key::Own(match &directory {
                Some(directory) => own_key(directory, state.as_deref()),
                None => PathBuf::new(),
            }),
        };
        Ok(Self { directory, is_named, key, ring: Ring::of_system(), login: "plume auth login".to_owned() })
    }

    /// Takes the variables of this process.
    pub(crate) fn of_environment() -> Result<Self> {
        Self::take(&mut variables()?)
    }

    /// Names the profile in the advice of failures.
    pub(crate) fn set_profile(&mut self, profile: &str) {
        self.login = format!("plume auth login --profile {profile}");
    }

    /// The directory, if there is a store.
    pub(crate) fn directory(&self) -> Option<&Path> {
        self.directory.as_deref()
    }

    /// The file of the key.
    pub(crate) fn key_file(&self) -> Option<PathBuf> {
        self.key.place().file().map(Path::to_owned)
    }

    /// The place of the key in words.
    pub(crate) fn key_place(&self) -> String {
        self.key.place().to_string()
    }

    /// The key as the value of a setting.
    pub(crate) fn key(&self) -> String {
        match self.key.place() {
            KeyPlace::Variable => "[redacted]".to_owned(),
            place => place.to_string(),
        }
    }

    pub(crate) fn origin(&self) -> Option<String> {
        Some(if self.is_named { STORE } else { "default" }.to_owned())
    }

    pub(crate) fn key_origin(&self) -> Option<String> {
        let origin = match self.key.place() {
            KeyPlace::Own(_) => "default".into(),
            KeyPlace::Keyring => match &self.key {
                Key::Own(file) => file.file_name().unwrap_or_default().to_string_lossy(),
                Key::File(_) | Key::Variable(_) => "default".into(),
            },
            KeyPlace::File(_) => KEY_FILE.into(),
            KeyPlace::Variable => KEY.into(),
        };
        Some(origin.into_owned())
    }

    /// Checks the text of the key, also if there is no store yet.
    pub(crate) fn check_key(&self) -> Result<()> {
        let Some(directory) = &self.directory else { return Ok(()) };
        self.keys(directory).map(drop).map_err(|error| self.failed("open", &error))
    }

    /// Checks that the store and the file of its key can be created, without a change.
    pub(crate) fn check_room(&self) -> Result<()> {
        let Some(directory) = &self.directory else { return Ok(()) };
        RecordStore::check_place(directory).map_err(|error| self.failed("open", &error))
    }

    /// Opens the store if it exists.
    pub(crate) fn existing(&self) -> Result<Option<Vault>> {
        self.opened().map_err(|error| self.failed("open", &error))
    }

    pub(super) fn opened(&self) -> std::result::Result<Option<Vault>, StoreError> {
        match &self.directory {
            Some(directory) if directory.exists() => self.open(directory).map(Some),
            _ => Ok(None),
        }
    }

    /// Opens the store, and creates it if it is missing.
    pub(crate) fn create(&self) -> Result<Vault> {
        let directory = self.needed()?;
        self.created(directory).map_err(|error| self.failed("open", &error))
    }

    pub(super) fn created(&self, directory: &Path) -> std::result::Result<Vault, StoreError> {
        // A new key beside old records would hide that the old one is lost.
        match (self.key.place(), directory.exists()) {
            (KeyPlace::Own(path), false) => drop(KeysFromFile::new(path).create(KEY_NAME)?),
            (KeyPlace::Keyring, false) => drop(self.ring.create(directory)?),
            _ => {}
        }
        self.open(directory)
    }

    /// The authorization header of a profile in the store.
    pub(crate) fn header(&self, profile: &str) -> Result<Option<SecretString>> {
        match self.existing()? {
            Some(vault) => vault.header(profile),
            None => Ok(None),
        }
    }

    /// The directory for a credential that has to be kept.
    pub(super) fn needed(&self) -> Result<&Path> {
        self.directory().ok_or_else(|| {
            Failure::usage(
                "there is no place for a credential: the store is off, or there is no home directory",
                format!("Set {STORE} to a directory, or use `auth_header_file` or PLUME_AUTH_HEADER_FILE."),
            )
        })
    }

    pub(super) fn open(&self, directory: &Path) -> std::result::Result<Vault, StoreError> {
        self.open_with(directory, self.keys(directory)?)
    }

    pub(super) fn open_with(
        &self,
        directory: &Path,
        keys: Arc<dyn KeySource>,
    ) -> std::result::Result<Vault, StoreError> {
        let records = RecordStore::encrypted(directory, keys)?;
        Ok(Vault { context: self.context(), records })
    }

    pub(super) fn keys(&self, directory: &Path) -> std::result::Result<Arc<dyn KeySource>, StoreError> {
        Ok(match &self.key {
            Key::Variable(text) => Arc::new(SealKeys::parse(text.expose_secret())?),
            Key::File(path) => Arc::new(KeysFromFile::new(path)),
            Key::Own(file) => {
                let (file, directory) = (file.clone(), directory.to_owned());
                Arc::new(OwnKeys { file, directory, ring: self.ring })
            }
        })
    }

    pub(super) fn context(&self) -> Context {
        let directory = self.directory.clone().unwrap_or_default();
        Context { directory, key: self.key.place(), login: self.login.clone() }
    }

    /// The failure of the store, with the advice for its cause.
    pub(super) fn failed(&self, doing: &str, error: &StoreError) -> Failure {
        self.context().failed(doing, error, Subject::Secret)
    }
}

/// The file of the key of a store: beside the directory, so that a copy of the directory does not have the key. A store that
/// has none there may have that of the platform's place, which `plume auth login` replaces.
fn own_key(directory: &Path, state: Option<&Path>) -> PathBuf {
    let own = beside(directory);
    let shared = state.map(|state| state.join(SHARED_KEY));
    match (own, shared) {
        (Some(own), Some(shared)) if directory.exists() && !own.exists() && shared.exists() => shared,
        (Some(own), _) => own,
        (None, Some(shared)) => shared,
        (None, None) => directory.join(SHARED_KEY),
    }
}

/// The directory's name with another ending. `None` for a root.
pub(super) fn beside(directory: &Path) -> Option<PathBuf> {
    let directory = std::path::absolute(directory).ok()?;
    let mut name = directory.file_name()?.to_owned();
    name.push(".key");
    Some(directory.with_file_name(name))
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.directory {
            Some(directory) => write!(f, "{}", directory.display()),
            None => f.write_str("off"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_store_has_a_key_of_its_own_unless_it_has_the_shared_one() {
        let folder = std::env::temp_dir().join(format!("plume-cli-place-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let (state, store) = (folder.join("state"), folder.join("a.b/"));
        for directory in [&state, &store] {
            std::fs::create_dir_all(directory).unwrap();
        }
        let (own, shared) = (folder.join("a.b.key"), state.join("store.key"));
        let key = |directory: &Path| own_key(directory, Some(&state));
        assert_eq!(key(&store), own);
        std::fs::write(&shared, "").unwrap();
        assert_eq!(key(&store), shared);
        assert_eq!(key(&folder.join("new")), folder.join("new.key"));
        assert_eq!(key(&state.join("store")), shared);
        std::fs::write(&own, "").unwrap();
        assert_eq!(key(&store), own);
        assert_eq!((key(Path::new("/")), own_key(Path::new("/"), None)), (shared, "/store.key".into()));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
