//! The commands for the database, and a server with one.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use plume::{
    monitor::ids::TenantId,
    runtime::{Clock, SystemClock},
};
use plume_seal::{KeysFromFile, Sealed};
use plume_server::{
    access::{Session, Tenants, audit::AuditEvent},
    config::Config,
    program::{add_admin, remove_admin},
    store::{
        AuditStore, HomeStore, PassStore, RecordStore, SqliteOptions, SqliteStore,
        model::{AuditQuery, Pass, PassKind, RecordKind, Tenant},
    },
};

use super::*;

pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plume-server-database-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Opens the database as the server does.
    pub(super) fn store(&self) -> SqliteStore {
        self.store_in("")
    }

    /// Opens the database of a directory in the folder.
    pub(super) fn store_in(&self, directory: &str) -> SqliteStore {
        let path = |name: &str| self.path(directory).join(name);
        let keys = KeysFromFile::new(path("store.key"));
        keys.create("first").unwrap();
        let sealed = Arc::new(Sealed::new(Arc::new(keys)).unwrap());
        let options = SqliteOptions { path: path("monitor.db"), clock: Arc::new(SystemClock::new()), sealed };
        SqliteStore::open(options).unwrap()
    }

    /// Runs a command on this folder.
    fn run(&self, arguments: &[&str]) -> Output {
        program(arguments).env("PLUME_SERVER_DATA", &self.0).output().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn tenant() -> TenantId {
    TenantId::new("a")
}

async fn fill(store: &SqliteStore, secret: &str) {
    store.put_tenant(Tenant { id: tenant(), name: "A".to_owned() }).await.unwrap();
    let edition =
        store.records(&tenant(), RecordKind::Channel).await.unwrap().first().map_or(0, |found| found.edition);
    store.put_record(&tenant(), RecordKind::Channel, "c", edition, secret.as_bytes().to_vec()).await.unwrap();
}

async fn secret(store: &SqliteStore) -> String {
    let records = store.records(&tenant(), RecordKind::Channel).await.unwrap();
    String::from_utf8(records.first().unwrap().body.clone()).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn a_backup_brings_the_database_back_and_moves_the_other_aside() {
    let folder = Folder::new("backup");
    let backup = folder.path("backup.db");
    let store = folder.store();
    fill(&store, "not-a-real-first").await;
    // The store is in use.
    assert_eq!(folder.run(&["backup", text(&backup)]).status.code(), Some(0));
    let again = folder.run(&["backup", text(&backup)]);
    assert_eq!(again.status.code(), Some(1));
    let shown = stderr(&again);
    assert!(shown.contains("backup.db exists\nhelp: Choose another name"), "{shown}");
    let files =
        || fs::read_dir(&folder.0).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(files().filter(|name| name.starts_with("backup")).collect::<Vec<_>>(), ["backup.db"]);
    fill(&store, "not-a-real-second").await;
    let busy = folder.run(&["restore", text(&backup)]);
    assert_eq!(busy.status.code(), Some(1));
    assert!(stderr(&busy).contains("another process uses"), "{}", stderr(&busy));
    drop(store);

    let restored = folder.run(&["restore", text(&backup)]);
    assert_eq!(restored.status.code(), Some(0), "{}", stderr(&restored));
    let shown = stderr(&restored);
    let aside =
        shown.lines().next().unwrap().strip_prefix("the old database is ").map(PathBuf::from).unwrap();
    assert_eq!(secret(&folder.store()).await, "not-a-real-first");
    // Nor has the restored backup grown a log.
    assert_eq!(files().filter(|name| name.starts_with("backup")).collect::<Vec<_>>(), ["backup.db"]);
    fs::rename(&aside, folder.path("monitor.db")).unwrap();
    assert_eq!(secret(&folder.store()).await, "not-a-real-second");
}

#[tokio::test]
async fn a_damaged_or_missing_backup_changes_nothing() {
    let folder = Folder::new("damaged");
    fill(&folder.store(), "not-a-real-first").await;
    let (bad, empty, other) = (folder.path("bad.db"), folder.path("empty.db"), folder.path("other.db"));
    fs::write(&bad, b"SQLite format 3").unwrap();
    fs::write(&empty, b"").unwrap();
    rusqlite::Connection::open(&other).unwrap().execute_batch("PRAGMA user_version = 1; VACUUM").unwrap();
    for (path, why) in [
        (bad, "bad.db is not a database"),
        (empty, "empty.db is damaged: it has no tables"),
        (other, "other.db is damaged: it has no tables"),
        (folder.path("none.db"), "(os error 2)\nhelp: Check the name.\n"),
    ] {
        let refused = folder.run(&["restore", text(&path)]);
        assert_eq!(refused.status.code(), Some(1));
        let words = stderr(&refused);
        assert!(words.contains(why) && words.contains("help: "), "{words}");
        assert!(words.contains(text(&path)), "the name of the backup: {words}");
    }
    assert_eq!(secret(&folder.store()).await, "not-a-real-first");
}

#[tokio::test]
async fn restores_within_one_second_keep_every_old_database() {
    let folder = Folder::new("twice");
    let backup = folder.path("backup.db");
    fill(&folder.store(), "not-a-real-backup").await;
    assert_eq!(folder.run(&["backup", text(&backup)]).status.code(), Some(0));
    let mut kept = Vec::new();
    for number in 0..4 {
        fill(&folder.store(), &format!("not-a-real-{number}")).await;
        let old = SqliteStore::restore(&backup, &folder.path("monitor.db"), "20260115T100000Z").unwrap();
        assert_eq!(secret(&folder.store()).await, "not-a-real-backup");
        kept.push(old.unwrap());
    }
    for (number, path) in kept.into_iter().enumerate() {
        fs::rename(&path, folder.path("monitor.db")).unwrap();
        assert_eq!(secret(&folder.store()).await, format!("not-a-real-{number}"), "{}", path.display());
    }
}

#[tokio::test]
async fn a_database_is_not_restored_from_itself() {
    let folder = Folder::new("itself");
    fill(&folder.store(), "not-a-real-secret").await;
    let files = || fs::read_dir(&folder.0).unwrap().count();
    let before = files();
    let refused = folder.run(&["restore", text(&folder.path("./monitor.db"))]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("it is the database itself"), "{}", stderr(&refused));
    assert_eq!(files(), before, "nothing is kept aside");
}

#[tokio::test]
async fn a_file_that_is_no_backup_and_a_missing_folder_are_named_with_true_advice() {
    let folder = Folder::new("advice");
    fill(&folder.store(), "not-a-real-secret").await;
    fs::write(folder.path("junk.db"), "hello").unwrap();
    fs::write(folder.path("empty.db"), "").unwrap();
    let own = "Name a file that `plume-server backup` has written.";
    for (command, file, failure, help) in [
        ("restore", "junk.db", "junk.db is not a database", own),
        ("restore", "empty.db", "empty.db is damaged: it has no tables", own),
        ("restore", "./monitor.db", "it is the database itself", own),
        ("restore", "none.db", "none.db: No such file", "Check the name."),
        ("backup", "none/x.db", "there is no directory", "Check the name."),
        ("backup", "junk.db", "junk.db exists", "Choose another name"),
    ] {
        let refused = folder.run(&[command, text(&folder.path(file))]);
        assert_eq!(refused.status.code(), Some(1), "{command} {file}");
        let shown = stderr(&refused);
        assert!(shown.contains(failure) && shown.contains(help), "{command} {file}: {shown}");
    }
}

#[tokio::test]
async fn the_log_of_a_killed_server_is_part_of_the_old_database() {
    let folder = Folder::new("log");
    let (backup, copy) = (folder.path("backup.db"), folder.path("copy"));
    let store = folder.store();
    fill(&store, "not-a-real-backup").await;
    assert_eq!(folder.run(&["backup", text(&backup)]).status.code(), Some(0));
    fill(&store, "not-a-real-late").await;
    // The files as a kill leaves them.
    fs::create_dir_all(&copy).unwrap();
    for suffix in ["", "-wal", "-shm"] {
        fs::copy(folder.path(&format!("monitor.db{suffix}")), copy.join(format!("monitor.db{suffix}")))
            .unwrap();
    }
    drop(store);
    let to = copy.join("monitor.db");
    assert!(fs::metadata(copy.join("monitor.db-wal")).unwrap().len() > 0);
    let old = SqliteStore::restore(&backup, &to, "x").unwrap().unwrap();
    assert!(!copy.join("monitor.db-wal").exists());
    for (path, expected) in [(to, "not-a-real-backup"), (old, "not-a-real-late")] {
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(folder.path(&format!("monitor.db{suffix}")));
        }
        fs::rename(&path, folder.path("monitor.db")).unwrap();
        assert_eq!(secret(&folder.store()).await, expected);
    }
}

#[test]
fn a_backup_of_no_database_names_it() {
    let folder = Folder::new("none");
    let refused = folder.run(&["backup", text(&folder.path("backup.db"))]);
    let shown = stderr(&refused);
    assert!(shown.contains("monitor.db\nhelp: Check the name.\n"), "{shown}");
}

#[tokio::test]
async fn a_backup_has_its_name_only_when_it_is_whole() {
    let folder = Folder::new("part");
    let (backup, part) = (folder.path("backup.db"), folder.path("backup.db.part"));
    fill(&folder.store(), "not-a-real-secret").await;
    fs::write(&part, b"").unwrap();
    let refused = folder.run(&["backup", text(&backup)]);
    assert!(refused.status.code() == Some(1) && !backup.exists(), "{}", stderr(&refused));
    assert!(
        stderr(&refused).contains("backup.db.part exists: another backup is running"),
        "{}",
        stderr(&refused)
    );
    fs::remove_file(&part).unwrap();
    assert_eq!(folder.run(&["backup", text(&backup)]).status.code(), Some(0));
    assert!(backup.exists() && !part.exists());
}

#[tokio::test]
async fn a_database_with_damaged_pages_does_not_start() {
    let folder = Folder::new("pages");
    let path = folder.path("monitor.db");
    let store = folder.store();
    for number in 0..200 {
        let id = format!("c{number}");
        store.put_tenant(Tenant { id: tenant(), name: "A".to_owned() }).await.unwrap();
        store.put_record(&tenant(), RecordKind::Channel, &id, 0, vec![b'x'; 2_000]).await.unwrap();
    }
    drop(store);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..].iter_mut().take(40_000).for_each(|byte| *byte = 0xff);
    fs::write(&path, &bytes).unwrap();
    let refused = folder.run(&["audit", "verify"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("monitor.db is damaged: "), "{}", stderr(&refused));
    assert_eq!(fs::read(&path).unwrap(), bytes, "it is unchanged");
}

#[tokio::test]
async fn an_account_ends_with_its_sessions_and_has_a_name_that_is_shown() {
    let folder = Folder::new("accounts");
    let variables = [("PLUME_SERVER_DATA".to_owned(), text(&folder.0).to_owned())].into();
    let config = Config::read(None, variables).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let add = |name: &'static str| add_admin(&config, name, "not-a-real-password", Arc::clone(&clock));
    for (name, why) in [
        ("", "it is empty"),
        ("ANN ", "it has a blank"),
        ("a\nb", "it has a blank"),
        ("a\u{202e}b", "it has a blank"),
        ("a\u{200b}b", "it has a blank"),
        (&*"x".repeat(65).leak(), "it has more than 64"),
    ] {
        let refused = add(name).await.unwrap_err().to_string();
        assert!(
            refused.starts_with(&format!("refused the name of the account: {why}")),
            "{name:?}: {refused}"
        );
    }
    add("Zoë@example.net").await.unwrap();
    let session = |id: &str, subject: &str| Pass {
        id: id.to_owned(),
        seen: clock.wall(),
        ends: None,
        body: serde_json::to_vec(&Session {
            name: "Zoë".to_owned(),
            subject: subject.to_owned(),
            claims: None,
            read: [].into(),
            created: clock.wall(),
            confirmed: clock.wall(),
            address: String::new(),
        })
        .unwrap(),
    };
    let left = async || {
        let store = folder.store();
        let passes = store.passes(PassKind::Session, 500).await.unwrap();
        store
            .put_pass(PassKind::Session, session("own", &Session::subject_of("Zoë@example.net")))
            .await
            .unwrap();
        passes.into_iter().map(|pass| pass.id).collect::<Vec<_>>()
    };
    left().await;
    folder.store().put_pass(PassKind::Session, session("other", &Session::subject_of("Zoë"))).await.unwrap();
    add("Zoë@example.net").await.unwrap();
    assert_eq!(left().await, ["other"], "another password");
    remove_admin(&config, "Zoë@example.net", Arc::clone(&clock)).await.unwrap();
    assert_eq!(left().await, ["other"]);
}

#[tokio::test]
async fn a_database_without_its_keys_does_not_start() {
    let folder = Folder::new("no-key");
    fill(&folder.store(), "not-a-real-secret").await;
    let (key, kept) = (folder.path("store.key"), folder.path("kept.key"));
    fs::rename(&key, &kept).unwrap();
    for arguments in [["audit", "verify"], ["config", "explain"]] {
        let refused = folder.run(&arguments);
        assert_eq!(refused.status.code(), Some(1));
        assert!(stderr(&refused).contains("store.key is missing, and "), "{}", stderr(&refused));
        assert!(!key.exists(), "a new key would open nothing");
    }
    fs::rename(&kept, &key).unwrap();
    assert_eq!(folder.run(&["audit", "verify"]).status.code(), Some(0));
}

#[tokio::test]
async fn an_empty_database_beside_its_key_or_its_audit_is_refused() {
    let folder = Folder::new("emptied");
    fill(&folder.store(), "not-a-real-secret").await;
    let database = folder.path("monitor.db");
    for name in ["store.key", "monitor.audit"] {
        fs::remove_file(folder.path("store.key")).unwrap();
        fs::write(folder.path(name), "").unwrap();
        fs::write(&database, "").unwrap();
        for arguments in [["audit", "verify"], ["config", "explain"]] {
            let refused = folder.run(&arguments);
            let text = stderr(&refused);
            assert_eq!(refused.status.code(), Some(1), "{text}");
            assert!(text.contains("monitor.db is empty, and ") && text.contains(name), "{text}");
            assert!(text.contains("Restore a backup"), "{text}");
            assert_eq!(fs::metadata(&database).unwrap().len(), 0);
        }
        let backup = folder.path("backup.db");
        let refused = folder.run(&["backup", backup.to_str().unwrap()]);
        assert!(stderr(&refused).contains("monitor.db is damaged: it has no tables"), "{}", stderr(&refused));
        assert!(refused.status.code() == Some(1) && !backup.exists(), "a backup of nothing");
    }
    fs::remove_file(&database).unwrap();
    let refused = folder.run(&["audit", "verify"]);
    assert!(stderr(&refused).contains("monitor.db is missing, and "), "{}", stderr(&refused));
    assert!(refused.status.code() == Some(1) && !database.exists(), "a new one would hide the loss");
    fs::write(&database, "").unwrap();
    fs::remove_file(folder.path("monitor.audit")).unwrap();
    let log = folder.path("monitor.db-wal");
    fs::write(&log, "the content").unwrap();
    let refused = folder.run(&["audit", "verify"]);
    assert!(stderr(&refused).contains("monitor.db-wal exists"), "{}", stderr(&refused));
    assert_eq!(fs::read(&log).unwrap(), b"the content");
    fs::remove_file(&log).unwrap();
    assert_eq!(folder.run(&["audit", "verify"]).status.code(), Some(0), "a file that was never used");
}

#[tokio::test]
async fn rotated_keys_open_what_was_sealed_before_and_old_keys_are_not_needed() {
    let folder = Folder::new("rotate");
    fill(&folder.store(), "not-a-real-secret").await;
    let before = fs::read_to_string(folder.path("store.key")).unwrap();
    let rotated = folder.run(&["keys", "rotate"]);
    assert_eq!(rotated.status.code(), Some(0), "{}", stderr(&rotated));
    assert!(stderr(&rotated).starts_with("sealed 1 documents with the new key "), "{}", stderr(&rotated));
    let after = fs::read_to_string(folder.path("store.key")).unwrap();
    assert!(after.ends_with(&format!("{}\n", before.trim())) && after.lines().count() == 2);
    assert_eq!(secret(&folder.store()).await, "not-a-real-secret");
    // The new key alone is enough.
    fs::write(folder.path("store.key"), after.lines().next().unwrap()).unwrap();
    assert_eq!(secret(&folder.store()).await, "not-a-real-secret");
    let held = folder.store();
    let busy = folder.run(&["keys", "rotate"]);
    assert!(stderr(&busy).contains("another process uses"), "{}", stderr(&busy));
    drop(held);
}

#[tokio::test]
async fn a_database_without_its_keys_is_refused_and_the_loss_of_secrets_is_a_command() {
    let folder = Folder::new("lost");
    fill(&folder.store(), "not-a-real-secret").await;
    let audit = async |subject: &str| folder.store().audit(AuditEvent::new("ada", "test", subject)).await;
    for number in 1..=3 {
        assert_eq!(audit("before").await.unwrap(), number);
    }
    let (key, kept) = (folder.path("store.key"), folder.path("kept"));
    let header = folder.path("header");
    fs::write(&header, "Basic ZXhhbXBsZTpub3QtYS1yZWFsLXNlY3JldA==").unwrap();
    let config = folder.path("monitor.toml");
    let document = format!(
        "listen = \"127.0.0.1:0\"\n[cloud]\nsso_url = \"http://127.0.0.1:9/oauth2/x/v1/token\"\n\
         auth_header_file = {header:?}\npartner_id = \"5ca1ab1e0000000000000001\"\napi_base = \"http://127.0.0.1:9/api\"\n"
    );
    fs::write(&config, document).unwrap();
    let start = || folder.run(&["--config", text(&config)]);
    fs::rename(&key, &kept).unwrap();
    for arguments in [&["keys", "rotate"][..], &["--config", text(&config)][..]] {
        let missing = folder.run(arguments);
        assert_eq!(missing.status.code(), Some(1));
        assert!(stderr(&missing).contains("is missing, and "), "{}", stderr(&missing));
        assert!(!key.exists(), "new keys would hide the loss");
    }
    // Another key of the same name.
    KeysFromFile::new(&key).create("first").unwrap();
    let other = start();
    assert_eq!(other.status.code(), Some(1));
    assert!(stderr(&other).contains("the channel `c` of the tenant `a`"), "{}", stderr(&other));
    let forgotten = folder.run(&["keys", "forget"]);
    assert_eq!(forgotten.status.code(), Some(0), "{}", stderr(&forgotten));
    assert!(
        stderr(&forgotten).contains("removed the channel `c` of the tenant `a`"),
        "{}",
        stderr(&forgotten)
    );
    assert!(folder.store().unopened().await.unwrap().is_empty());
    // The rows of the audit are kept, and a row says that they are not verified.
    let verified = folder.run(&["audit", "verify"]);
    assert_eq!(verified.status.code(), Some(0), "{}", stderr(&verified));
    let all = AuditQuery { tenants: Tenants::All, text: None, before: None, limit: 10 };
    let rows = folder.store().audit_rows(all).await.unwrap();
    let rows: Vec<_> = rows.iter().map(|row| (row.number, &*row.event.action)).collect();
    let expected = [(5, "keys forget"), (4, "audit restart"), (3, "test"), (2, "test"), (1, "test")];
    assert_eq!(rows, expected);
    assert_eq!(audit("after").await.unwrap(), 6);
    // What the keys open is kept.
    fill(&folder.store(), "not-a-real-second").await;
    assert!(stderr(&folder.run(&["keys", "forget"])).ends_with("0 documents removed\n"));
    assert_eq!(secret(&folder.store()).await, "not-a-real-second");
}

#[test]
#[cfg(unix)]
fn a_server_with_a_cloud_opens_its_store_and_ends_in_time() {
    let folder = Folder::new("cloud");
    let config = folder.path("monitor.toml");
    let (data, header) = (folder.path("data"), folder.path("header"));
    fs::write(&header, "Basic ZXhhbXBsZTpub3QtYS1yZWFsLXNlY3JldA==").unwrap();
    let document = format!(
        "data = {data:?}\n[cloud]\nsso_url = \"http://127.0.0.1:9/oauth2/x/v1/token\"\n\
         auth_header_file = {header:?}\npartner_id = \"5ca1ab1e0000000000000001\"\napi_base = \"http://127.0.0.1:9/api\"\n"
    );
    fs::write(&config, document).unwrap();
    let server = start(&["--config", text(&config)]);
    assert!(data.join("monitor.db").exists() && data.join("store.key").exists());
    let second = run(&["--config", text(&config), "--listen", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(stderr(&second).contains("another process uses"), "{}", stderr(&second));
    assert_eq!(server.end("-TERM"), (Some(0), String::new()));
    // It was closed, so the log is gone.
    assert!(!data.join("monitor.db-wal").exists());
}

#[test]
fn accounts_are_listed_and_names_that_look_alike_are_refused() {
    let folder = Folder::new("account-names");
    let add = |name: &str| {
        let mut command = program(&["users", "add-admin", name]);
        command.env("PLUME_SERVER_DATA", &folder.0).stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A refused name ends the program before it reads.
        let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"not-a-real-password\n");
        child.wait_with_output().unwrap()
    };
    let list = || String::from_utf8(folder.run(&["users", "list"]).stdout).unwrap();
    assert_eq!(list(), "0 administrators\n");
    for (name, words) in [
        ("zoë", "is an administrator of all tenants\n"),
        ("ada", "is an administrator of all tenants\n"),
        ("ada", "has a new password; the sessions and tokens of before have ended\n"),
    ] {
        let output = add(name);
        assert!(
            output.status.success() && stderr(&output).ends_with(&format!("{name} {words}")),
            "{output:?}"
        );
    }
    for (name, why) in [
        ("ADA", "there is the account `ada`, and capital letters make no other name"),
        ("Zoë", "there is the account `zoë`, and capital letters make no other name"),
        ("", "it is empty"),
        ("a\nb", "a control character"),
        ("ada ", "a blank"),
        ("../x", "it must begin with a letter or digit"),
        ("a/b", "only letters, digits and"),
        ("ada😀", "only letters, digits and"),
        (&"a".repeat(65), "more than 64 characters"),
    ] {
        let output = add(name);
        assert!(!output.status.success() && stderr(&output).contains(why), "{name}: {}", stderr(&output));
    }
    let listed = list();
    let names: Vec<&str> = listed.lines().map(|line| line.split("  ").next().unwrap()).collect();
    assert_eq!(names, ["ada", "zoë", "2 administrators"]);
    assert!(folder.run(&["users", "remove-admin", "ada"]).status.success());
    assert!(!list().contains("ada") && add("ADA").status.success());
}

#[test]
fn the_audit_is_verified_after_a_restored_backup_and_says_so() {
    let folder = Folder::new("audit");
    let backup = folder.path("backup.db");
    let add = |name: &str| {
        let mut command = program(&["users", "add-admin", name]);
        command.env("PLUME_SERVER_DATA", &folder.0).stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"not-a-real-password\n").unwrap();
        assert!(child.wait().unwrap().success());
    };
    add("ada");
    assert!(folder.run(&["backup", text(&backup)]).status.success());
    add("bob");
    add("eve");
    let verified = folder.run(&["audit", "verify"]);
    assert!(stderr(&verified).contains("all 3 rows"), "{}", stderr(&verified));
    let restored = folder.run(&["restore", text(&backup)]);
    assert!(restored.status.success(), "{}", stderr(&restored));
    let verified = folder.run(&["audit", "verify"]);
    let shown = stderr(&verified);
    assert_eq!(verified.status.code(), Some(0), "{shown}");
    assert!(shown.contains("all 2 rows") && shown.contains("row 2: database restore at "), "{shown}");
    assert!(shown.contains("backup.db, written "), "{shown}");
    assert!(!folder.run(&["users", "remove-admin", "bob"]).status.success(), "bob is not in the backup");
    // By hand it is no restored backup.
    fs::copy(&backup, folder.path("monitor.db")).unwrap();
    let verified = folder.run(&["audit", "verify"]);
    assert_eq!(verified.status.code(), Some(1));
    assert!(stderr(&verified).contains("it is an older copy"), "{}", stderr(&verified));
}
