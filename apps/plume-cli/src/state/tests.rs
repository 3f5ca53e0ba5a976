//! The key of a store in the keyring, on the keyring's own store for tests.
#![cfg(feature = "keyring")]

use std::{
    any::Any,
    collections::{BTreeMap, HashMap},
    fs,
    path::PathBuf,
    sync::{Arc, LazyLock},
};

use keyring_core::{CredentialPersistence, CredentialStore, Entry, api::CredentialStoreApi, mock};
use plume::{
    auth::store::{StoreError, StoreErrorKind},
    cli,
};
use secrecy::{ExposeSecret, SecretString};

use super::{KeyHome, Place, ring::Ring};
use crate::failure::{Failure, Result};

/// A keyring that lasts as long as the process, and says that it lasts longer.
#[derive(Debug)]
struct Lasting(Arc<mock::Store>);

impl CredentialStoreApi for Lasting {
    fn vendor(&self) -> String {
        self.0.vendor()
    }

    fn id(&self) -> String {
        self.0.id()
    }

    fn build(
        &self,
        service: &str,
        user: &str,
        modifiers: Option<&HashMap<&str, &str>>,
    ) -> keyring_core::Result<Entry> {
        self.0.build(service, user, modifiers)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn persistence(&self) -> CredentialPersistence {
        CredentialPersistence::UntilDelete
    }
}

fn lasting() -> std::result::Result<Arc<CredentialStore>, StoreError> {
    static STORE: LazyLock<Arc<mock::Store>> = LazyLock::new(|| mock::Store::new().unwrap());
    Ok(Arc::new(Lasting(Arc::clone(&STORE))))
}

fn none() -> std::result::Result<Arc<CredentialStore>, StoreError> {
    Err(StoreError::new(StoreErrorKind::Keys, "no keyring service is running in this session"))
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plume-cli-ring-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// The place of a store in this folder, with its key beside it.
    fn place(&self, open: fn() -> std::result::Result<Arc<CredentialStore>, StoreError>) -> Place {
        let store = self.0.join("store").display().to_string();
        let mut place = Place::take(&mut BTreeMap::from([("PLUME_TOKEN_STORE".to_owned(), store)])).unwrap();
        place.key = super::key::Key::Own(self.key());
        place.ring = Ring { open };
        place
    }

    fn key(&self) -> PathBuf {
        self.0.join("store.key")
    }
}

async fn log_in(place: &Place, secret: &str, home: Option<KeyHome>) -> Result<bool> {
    let (vault, aside) = place.clone().open_for_login("lab", home)?;
    vault.keep("lab", &SecretString::from(secret)).await?;
    Ok(aside.is_some())
}

fn secret(place: &Place) -> Option<String> {
    place.header("lab").unwrap().map(|secret| secret.expose_secret().to_owned())
}

fn shown(failure: Failure) -> (u8, String) {
    let failure = cli::Failure::from(failure);
    (failure.exit_code, format!("{} {}", failure.message, failure.help))
}

#[tokio::test]
async fn the_key_moves_between_the_file_and_the_keyring() {
    let folder = Folder::new("moves");
    let place = folder.place(lasting);
    log_in(&place, "first", None).await.unwrap();
    let in_file = fs::read_to_string(folder.key()).unwrap();
    assert_eq!(place.key_place(), folder.key().display().to_string());

    log_in(&place, "second", Some(KeyHome::Keyring)).await.unwrap();
    assert_eq!(fs::read_to_string(folder.key()).unwrap(), "keyring\n");
    assert_eq!(
        (place.key_place(), place.key_origin()),
        ("system keyring".to_owned(), Some("store.key".to_owned()))
    );
    assert_eq!((place.key_file(), secret(&place).as_deref()), (None, Some("second")));
    // The former key opens nothing.
    fs::write(folder.key(), in_file).unwrap();
    assert_eq!(shown(place.header("lab").unwrap_err()).0, 4);
    fs::write(folder.key(), "keyring").unwrap();
    // It stays where it is.
    log_in(&place, "third", None).await.unwrap();
    assert_eq!(place.key_place(), "system keyring");

    log_in(&place, "fourth", Some(KeyHome::File)).await.unwrap();
    assert_eq!(place.key_place(), folder.key().display().to_string());
    assert_eq!(secret(&folder.place(none)).as_deref(), Some("fourth"));
}

#[tokio::test]
async fn a_new_store_begins_in_the_keyring() {
    let folder = Folder::new("begins");
    assert!(!log_in(&folder.place(lasting), "first", Some(KeyHome::Keyring)).await.unwrap());
    assert_eq!(fs::read_to_string(folder.key()).unwrap(), "keyring\n");
    assert_eq!(secret(&folder.place(lasting)).as_deref(), Some("first"));
}

#[tokio::test]
async fn without_a_keyring_a_sentence_names_the_way_out() {
    let folder = Folder::new("none");
    let (code, text) = shown(log_in(&folder.place(none), "first", Some(KeyHome::Keyring)).await.unwrap_err());
    assert_eq!(code, 1);
    assert!(
        text.contains("no keyring service is running") && text.contains("without `--key keyring`"),
        "{text}"
    );
    assert!(!folder.key().exists() && !folder.0.join("store").exists());

    log_in(&folder.place(lasting), "first", Some(KeyHome::Keyring)).await.unwrap();
    let mut place = folder.place(none);
    place.set_profile("lab");
    for failure in [place.header("lab").unwrap_err(), log_in(&place, "second", None).await.unwrap_err()] {
        let (code, text) = shown(failure);
        assert_eq!(code, 4);
        assert!(text.contains("`plume auth login --profile lab --key file`"), "{text}");
    }
    // Nothing was moved: the keyring may be locked only.
    assert_eq!(secret(&folder.place(lasting)).as_deref(), Some("first"));
    assert!(log_in(&place, "second", Some(KeyHome::File)).await.unwrap());
    assert_eq!(secret(&place).as_deref(), Some("second"));
    assert!(folder.0.join("store-aside-1").exists());
}

#[tokio::test]
async fn a_record_in_use_survives_the_move_of_the_key() {
    let folder = Folder::new("busy");
    let mut place = folder.place(lasting);
    log_in(&place, "first", None).await.unwrap();
    for home in [KeyHome::Keyring, KeyHome::File] {
        let vault = place.existing().unwrap().unwrap();
        let lock = vault.records.try_lock(&super::vault::name("lab")).unwrap();
        place.open_for_login("lab", Some(home)).unwrap();
        assert_eq!(place.key_file().is_none(), home == KeyHome::Keyring);
        assert_eq!(secret(&place).as_deref(), Some("first"));
        // The way back is refused while a record has neither key.
        let back = if home == KeyHome::File { KeyHome::Keyring } else { KeyHome::File };
        assert!(shown(place.open_for_login("lab", Some(back)).unwrap_err()).1.contains("the former key"));
        drop(lock);
        assert!(place.settle());
        assert_eq!(secret(&place).as_deref(), Some("first"));
    }
}
