//! The store in a file.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use plume::runtime::{Clock, ManualClock};
use plume_seal::{SealKeys, Sealed};
use plume_server::store::{HomeStore, SqliteOptions, SqliteStore, Store, StoreError, StoreErrorKind};

use crate::contract::*;

pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    /// A folder of this test, which `Drop` removes.
    pub(crate) fn new() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("plume-server-store-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("monitor.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) struct SqliteBed {
    pub(crate) store: SqliteStore,
    clock: ManualClock,
}

/// A bed with the folder of its store.
struct OwnBed {
    bed: SqliteBed,
    folder: Folder,
}

pub(crate) fn sealed() -> Arc<Sealed> {
    // base64 of "not-a-real-key-not-a-real-key-32"
    let keys = SealKeys::parse("test bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=").unwrap();
    Arc::new(Sealed::new(Arc::new(keys)).unwrap())
}

pub(crate) fn open(path: PathBuf, clock: &ManualClock) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(SqliteOptions { path, clock: Arc::new(clock.clone()), sealed: sealed() })
}

/// The start of a day.
pub(crate) fn manual_clock() -> ManualClock {
    ManualClock::new("2026-01-15T00:00:00Z".parse().unwrap())
}

/// The store of a file at the start of time.
pub(crate) fn reopened(path: &Path) -> SqliteBed {
    let clock = manual_clock();
    SqliteBed { store: open(path.to_owned(), &clock).unwrap(), clock }
}

fn bed() -> OwnBed {
    let folder = Folder::new();
    OwnBed { bed: reopened(&folder.database()), folder }
}

#[async_trait::async_trait]
impl Bed for SqliteBed {
    fn store(&self) -> &dyn Store {
        &self.store
    }

    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.clock.wall()
    }

    async fn pass(&self, time: std::time::Duration) {
        self.clock.advance(time);
    }
}

#[async_trait::async_trait]
impl Bed for OwnBed {
    fn store(&self) -> &dyn Store {
        &self.bed.store
    }

    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.bed.now()
    }

    async fn pass(&self, time: std::time::Duration) {
        self.bed.pass(time).await;
    }
}

contract!(bed());

fn kind(path: PathBuf) -> (StoreErrorKind, String) {
    let error = open(path, &manual_clock()).unwrap_err();
    (error.kind(), error.to_string())
}

#[tokio::test]
async fn a_second_process_on_the_file_is_refused_until_the_first_ends() {
    let bed = bed();
    let path = bed.folder.database();
    let (refused, text) = kind(path.clone());
    assert_eq!(refused, StoreErrorKind::Busy);
    assert!(text.contains("another process uses"), "{text}");
    add_tenant(&bed, "a").await;
    drop(bed.bed);
    let store = reopened(&path).store;
    assert_eq!(HomeStore::tenants(&store).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_file_that_is_not_ours_or_newer_is_refused_unchanged() {
    let folder = Folder::new();
    let path = folder.database();
    drop(open(path.clone(), &manual_clock()).unwrap());
    // No log is left beside a closed file.
    assert!(!folder.0.join("monitor.db-wal").exists());
    let good = fs::read(&path).unwrap();
    let edit = |at: usize, bytes: &[u8]| {
        let mut edited = good.clone();
        edited[at..at + bytes.len()].copy_from_slice(bytes);
        edited
    };
    for (bytes, expected, word) in [
        (edit(60, &9_u32.to_be_bytes()), StoreErrorKind::Newer, "version 9"),
        (edit(68, b"Othr"), StoreErrorKind::Damaged, "another program"),
        (edit(0, b"PK"), StoreErrorKind::Damaged, "is not a database"),
        (b"short".to_vec(), StoreErrorKind::Damaged, "is not a database"),
        (good[..good.len() - 4096].to_vec(), StoreErrorKind::Damaged, "is torn"),
        (good[..4096].to_vec(), StoreErrorKind::Damaged, "is torn"),
    ] {
        fs::write(&path, &bytes).unwrap();
        let (found, text) = kind(path.clone());
        assert!(found == expected && text.contains(word), "{word}: {text}");
        assert_eq!(fs::read(&path).unwrap(), bytes, "{word}");
    }
    let text = kind(folder.0.join("none/monitor.db")).1;
    assert!(text.contains("failed to lock"), "{text}");
}

#[tokio::test]
async fn a_claim_does_not_outlive_its_process() {
    let bed = bed();
    add_tenant(&bed, "a").await;
    add_home(&bed, "a", "h").await;
    let old = claim(&bed, "h").await.unwrap();
    let OwnBed { bed, folder } = bed;
    drop(bed);
    let new = claim(&reopened(&folder.database()), "h").await.unwrap();
    assert!(new.fence > old.fence);
}

#[tokio::test]
async fn secrets_are_not_in_the_file_and_the_files_are_private() {
    use plume_server::store::{RecordStore, model::RecordKind};
    let bed = bed();
    add_tenant(&bed, "a").await;
    bed.bed
        .store
        .put_record(&tenant("a"), RecordKind::Channel, "c", 0, b"not-a-real-target".to_vec())
        .await
        .unwrap();
    bed.bed
        .store
        .put_record(&tenant("a"), RecordKind::Route, "r", 0, b"a-plain-route".to_vec())
        .await
        .unwrap();
    let mut plain = false;
    for file in fs::read_dir(&bed.folder.0).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
        assert!(!has(b"not-a-real-target"), "{}", path.display());
        plain |= has(b"a-plain-route");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0, "{}", path.display());
        }
    }
    assert!(plain, "the search finds nothing at all");
}

