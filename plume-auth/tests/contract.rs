//! Our own cache and stores, and many wrong ones, through the public suites.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]
#![cfg(feature = "testing")]

use std::sync::Arc;

use plume_auth::{CachedTokenProvider, testing::check_provider};
use testkit::caches::{Bug, Flawed};

#[tokio::test]
async fn our_cache_keeps_every_promise() {
    let report = check_provider(|source, clock| CachedTokenProvider::new(source, Arc::new(clock))).await;
    assert!(report.is_ok(), "{report}");
}

/// The wrong caches are wrong in one way each: without a bug theirs is right.
#[tokio::test]
async fn the_wrong_cache_without_a_bug_keeps_every_promise() {
    let report = check_provider(|source, clock| Flawed::new(source, clock, None)).await;
    assert!(report.is_ok(), "{report}");
}

#[tokio::test]
async fn every_historic_bug_is_found() {
    assert!(Bug::ALL.len() >= 20);
    let mut missed = Vec::new();
    for bug in Bug::ALL {
        let report = check_provider(|source, clock| Flawed::new(source, clock, Some(*bug))).await;
        if report.is_ok() {
            missed.push(bug);
        }
    }
    assert!(missed.is_empty(), "not found: {missed:?}");
}

#[cfg(feature = "store")]
mod stores {
    use std::{
        collections::HashMap,
        sync::atomic::{AtomicU32, Ordering},
    };

    use plume_auth::{
        store::{
            FileStore, MemoryStore, StoreError, StoreErrorKind, StoreKey, StoreLock, StoredRecord, TokenStore,
        },
        testing::check_store,
    };

    #[test]
    fn our_stores_keep_every_promise() {
        let report = check_store(MemoryStore::new);
        assert!(report.is_ok(), "{report}");
        let number = AtomicU32::new(0);
        let directory = std::env::temp_dir().join(format!("plume-auth-contract-{}", std::process::id()));
        let fresh = || directory.join(number.fetch_add(1, Ordering::Relaxed).to_string());
        let report = check_store(|| FileStore::open(&fresh()).unwrap());
        assert!(report.is_ok(), "{report}");
        #[cfg(feature = "encrypted-store")]
        {
            let key = "test bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=";
            let keys = plume_auth::store::SealKeys::parse(key).unwrap();
            let report = check_store(|| FileStore::encrypted(&fresh(), keys.clone()).unwrap());
            assert!(report.is_ok(), "{report}");
        }
        std::fs::remove_dir_all(&directory).unwrap();
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Fault {
        InventsARecord,
        KeepsNothing,
        ForgetsRejections,
        KeepsTheFirst,
        IgnoresTheIdentity,
        LocksNobodyOut,
        KeepsItsLocks,
        SavesWithoutTheLock,
        TakesAnyLock,
        ForgetsNothing,
        ShowsTokens,
        Panics,
    }

    struct Flawed {
        right: MemoryStore,
        shown: std::sync::Mutex<HashMap<StoreKey, StoredRecord>>,
        fault: Option<Fault>,
    }

    impl Flawed {
        fn has(&self, fault: Fault) -> bool {
            self.fault == Some(fault)
        }

        fn key(&self, key: &StoreKey) -> StoreKey {
            let same = StoreKey::from_parts("same", "https://sso.example.net/token", b"", "");
            if self.has(Fault::IgnoresTheIdentity) { same } else { key.clone() }
        }
    }

    impl std::fmt::Debug for Flawed {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            for record in self.shown.lock().unwrap().values().filter(|_| self.has(Fault::ShowsTokens)) {
                write!(f, "{:?}", record.token().map(|token| token.expose_token()))?;
            }
            f.write_str("Flawed")
        }
    }

    impl TokenStore for Flawed {
        fn load(&self, key: &StoreKey) -> Result<Option<StoredRecord>, StoreError> {
            assert!(!self.has(Fault::Panics), "planned");
            let record = self.right.load(&self.key(key))?;
            Ok(match record {
                None if self.has(Fault::InventsARecord) => Some(StoredRecord::default()),
                Some(record) if self.has(Fault::ForgetsRejections) => {
                    record.token().map(|token| StoredRecord::default().with_token(token.clone()))
                }
                Some(_) if self.has(Fault::KeepsNothing) => None,
                record => record,
            })
        }

