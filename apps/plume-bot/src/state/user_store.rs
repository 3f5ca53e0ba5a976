//! The stored users.
//!
//! A user is one record of `plume-seal`: sealed, replaced in one step, and protected against older copies. Without a
//! directory users are kept in memory, so that the worker of an idle user can end. A record that cannot be read is never
//! overwritten and is read again later.

use std::{
    collections::HashMap,
    fmt,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use plume::{auth::SecureUrl, types::PartnerId};
use plume_seal::{KeySource, Reader, RecordName, RecordStore, StoreError, StoreErrorKind};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use plume_telegram::UserId;

use crate::questions::{Account, Place, Preferences, Saved};

/// The version of the stored form.
const VERSION: u32 = 1;

/// A store of users. Cheap to clone.
#[derive(Debug, Clone)]
pub struct UserStore(Kept);

#[derive(Clone)]
enum Kept {
    OnDisk(RecordStore),
    InMemory(Arc<Mutex<HashMap<UserId, Saved>>>),
}

// The users in memory have ids, URLs and names of homes.
impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnDisk(store) => f.debug_tuple("OnDisk").field(store).finish(),
            Self::InMemory(users) => write!(f, "InMemory({} users)", lock(users).len()),
        }
    }
}

/// The reason why a user was not stored or loaded.
#[derive(Debug, thiserror::Error)]
pub enum UserStoreError {
    #[error("{0}")]
    Store(StoreError),
    #[error("another process is changing the record")]
    Locked,
    #[error("a background task failed: {0}")]
    Broken(String),
    #[error("this version cannot read the record")]
    Contents,
}

#[derive(Serialize, Deserialize)]
struct Record {
    version: u32,
    account: Option<AccountRecord>,
    place: Option<Place>,
    #[serde(default)]
    preferences: Preferences,
}

#[derive(Serialize, Deserialize)]
struct AccountRecord {
    sso: String,
    header: String,
    partner: String,
    api: String,
    reports: Option<String>,
}

impl Drop for AccountRecord {
    fn drop(&mut self) {
        self.header.zeroize();
    }
}

impl UserStore {
    /// Opens a store in `directory`, sealed with a key of `keys`.
    pub fn open(directory: &Path, keys: impl KeySource + 'static) -> Result<Self, StoreError> {
        let store = RecordStore::encrypted(directory, keys)?;
        Ok(Self(Kept::OnDisk(store.judged_by(|contents| text(contents).is_some()))))
    }

    /// Creates a store that lasts as long as the process.
    pub fn in_memory() -> Self {
        Self(Kept::InMemory(Arc::default()))
    }

    /// Returns whether a call may block for the time of a file access.
    pub fn is_on_disk(&self) -> bool {
        matches!(self.0, Kept::OnDisk(_))
    }

    /// Loads a user; a new user has an empty state.
    pub fn load(&self, user: UserId) -> Result<Saved, UserStoreError> {
        let contents = match &self.0 {
            Kept::OnDisk(store) => store.load(&name(user)).map_err(UserStoreError::Store)?,
            Kept::InMemory(users) => return Ok(lock(users).get(&user).cloned().unwrap_or_default()),
        };
        let Some(contents) = contents else { return Ok(Saved::default()) };
        let text = text(&contents).ok_or(UserStoreError::Contents)?;
        let record: Record = serde_json::from_slice(&text).map_err(|_| UserStoreError::Contents)?;
        if record.version != VERSION {
            return Err(UserStoreError::Contents);
        }
        let account = record.account.as_ref().map(account).transpose()?;
        Ok(Saved { account, place: record.place, preferences: record.preferences })
    }

    /// Stores a user, or wipes a user with an empty state.
    pub fn save(&self, user: UserId, saved: &Saved) -> Result<(), UserStoreError> {
        let empty =
            saved.account.is_none() && saved.place.is_none() && saved.preferences == Preferences::default();
        let store = match &self.0 {
            Kept::OnDisk(store) => store,
            Kept::InMemory(users) => {
                let mut users = lock(users);
                if empty {
                    users.remove(&user)
                } else {
                    users.insert(user, saved.clone())
                };
                return Ok(());
            }
        };
        if empty {
            return store.forget(&name(user)).map_err(UserStoreError::Store);
        }
        let record = Record {
            version: VERSION,
            account: saved.account.as_ref().map(|account| AccountRecord {
                sso: account.sso.as_str().to_owned(),
                header: account.header.expose_secret().to_owned(),
                partner: account.partner.as_str().to_owned(),
                api: account.api.as_str().to_owned(),
                reports: account.reports.as_ref().map(|url| url.as_str().to_owned()),
            }),
            place: saved.place.clone(),
            preferences: saved.preferences.clone(),
        };
        let text = Zeroizing::new(serde_json::to_vec(&record).map_err(|_| UserStoreError::Contents)?);
        store.save(&name(user), &text).map_err(|error| match error.kind() {
            StoreErrorKind::Busy => UserStoreError::Locked,
            _ => UserStoreError::Store(error),
        })
    }
}

fn lock(users: &Mutex<HashMap<UserId, Saved>>) -> MutexGuard<'_, HashMap<UserId, Saved>> {
    users.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the name of a user's record, the same as in the versions that used plume-auth's store of tokens.
fn name(user: UserId) -> RecordName {
    let tenant = format!("telegram:{user}");
    let parts = [tenant.as_bytes(), b"telegram-bot user", &user.0.to_be_bytes(), b""];
    RecordName::new(&tenant, "plume-auth store key 1", &parts)
}

/// Returns the JSON text of a record. `None` if this bot did not write it.
fn text(contents: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if contents.first() == Some(&b'{') {
        return Some(Zeroizing::new(contents.to_vec()));
    }
    // Earlier versions stored the text in base64 as a token: a flag, two times, no scope, the text, and no rejected
    // tokens.
    let mut reader = Reader::new(contents);
    reader.flag()?.then_some(())?;
    reader.bytes(16)?;
    (!reader.flag()?).then_some(())?;
    let text = STANDARD.decode(reader.text()?).ok()?;
    (reader.rest() == [0]).then(|| Zeroizing::new(text))
}

fn account(record: &AccountRecord) -> Result<Account, UserStoreError> {
    let url = |text: &str| SecureUrl::parse(text).map_err(|_| UserStoreError::Contents);
    Ok(Account {
        sso: url(&record.sso)?,
        header: record.header.as_str().to_owned().into(),
        partner: PartnerId::slug(&record.partner).map_err(|_| UserStoreError::Contents)?,
        api: url(&record.api)?,
        reports: record.reports.as_deref().map(url).transpose()?,
    })
}

impl UserStoreError {
    /// Returns whether an unreadable record was moved aside, so that a new one may be written. Otherwise it may still be
    /// readable with the right key or version, and must not be changed.
    pub fn was_put_aside(&self) -> bool {
        matches!(self, Self::Store(error) if error.kind().leaves_room())
    }
}
