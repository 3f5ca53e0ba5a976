//! Another place for the key of the store.
//!
//! Until every record is sealed with the new key, the former one is in `store.former` beside it, so that an interruption
//! leaves nothing that cannot be opened.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use plume::auth::store::{KeysFromFile, StoreError, StoreErrorKind};
use zeroize::Zeroizing;

use crate::failure::Result;
use crate::state::key::{IN_KEYRING, Key, KeyHome, KeyPlace, former};
use crate::state::place::{KEY_NAME, Place, beside};

impl Place {
    /// Gives the store a key file of its own, if it has that of another store: with its key, so that both stay readable.
    pub(super) fn adopt_key(&mut self) -> Result<()> {
        let Key::Own(file) = &self.key else { return Ok(()) };
        let Some((directory, own)) = self.directory().and_then(|path| Some((path, beside(path)?))) else {
            return Ok(());
        };
        if own == *file || !directory.exists() {
            return Ok(());
        }
        // A key that opens no record is not that of this store. Its records are current, so none is changed.
        let opened = self.open(directory).and_then(|vault| vault.records.rewrap_all());
        if opened.is_ok_and(|done| done.current > 0 || done.skipped.is_empty()) {
            copy(file, &own).map_err(|error| self.not_renamed(&own, &error))?;
            self.key = Key::Own(own);
        }
        Ok(())
    }

    /// Moves the key to another place, and seals the records with the new one. Records in use keep the former key until
    /// [`settle`](Self::settle).
    pub(super) fn change_key(&self, directory: &Path, file: &Path, home: Option<KeyHome>) -> Result<()> {
        let failed = |error: StoreError| self.failed("change the key of", &error);
        let is_settled = self.settled(directory, file).map_err(failed)?;
        let next = file.with_extension("key.new");
        let is_change = matches!(
            (self.key.place(), home),
            (KeyPlace::Own(_), Some(KeyHome::Keyring)) | (KeyPlace::Keyring, Some(KeyHome::File))
        );
        if !is_change {
            return Ok(());
        }
        if !is_settled {
            let text = "another process uses a record that has the former key";
            return Err(failed(StoreError::new(StoreErrorKind::Busy, text)));
        }
        // No record has the key of a change that ended here.
        let _ = fs::remove_file(&next);
        if home == Some(KeyHome::Keyring) {
            self.ring.create(directory).map_err(|error| self.no_keyring(&error))?;
            fs::write(&next, format!("{IN_KEYRING}\n")).map_err(|error| self.not_renamed(&next, &error))?;
        } else {
            KeysFromFile::new(&next).create(KEY_NAME).map_err(failed)?;
        }
        let changed = fs::hard_link(file, former(file)).and_then(|()| fs::rename(&next, file));
        changed.map_err(|error| self.not_renamed(file, &error))?;
        self.settled(directory, file).map(drop).map_err(failed)
    }

    /// Ends a change of the key. Returns `false` if a record is in use, so that the former key stays.
    pub(crate) fn settle(&self) -> bool {
        match (&self.key, self.directory()) {
            (Key::Own(file), Some(directory)) => self.settled(directory, file).unwrap_or(false),
            _ => true,
        }
    }

    fn settled(&self, directory: &Path, file: &Path) -> std::result::Result<bool, StoreError> {
        let former = former(file);
        if !former.exists() {
            return Ok(true);
        }
        let done = self.open(directory)?.records.rewrap_all()?;
        if done.busy > 0 {
            return Ok(false);
        }
        match fs::remove_file(&former) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Ok(false),
            _ => Ok(true),
        }
    }
}

/// Copies the file of a key in one step, for its owner only.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let text = Zeroizing::new(fs::read(from)?);
    let next = to.with_extension("key.new");
    // Left by a login that was interrupted.
    let _ = fs::remove_file(&next);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&next)?;
    file.write_all(&text).and_then(|()| file.sync_all())?;
    fs::rename(&next, to)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use secrecy::{ExposeSecret, SecretString};

    use super::*;
    use crate::state::vault::name;

    #[tokio::test]
    async fn records_in_use_keep_the_former_key_until_the_change_ends() {
        let folder = std::env::temp_dir().join(format!("plume-cli-change-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let store = folder.join("store").display().to_string();
        let mut place = Place::take(&mut BTreeMap::from([("PLUME_TOKEN_STORE".to_owned(), store)])).unwrap();
        let file = folder.join("store.key");
        place.key = Key::Own(file.clone());
        let (vault, _) = place.open_for_login("lab", None).unwrap();
        for profile in ["lab", "home"] {
            vault.keep(profile, &SecretString::from(profile)).await.unwrap();
        }
        let secret = |profile| Some(place.header(profile).unwrap()?.expose_secret().to_owned());

        // A change that ended before a record had the new key.
        fs::rename(&file, former(&file)).unwrap();
        KeysFromFile::new(&file).create("next").unwrap();
        assert_eq!((secret("lab").as_deref(), secret("home").as_deref()), (Some("lab"), Some("home")));
        let lock = vault.records.try_lock(&name("lab")).unwrap();
        // A login with another profile has one record in use, and neither key is lost.
        let (_, aside) = place.clone().open_for_login("home", None).unwrap();
        assert!(aside.is_none() && !place.settle());
        assert_eq!((secret("lab").as_deref(), secret("home").as_deref()), (Some("lab"), Some("home")));
        drop(lock);
        assert!(place.settle() && !former(&file).exists());
        assert_eq!((secret("lab").as_deref(), secret("home").as_deref()), (Some("lab"), Some("home")));
        fs::remove_dir_all(&folder).unwrap();
    }
}
