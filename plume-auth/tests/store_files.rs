//! Real files: who may read them, what is refused, what is put aside.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
#![cfg(all(feature = "store", unix))]

use std::{
    fs,
    os::unix::fs::{DirBuilderExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use chrono::DateTime;
use plume_auth::{
    IssuedToken,
    store::{FileStore, StoreErrorKind, StoreKey, StoredRecord, StoredToken, TokenStore},
};

/// A directory of this test, removed at its end.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("store-files-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        let path = std::env::temp_dir().join(name);
        fs::DirBuilder::new().mode(0o700).create(&path).unwrap();
        Self(path)
    }

    /// The one file of the store that holds a record in use.
    fn record(&self) -> PathBuf {
        let mut names = self.names().into_iter().filter(|name| name.starts_with("plain1-"));
        self.0.join(names.next().unwrap())
    }

    fn names(&self) -> Vec<String> {
        fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            // Locks are empty and stay.
            .filter(|name| !name.ends_with(".lock"))
            .collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn key() -> StoreKey {
    StoreKey::from_parts("tenant", "https://sso.example.net/token", b"0oaEXAMPLE", "")
}

fn record(token: &str) -> StoredRecord {
    let issued = IssuedToken::new(token, Duration::from_secs(600)).unwrap();
    StoredRecord::default()
        .with_token(StoredToken::new(&issued, DateTime::UNIX_EPOCH + Duration::from_secs(1_000_000)))
}

fn token(store: &FileStore) -> Option<String> {
    let record = store.load(&key()).unwrap()?;
    record.token().map(|token| token.expose_token().to_owned())
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn kind<T: std::fmt::Debug>(result: Result<T, plume_auth::store::StoreError>) -> StoreErrorKind {
    result.unwrap_err().kind()
}

#[test]
fn a_record_outlives_its_store_in_private_files() {
    let place = Place::new();
    let directory = place.0.join("new/store");
    let store = FileStore::open(&directory).unwrap();
    let lock = store.try_lock(&key()).unwrap().unwrap();
    store.save_held(&key(), &record("first"), &lock).unwrap();
    assert_eq!(kind(store.save(&key(), &record("other"))), StoreErrorKind::Busy);
    store.save_held(&key(), &record("second"), &lock).unwrap();
    drop(lock);
    assert_eq!(token(&FileStore::open(&directory).unwrap()).as_deref(), Some("second"));
    assert_eq!(mode(&directory), 0o700);
    let files: Vec<_> = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 2, "a record and a lock: {files:?}");
    assert!(files.iter().all(|path| mode(path) == 0o600));
    store.forget(&key()).unwrap();
    assert_eq!(token(&store), None);
}

#[test]
fn a_directory_that_is_not_private_is_refused() {
    let place = Place::new();
    for open in [0o755, 0o710, 0o701, 0o770] {
        fs::set_permissions(&place.0, fs::Permissions::from_mode(open)).unwrap();
        assert_eq!(kind(FileStore::open(&place.0)), StoreErrorKind::Exposed, "{open:o}");
        assert_eq!(mode(&place.0), open, "no mode is changed");
    }
    fs::set_permissions(&place.0, fs::Permissions::from_mode(0o700)).unwrap();
    let (link, file) = (place.0.join("link"), place.0.join("file"));
    fs::DirBuilder::new().mode(0o700).create(place.0.join("real")).unwrap();
    symlink(place.0.join("real"), &link).unwrap();
    assert_eq!(kind(FileStore::open(&link)), StoreErrorKind::Exposed);
    fs::write(&file, "").unwrap();
    assert!(FileStore::open(&file).is_err());
}

#[test]
fn a_record_that_is_not_private_or_no_file_is_refused_and_left_alone() {
    type Spoil = fn(&Path, &Path);
    let spoils: [(&str, Spoil); 6] = [
        ("open to others", |path, _| {
            fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
        }),
        ("link", |path, aside| {
            fs::rename(path, aside).unwrap();
            symlink(aside, path).unwrap();
        }),
        ("dangling link", |path, aside| {
            fs::remove_file(path).unwrap();
            symlink(aside, path).unwrap();
        }),
        ("second name", |path, aside| fs::hard_link(path, aside).unwrap()),
        ("directory", |path, _| {
            fs::remove_file(path).unwrap();
            fs::DirBuilder::new().mode(0o700).create(path).unwrap();
        }),
        // Opening it to read would block until a writer opens it.
        ("FIFO", |path, _| {
            fs::remove_file(path).unwrap();
            // A child process would hold the locks of the tests beside this one until it runs its program.
            rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        }),
    ];
    for (name, spoil) in spoils {
        let (place, elsewhere) = (Place::new(), Place::new());
        let store = FileStore::open(&place.0).unwrap();
        store.save(&key(), &record("first")).unwrap();
        let (path, aside) = (place.record(), elsewhere.0.join("aside"));
        spoil(&path, &aside);
        let before = fs::symlink_metadata(&path).unwrap();
        assert_eq!(kind(store.load(&key())), StoreErrorKind::Exposed, "{name}");
        assert_eq!(kind(store.save(&key(), &record("second"))), StoreErrorKind::Exposed, "{name}");
        let after = fs::symlink_metadata(&path).unwrap();
        assert_eq!((before.file_type(), before.len()), (after.file_type(), after.len()), "{name}");
        assert_eq!(place.names().len(), 1, "{name}");
    }
}

#[test]
fn files_of_another_user_are_refused() {
    let place = Place::new();
    let store = FileStore::open(&place.0).unwrap();
    store.save(&key(), &record("first")).unwrap();
    // Only an administrator can change the owner of a file. Others use the root of the file system, which is not theirs.
    if std::os::unix::fs::chown(place.record(), Some(12_345), None).is_ok() {
        assert_eq!(kind(store.load(&key())), StoreErrorKind::Exposed);
        std::os::unix::fs::chown(&place.0, Some(12_345), None).unwrap();
        assert_eq!(kind(FileStore::open(&place.0)), StoreErrorKind::Exposed);
    } else {
        let error = FileStore::open(Path::new("/")).unwrap_err();
        assert!(error.to_string().contains("another user"), "{error}");
    }
}

#[test]
fn a_planted_lock_is_refused() {
    let (place, elsewhere) = (Place::new(), Place::new());
    let store = FileStore::open(&place.0).unwrap();
    drop(store.try_lock(&key()).unwrap());
    let lock = fs::read_dir(&place.0).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(&lock).unwrap();
    let target = elsewhere.0.join("target");
    symlink(&target, &lock).unwrap();
    assert_eq!(kind(store.try_lock(&key())), StoreErrorKind::Exposed);
    assert!(!target.exists(), "the target of the link was created");
}

#[test]
fn every_torn_record_is_put_aside_and_a_few_are_kept() {
    let place = Place::new();
    let store = FileStore::open(&place.0).unwrap();
    store.save(&key(), &record("first")).unwrap();
    let path = place.record();
    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(kind(store.load(&key())), StoreErrorKind::Damaged, "{length} bytes");
        assert_eq!(token(&store), None, "a miss from then on");
        assert_eq!(store.records().put_aside().unwrap(), (length + 1).min(8));
    }
    store.save(&key(), &record("second")).unwrap();
    assert_eq!(token(&store).as_deref(), Some("second"));
}

#[test]
fn foreign_and_newer_records_are_kept_as_they_are() {
    for (version, bytes, expected) in [
        ("foreign", b"{\"access_token\":\"not.a.token\"}".to_vec(), StoreErrorKind::Damaged),
        ("newer", b"PlumeTok\x02\x00whatever comes".to_vec(), StoreErrorKind::Newer),
        ("huge", vec![b'a'; 1 << 20], StoreErrorKind::Damaged),
    ] {
        let place = Place::new();
        let store = FileStore::open(&place.0).unwrap();
        store.save(&key(), &record("first")).unwrap();
        fs::write(place.record(), &bytes).unwrap();
        assert_eq!(kind(store.load(&key())), expected, "{version}");
        let aside = place.names().into_iter().find(|name| name.starts_with("aside-")).unwrap();
        assert_eq!(fs::read(place.0.join(aside)).unwrap(), bytes, "{version}");
        // Saving without having looked is no different.
        store.save(&key(), &record("second")).unwrap();
        fs::write(place.record(), &bytes).unwrap();
        store.save(&key(), &record("third")).unwrap();
        assert_eq!(store.records().put_aside().unwrap(), 2, "{version}");
        assert_eq!(token(&store).as_deref(), Some("third"));
    }
}

#[test]
fn forgetting_leaves_no_copy_behind() {
    let place = Place::new();
    let store = FileStore::open(&place.0).unwrap();
    let other = StoreKey::from_parts("other", "https://sso.example.net/token", b"0oaEXAMPLE", "");
    for key in [&key(), &other] {
        store.save(key, &record("canary")).unwrap();
        let path = place.record();
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert_eq!(kind(store.load(key)), StoreErrorKind::Damaged);
    }
    store.save(&key(), &record("canary")).unwrap();
    assert_eq!(place.names().len(), 3);
    store.forget(&key()).unwrap();
    assert_eq!(store.records().put_aside().unwrap(), 1, "the other key's copy stays");
    store.forget(&other).unwrap();
    assert!(place.names().is_empty());
}

#[test]
fn a_record_that_could_not_be_read_again_is_not_written() {
    let place = Place::new();
    let store = FileStore::open(&place.0).unwrap();
    store.save(&key(), &record("first")).unwrap();
    let issued = IssuedToken::new("second", Duration::from_secs(600)).unwrap();
    let issued = issued.with_scope(Some("a".repeat(200_000)));
    let large = StoredRecord::default().with_token(StoredToken::new(&issued, DateTime::UNIX_EPOCH));
    assert_eq!(kind(store.save(&key(), &large)), StoreErrorKind::Io);
    assert_eq!(token(&store).as_deref(), Some("first"));
}

#[test]
fn a_record_of_another_key_is_not_taken_for_this_one() {
    let place = Place::new();
    let store = FileStore::open(&place.0).unwrap();
    let other = StoreKey::from_parts("other", "https://sso.example.net/token", b"0oaEXAMPLE", "");
    store.save(&other, &record("theirs")).unwrap();
    let theirs = place.record();
    store.save(&key(), &record("ours")).unwrap();
    let names = place.names().into_iter().map(|name| place.0.join(name));
    let ours = names.into_iter().find(|path| *path != theirs).unwrap();
    fs::copy(&theirs, &ours).unwrap();
    assert_eq!(kind(store.load(&key())), StoreErrorKind::Damaged);
}

#[test]
fn lock_is_exclusive_and_released() {
    let place = Place::new();
    let (one, two) = (FileStore::open(&place.0).unwrap(), FileStore::open(&place.0).unwrap());
    let lock = one.try_lock(&key()).unwrap().unwrap();
    assert!(two.try_lock(&key()).unwrap().is_none());
    assert!(one.try_lock(&key()).unwrap().is_none());
    let other = StoreKey::from_parts("other", "https://sso.example.net/token", b"0oaEXAMPLE", "");
    assert!(two.try_lock(&other).unwrap().is_some());
    drop(lock);
    assert!(two.try_lock(&key()).unwrap().is_some());
}

#[test]
fn removed_directory_is_an_error_and_is_not_recreated() {
    let place = Place::new();
    let directory = place.0.join("store");
    let store = FileStore::open(&directory).unwrap();
    fs::rename(&directory, place.0.join("moved")).unwrap();
    symlink("/nonexistent", &directory).unwrap();
    // It continues in the directory that was opened, not in the one that has its name now.
    store.save(&key(), &record("first")).unwrap();
    assert_eq!(fs::read_dir(place.0.join("moved")).unwrap().count(), 2, "a record and a lock");
    fs::remove_dir_all(place.0.join("moved")).unwrap();
    assert_eq!(kind(store.save(&key(), &record("second"))), StoreErrorKind::Io);
}
