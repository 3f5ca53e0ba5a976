//! The encrypted store: what can be seen in its files, and what happens when keys or files are the wrong ones.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
#![cfg(all(feature = "encrypted-store", unix))]

use std::{
    fs,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use chrono::DateTime;
use plume_auth::{
    IssuedToken,
    store::{
        FileStore, KeySource, KeysFromCallback, KeysFromEnvironment, KeysFromFile, RecordStore, SealKey,
        SealKeys, StoreError, StoreErrorKind, StoreKey, StoredRecord, StoredToken, TokenStore,
    },
};

/// A directory of this test, removed at its end.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("store-sealed-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        let path = std::env::temp_dir().join(name);
        fs::DirBuilder::new().mode(0o700).create(&path).unwrap();
        Self(path)
    }

    /// All files of the tree with their contents.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let entries = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.is_file()).map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    }

    fn file(&self, ending: &str) -> PathBuf {
        let mut files = self.files().into_iter().map(|(path, _)| path);
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        files.find(|path| name(path).ends_with(ending) && !name(path).starts_with("aside-")).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn key(tenant: &str) -> StoreKey {
    StoreKey::from_parts(tenant, "https://sso.example.net/token", b"0oaEXAMPLE", "")
}

fn record(token: &str) -> StoredRecord {
    let issued = IssuedToken::new(token, Duration::from_secs(600)).unwrap();
    let obtained = DateTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    StoredRecord::default().with_token(StoredToken::new(&issued, obtained))
}

fn token(store: &FileStore, tenant: &str) -> Result<Option<String>, StoreError> {
    let record = store.load(&key(tenant))?;
    Ok(record.and_then(|record| record.token().map(|token| token.expose_token().to_owned())))
}

fn seal_key(name: &str, start: u8) -> SealKey {
    SealKey::new(name, std::array::from_fn(|at| start.wrapping_add(u8::try_from(at).unwrap()))).unwrap()
}

fn one() -> SealKeys {
    SealKeys::new(seal_key("one", 1))
}

fn two() -> SealKeys {
    SealKeys::new(seal_key("two", 2))
}

fn kind<T: std::fmt::Debug>(result: Result<T, StoreError>) -> StoreErrorKind {
    result.unwrap_err().kind()
}

#[test]
fn no_file_contains_a_token_in_clear() {
    let place = Place::new();
    let plain = FileStore::open(&place.0).unwrap();
    plain.save(&key("tenant"), &record("canary-plain")).unwrap();
    let store = FileStore::encrypted(&place.0, one()).unwrap();
    for number in 0..5 {
        store.save(&key("tenant"), &record(&format!("canary-{number}"))).unwrap();
        // What is put aside counts too.
        if number % 2 == 0 {
            let path = place.file(".token");
            let mut bytes = fs::read(&path).unwrap();
            bytes.pop();
            fs::write(&path, bytes).unwrap();
            assert_eq!(kind(token(&store, "tenant")), StoreErrorKind::Damaged);
        }
    }
    let files = place.files();
    assert_eq!(files.len(), 5, "three put aside, a counter and a lock");
    for (path, bytes) in files {
        assert!(
            !bytes.windows(6).any(|window| window == b"canary" || window == b"tenant"),
            "{}",
            path.display()
        );
    }
}

#[test]
fn the_wrong_key_changes_nothing() {
    let place = Place::new();
    FileStore::encrypted(&place.0, one()).unwrap().save(&key("tenant"), &record("ours")).unwrap();
    let before = place.files();
    for (keys, expected) in
        [(two(), StoreErrorKind::UnknownKey), (SealKeys::new(seal_key("one", 9)), StoreErrorKind::WrongKey)]
    {
        let store = FileStore::encrypted(&place.0, keys).unwrap();
        assert_eq!(kind(token(&store, "tenant")), expected);
        assert_eq!(kind(store.save(&key("tenant"), &record("theirs"))), expected);
        let rewrapped = store.records().rewrap_all().unwrap();
        assert_eq!((rewrapped.changed, rewrapped.skipped.len()), (0, 1));
        assert_eq!(rewrapped.skipped[&format!("{expected:?}")], 2);
        assert_eq!(place.files().len(), before.len(), "nothing was put aside");
        for file in &before {
            assert!(place.files().contains(file), "{} was changed", file.0.display());
        }
    }
    assert_eq!(
        token(&FileStore::encrypted(&place.0, one()).unwrap(), "tenant").unwrap().as_deref(),
        Some("ours")
    );
}

#[test]
fn keys_change_three_times_and_back_while_everything_stays_readable() {
    let place = Place::new();
    let tenants = ["a", "b", "c"];
    let mut old = seal_key("key-0", 0);
    let first = FileStore::encrypted(&place.0, SealKeys::new(old.clone())).unwrap();
    for tenant in tenants {
        first.save(&key(tenant), &record(tenant)).unwrap();
    }
    for number in [1, 2, 3, 2] {
        let new = seal_key(&format!("key-{number}"), number);
        let store = FileStore::encrypted(&place.0, SealKeys::new(new.clone()).with_old(old)).unwrap();
        // Both are in use for a while.
        store.save(&key("a"), &record("a")).unwrap();
        assert!(tenants.iter().all(|tenant| token(&store, tenant).unwrap().as_deref() == Some(tenant)));
        let rewrapped = store.records().rewrap_all().unwrap();
        assert_eq!((rewrapped.changed, rewrapped.current), (4, 2));
        assert_eq!(rewrapped.keys.len(), 1);
        assert_eq!(rewrapped.keys[new.name()], 6);
        let again = store.records().rewrap_all().unwrap();
        assert_eq!((again.changed, again.current), (0, 6));
        let alone = FileStore::encrypted(&place.0, SealKeys::new(new.clone())).unwrap();
        assert!(tenants.iter().all(|tenant| token(&alone, tenant).unwrap().as_deref() == Some(tenant)));
        old = new;
    }
}

#[test]
fn a_running_store_rotates_to_the_keys_as_they_are_now() {
    let place = Place::new();
    let now = Arc::new(Mutex::new(one()));
    let source = Arc::clone(&now);
    let keys = KeysFromCallback::new(move || Ok(source.lock().unwrap().clone()));
    let store = FileStore::encrypted(&place.0, keys).unwrap();
    store.save(&key("tenant"), &record("ours")).unwrap();
    *now.lock().unwrap() = two().with_old(seal_key("one", 1));
    assert_eq!(store.records().rewrap_all().unwrap().changed, 2);
    let alone = FileStore::encrypted(&place.0, two()).unwrap();
    assert_eq!(token(&alone, "tenant").unwrap().as_deref(), Some("ours"));
}

#[test]
fn a_record_in_use_is_left_for_the_next_time() {
    let place = Place::new();
    let store = FileStore::encrypted(&place.0, one()).unwrap();
    store.save(&key("tenant"), &record("ours")).unwrap();
    let newer = FileStore::encrypted(&place.0, two().with_old(seal_key("one", 1))).unwrap();
    let lock = store.try_lock(&key("tenant")).unwrap();
    let rewrapped = newer.records().rewrap_all().unwrap();
    assert_eq!((rewrapped.changed, rewrapped.busy), (0, 2));
    drop(lock);
    assert_eq!(newer.records().rewrap_all().unwrap().changed, 2);
}

#[test]
fn an_older_copy_is_noticed() {
    let place = Place::new();
    let store = FileStore::encrypted(&place.0, one()).unwrap();
    store.save(&key("tenant"), &record("first")).unwrap();
    let path = place.file(".token");
    let copy = fs::read(&path).unwrap();
    store.save(&key("tenant"), &record("second")).unwrap();
    fs::write(&path, &copy).unwrap();
    // By a process that saw the newer one and by one that did not.
    for store in [FileStore::encrypted(&place.0, one()).unwrap(), store] {
        fs::write(&path, &copy).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(kind(token(&store, "tenant")), StoreErrorKind::Restored);
    }
    let store = FileStore::encrypted(&place.0, one()).unwrap();
    store.save(&key("tenant"), &record("third")).unwrap();
    assert_eq!(token(&store, "tenant").unwrap().as_deref(), Some("third"));
    // After a logout every copy is an old one.
    let copy = fs::read(&path).unwrap();
    store.forget(&key("tenant")).unwrap();
    fs::write(&path, &copy).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let store = FileStore::encrypted(&place.0, one()).unwrap();
    assert_eq!(kind(token(&store, "tenant")), StoreErrorKind::Restored);
}

#[test]
fn running_process_detects_records_restored_with_their_counter() {
    let place = Place::new();
    let store = FileStore::encrypted(&place.0, one()).unwrap();
    store.save(&key("tenant"), &record("first")).unwrap();
    let backup = place.files();
    store.save(&key("tenant"), &record("second")).unwrap();
    for (path, bytes) in backup {
        fs::write(path, bytes).unwrap();
    }
    assert_eq!(kind(token(&store, "tenant")), StoreErrorKind::Restored);
}

#[test]
fn a_restored_directory_is_noticed_by_counters_elsewhere() {
    let (place, marks, backup) = (Place::new(), Place::new(), Place::new());
    let open = || FileStore::from(RecordStore::encrypted_with_marks(&place.0, &marks.0, one()).unwrap());
    open().save(&key("tenant"), &record("first")).unwrap();
    for (path, bytes) in place.files() {
        fs::write(backup.0.join(path.file_name().unwrap()), bytes).unwrap();
    }
    open().save(&key("tenant"), &record("second")).unwrap();
    for (path, bytes) in backup.files() {
        fs::write(place.0.join(path.file_name().unwrap()), bytes).unwrap();
    }
    assert_eq!(kind(token(&open(), "tenant")), StoreErrorKind::Restored);
}

#[test]
fn a_plain_record_in_the_place_of_a_sealed_one_is_not_believed() {
    let (place, other) = (Place::new(), Place::new());
    let store = FileStore::encrypted(&place.0, one()).unwrap();
    store.save(&key("tenant"), &record("ours")).unwrap();
    FileStore::open(&other.0).unwrap().save(&key("tenant"), &record("forged")).unwrap();
    fs::write(place.file(".token"), fs::read(other.file(".token")).unwrap()).unwrap();
    assert_eq!(kind(token(&store, "tenant")), StoreErrorKind::Damaged);
}

// base64 of "not-a-real-key-not-a-real-key-32" and of "fake-key-fake-key-fake-key-fake!"
const NEW: &str = "2026-11 bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=";
const OLD: &str = "2025-11 ZmFrZS1rZXktZmFrZS1rZXktZmFrZS1rZXktZmFrZSE=";

#[test]
fn key_file_must_be_private() {
    let place = Place::new();
    let path = place.0.join("keys");
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(&path).unwrap();
    std::io::Write::write_all(&mut &file, format!("# ours\n\n{NEW}\n{OLD}\n").as_bytes()).unwrap();
    let source = KeysFromFile::new(&path);
    assert_eq!(source.keys().unwrap().current().name(), "2026-11");
    for open in [0o644, 0o604, 0o602, 0o620] {
        fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
        assert_eq!(kind(source.keys()), StoreErrorKind::Keys, "{open:o}");
    }
    assert_eq!(kind(KeysFromFile::new(&place.0).keys()), StoreErrorKind::Keys);
    assert_eq!(kind(KeysFromFile::new(place.0.join("none")).keys()), StoreErrorKind::Keys);
}

#[test]
fn keys_are_read_from_the_environment_or_a_function() {
    // Nothing may be set from within a process that has threads; this one is always there.
    assert_eq!(kind(KeysFromEnvironment::new("PATH").keys()), StoreErrorKind::Keys);
    assert_eq!(kind(KeysFromEnvironment::new("PLUME_TEST_NO_SUCH_KEY").keys()), StoreErrorKind::Keys);
    let callback = KeysFromCallback::new(|| SealKeys::parse(&format!("{NEW};{OLD}")));
    assert_eq!(callback.keys().unwrap().current().name(), "2026-11");
}

#[test]
fn unusable_keys_are_refused_without_being_repeated() {
    for text in [
        "",
        "# only a comment",
        "canary",
        "canary canary",
        "name Y2FuYXJ5",
        "na/me bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=",
        "zeros AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        &format!("{NEW}\n{NEW}"),
    ] {
        let error = SealKeys::parse(text).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Keys);
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("canary") && !shown.contains("Y2Fu"), "{shown}");
    }
}

