//! The promises of a token store.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
    time::Duration,
};

use chrono::DateTime;
use plume_runtime::testing::Report;
use plume_seal::{StoreError, StoreErrorKind};

use crate::store::{Fingerprint, StoreKey, StoreLock, StoredRecord, StoredToken, TokenStore};
use crate::token::IssuedToken;

type Outcome = Result<(), String>;

macro_rules! ensure {
    ($holds:expr, $($what:tt)+) => {
        if !$holds {
            return Err(format!($($what)+));
        }
    };
}

/// Checks a [`TokenStore`]. `build` creates an empty one for each promise.
pub fn check_store<S: TokenStore>(build: impl Fn() -> S) -> Report {
    let mut report = Report::default();
    macro_rules! suite {
        ($($name:ident),* $(,)?) => {$(
            report.add(stringify!($name), catch_unwind(AssertUnwindSafe(|| $name(&build()))));
        )*};
    }
    suite![
        an_empty_store_has_nothing,
        a_record_comes_back_whole,
        a_record_takes_the_place_of_the_one_before,
        keys_are_kept_apart,
        one_caller_has_the_lock,
        a_locked_record_is_changed_by_its_holder_only,
        the_lock_of_another_record_changes_nothing,
        a_forgotten_record_does_not_come_back,
        no_change_is_lost,
        no_token_shows,
    ];
    report
}

fn key(tenant: &str) -> StoreKey {
    StoreKey::from_parts(tenant, "https://sso.example.net/token", b"0oaEXAMPLE", "example")
}

fn record(token: &str) -> Result<StoredRecord, String> {
    let issued = IssuedToken::new(token, Duration::from_secs(600)).ok_or("not a valid token")?;
    let obtained = DateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let token = StoredToken::new(&issued.with_scope(Some("example".to_owned())), obtained);
    Ok(StoredRecord::default().with_token(token).rejecting(Fingerprint::of(&"rejected".into())))
}

fn failed(error: StoreError) -> String {
    error.to_string()
}

/// Returns the stored token of a key.
fn kept(store: &impl TokenStore, key: &StoreKey) -> Result<Option<String>, String> {
    let record = store.load(key).map_err(failed)?;
    Ok(record.as_ref().and_then(StoredRecord::token).map(|token| token.expose_token().to_owned()))
}

fn lock(store: &impl TokenStore, key: &StoreKey) -> Result<StoreLock, String> {
    store.try_lock(key).map_err(failed)?.ok_or_else(|| "a free lock was not granted".to_owned())
}

fn an_empty_store_has_nothing(store: &impl TokenStore) -> Outcome {
    ensure!(store.load(&key("a")).map_err(failed)?.is_none(), "a record out of nothing");
    store.forget(&key("a")).map_err(failed)
}

fn a_record_comes_back_whole(store: &impl TokenStore) -> Outcome {
    let saved = record("not.a.token")?;
    store.save(&key("a"), &saved).map_err(failed)?;
    let loaded = store.load(&key("a")).map_err(failed)?.ok_or("it is not there")?;
    let parts = |record: &StoredRecord| {
        let token = record.token().map(|token| (token.expose_token().to_owned(), format!("{token:?}")));
        (token, record.rejected().to_vec())
    };
    ensure!(parts(&loaded) == parts(&saved), "{loaded:?} came back for {saved:?}");
    Ok(())
}

fn a_record_takes_the_place_of_the_one_before(store: &impl TokenStore) -> Outcome {
    for token in ["first", "second"] {
        store.save(&key("a"), &record(token)?).map_err(failed)?;
        ensure!(kept(store, &key("a"))?.as_deref() == Some(token), "it is not the newest");
    }
    store.save(&key("a"), &StoredRecord::default()).map_err(failed)?;
    ensure!(kept(store, &key("a"))?.is_none(), "a token that the newest record does not have");
    Ok(())
}

