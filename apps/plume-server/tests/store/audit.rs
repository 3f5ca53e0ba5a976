//! The audit in a file that another program changes.

use futures_util::FutureExt as _;
use plume::runtime::{Clock, ManualClock};
use plume_server::{
    access::{
        Tenants,
        audit::{AuditEvent, Broken},
    },
    store::{
        AuditStore, PassStore, RecordStore, SqliteStore, StoreErrorKind,
        model::{AuditQuery, Pass, PassKind},
    },
};
use rusqlite::Connection;

use crate::sqlite::{Folder, open};

async fn written(folder: &Folder, clock: &ManualClock, rows: usize) {
    let store = open(folder.database(), clock).unwrap();
    for number in 1..=rows {
        store.audit(AuditEvent::new("Ada", "incident note", &format!("i{number}"))).await.unwrap();
    }
    assert_eq!(store.check_audit().await.unwrap(), Ok(rows as u64));
}

#[tokio::test]
async fn each_manipulation_of_the_file_is_found() {
    let clock = ManualClock::new(chrono::DateTime::UNIX_EPOCH);
    let other = Folder::new();
    written(&other, &clock, 5).await;
    let replace = format!(
        "ATTACH '{}' AS other; DELETE FROM audit; INSERT INTO audit SELECT * FROM other.audit;",
        other.database().display()
    );
    let with_head =
        format!("{replace} UPDATE audit_head SET sealed = (SELECT sealed FROM other.audit_head);");
    let manipulations: [(&str, &str, Broken); 8] = [
        ("edited", "UPDATE audit SET who = 'Eve' WHERE number = 3", Broken::Altered(3)),
        ("deleted", "DELETE FROM audit WHERE number = 3", Broken::Missing { expected: 3, found: 4 }),
        (
            "inserted",
            "INSERT INTO audit SELECT 6, at, tenant, who, action, subject, outcome, mac FROM audit WHERE number = 5",
            Broken::Foreign(6),
        ),
        (
            "reordered",
            "UPDATE audit SET number = -number WHERE number IN (2, 3); \
             UPDATE audit SET number = 5 + number WHERE number < 0",
            Broken::Altered(2),
        ),
        ("tail cut", "DELETE FROM audit WHERE number > 3", Broken::Cut { written: 5, found: 3 }),
        ("replaced", &replace, Broken::Altered(1)),
        ("replaced with its head", &with_head, Broken::Altered(5)),
        ("deleted with its head", "DELETE FROM audit; DELETE FROM audit_head", Broken::Head),
    ];
    for (name, sql, broken) in manipulations {
        let folder = Folder::new();
        written(&folder, &clock, 5).await;
        Connection::open(folder.database()).unwrap().execute_batch(sql).unwrap();
        let store = open(folder.database(), &clock).unwrap();
        assert_eq!(store.check_audit().await.unwrap(), Err(broken), "{name}");
    }
}

#[tokio::test]
async fn an_older_copy_of_the_database_is_found_and_a_new_key_changes_nothing() {
    let clock = ManualClock::new(chrono::DateTime::UNIX_EPOCH);
    let folder = Folder::new();
    written(&folder, &clock, 3).await;
    let copy = folder.0.join("copy.db");
    SqliteStore::copy(&folder.database(), &copy).unwrap();
    let store = open(folder.database(), &clock).unwrap();
    store.audit(AuditEvent::new("Ada", "sign-out", "")).await.unwrap();
    store.reseal().await.unwrap();
    assert_eq!(store.check_audit().await.unwrap(), Ok(4));
    drop(store);
    SqliteStore::restore(&copy, &folder.database(), "old").unwrap();
    let store = open(folder.database(), &clock).unwrap();
    let older = Err(Broken::Older { written: 4, found: 3 });
    assert_eq!(store.check_audit().await.unwrap(), older);
    // Nor does a new key hide it.
    store.reseal().await.unwrap();
    assert_eq!(store.check_audit().await.unwrap(), older);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.database().with_extension("audit")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // The next row does not hide it.
    assert_eq!(store.audit(AuditEvent::new("Eve", "sign-in", "")).await.unwrap(), 5);
    let rows = store.audit_rows(AuditQuery { tenants: Tenants::All, text: None, before: Some(5), limit: 1 });
    assert_eq!(rows.await.unwrap()[0].event.action, "audit lost");
}

#[tokio::test]
async fn without_its_head_the_audit_takes_no_row() {
    let clock = ManualClock::new(chrono::DateTime::UNIX_EPOCH);
    let folder = Folder::new();
    written(&folder, &clock, 1).await;
    Connection::open(folder.database()).unwrap().execute_batch("DELETE FROM audit_head").unwrap();
    let store = open(folder.database(), &clock).unwrap();
    let refused = store.audit(AuditEvent::new("Eve", "sign-in", "")).await.unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::Sealed);
}

