//! Several real processes at one store: they take turns, and may be killed at any time.
//!
//! Each child is this program once more; the environment selects its task. Parent and children talk through
//! pipes, so nothing waits for a time.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]
#![cfg(all(feature = "encrypted-store", unix))]

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume_auth::{
    AuthError, CachedTokenProvider, IssuedToken, TokenSource,
    store::{
        FileStore, Persistent, SealKey, SealKeys, StoreError, StoreErrorKind, StoreKey, StoreLock,
        StoredRecord, StoredToken, TokenStore,
    },
};
use plume_runtime::{Clock, ManualClock, SystemClock};

const ROLE: &str = "PLUME_STORE_TEST_ROLE";
const PLACE: &str = "PLUME_STORE_TEST_PLACE";
const MARK: &str = "child: ";

fn key() -> StoreKey {
    StoreKey::from_parts("tenant", "https://sso.example.net/token", b"0oaEXAMPLE", "")
}

fn seal_keys(names: [&str; 2]) -> SealKeys {
    let [current, old] = names.map(|name| {
        let start = name.bytes().last().unwrap();
        SealKey::new(name, std::array::from_fn(|at| start.wrapping_add(u8::try_from(at).unwrap()))).unwrap()
    });
    SealKeys::new(current).with_old(old)
}

fn open(place: &Path) -> FileStore {
    FileStore::encrypted(place, seal_keys(["one", "two"])).unwrap()
}

fn record(token: &str, obtained: DateTime<Utc>) -> StoredRecord {
    let issued = IssuedToken::new(token, Duration::from_secs(600)).unwrap();
    StoredRecord::default().with_token(StoredToken::new(&issued, obtained))
}

fn stored(store: &FileStore) -> String {
    store.load(&key()).unwrap().unwrap().token().unwrap().expose_token().to_owned()
}

// The children.

fn say(text: &str) {
    // Not by a macro: the test harness would keep it.
    let mut output = std::io::stdout().lock();
    writeln!(output, "{MARK}{text}").unwrap();
    output.flush().unwrap();
}

/// Waits for the parent; ends with it.
fn hear() {
    if std::io::stdin().read_line(&mut String::new()).unwrap() == 0 {
        std::process::exit(0);
    }
}

/// Does nothing unless it is a child.
#[test]
fn child() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    let place = PathBuf::from(std::env::var_os(PLACE).unwrap());
    match role.as_str() {
        "fetch" => fetch(&place),
        "hold" => {
            let store = open(&place);
            let _lock = store.try_lock(&key()).unwrap().unwrap();
            say("held");
            hear();
        }
        "write" => {
            let store = open(&place);
            for number in 1_u32.. {
                store.save(&key(), &record(&number.to_string(), DateTime::UNIX_EPOCH)).unwrap();
                say(&number.to_string());
            }
        }
        "rotate" => {
            for number in 1_u32.. {
                let names = if number % 2 == 0 { ["one", "two"] } else { ["two", "one"] };
                FileStore::encrypted(&place, seal_keys(names)).unwrap().records().rewrap_all().unwrap();
                say(&number.to_string());
            }
        }
        // Writes repeatedly until it is stopped.
        "fill" => {
            let store = open(&place);
            let done = Arc::new(AtomicBool::new(false));
            let stop = Arc::clone(&done);
            std::thread::spawn(move || {
                hear();
                stop.store(true, Ordering::SeqCst);
            });
            let mut written = 0_u32;
            while !done.load(Ordering::SeqCst) {
                // Another process may be removing leftovers now; then it is not written, and nothing is lost.
                match store.save(&key(), &record(&written.to_string(), DateTime::UNIX_EPOCH)) {
                    Ok(()) => written += 1,
                    Err(error) => assert_eq!(error.kind(), StoreErrorKind::Busy, "{error}"),
                }
                if written == 1 {
                    say("filling");
                }
            }
            say(&format!("wrote {written}"));
        }
        "sign out" => {
            let store = open(&place);
            let source = Persistent::new(Ready, store, key(), Arc::new(SystemClock::new()));
            CachedTokenProvider::new(source, Arc::new(SystemClock::new())).forget();
            say("signed out");
            hear();
        }
        "watch" => watch(&place),
        other => panic!("{other}"),
    }
}