#[tokio::test]
async fn a_copy_of_a_store_in_use_is_a_whole_store() {
    use plume_server::store::Upkeep;
    let bed = bed();
    add_tenant(&bed, "a").await;
    add_home(&bed, "a", "h").await;
    let copy = bed.folder.0.join("copy.db");
    bed.bed.store.back_up(&copy).await.unwrap();
    add_home(&bed, "a", "later").await;
    assert_eq!(bed.bed.store.back_up(&copy).await.unwrap_err().kind(), StoreErrorKind::Exists);
    let copied = reopened(&copy).store;
    assert_eq!(copied.counts(&tenant("a")).await.unwrap().total(), 1);
    assert!(copied.home(&tenant("a"), &home("h")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_probe_finds_a_store_that_cannot_be_written_and_writes_nothing() {
    use plume_server::store::Upkeep;
    let bed = bed();
    add_tenant(&bed, "a").await;
    let log = bed.folder.0.join("monitor.db-wal");
    let before = fs::read(&log).unwrap();
    assert!(!before.is_empty());
    for _ in 0..3 {
        bed.bed.store.probe().await.unwrap();
    }
    assert_eq!(fs::read(&log).unwrap(), before);
    let damage = rusqlite::Connection::open(bed.folder.database()).unwrap();
    damage.execute_batch("DROP TABLE progress").unwrap();
    assert!(bed.bed.store.probe().await.unwrap_err().to_string().contains("no such table"));
}

#[test]
fn of_two_that_start_at_once_one_makes_the_tables() {
    for _ in 0..20 {
        let folder = Folder::new();
        let start = || {
            let path = folder.database();
            open(path, &manual_clock()).map_err(|error| error.kind())
        };
        let (one, other) = std::thread::scope(|scope| {
            let (one, other) = (scope.spawn(start), scope.spawn(start));
            (one.join().unwrap(), other.join().unwrap())
        });
        let kinds = [one.as_ref().err(), other.as_ref().err()];
        assert!(
            matches!(kinds, [None, Some(StoreErrorKind::Busy)] | [Some(StoreErrorKind::Busy), None]),
            "{kinds:?}"
        );
        drop((one, other));
        drop(open(folder.database(), &manual_clock()).unwrap());
    }
}

/// Makes a document unreadable.
fn poison(path: &Path, sql: &str) {
    let changed = rusqlite::Connection::open(path).unwrap().execute(sql, []).unwrap();
    assert!(changed > 0, "{sql}");
}

#[tokio::test]
async fn an_incident_that_cannot_be_read_stops_no_other() {
    use plume_server::store::{IncidentStore, model::Decisions, model::IncidentQuery};
    let bed = bed();
    add_tenant(&bed, "a").await;
    for id in ["h1", "h2", "h3"] {
        add_home(&bed, "a", id).await;
    }
    let changes = ["h1", "h2", "h3"].map(|id| opens(&bed, &format!("i{id}"), id)).to_vec();
    let decisions = Decisions { changes, ..Decisions::default() };
    bed.store().decide(&tenant("a"), decisions, &pager()).await.unwrap();
    assert_eq!(take_messages(&bed, 9).await.len(), 3);
    poison(&bed.folder.database(), "UPDATE incident SET document = x'7b7d' WHERE id = 'ih2'");
    // The reminders of the others are sent, and it is not read again and again.
    bed.pass(std::time::Duration::from_secs(3_600)).await;
    assert_eq!(bed.bed.store.wake(bed.now(), 2, &pager()).await.unwrap(), 2);
    assert_eq!(bed.bed.store.wake(bed.now(), 2, &pager()).await.unwrap(), 1);
    assert_eq!(bed.bed.store.wake(bed.now(), 2, &pager()).await.unwrap(), 0);
    bed.pass(LEASE).await;
    assert_eq!(take_messages(&bed, 9).await.iter().filter(|one| one.attempts == 0).count(), 5);
    // Lists have the others, whole pages of them.
    let list = async |limit| {
        let query = IncidentQuery { limit, ..IncidentQuery::default() };
        bed.bed.store.incidents(&tenant("a"), query).await.unwrap().len()
    };
    assert_eq!((list(9).await, list(2).await, list(1).await), (2, 2, 1));
    // A check of its home is still recorded, with what else it decides.
    check(&bed, "h2", |result| result.incidents = vec![opens(&bed, "ih2", "h2")]).await;
    bed.bed.store.remove_home(&tenant("a"), &home("h2"), &pager()).await.unwrap();
}

#[tokio::test]
async fn a_document_that_cannot_be_opened_hides_no_other() {
    use plume_server::store::{RecordStore, model::RecordKind};
    let bed = bed();
    add_tenant(&bed, "a").await;
    for id in ["c1", "c2"] {
        let body = b"target".to_vec();
        bed.bed.store.put_record(&tenant("a"), RecordKind::Channel, id, 0, body).await.unwrap();
    }
    poison(&bed.folder.database(), "UPDATE record SET body = x'00' WHERE id = 'c1'");
    let each = bed.bed.store.each_record(&tenant("a"), RecordKind::Channel).await.unwrap();
    let opened: Vec<_> = each.iter().map(|(id, record)| (id.as_str(), record.is_ok())).collect();
    assert_eq!(opened, [("c1", false), ("c2", true)]);
    let error = bed.bed.store.records(&tenant("a"), RecordKind::Channel).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Sealed);
}
