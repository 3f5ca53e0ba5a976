//! A store on a disk that fails, fills up or loses power, with other processes at every step.
#![cfg(feature = "store")]
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::DateTime;
use plume_auth::store::{
    FileStore, MemoryStore, Persistent, StoreErrorKind, StoreKey, StoredRecord, StoredToken, TokenStore,
};
use plume_auth::{AuthError, IssuedToken, TokenSource};
use plume_runtime::ManualClock;
use plume_seal::RecordStore;
use testkit::disk::{End, SimDisk};

fn key() -> StoreKey {
    StoreKey::from_parts("tenant", "https://sso.example.net/token", b"0oaEXAMPLE", "")
}

fn record(token: &str) -> StoredRecord {
    let issued = IssuedToken::new(token, Duration::from_secs(600)).unwrap();
    StoredRecord::default().with_token(StoredToken::new(&issued, DateTime::UNIX_EPOCH))
}

/// A process with the directory open.
fn on(disk: &SimDisk) -> FileStore {
    RecordStore::on(Arc::new(disk.clone())).into()
}

fn token(store: &FileStore) -> Option<String> {
    store.load(&key()).unwrap()?.token().map(|token| token.expose_token().to_owned())
}

/// The name of the record's file.
fn record_file(disk: &SimDisk) -> String {
    disk.files()
        .into_iter()
        .map(|(name, _)| name)
        .find(|name| name.starts_with("plain1-") && name.ends_with(".token"))
        .unwrap()
}

fn holds(disk: &SimDisk, needle: &str) -> bool {
    disk.files().iter().any(|(_, bytes)| bytes.windows(needle.len()).any(|part| part == needle.as_bytes()))
}

/// A directory with an old record that is about to be replaced.
fn before() -> SimDisk {
    let disk = SimDisk::new();
    on(&disk).save(&key(), &record("canary-old")).unwrap();
    disk
}

/// Writes a new record while `visit` happens at every step in turn; then `check` is asked.
fn at_every_step<T: Send + 'static>(
    visit: impl Fn(&FileStore, &SimDisk) -> T + Send + Sync + Copy + 'static,
    check: impl Fn(usize, &SimDisk, T),
) {
    for step in 0.. {
        let disk = before();
        let (writer, other) = (on(&disk), on(&disk));
        let result = Arc::new(Mutex::new(None));
        let (visited, place) = (Arc::clone(&result), disk.clone());
        disk.visited_at(step, move || *visited.lock().unwrap() = Some(visit(&other, &place)));
        writer.save(&key(), &record("canary-new")).unwrap();
        if disk.awaits_visit() {
            assert!(step >= 4, "create, write, sync, rename, sync: {step} steps only");
            return;
        }
        let result = result.lock().unwrap().take().unwrap();
        check(step, &disk, result);
    }
}

#[test]
fn record_forgotten_during_a_write_is_not_restored() {
    at_every_step(
        |other, _| {
            other.forget(&key()).unwrap();
            token(other)
        },
        |step, disk, seen| {
            assert_eq!(seen, None, "step {step}");
            // Before another store opens the directory, which would clean it.
            assert!(!holds(disk, "canary"), "step {step}: {:?}", disk.files());
            assert_eq!(token(&on(disk)), None, "step {step}");
            // And the place is free again.
            on(disk).save(&key(), &record("canary-next")).unwrap();
            assert_eq!(token(&on(disk)).as_deref(), Some("canary-next"), "step {step}");
        },
    );
}

#[test]
fn record_forgotten_stays_gone_after_a_kill_of_its_writer() {
    for step in 0..6 {
        for death in step..step + 8 {
            let disk = before();
            let (writer, other) = (on(&disk), on(&disk));
            disk.visited_at(step, move || other.forget(&key()).unwrap());
            disk.dies_at(death);
            let _ = writer.save(&key(), &record("canary-new"));
            if disk.awaits_visit() {
                continue;
            }
            let left = disk.after(End::Killed);
            assert_eq!(token(&on(&left)), None, "forgotten at {step}, dead at {death}");
            assert!(!holds(&left, "canary"), "forgotten at {step}, dead at {death}: {:?}", left.files());
        }
    }
}

#[test]
fn restart_beside_a_writer_removes_none_of_its_files() {
    at_every_step(
        |_, disk| drop(on(disk)),
        |step, disk, ()| assert_eq!(token(&on(disk)).as_deref(), Some("canary-new"), "step {step}"),
    );
}