fn keys_are_kept_apart(store: &impl TokenStore) -> Outcome {
    let keys = [
        key("a"),
        key("b"),
        StoreKey::from_parts("a", "https://sso.example.com/token", b"0oaEXAMPLE", "example"),
        StoreKey::from_parts("a", "https://sso.example.net/token", b"0oaOTHER", "example"),
        StoreKey::from_parts("a", "https://sso.example.net/token", b"0oaEXAMPLE", "other"),
    ];
    for (number, key) in keys.iter().enumerate() {
        ensure!(kept(store, key)?.is_none(), "a record of another key");
        store.save(key, &record(&format!("token-{number}"))?).map_err(failed)?;
    }
    store.forget(&key("b")).map_err(failed)?;
    for (number, key) in keys.iter().enumerate() {
        let expected = (number != 1).then(|| format!("token-{number}"));
        ensure!(kept(store, key)? == expected, "key {number} does not have its own token");
    }
    Ok(())
}

fn one_caller_has_the_lock(store: &impl TokenStore) -> Outcome {
    let held = lock(store, &key("a"))?;
    ensure!(store.try_lock(&key("a")).map_err(failed)?.is_none(), "two callers have one lock");
    lock(store, &key("b"))?.check(&key("b")).map_err(failed)?;
    drop(held);
    lock(store, &key("a")).map(drop)
}

fn a_locked_record_is_changed_by_its_holder_only(store: &impl TokenStore) -> Outcome {
    let held = lock(store, &key("a"))?;
    let kind = store.save(&key("a"), &record("other")?).err().map(|error| error.kind());
    ensure!(kind == Some(StoreErrorKind::Busy), "a save without the lock: {kind:?}");
    ensure!(kept(store, &key("a"))?.is_none(), "it was written without the lock");
    store.save_held(&key("a"), &record("holder")?, &held).map_err(failed)?;
    ensure!(kept(store, &key("a"))?.as_deref() == Some("holder"), "its holder could not write it");
    Ok(())
}

fn the_lock_of_another_record_changes_nothing(store: &impl TokenStore) -> Outcome {
    let other = lock(store, &key("b"))?;
    let kind = store.save_held(&key("a"), &record("not.a.token")?, &other).err().map(|error| error.kind());
    ensure!(kind == Some(StoreErrorKind::NotHeld), "a save with the lock of another record: {kind:?}");
    ensure!(kept(store, &key("a"))?.is_none(), "it was written");
    Ok(())
}

fn a_forgotten_record_does_not_come_back(store: &impl TokenStore) -> Outcome {
    store.save(&key("a"), &record("first")?).map_err(failed)?;
    let held = lock(store, &key("a"))?;
    store.forget(&key("a")).map_err(failed)?;
    ensure!(kept(store, &key("a"))?.is_none(), "it is still there");
    store.save_held(&key("a"), &record("second")?, &held).map_err(failed)?;
    ensure!(kept(store, &key("a"))?.is_none(), "the holder of the lock brought it back");
    drop(held);
    ensure!(kept(store, &key("a"))?.is_none(), "it came back with the end of the lock");
    store.save(&key("a"), &record("third")?).map_err(failed)?;
    ensure!(kept(store, &key("a"))?.as_deref() == Some("third"), "its place cannot be used again");
    Ok(())
}

/// Threads that each add to one record under its lock.
fn no_change_is_lost(store: &impl TokenStore) -> Outcome {
    const THREADS: usize = 8;
    /// About 3 s.
    const ATTEMPTS: u32 = 3_000;
    let add = |number: usize| {
        let mut attempts = 0;
        let held = loop {
            match store.try_lock(&key("a")).map_err(failed)? {
                Some(held) => break held,
                None if attempts == ATTEMPTS => {
                    return Err("the lock does not end with its holder".to_owned());
                }
                None => thread::park_timeout(Duration::from_millis(1)),
            }
            attempts += 1;
        };
        let record = store.load(&key("a")).map_err(failed)?.unwrap_or_default();
        let record = record.rejecting(Fingerprint::of(&format!("token-{number}").into()));
        store.save_held(&key("a"), &record, &held).map_err(failed)
    };
    let add = &add;
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|number| scope.spawn(move || add(number))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or(Err("it panicked".to_owned())))
    })?;
    let rejected = store.load(&key("a")).map_err(failed)?.unwrap_or_default().rejected().len();
    ensure!(rejected == THREADS, "{rejected} of {THREADS} changes are there");
    Ok(())
}

fn no_token_shows(store: &impl TokenStore) -> Outcome {
    store.save(&key("a"), &record("canary-not-a-real-token")?).map_err(failed)?;
    ensure!(!format!("{store:?} {store:#?}").contains("canary"), "the token shows in Debug");
    Ok(())
}
