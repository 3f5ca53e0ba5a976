//! The threads of the store: groups of operations, and their failures.

mod statements;

use std::{fs, path::Path, sync::mpsc, time::Duration};

use plume::runtime::ManualClock;
use plume_seal::SealKeys;

use super::*;
use crate::access::audit::AuditEvent;
use crate::store::{
    AuditStore, OutboxStore, Progress, Retention, Upkeep,
    error::{StoreError, StoreErrorKind},
    model::ChangeKind,
};

struct Bed {
    store: SqliteStore,
    folder: PathBuf,
}

impl Drop for Bed {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn bed(name: &str) -> Bed {
    let folder = std::env::temp_dir().join(format!("plume-server-threads-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    // base64 of "not-a-real-key-not-a-real-key-32"
    let keys = SealKeys::parse("test bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=").unwrap();
    let options = SqliteOptions {
        path: folder.join("monitor.db"),
        clock: Arc::new(ManualClock::new("2026-01-15T00:00:00Z".parse().unwrap())),
        sealed: Arc::new(Sealed::new(Arc::new(keys)).unwrap()),
    };
    Bed { store: SqliteStore::open(options).unwrap(), folder }
}

fn add(tx: &Tx<'_>, id: &str) -> Result<i64> {
    tx.run("INSERT INTO tenant (id, name) VALUES (?1, '')", [id])?;
    Ok(tx.last_key())
}

async fn tenants(store: &SqliteStore) -> Vec<String> {
    store.read(|tx| tx.all("SELECT id FROM tenant ORDER BY id", [], |row| row.get(0))).await.unwrap()
}

#[tokio::test]
async fn a_failing_operation_spoils_no_other_of_its_group() {
    let bed = bed("groups");
    let (begin, begun) = mpsc::channel::<()>();
    // It keeps the writer busy until all others wait, so that they are one group with it.
    let first = bed.store.write(move |tx| {
        let _ = begun.recv();
        add(tx, "a")
    });
    let failing = bed.store.write(|tx| {
        add(tx, "failing")?;
        Err::<(), _>(StoreError::new(StoreErrorKind::Missing, "planted"))
    });
    let twice = bed.store.write(|tx| add(tx, "a"));
    let panicking = bed.store.write(|tx| -> Result<()> {
        add(tx, "panicking")?;
        panic!("planted")
    });
    let last = bed.store.write(|tx| {
        let key = add(tx, "b")?;
        tx.change(key, ChangeKind::Home, "h")
    });
    let begin = async { begin.send(()) };
    let (first, failing, twice, panicking, last, _) =
        tokio::join!(first, failing, twice, panicking, last, begin);
    assert!(first.is_ok() && last.is_ok());
    assert_eq!(failing.unwrap_err().kind(), StoreErrorKind::Missing);
    assert_eq!(twice.unwrap_err().kind(), StoreErrorKind::Internal);
    assert_eq!(panicking.unwrap_err().kind(), StoreErrorKind::Internal);
    assert_eq!(tenants(&bed.store).await, ["a", "b"]);
    assert_eq!(*bed.store.inner.changed.borrow(), 1);
}

#[tokio::test]
async fn a_full_disk_is_an_error_of_its_own_and_passes() {
    let bed = bed("full");
    let fill = |bytes: usize| {
        bed.store.write(move |tx| {
            let tenant = add(tx, &format!("fill-{bytes}"))?;
            tx.run(
                "INSERT INTO record (tenant, kind, id, edition, changed, body) VALUES (?1, 'route', 'x', 1, 0, ?2)",
                rusqlite::params![tenant, vec![7_u8; bytes]],
            )
        })
    };
    let limit = |pages: &str| {
        let sql = format!("PRAGMA max_page_count = {pages}");
        bed.store.write(move |tx| tx.all(&sql, [], |row| row.get::<_, i64>(0)))
    };
    let pages =
        bed.store.write(|tx| tx.all("PRAGMA page_count", [], |row| row.get::<_, i64>(0))).await.unwrap();
    limit(&(pages[0] + 4).to_string()).await.unwrap();
    let error = fill(1 << 20).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Full, "{error}");
    assert!(tenants(&bed.store).await.is_empty());
    // What still fits is written, and everything once there is space.
    fill(10).await.unwrap();
    limit("1000000").await.unwrap();
    fill(1 << 20).await.unwrap();
    assert_eq!(tenants(&bed.store).await.len(), 2);
}

/// An upgrade of a transaction from reading to writing would not wait for another writer.
#[tokio::test]
async fn a_group_holds_the_lock_of_writers_before_it_reads() {
    let bed = bed("immediate");
    let path = bed.folder.join("monitor.db");
    let refused = bed
        .store
        .write(move |tx| {
            tx.all("SELECT id FROM tenant", [], |row| row.get::<_, String>(0))?;
            let other = rusqlite::Connection::open(path).unwrap();
            other.busy_timeout(Duration::ZERO).unwrap();
            Ok(other.execute_batch("BEGIN IMMEDIATE").is_err())
        })
        .await;
    assert!(refused.unwrap());
    let written = bed.store.read(|tx| add(tx, "from a reader")).await;
    assert!(written.is_err() && tenants(&bed.store).await.is_empty());
}

#[tokio::test]
async fn readers_beside_writes_and_deletions_are_never_locked_out() {
    let bed = bed("readers");
    let rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) \
                INSERT INTO outbox (tenant, channel, dedup, body, stored, alive_since) SELECT ?1, 'c', i, x'', 0, 0 FROM n";
    let filled = bed.store.write(move |tx| {
        let tenant = add(tx, "a")?;
        tx.run(rows, [tenant])
    });
    assert_eq!(filled.await.unwrap(), 50_000);
    let (store, tenant) = (&bed.store, "a".into());
    let is_done = std::sync::atomic::AtomicBool::new(false);
    let is_over = || is_done.load(std::sync::atomic::Ordering::Relaxed);
    let readers = futures_util::future::join_all((0..50).map(|_| async {
        let mut reads = 0_u32;
        while !is_over() {
            store.backlog(&tenant).await.unwrap();
            reads += 1;
        }
        reads
    }));
    let writer = async {
        let mut number = 0;
        while !is_over() {
            let name = format!("w{number}");
            store.write(move |tx| add(tx, &name)).await.unwrap();
            number += 1;
        }
        number
    };
    let deletions = async {
        let now = "2026-06-15T00:00:00Z".parse().unwrap();
        let mut slices = 0;
        while store.prune(now, Retention::default()).await.unwrap() == Progress::More {
            slices += 1;
        }
        is_done.store(true, std::sync::atomic::Ordering::Relaxed);
        slices
    };
    let (reads, writes, slices) = tokio::join!(readers, writer, deletions);
    assert!(reads.iter().all(|reads| *reads > 0) && writes > 0);
    assert_eq!(slices, 50);
}

#[tokio::test]
async fn a_full_disk_takes_the_reserve() {
    let bed = bed("reserve");
    let (store, reserve) = (bed.store.clone().with_reserve(1 << 16), bed.folder.join("monitor.db-reserve"));
    assert!(reserve.exists() && bed.store.records_history());
    let conflict = || Err::<(), _>(StoreError::new(StoreErrorKind::Conflict, "planted"));
    assert!(bed.store.write(move |_| conflict()).await.is_err() && bed.store.records_history());
    let full = || Err::<(), _>(StoreError::new(StoreErrorKind::Full, "planted"));
    assert!(bed.store.write(move |_| full()).await.is_err());
    assert!(!reserve.exists() && !store.records_history());
    // The disk has space again.
    assert_eq!(store.full_disk().await.unwrap(), None);
    assert!(reserve.exists() && store.records_history());
}

#[tokio::test]
async fn a_caller_that_is_gone_undoes_nothing() {
    let bed = bed("gone");
    for number in 0..100 {
        tokio::select! {
            biased;
            // It is handed over at the first poll, and dropped.
            _ = bed.store.write(move |tx| add(tx, &format!("t{number}"))) => {}
            () = std::future::ready(()) => {}
        }
    }
    bed.store.write(|_| Ok(())).await.unwrap();
    assert_eq!(tenants(&bed.store).await.len(), 100);
}

#[tokio::test]
async fn the_audit_takes_no_row_on_a_full_disk_or_in_a_group_that_is_undone() {
    let bed = bed("audit");
    let event = || AuditEvent::new("Ada", "incident note", &"x".repeat(300));
    assert_eq!(bed.store.audit(event()).await.unwrap(), 1);
    let limit = |pages: &'static str| {
        bed.store.write(move |tx| {
            tx.all(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get::<_, i64>(0))
        })
    };
    limit("1").await.unwrap();
    let mut rows = 1;
    let refused = loop {
        match bed.store.audit(event()).await {
            Ok(row) => rows = row,
            Err(error) => break error,
        }
        assert!(rows < 10_000, "the disk is not full");
    };
    assert_eq!(refused.kind(), StoreErrorKind::Full, "{refused}");
    assert_eq!(bed.store.check_audit().await.unwrap(), Ok(rows));
    limit("1000000").await.unwrap();
    // The writer is busy until both wait, so that they are one group.
    let (begin, begun) = mpsc::channel::<()>();
    let first = bed.store.write(move |_| {
        let _ = begun.recv();
        Ok(())
    });
    let audited = bed.store.audit(event());
    let undone = bed.store.write(|tx| tx.run("ROLLBACK", []).and_then(|_| Err::<(), _>(gone_disk())));
    let (_, audited, undone, _) = tokio::join!(first, audited, undone, async { begin.send(()) });
    assert!(audited.is_err() && undone.is_err());
    assert_eq!(bed.store.check_audit().await.unwrap(), Ok(rows), "no copy of a head that was undone");
    bed.store.write(|tx| tx.all("PRAGMA query_only = ON", [], |_| Ok(()))).await.unwrap();
    assert!(bed.store.audit(event()).await.is_err(), "a database that is read-only");
}

fn gone_disk() -> StoreError {
    StoreError::new(StoreErrorKind::Full, "planted")
}
