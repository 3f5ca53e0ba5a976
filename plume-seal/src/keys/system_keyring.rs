//! Keys in the operating system's keyring.
//!
//! **A keyring stores the key, not the records.** It has no locks between processes, no replacement in one step and small
//! entries. The feature `keyring` depends on keyring-core alone (two crates); the program adds the store of its platform,
//! which may be a hundred. A keyring that does not persist its entries is refused.

use std::fmt;

use keyring_core::{CredentialPersistence, CredentialStore, Entry, Error};
use zeroize::Zeroizing;

use crate::error::{StoreError, StoreErrorKind};
use crate::keys::key::{SealKeys, random_line};
use crate::keys::source::KeySource;

/// Keys in the keyring of a desktop: Keychain, Credential Manager, Secret Service.
///
/// Only the keys are kept there, in the form of [`SealKeys::parse`]. The records stay in files, because a keyring has
/// neither locks between processes nor replacement in one step, and limits the size of an entry.
///
/// The program passes the store of its platform, from the `keyring` crate or a crate of its family. A store that forgets
/// its entries when the process ends, the user logs out or the machine restarts is refused, because the records could not
/// be opened any more; the store for tests is one of these.
///
/// ```
/// use plume_seal::{KeysFromKeyring, StoreErrorKind};
///
/// let for_tests = keyring_core::mock::Store::new()?;
/// let refused = KeysFromKeyring::new(&*for_tests, "example", "tokens").unwrap_err();
/// assert_eq!(refused.kind(), StoreErrorKind::Keys);
/// # Ok::<(), keyring_core::Error>(())
/// ```
pub struct KeysFromKeyring {
    entry: Entry,
}

impl KeysFromKeyring {
    /// Uses the entry of `service` and `user`.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Keys`] if the store does not persist its entries or refuses these names.
    pub fn new(store: &CredentialStore, service: &str, user: &str) -> Result<Self, StoreError> {
        if !matches!(store.persistence(), CredentialPersistence::UntilDelete) {
            let message = "the keyring does not keep its entries until they are deleted";
            return Err(StoreError::new(StoreErrorKind::Keys, message));
        }
        let entry = store.build(service, user, None).map_err(|error| failed(&error))?;
        Ok(Self { entry })
    }

    /// Creates a random key called `name` in the entry if there is none, and returns whether it did.
    ///
    /// A keyring cannot do both in one step: call it when the program is set up, not from several processes at once.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Keys`] if the keyring is locked or not reachable.
    pub fn create(&self, name: &str) -> Result<bool, StoreError> {
        match self.entry.get_password().map(Zeroizing::new) {
            Ok(_) => return Ok(false),
            Err(Error::NoEntry) => {}
            Err(error) => return Err(failed(&error)),
        }
        let text = random_line(name)?;
        self.entry.set_password(&text).map_err(|error| failed(&error))?;
        Ok(true)
    }
}

impl KeySource for KeysFromKeyring {
    fn keys(&self) -> Result<SealKeys, StoreError> {
        let text = self.entry.get_password().map(Zeroizing::new).map_err(|error| failed(&error))?;
        SealKeys::parse(&text)
    }
}

/// Describes an error without its own text, which may contain what was read.
fn failed(error: &Error) -> StoreError {
    let why = match error {
        Error::NoEntry => "has no such entry",
        Error::NoStorageAccess(_) => "is locked or not reachable",
        Error::BadEncoding(_) | Error::BadDataFormat(..) | Error::BadStoreFormat(_) => "cannot be read",
        Error::TooLong(..) | Error::Invalid(..) => "does not take this name or value",
        Error::Ambiguous(_) => "has several entries of this name",
        _ => "failed",
    };
    StoreError::new(StoreErrorKind::Keys, format!("the keyring {why}"))
}

impl fmt::Debug for KeysFromKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeysFromKeyring")
    }
}

#[cfg(test)]
mod tests {
    use std::{any::Any, collections::HashMap, sync::Arc};

    use keyring_core::{api::CredentialStoreApi, mock};

    use super::*;

    /// The store for tests, with another persistence.
    struct Promising {
        store: Arc<mock::Store>,
        persistence: fn() -> CredentialPersistence,
    }

    impl CredentialStoreApi for Promising {
        fn vendor(&self) -> String {
            self.store.vendor()
        }

        fn id(&self) -> String {
            self.store.id()
        }

        fn build(
            &self,
            service: &str,
            user: &str,
            modifiers: Option<&HashMap<&str, &str>>,
        ) -> keyring_core::Result<Entry> {
            self.store.build(service, user, modifiers)
        }

        fn as_any(&self) -> &dyn Any {
            self
        }

        fn persistence(&self) -> CredentialPersistence {
            (self.persistence)()
        }
    }

    fn keyring(persistence: fn() -> CredentialPersistence) -> Result<KeysFromKeyring, StoreError> {
        KeysFromKeyring::new(
            &Promising { store: mock::Store::new().unwrap(), persistence },
            "example",
            "tokens",
        )
    }

    #[test]
    fn a_keyring_that_forgets_is_refused() {
        let forgetting: [fn() -> CredentialPersistence; 5] = [
            || CredentialPersistence::EntryOnly,
            || CredentialPersistence::ProcessOnly,
            || CredentialPersistence::UntilLogout,
            || CredentialPersistence::UntilReboot,
            || CredentialPersistence::Unspecified,
        ];
        for persistence in forgetting {
            assert_eq!(keyring(persistence).unwrap_err().kind(), StoreErrorKind::Keys);
        }
    }

    #[test]
    fn a_key_is_made_once_and_found_again() {
        let keyring = keyring(|| CredentialPersistence::UntilDelete).unwrap();
        let absent = keyring.keys().unwrap_err();
        assert!(absent.to_string().contains("no such entry"), "{absent}");
        assert!(keyring.create("not a name").is_err());
        assert!(keyring.create("first").unwrap());
        let made = keyring.keys().unwrap();
        assert!(!keyring.create("second").unwrap());
        let found = keyring.keys().unwrap();
        assert_eq!(found.current().name(), "first");
        assert_eq!(found.current().check(), made.current().check());
    }

    #[test]
    fn locked_keyring_error_repeats_no_message_of_the_keyring() {
        let keyring = keyring(|| CredentialPersistence::UntilDelete).unwrap();
        keyring.entry.set_password("canary").unwrap();
        for error in [
            Error::NoStorageAccess("canary".into()),
            Error::BadEncoding(b"canary".to_vec()),
            Error::Invalid("canary".to_owned(), "canary".to_owned()),
        ] {
            let credential: &mock::Cred = keyring.entry.as_any().downcast_ref().unwrap();
            credential.set_error(error);
            let shown = keyring.keys().unwrap_err();
            assert_eq!(shown.kind(), StoreErrorKind::Keys);
            assert!(!format!("{shown} {shown:?}").contains("canary"), "{shown:?}");
        }
        // An invalid key is not repeated either.
        assert!(!format!("{:?}", keyring.keys().unwrap_err()).contains("canary"));
    }
}