        fn save_held(
            &self,
            key: &StoreKey,
            record: &StoredRecord,
            held: &StoreLock,
        ) -> Result<(), StoreError> {
            let key = self.key(key);
            if self.has(Fault::KeepsTheFirst) && self.right.load(&key)?.is_some() {
                return held.check(&key);
            }
            self.shown.lock().unwrap().insert(key.clone(), record.clone());
            if self.has(Fault::TakesAnyLock) && held.check(&key).is_err() {
                return self.right.save(&key, record);
            }
            self.right.save_held(&key, record, held)
        }

        fn save(&self, key: &StoreKey, record: &StoredRecord) -> Result<(), StoreError> {
            let key = self.key(key);
            match self.right.try_lock(&key)? {
                Some(lock) => self.save_held(&key, record, &lock),
                None if self.has(Fault::SavesWithoutTheLock) => Ok(()),
                None => Err(StoreError::new(StoreErrorKind::Busy, "locked")),
            }
        }

        fn forget(&self, key: &StoreKey) -> Result<(), StoreError> {
            let key = self.key(key);
            if self.has(Fault::ForgetsNothing) {
                // Waits for no lock and leaves no note.
                return Ok(());
            }
            self.right.forget(&key)
        }

        fn try_lock(&self, key: &StoreKey) -> Result<Option<StoreLock>, StoreError> {
            let key = self.key(key);
            if self.has(Fault::LocksNobodyOut) {
                return Ok(Some(StoreLock::new(&key, ())));
            }
            let lock = self.right.try_lock(&key)?;
            if self.has(Fault::KeepsItsLocks)
                && let Some(lock) = lock
            {
                std::mem::forget(lock);
                return Ok(Some(StoreLock::new(&key, ())));
            }
            Ok(lock)
        }
    }

    #[test]
    fn a_wrong_store_breaks_the_promises_of_its_fault() {
        let broken = |fault| -> Vec<&'static str> {
            let build = || Flawed { right: MemoryStore::new(), shown: std::sync::Mutex::default(), fault };
            check_store(build).failures().map(|(promise, _)| promise).collect()
        };
        assert_eq!(broken(None), [""; 0]);
        let faults: [(Fault, &[&str]); 11] = [
            (Fault::InventsARecord, &["an_empty_store_has_nothing"]),
            (
                Fault::KeepsNothing,
                &[
                    "a_record_comes_back_whole",
                    "a_record_takes_the_place_of_the_one_before",
                    "keys_are_kept_apart",
                    "a_locked_record_is_changed_by_its_holder_only",
                    "a_forgotten_record_does_not_come_back",
                    "no_change_is_lost",
                ],
            ),
            (Fault::ForgetsRejections, &["a_record_comes_back_whole", "no_change_is_lost"]),
            (Fault::KeepsTheFirst, &["a_record_takes_the_place_of_the_one_before", "no_change_is_lost"]),
            (
                Fault::IgnoresTheIdentity,
                &[
                    "keys_are_kept_apart",
                    "one_caller_has_the_lock",
                    "the_lock_of_another_record_changes_nothing",
                ],
            ),
            (
                Fault::LocksNobodyOut,
                &[
                    "one_caller_has_the_lock",
                    "a_locked_record_is_changed_by_its_holder_only",
                    "a_forgotten_record_does_not_come_back",
                ],
            ),
            (
                Fault::KeepsItsLocks,
                &["one_caller_has_the_lock", "a_forgotten_record_does_not_come_back", "no_change_is_lost"],
            ),
            (Fault::SavesWithoutTheLock, &["a_locked_record_is_changed_by_its_holder_only"]),
            (Fault::TakesAnyLock, &["the_lock_of_another_record_changes_nothing"]),
            (Fault::ForgetsNothing, &["keys_are_kept_apart", "a_forgotten_record_does_not_come_back"]),
            (Fault::ShowsTokens, &["no_token_shows"]),
        ];
        for (fault, promises) in faults {
            let mut broken = broken(Some(fault));
            // Threads that all have the lock lose a change only sometimes.
            broken.retain(|promise| fault != Fault::LocksNobodyOut || *promise != "no_change_is_lost");
            assert_eq!(broken, promises, "{fault:?}");
        }
        // The other two do not load.
        assert_eq!(broken(Some(Fault::Panics)).len(), 8);
    }
}