#[test]
fn two_writers_take_turns_and_a_reader_sees_one_of_the_records() {
    at_every_step(
        |other, _| (other.save(&key(), &record("canary-other")), token(other)),
        |step, disk, (saved, seen)| {
            assert_eq!(saved.unwrap_err().kind(), StoreErrorKind::Busy, "step {step}");
            assert!(matches!(seen.as_deref(), Some("canary-old" | "canary-new")), "step {step}: {seen:?}");
            assert_eq!(token(&on(disk)).as_deref(), Some("canary-new"), "step {step}");
        },
    );
}

#[test]
fn unreadable_sign_out_note_is_an_error_and_changes_nothing() {
    let disk = before();
    let (store, other) = (on(&disk), on(&disk));
    for forgotten in [false, true] {
        let lock = store.try_lock(&key()).unwrap().unwrap();
        if forgotten {
            other.forget(&key()).unwrap();
        }
        let files = disk.files();
        disk.hides(Some(".forgotten"));
        assert_eq!(store.load(&key()).unwrap_err().kind(), StoreErrorKind::Io);
        let saved = store.save_held(&key(), &record("canary-new"), &lock);
        assert_eq!(saved.unwrap_err().kind(), StoreErrorKind::Io);
        drop(lock);
        assert_eq!(store.try_lock(&key()).unwrap_err().kind(), StoreErrorKind::Io);
        assert_eq!(disk.files(), files);
        disk.hides(None);
        assert_eq!(token(&store).as_deref(), (!forgotten).then_some("canary-old"));
    }
    // The next holder of the lock executes the note.
    drop(store.try_lock(&key()).unwrap());
    assert!(!holds(&disk, "canary"), "{:?}", disk.files());
}

#[test]
fn record_is_forgotten_even_if_a_note_is_unreadable() {
    for noted in [false, true] {
        let disk = before();
        let (store, other) = (on(&disk), on(&disk));
        if noted {
            let lock = store.try_lock(&key()).unwrap().unwrap();
            other.forget(&key()).unwrap();
            disk.hides(Some(".forgotten"));
            drop(lock);
            assert!(holds(&disk, "canary"), "its holder could not see the note");
        }
        disk.hides(Some(".forgotten"));
        store.forget(&key()).unwrap();
        assert!(!holds(&disk, "canary"), "{:?}", disk.files());
        disk.hides(None);
        assert_eq!(token(&store), None);
        store.save(&key(), &record("canary-next")).unwrap();
        assert_eq!(token(&store).as_deref(), Some("canary-next"));
    }
}

#[test]
fn a_record_is_written_with_its_own_lock_only() {
    let disk = before();
    let stores: [&dyn TokenStore; 2] = [&on(&disk), &MemoryStore::new()];
    for store in stores {
        let another = StoreKey::from_parts("another", "https://sso.example.net/token", b"0oaEXAMPLE", "");
        store.save(&key(), &record("canary-old")).unwrap();
        let lock = store.try_lock(&another).unwrap().unwrap();
        let saved = store.save_held(&key(), &record("canary-new"), &lock);
        assert_eq!(saved.unwrap_err().kind(), StoreErrorKind::NotHeld, "{store:?}");
        let kept = store.load(&key()).unwrap().unwrap();
        assert_eq!(kept.token().unwrap().expose_token(), "canary-old");
        store.save_held(&another, &record("canary-new"), &lock).unwrap();
    }
}

#[test]
fn foreign_files_are_kept() {
    let disk = SimDisk::new();
    let theirs = ["notes.tmp", "aside-1-notes.txt", "draft.forgotten", "x-0123.y.tmp", ".tmp"];
    for name in theirs {
        disk.put(name, b"theirs");
    }
    let store = on(&disk);
    for _ in 0..20 {
        store.save(&key(), &record("canary")).unwrap();
        disk.put(&record_file(&disk), b"torn");
        assert_eq!(store.load(&key()).unwrap_err().kind(), StoreErrorKind::Damaged);
    }
    assert_eq!(store.records().put_aside().unwrap(), 8);
    store.forget(&key()).unwrap();
    on(&disk);
    let left: Vec<String> = disk.files().into_iter().map(|(name, _)| name).collect();
    let mut expected = theirs.map(str::to_owned);
    expected.sort();
    assert_eq!(left, expected);
}