/// Reports when it fetches, and waits if requested.
#[derive(Debug)]
struct Announced {
    store: FileStore,
    said: AtomicBool,
}

impl TokenStore for Announced {
    fn load(&self, key: &StoreKey) -> Result<Option<StoredRecord>, StoreError> {
        self.store.load(key)
    }

    fn save_held(&self, key: &StoreKey, record: &StoredRecord, held: &StoreLock) -> Result<(), StoreError> {
        self.store.save_held(key, record, held)
    }

    fn forget(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.store.forget(key)
    }

    fn try_lock(&self, key: &StoreKey) -> Result<Option<StoreLock>, StoreError> {
        let lock = self.store.try_lock(key)?;
        if lock.is_none() && !self.said.swap(true, Ordering::SeqCst) {
            say("waiting");
        }
        Ok(lock)
    }
}

#[derive(Debug)]
struct Endpoint;

#[async_trait]
impl TokenSource for Endpoint {
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        say("fetching");
        hear();
        Ok(IssuedToken::new(format!("token-of-{}", std::process::id()), Duration::from_secs(600)).unwrap())
    }
}

/// All bytes of all files.
fn bytes(place: &Path) -> Vec<u8> {
    fs::read_dir(place).unwrap().flat_map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect()
}

fn fetch(place: &Path) {
    let store = Announced { store: open(place), said: AtomicBool::new(false) };
    let source = Persistent::new(Endpoint, store, key(), Arc::new(SystemClock::new()));
    say("ready");
    hear();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(source.fetch()).unwrap();
    // Before the directory is opened again, which would clean it.
    let names = fs::read_dir(place).unwrap().map(|entry| entry.unwrap().file_name());
    let files = names.filter(|name| name.to_str().unwrap().contains(".token")).count();
    let kept = open(place).load(&key()).unwrap();
    assert_eq!(files, usize::from(kept.is_some()), "a record is there and cannot be read");
    say(&kept
        .map_or("got nothing".to_owned(), |kept| format!("got {}", kept.token().unwrap().expose_token())));
}

/// Writes while another thread checks every file.
fn watch(place: &Path) {
    let directory = place.join("store");
    let store = open(&directory);
    let done = AtomicBool::new(false);
    let seen = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut seen = 0_u32;
            while !done.load(Ordering::SeqCst) {
                for entry in fs::read_dir(&directory).unwrap() {
                    // A temporary file may be gone again.
                    if let Ok(found) = fs::symlink_metadata(entry.unwrap().path()) {
                        assert_eq!(found.permissions().mode() & 0o7777, 0o600);
                        seen += 1;
                    }
                }
            }
            seen
        });
        for number in 0..25 {
            store.save(&key(), &record(&format!("token-{number}"), DateTime::UNIX_EPOCH)).unwrap();
        }
        done.store(true, Ordering::SeqCst);
        watcher.join().unwrap()
    });
    assert_eq!(fs::metadata(&directory).unwrap().permissions().mode() & 0o7777, 0o700);
    say(&format!("saw {}", seen.min(1)));
}

// The parent.

