//! The store of a login and a logout: one that cannot be opened is moved aside.
//!
//! Nothing is deleted: the store and its key are renamed, so that they can be put back.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use plume::{
    auth::store::{KeySource, StoreError},
    cli::exit,
};

use crate::failure::{Failure, Result};
use crate::state::context::is_key;
use crate::state::key::{IN_KEYRING, Key, KeyHome, KeyPlace, REACH_KEYRING, former, is_in_keyring};
use crate::state::place::{Place, beside};
use crate::state::vault::Vault;

/// A store that was moved aside.
#[derive(Debug)]
pub(crate) struct Aside {
    /// The new name of the directory.
    pub(crate) path: PathBuf,
    /// The failure in words.
    pub(crate) why: String,
}

impl fmt::Display for Aside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        write!(
            f,
            "the credential store could not be opened ({}): it is now {path}; all profiles have to log in again",
            self.why
        )
    }
}

impl Place {
    /// Opens the store for the credential of a profile, and creates it if it is missing. One that cannot be opened because
    /// its own key is lost is moved aside. `home` is the place of the key; unless given it stays.
    pub(crate) fn open_for_login(
        &mut self,
        profile: &str,
        home: Option<KeyHome>,
    ) -> Result<(Vault, Option<Aside>)> {
        self.adopt_key()?;
        let directory = self.needed()?.to_owned();
        let Key::Own(file) = self.key.clone() else {
            if home.is_some() {
                let message =
                    format!("--key has no effect: the key of the store comes from {}", self.key_place());
                return Err(Failure::usage(message, "Unset the variable of the key, or leave out --key."));
            }
            return Ok((self.create()?, None));
        };
        let mut aside = None;
        if directory.exists() {
            let opened = self.created(&directory).and_then(|vault| vault.check(profile));
            match opened {
                Ok(()) => self.change_key(&directory, &file, home)?,
                Err(error) if self.is_lost(&error, home) => {
                    aside = Some(self.move_aside(&error)?);
                    // The key of other stores is not that of the new one.
                    self.key = Key::Own(beside(&directory).unwrap_or(file));
                }
                Err(error) => return Err(self.failed("open", &error)),
            }
        }
        if let (Key::Own(file), false) = (&self.key, directory.exists()) {
            if home == Some(KeyHome::Keyring) {
                self.create_in_keyring(&directory, file)?;
            } else if self.key.place() == KeyPlace::Keyring && home == Some(KeyHome::File) {
                fs::remove_file(file).map_err(|error| self.not_renamed(file, &error))?;
            }
        }
        let vault = self.created(&directory);
        Ok((vault.map_err(|error| self.failed("create", &error))?, aside))
    }

    /// Opens the store for the logout of a profile, if it exists. One that cannot be opened because its own key is lost is
    /// moved aside.
    pub(crate) fn open_for_logout(&self, profile: Option<&str>) -> Result<(Option<Vault>, Option<Aside>)> {
        let checked = self.opened().and_then(|vault| {
            if let (Some(vault), Some(profile)) = (&vault, profile) {
                vault.check(profile)?;
            }
            Ok(vault)
        });
        match checked {
            Ok(vault) => Ok((vault, None)),
            Err(error) if self.is_lost(&error, None) => Ok((None, Some(self.move_aside(&error)?))),
            Err(error) => Err(self.failed("open", &error)),
        }
    }

    /// Whether the key of the store is lost. A keyring may be locked only, so a person decides.
    fn is_lost(&self, error: &StoreError, home: Option<KeyHome>) -> bool {
        let key = self.key.place();
        let is_file = self.directory().is_some_and(Path::is_file);
        match &key {
            KeyPlace::Own(file) if is_in_keyring(&former(file)) => {
                is_file || is_key(error.kind()) && home == Some(KeyHome::File)
            }
            KeyPlace::Own(_) => is_file || is_key(error.kind()) && !key.is_exposed(),
            KeyPlace::Keyring => is_file || is_key(error.kind()) && home == Some(KeyHome::File),
            KeyPlace::File(_) | KeyPlace::Variable => is_file,
        }
    }

    fn move_aside(&self, error: &StoreError) -> Result<Aside> {
        let directory = self.needed()?;
        let why = self.context().cause(error);
        // A valid key may be that of other stores, too.
        let key = match &self.key {
            Key::Own(file) if self.keys(directory).and_then(|source| source.keys()).is_err() => Some(file),
            _ => None,
        };
        let (path, key_path) = free_names(directory, key.map(PathBuf::as_path));
        // The key first: a store without a key is moved by the next login.
        if let (Some(file), Some(next)) = (key, key_path)
            && let Err(error) = fs::rename(file, next)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(self.not_renamed(file, &error));
        }
        if let Key::Own(file) = &self.key
            && former(file).exists()
        {
            let former = former(file);
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let next = former.with_file_name(format!("{name}.former"));
            fs::rename(&former, next).map_err(|error| self.not_renamed(&former, &error))?;
        }
        fs::rename(directory, &path).map_err(|error| self.not_renamed(directory, &error))?;
        Ok(Aside { path, why })
    }

    fn create_in_keyring(&self, directory: &Path, file: &Path) -> Result<()> {
        let keys = self.ring.create(directory).map_err(|error| self.no_keyring(&error))?;
        // Creates the directories, which are private.
        self.open_with(directory, keys).map_err(|error| self.failed("create", &error))?;
        write_marker(file).map_err(|error| self.not_renamed(file, &error))
    }

    pub(super) fn no_keyring(&self, error: &StoreError) -> Failure {
        let text = error.to_string();
        let why = text.trim_start_matches("store: ");
        let message = format!("failed to keep the key of the store in the system keyring: {why}");
        let help = format!(
            "{REACH_KEYRING}, or log in without `--key keyring`: the key is then a file that only you can read."
        );
        Failure::of_code(exit::FAILED, message, help)
    }

    pub(super) fn not_renamed(&self, path: &Path, error: &io::Error) -> Failure {
        Failure::of_code(
            exit::FAILED,
            format!("failed to change {}: {error}", path.display()),
            "Check the free space and the permissions of its directory.",
        )
    }
}

/// Notes that the keyring has the key, in one step.
fn write_marker(file: &Path) -> io::Result<()> {
    let next = file.with_extension("key.new");
    fs::write(&next, format!("{IN_KEYRING}\n"))?;
    fs::rename(&next, file)
}

/// The first names beside a directory and its key that are free. The key may be in another directory.
fn free_names(directory: &Path, key: Option<&Path>) -> (PathBuf, Option<PathBuf>) {
    let names = |number: u32| {
        let name = directory.file_name().unwrap_or_default().to_string_lossy();
        let key = key.map(|file| {
            let name = file.file_stem().unwrap_or_default().to_string_lossy();
            file.with_file_name(format!("{name}-aside-{number}.key"))
        });
        (directory.with_file_name(format!("{name}-aside-{number}")), key)
    };
    let is_free = |(path, key): &(PathBuf, Option<PathBuf>)| {
        !path.exists() && !key.as_ref().is_some_and(|key| key.exists())
    };
    (1..u32::MAX).map(names).find(is_free).unwrap_or_else(|| names(0))
}
