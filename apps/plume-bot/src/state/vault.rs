//! What is kept of users over a restart.
//!
//! A user is one record of the SDK's encrypted store: sealed, replaced in one step, and noticed when an older copy
//! is put back. The record is made for a token; here its text is the user's data, up to 16 KiB. A second format beside it
//! would need all of its care again. Without a directory the same records are kept in memory, so that a worker can end when
//! its user is quiet. A record that cannot be read is never written over and is tried again.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use plume::{
    auth::{
        IssuedToken, SecureUrl,
        store::{
            FileStore, KeySource, MemoryStore, StoreError, StoreErrorKind, StoreKey, StoredRecord,
            StoredToken, TokenStore,
        },
    },
    types::PartnerId,
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use plume_telegram::UserId;

use crate::questions::{Account, Place, Preferences, Saved};

/// The form of what is kept.
const VERSION: u32 = 1;

/// Keeps users. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Vault {
    store: Arc<dyn TokenStore>,
    on_disk: bool,
}

/// Why something was not kept or not found.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("{0}")]
    Store(StoreError),
    #[error("another process changes the record at this moment")]
    Locked,
    #[error("the work in the background broke off: {0}")]
    Broken(String),
    /// Also what is too large.
    #[error("what is kept of a user cannot be read by this version")]
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

impl Vault {
    /// Keeps users in `directory`, sealed with a key of `keys`.
    pub fn open(directory: &Path, keys: impl KeySource + 'static) -> Result<Self, StoreError> {
        Ok(Self::on(Arc::new(FileStore::encrypted(directory, keys)?)))
    }

    /// Keeps users in any store, which may block for the time of a file access.
    pub fn on(store: Arc<dyn TokenStore>) -> Self {
        Self { store, on_disk: true }
    }

    /// Keeps users for as long as the process lives.
    pub fn in_memory() -> Self {
        Self { store: Arc::new(MemoryStore::new()), on_disk: false }
    }

    /// Whether a call may block for the time of a file access.
    pub fn is_on_disk(&self) -> bool {
        self.on_disk
    }

    /// What is kept of a user; nothing for one who is new.
    pub fn load(&self, user: UserId) -> Result<Saved, VaultError> {
        let record = self.store.load(&key(user)).map_err(VaultError::Store)?;
        let Some(token) = record.as_ref().and_then(StoredRecord::token) else {
            return Ok(Saved::default());
        };
        let text = Zeroizing::new(STANDARD.decode(token.expose_token()).map_err(|_| VaultError::Contents)?);
        let record: Record = serde_json::from_slice(&text).map_err(|_| VaultError::Contents)?;
        if record.version != VERSION {
            return Err(VaultError::Contents);
        }
        let account = record.account.as_ref().map(account).transpose()?;
        Ok(Saved { account, place: record.place, preferences: record.preferences })
    }

    /// Keeps a user in place of what was kept before, or wipes a user without anything to keep.
    pub fn save(&self, user: UserId, saved: &Saved, now: SystemTime) -> Result<(), VaultError> {
        if saved.account.is_none() && saved.place.is_none() && saved.preferences == Preferences::default() {
            return self.store.forget(&key(user)).map_err(VaultError::Store);
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
        let text = Zeroizing::new(serde_json::to_vec(&record).map_err(|_| VaultError::Contents)?);
        // Its lifetime is of no meaning here: only a cache of tokens would look at it.
        let issued = IssuedToken::new(STANDARD.encode(&text), Duration::ZERO).ok_or(VaultError::Contents)?;
        let record = StoredRecord::default().with_token(StoredToken::new(&issued, now));
        self.store.save(&key(user), &record).map_err(|error| match error.kind() {
            StoreErrorKind::Busy => VaultError::Locked,
            _ => VaultError::Store(error),
        })
    }
}

fn key(user: UserId) -> StoreKey {
    StoreKey::from_parts(&format!("telegram:{user}"), "telegram-bot user", &user.0.to_be_bytes(), "")
}

fn account(record: &AccountRecord) -> Result<Account, VaultError> {
    let url = |text: &str| SecureUrl::parse(text).map_err(|_| VaultError::Contents);
    Ok(Account {
        sso: url(&record.sso)?,
        header: record.header.as_str().to_owned().into(),
        partner: PartnerId::slug(&record.partner).map_err(|_| VaultError::Contents)?,
        api: url(&record.api)?,
        reports: record.reports.as_deref().map(url).transpose()?,
    })
}

impl VaultError {
    /// Whether what could not be read was put aside, so that its place may be written again. Otherwise it may still be
    /// good with the right key or version, and must be left alone.
    pub fn was_put_aside(&self) -> bool {
        use StoreErrorKind::{Damaged, Newer, Restored};
        matches!(self, Self::Store(error) if matches!(error.kind(), Damaged | Newer | Restored))
    }
}