/// One test at a time: a child holds the locks of this process from its fork until it runs its program.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A directory of this test, removed at its end.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("store-processes-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        let path = std::env::temp_dir().join(name);
        fs::DirBuilder::new().mode(0o700).create(&path).unwrap();
        Self(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A child process that is killed with the test.
struct Process {
    child: Child,
    input: ChildStdin,
}

impl Process {
    /// Starts a child whose words arrive at `words`, with its number.
    fn start(role: &str, place: &Place, number: usize, words: Sender<(usize, String)>) -> Self {
        let program = std::env::current_exe().unwrap();
        let mut child = Command::new("sh")
            // A file that is created with too many permissions has them now.
            .args(["-c", "umask 000; exec \"$0\" \"$@\""])
            .arg(program)
            .args(["--exact", "child", "--nocapture"])
            .env(ROLE, role)
            .env(PLACE, &place.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        std::thread::spawn(move || {
            // The harness may have begun the line.
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some((_, word)) = line.split_once(MARK) {
                    let _ = words.send((number, word.to_owned()));
                }
            }
        });
        Self { child, input }
    }

    fn tell(&mut self) {
        writeln!(self.input).unwrap();
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(role: &str, place: &Place) -> (Process, Receiver<(usize, String)>) {
    let (sender, receiver) = channel();
    (Process::start(role, place, 0, sender), receiver)
}

fn next(words: &Receiver<(usize, String)>) -> (usize, String) {
    // The pipe of a killed child ends.
    words.recv_timeout(Duration::from_secs(60)).unwrap()
}

#[test]
fn sixteen_processes_at_expiry_make_one_request() {
    let _turn = turn();
    const COUNT: usize = 16;
    let place = Place::new();
    // The old token has a second left.
    let obtained = SystemClock::new().wall() - Duration::from_secs(599);
    open(&place.0).save(&key(), &record("old", obtained)).unwrap();
    let (sender, words) = channel();
    let mut processes: Vec<_> =
        (0..COUNT).map(|number| Process::start("fetch", &place, number, sender.clone())).collect();
    drop(sender);
    let (mut fetching, mut waiting, mut got) = (Vec::new(), 0, Vec::new());
    let mut ready = 0;
    while got.len() < COUNT {
        let (number, word) = next(&words);
        match word.as_str() {
            "ready" => {
                ready += 1;
                if ready == COUNT {
                    processes.iter_mut().for_each(Process::tell);
                }
            }
            "fetching" => fetching.push(number),
            "waiting" => waiting += 1,
            word => got.push(word.to_owned()),
        }
        // The response arrives only when all processes wait for it.
        if got.is_empty() && fetching.len() + waiting == COUNT {
            fetching.iter().for_each(|number| processes[*number].tell());
        }
    }
    assert_eq!(fetching.len(), 1, "{fetching:?} asked");
    assert!(got.iter().all(|word| *word == got[0] && word.starts_with("got token-of-")), "{got:?}");
}

#[test]
fn a_killed_holder_gives_the_lock_back() {
    let _turn = turn();
    let place = Place::new();
    let (holder, words) = start("hold", &place);
    assert_eq!(next(&words).1, "held");
    let store = open(&place.0);
    assert!(store.try_lock(&key()).unwrap().is_none());
    holder.kill();
    assert!(store.try_lock(&key()).unwrap().is_some());
}

#[derive(Debug)]
struct Ready;

#[async_trait]
impl TokenSource for Ready {
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        Ok(IssuedToken::new("ours", Duration::from_secs(600)).unwrap())
    }
}

#[tokio::test]
async fn a_hung_holder_is_not_waited_for_longer_than_allowed() {
    let place = Place::new();
    let (_holder, words) = start("hold", &place);
    assert_eq!(next(&words).1, "held");
    let clock = ManualClock::skipping(DateTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
    let wait = Duration::from_secs(7);
    let source = Persistent::new(Ready, open(&place.0), key(), Arc::new(clock.clone())).lock_wait(wait);
    source.fetch().await.unwrap();
    assert!(clock.monotonic() >= wait && clock.monotonic() <= 2 * wait);
    assert!(open(&place.0).load(&key()).unwrap().is_none(), "only who has the lock changes the record");
}

#[test]
fn a_writer_that_is_killed_leaves_the_old_record_or_the_new_one() {
    let _turn = turn();
    for lines in [1, 2, 3, 5, 8] {
        let place = Place::new();
        let (writer, words) = start("write", &place);
        for _ in 0..lines - 1 {
            next(&words);
        }
        let said: u32 = next(&words).1.parse().unwrap();
        writer.kill();
        // What it said later was done as well.
        let said = words.iter().last().map_or(said, |(_, word)| word.parse().unwrap());
        let store = open(&place.0);
        let found: u32 = stored(&store).parse().unwrap();
        assert!(found == said || found == said + 1, "{found} after {said}");
        store.save(&key(), &record("next", DateTime::UNIX_EPOCH)).unwrap();
        let left = fs::read_dir(&place.0).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(!left.into_iter().any(|name| name.to_str().unwrap().ends_with(".tmp")));
    }
}

#[test]
fn killed_key_change_loses_no_record() {
    let _turn = turn();
    for lines in [1, 2, 3, 5, 8] {
        let place = Place::new();
        open(&place.0).save(&key(), &record("kept", DateTime::UNIX_EPOCH)).unwrap();
        let (rotation, words) = start("rotate", &place);
        for _ in 0..lines {
            next(&words);
        }
        rotation.kill();
        let store = open(&place.0);
        assert_eq!(stored(&store), "kept");
        assert_eq!(store.records().rewrap_all().unwrap().keys.len(), 1);
        assert_eq!(stored(&open(&place.0)), "kept");
    }
}

#[test]
fn files_are_private_from_their_first_moment_under_any_umask() {
    let _turn = turn();
    let place = Place::new();
    let (mut watcher, words) = start("watch", &place);
    assert_eq!(next(&words).1, "saw 1");
    assert!(watcher.child.wait().unwrap().success());
}

/// A process that holds the lock while it fetches, up to the step `word`.
fn fetching(place: &Place) -> (Process, Receiver<(usize, String)>) {
    let (mut fetcher, words) = start("fetch", place);
    assert_eq!(next(&words).1, "ready");
    fetcher.tell();
    assert_eq!(next(&words).1, "fetching");
    (fetcher, words)
}

#[test]
fn a_token_that_is_fetched_while_another_process_signs_out_is_not_kept() {
    let _turn = turn();
    let place = Place::new();
    open(&place.0).save(&key(), &record("old", DateTime::UNIX_EPOCH)).unwrap();
    let (mut fetcher, words) = fetching(&place);
    let (_leaver, left) = start("sign out", &place);
    assert_eq!(next(&left).1, "signed out");
    assert!(open(&place.0).load(&key()).unwrap().is_none(), "at once, although the lock is taken");
    fetcher.tell();
    assert_eq!(next(&words).1, "got nothing");
    assert!(fetcher.child.wait().unwrap().success());
    // Nothing is left of either token, and the next one is kept again.
    let names: Vec<_> = fs::read_dir(&place.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_str().unwrap().ends_with(".token")), "{names:?}");
    let store = open(&place.0);
    store.save(&key(), &record("next", DateTime::UNIX_EPOCH)).unwrap();
    assert_eq!(stored(&store), "next");
}

#[test]
fn a_sign_out_outlives_both_processes() {
    let _turn = turn();
    // The one that holds the lock is killed before it could remove the record.
    let place = Place::new();
    open(&place.0).save(&key(), &record("old", DateTime::UNIX_EPOCH)).unwrap();
    let (fetcher, _words) = fetching(&place);
    let (leaver, left) = start("sign out", &place);
    assert_eq!(next(&left).1, "signed out");
    fetcher.kill();
    leaver.kill();
    let sealed = bytes(&place.0).len();
    let store = open(&place.0);
    assert!(store.load(&key()).unwrap().is_none());
    assert!(bytes(&place.0).len() < sealed, "opening the store has removed the record");
    store.save(&key(), &record("next", DateTime::UNIX_EPOCH)).unwrap();
    assert_eq!(stored(&open(&place.0)), "next");
}

#[test]
fn restart_beside_a_writing_process_removes_none_of_its_files() {
    let _turn = turn();
    let place = Place::new();
    let (mut writer, words) = start("fill", &place);
    assert_eq!(next(&words).1, "filling");
    for _ in 0..200 {
        open(&place.0);
    }
    writer.tell();
    // Its only errors are that the lock is taken.
    assert!(next(&words).1.starts_with("wrote "));
    assert!(writer.child.wait().unwrap().success());
}
