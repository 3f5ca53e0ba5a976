//! A disk that is really full: a small file system of this test, which `unshare` mounts.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    process::Command,
    sync::Arc,
};

use plume::{monitor::ids::TenantId, runtime::ManualClock};
use plume_seal::{SealKeys, Sealed};
use plume_server::store::{
    CheckStore, HomeStore, OutboxStore, SqliteOptions, SqliteStore, StoreErrorKind, Upkeep,
    model::{Decisions, Outgoing, Silent, Tenant},
};

use crate::counterpart::{Folder, program, run};

/// The variable that makes the test [`victim`] a process on the small disk.
const DISK: &str = "PLUME_SERVER_TEST_DISK";
/// An eighth of the disk.
const RESERVE: u64 = 3 << 20;

#[test]
fn a_disk_that_fills_up_stops_no_message() {
    let folder = Folder::new("disk");
    let script = "mount -t tmpfs -o size=24m none \"$0\" && exec \"$1\" --exact disk::victim --nocapture";
    let (is_done, text) = run(Command::new(program("unshare"))
        .args(["--map-root-user", "--mount", "sh", "-c", script])
        .arg(&folder.0)
        .arg(std::env::current_exe().unwrap())
        .env(DISK, &folder.0));
    assert!(is_done && text.contains("messages continued"), "{text}");
}

/// Fills the disk. Returns the file that does.
fn fill(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("filler");
    let mut file = File::create(&path).unwrap();
    while file.write_all(&[1; 4096]).is_ok() {}
    path
}

#[tokio::test]
async fn victim() {
    let Some(folder) = std::env::var_os(DISK) else { return };
    let folder = Path::new(&folder);
    // base64 of "not-a-real-key-not-a-real-key-32"
    let keys = SealKeys::parse("test bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=").unwrap();
    let store = SqliteStore::open(SqliteOptions {
        path: folder.join("monitor.db"),
        clock: Arc::new(ManualClock::new("2026-01-15T00:00:00Z".parse().unwrap())),
        sealed: Arc::new(Sealed::new(Arc::new(keys)).unwrap()),
    });
    let store = store.unwrap().with_reserve(16 << 20);
    let tenant = TenantId::new("a");
    store.put_tenant(Tenant { id: tenant.clone(), name: "A".to_owned() }).await.unwrap();
    let filler = fill(folder);
    let (mut number, mut refused) = (0, 0);
    while number < 1_000 {
        let message = Outgoing {
            channel: "mail".to_owned(),
            incident: None,
            dedup: number.to_string(),
            not_before: "2026-01-15T00:00:00Z".parse().unwrap(),
            body: vec![7; 1_000],
        };
        let decisions = Decisions { outbox: vec![message], ..Decisions::default() };
        match store.decide(&tenant, decisions, &(Arc::new(Silent) as Arc<_>)).await {
            Ok(()) => number += 1,
            Err(error) => {
                assert_eq!(error.kind(), StoreErrorKind::Full, "{error}");
                refused += 1;
                assert!(refused < 5, "{number} messages were stored: {error}");
            }
        }
    }
    assert!(refused > 0, "the disk was never full");
    assert_eq!(store.backlog(&tenant).await.unwrap(), (1_000, 0));
    assert_eq!(store.full_disk().await.unwrap().map(|full| full.needed), Some(2 * RESERVE));
    fs::remove_file(filler).unwrap();
    assert_eq!(store.full_disk().await.unwrap(), None);
    assert_eq!(fs::metadata(folder.join("monitor.db-reserve")).unwrap().len(), RESERVE);
    writeln!(std::io::stdout(), "messages continued after {refused} refusals").unwrap();
}