#[cfg(feature = "encrypted-store")]
#[test]
fn key_change_restores_no_forgotten_record() {
    use plume_auth::store::{SealKey, SealKeys};

    let seal_key = |name, start: u8| {
        SealKey::new(name, std::array::from_fn(|at| start.wrapping_add(u8::try_from(at).unwrap()))).unwrap()
    };
    let (one, two) = (seal_key("one", 1), seal_key("two", 2));
    let open = |disk: &SimDisk, keys: SealKeys| {
        FileStore::from(
            RecordStore::sealed_on(Arc::new(disk.clone()), Arc::new(disk.clone()), Arc::new(keys)).unwrap(),
        )
    };
    for step in 0.. {
        let disk = SimDisk::new();
        open(&disk, SealKeys::new(one.clone())).save(&key(), &record("old")).unwrap();
        let both = SealKeys::new(two.clone()).with_old(one.clone());
        let (changer, other) = (open(&disk, both.clone()), open(&disk, both.clone()));
        disk.visited_at(step, move || other.forget(&key()).unwrap());
        changer.records().rewrap_all().unwrap();
        if disk.awaits_visit() {
            assert!(step >= 4, "{step} steps only");
            break;
        }
        let store = open(&disk, both);
        assert!(store.load(&key()).unwrap().is_none(), "step {step}");
        let files = disk.files();
        assert!(files.iter().all(|(name, _)| !name.ends_with(".token")), "step {step}: {files:?}");
        store.save(&key(), &record("next")).unwrap();
        assert!(store.load(&key()).unwrap().is_some(), "step {step}");
    }
}

#[derive(Debug, Default)]
struct Counting(AtomicUsize);

#[async_trait]
impl TokenSource for Counting {
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        Ok(IssuedToken::new(format!("token-{number}"), Duration::from_secs(600)).unwrap())
    }
}

#[tokio::test]
async fn a_disk_that_refuses_costs_one_warning_and_no_token() {
    // ENOSPC, EROFS, EACCES, EIO
    for errno in [28, 30, 13, 5] {
        let disk = SimDisk::new();
        let clock = Arc::new(ManualClock::new(DateTime::UNIX_EPOCH + Duration::from_secs(1_000_000)));
        let warnings = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&warnings);
        let source = Persistent::new(Counting::default(), on(&disk), key(), clock).on_warning(move |error| {
            assert_eq!(error.kind(), StoreErrorKind::Io);
            counter.fetch_add(1, Ordering::SeqCst);
        });
        disk.refuses(Some(errno));
        for _ in 0..5 {
            source.fetch().await.unwrap();
        }
        assert_eq!(warnings.load(Ordering::SeqCst), 1, "error {errno}");
        assert!(disk.files().is_empty());
        // It works again, and when it fails again that is news.
        disk.refuses(None);
        source.fetch().await.unwrap();
        assert_eq!(disk.files().len(), 1);
        disk.refuses(Some(errno));
        source.fetch().await.unwrap();
        assert_eq!(warnings.load(Ordering::SeqCst), 2, "error {errno}");
    }
}

#[test]
fn a_full_disk_gets_its_space_back() {
    let disk = SimDisk::new();
    disk.full();
    assert_eq!(on(&disk).save(&key(), &StoredRecord::default()).unwrap_err().kind(), StoreErrorKind::Io);
    assert!(disk.files().is_empty());
}

#[test]
fn interrupted_write_is_resumed() {
    let disk = SimDisk::new();
    disk.interrupts();
    disk.writes_at_most(3);
    let store = on(&disk);
    store.save(&key(), &StoredRecord::default()).unwrap();
    assert!(store.load(&key()).unwrap().is_some());
}

#[test]
fn leftovers_of_ended_processes_are_removed() {
    let disk = SimDisk::new();
    let store = on(&disk);
    store.save(&key(), &StoredRecord::default()).unwrap();
    let name = format!("{}.{:016x}-0.tmp", record_file(&disk), 7);
    disk.put(&name, b"torn");
    {
        let _lock = store.try_lock(&key()).unwrap().unwrap();
        on(&disk);
        assert!(disk.file(&name).is_some());
    }
    on(&disk);
    assert!(disk.file(&name).is_none());
}