#[tokio::test]
async fn a_restored_backup_is_recorded_and_ends_all_sessions() {
    let clock = ManualClock::new(chrono::DateTime::UNIX_EPOCH);
    let folder = Folder::new();
    written(&folder, &clock, 3).await;
    let copy = folder.0.join("copy.db");
    let store = open(folder.database(), &clock).unwrap();
    let pass = |id: &str| Pass { id: id.to_owned(), seen: clock.wall(), ends: None, body: Vec::new() };
    for kind in [PassKind::Session, PassKind::Token, PassKind::Account] {
        store.put_pass(kind, pass("one")).await.unwrap();
    }
    SqliteStore::copy(&folder.database(), &copy).unwrap();
    for _ in 0..5 {
        store.audit(AuditEvent::new("Ada", "sign-out", "")).await.unwrap();
    }
    drop(store);
    SqliteStore::restore(&copy, &folder.database(), "old").unwrap();
    let store = open(folder.database(), &clock).unwrap();
    let event = AuditEvent::new("command line", "database restore", "copy.db");
    store.record_restore(event).await.unwrap();
    assert_eq!(store.check_audit().await.unwrap(), Ok(4));
    assert!(store.pass(PassKind::Session, "one").await.unwrap().is_none());
    assert!(store.pass(PassKind::Token, "one").await.unwrap().is_some());
    assert!(store.pass(PassKind::Account, "one").await.unwrap().is_some());
    assert_eq!(store.audit(AuditEvent::new("Ada", "sign-in", "")).await.unwrap(), 5);
    assert_eq!(store.check_audit().await.unwrap(), Ok(5));
    drop(store);
    // A copy of the file by hand is found all the same.
    std::fs::copy(&copy, folder.database()).unwrap();
    let store = open(folder.database(), &clock).unwrap();
    assert_eq!(store.check_audit().await.unwrap(), Err(Broken::Older { written: 5, found: 3 }));
}

#[tokio::test]
async fn the_copy_of_the_head_is_that_of_the_last_row_in_any_order() {
    let clock = ManualClock::new(chrono::DateTime::UNIX_EPOCH);
    let folder = Folder::new();
    let store = open(folder.database(), &clock).unwrap();
    for _ in 0..20 {
        let all = (0..20).map(|_| store.audit(AuditEvent::new("Ada", "incident note", "i")));
        let checks = (0..5).map(|_| store.check_audit());
        let (rows, checks) =
            tokio::join!(futures_util::future::join_all(all), futures_util::future::join_all(checks));
        assert!(rows.into_iter().all(|row| row.is_ok()));
        for check in checks {
            assert!(check.as_ref().unwrap().is_ok(), "{check:?}");
        }
    }
    drop(store);
    Connection::open(folder.database())
        .unwrap()
        .execute_batch("DELETE FROM audit WHERE number = 400")
        .unwrap();
    let store = open(folder.database(), &clock).unwrap();
    assert_eq!(store.check_audit().await.unwrap(), Err(Broken::Cut { written: 400, found: 399 }));
}

#[tokio::test]
async fn a_caller_that_waits_late_does_not_replace_a_later_copy_of_the_head() {
    let clock = ManualClock::new(chrono::DateTime::UNIX_EPOCH);
    let folder = Folder::new();
    written(&folder, &clock, 3).await;
    let older = folder.0.join("copy.db");
    SqliteStore::copy(&folder.database(), &older).unwrap();
    let store = open(folder.database(), &clock).unwrap();
    let row = || Box::pin(store.audit(AuditEvent::new("Ada", "sign-out", "")));
    let (mut first, mut second) = (row(), row());
    // No row is written before both wait. They are in the order of the first polls.
    let other = Connection::open(folder.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!((&mut first).now_or_never().is_none());
    assert!((&mut second).now_or_never().is_none());
    other.execute_batch("COMMIT").unwrap();
    drop(other);
    assert_eq!((second.await.unwrap(), first.await.unwrap()), (5, 4));
    drop(store);
    std::fs::copy(&older, folder.database()).unwrap();
    let store = open(folder.database(), &clock).unwrap();
    assert_eq!(store.check_audit().await.unwrap(), Err(Broken::Older { written: 5, found: 3 }));
}

#[tokio::test]
async fn rows_that_were_changed_are_not_removed_for_their_age() {
    let clock = ManualClock::new(chrono::DateTime::UNIX_EPOCH);
    let folder = Folder::new();
    written(&folder, &clock, 5).await;
    let edit = "UPDATE audit SET who = 'Eve' WHERE number = 3";
    Connection::open(folder.database()).unwrap().execute_batch(edit).unwrap();
    let store = open(folder.database(), &clock).unwrap();
    let later = clock.wall() + chrono::TimeDelta::days(1);
    assert_eq!(store.prune_audit(later, 0).await.unwrap(), 2);
    assert_eq!(store.prune_audit(later, 0).await.unwrap(), 0);
    assert_eq!(store.check_audit().await.unwrap(), Err(Broken::Altered(3)));
}

#[tokio::test]
async fn without_a_place_for_the_copy_of_the_head_the_row_is_refused() {
    let clock = ManualClock::new(chrono::DateTime::UNIX_EPOCH);
    let folder = Folder::new();
    std::fs::create_dir_all(folder.database().with_extension("audit").join("x")).unwrap();
    let store = open(folder.database(), &clock).unwrap();
    assert!(store.audit(AuditEvent::new("Ada", "sign-in", "")).await.is_err());
}
