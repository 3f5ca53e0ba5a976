//! The audit in a file that another program changes.

use plume::runtime::ManualClock;
use plume_server::{
    access::{
        Tenants,
        audit::{AuditEvent, Broken},
    },
    store::{AuditStore, RecordStore, StoreErrorKind, model::AuditQuery},
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
    plume_server::store::SqliteStore::copy(&folder.database(), &copy).unwrap();
    let store = open(folder.database(), &clock).unwrap();
    store.audit(AuditEvent::new("Ada", "sign-out", "")).await.unwrap();
    store.reseal().await.unwrap();
    assert_eq!(store.check_audit().await.unwrap(), Ok(4));
    drop(store);
    plume_server::store::SqliteStore::restore(&copy, &folder.database(), "old").unwrap();
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