/// The records were written by the version before the store became a crate of its own.
#[test]
fn records_of_an_older_version_are_read() {
    let key = StoreKey::from_parts("tenant", "https://sso.example.net/token", b"0oaEXAMPLE", "a b");
    let id = "418f72a11e48f7f47ccf731b9d8a5902779c8cebe121fa85e54f5584b468a4a9";
    let place = Place::new();
    let put = |name: String, bytes: &[u8]| {
        use std::io::Write;
        let path = place.0.join(name);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap();
        file.write_all(bytes).unwrap();
    };
    put(format!("sealed1-{id}.token"), include_bytes!("records/sealed.token"));
    put(format!("sealed1-{id}.mark"), include_bytes!("records/sealed.mark"));
    put(format!("plain1-{id}.token"), include_bytes!("records/plain.token"));
    let keys = SealKeys::parse("2026-11 bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=").unwrap();
    let sealed = FileStore::encrypted(&place.0, keys).unwrap();
    for (store, rejected) in [(FileStore::open(&place.0).unwrap(), 0), (sealed.clone(), 1)] {
        let record = store.load(&key).unwrap().unwrap();
        let token = record.token().unwrap();
        assert_eq!(token.expose_token(), "not.a.token");
        let obtained = DateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        assert_eq!(
            (token.obtained_at(), token.expires_at()),
            (obtained, obtained + Duration::from_secs(600))
        );
        assert_eq!(record.rejected().len(), rejected);
    }
    // What is written now is as long as it was then.
    sealed.save(&key, &sealed.load(&key).unwrap().unwrap()).unwrap();
    assert_eq!(fs::read(place.0.join(format!("sealed1-{id}.token"))).unwrap().len(), 235);
}
