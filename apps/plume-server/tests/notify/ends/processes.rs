//! Processes that are killed at every step from a decision to the mark that its message is sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};

use plume::{monitor::incident::ChangeKind, runtime::ManualClock};
use plume_server::{
    guard::Guard,
    metrics::Meters,
    notify::{Carriers, Sender, SenderParts},
    store::{
        Store,
        model::{Announcer, Decisions, RecordKind, Tenant},
    },
    suspended::Suspended,
    worker::Trouble,
};
use serde_json::json;

use crate::bed::*;
use crate::receiver::{Got, Receiver};

/// The variable that makes the test [`victim`] a process to be killed, and the number of kills of a longer run.
const VICTIM: &str = "PLUME_SERVER_TEST_VICTIM";
const KILLS: &str = "PLUME_SERVER_TEST_KILLS";

/// The parts of a process over the file of a folder.
fn parts(folder: &Path, origin: &str) -> (Arc<dyn Store>, ManualClock, Sender) {
    // Pauses of the sender are skipped, time limits are not.
    let clock = ManualClock::skipping(start());
    let store: Arc<dyn Store> = Arc::new(open(folder, &clock));
    let shared: Arc<dyn plume::runtime::Clock> = Arc::new(clock.clone());
    let sender = Sender::new(SenderParts {
        store: Arc::clone(&store),
        clock: Arc::clone(&shared),
        carriers: Carriers::new(Arc::new(Guard::new([origin.to_owned()])), shared),
        from: String::new(),
        bot: None,
        trouble: Arc::new(Trouble::new(Arc::new(|_: &str| {}))),
        meters: Meters::default(),
        suspended: Suspended::default(),
    });
    (store, clock, sender)
}

/// Opens incidents and sends their messages until it is killed. It prints the number of each decision after its commit.
#[tokio::test]
async fn victim() {
    let Ok(named) = std::env::var(VICTIM) else { return };
    let mut words = named.split('|');
    let (folder, origin) = (words.next().unwrap(), words.next().unwrap());
    let first: u32 = words.next().unwrap().parse().unwrap();
    let (store, _, sender) = parts(Path::new(folder), origin);
    let bell: Arc<dyn Announcer> = Arc::new(Bell);
    let mut output = std::io::stdout();
    for number in first.. {
        let id = format!("i{number}");
        let changes = vec![change(&id, ChangeKind::Opened, 1, "the gateway is offline", start())];
        store.decide(&tenant(), Decisions { changes, ..Decisions::default() }, &bell).await.unwrap();
        writeln!(output, "\ncommit {number}").unwrap();
        output.flush().unwrap();
        sender.tick().await.unwrap();
    }
}

/// The moment of a kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// After a number of decisions, while the message is prepared.
    Committed,
    /// The receiver has the message and has not answered.
    Received,
    /// The receiver has answered.
    Answered,
}

struct Scene {
    folder: PathBuf,
    receiver: Receiver,
    /// The process, and when the receiver kills it.
    target: Arc<Mutex<Option<(Moment, Child)>>>,
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn spin(turns: u64) {
    for _ in 0..turns {
        std::hint::spin_loop();
    }
}

fn end(target: &Mutex<Option<(Moment, Child)>>) {
    if let Some((_, mut child)) = target.lock().unwrap().take() {
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl Scene {
    async fn new(name: &str, channel: impl Fn(&str) -> serde_json::Value) -> Self {
        let folder = std::env::temp_dir().join(format!("plume-server-killed-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let target: Arc<Mutex<Option<(Moment, Child)>>> = Arc::default();
        let shared = Arc::clone(&target);
        let mut turns = 0;
        let receiver = Receiver::start(move |_, stream| {
            let moment = shared.lock().unwrap().as_ref().map(|(moment, _)| *moment);
            if moment == Some(Moment::Received) {
                end(&shared);
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            if moment == Some(Moment::Answered) {
                turns = (turns + 7_919) % 400_000;
                spin(turns);
                end(&shared);
            }
        });
        let (store, ..) = parts(&folder, &receiver.origin);
        store.put_tenant(Tenant { id: tenant(), name: "A".to_owned() }).await.unwrap();
        let body = json!({ "name": "Main", "target": channel(&receiver.origin), "max_per_hour": 1_000_000 });
        let body = body.to_string().into_bytes();
        store.put_record(&tenant(), RecordKind::Channel, "main", 0, body).await.unwrap();
        Self { folder, receiver, target }
    }

    /// Runs a process until it is killed. Returns the numbers of its decisions that are known: a late request of the process
    /// before kills it without one.
    fn run(&self, first: u32, moment: Moment, turns: u64) -> Vec<u32> {
        let folder = self.folder.display();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "ends::processes::victim", "--nocapture", "--test-threads=1"])
            .env(VICTIM, format!("{folder}|{}|{first}", self.receiver.origin))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        *self.target.lock().unwrap() = Some((moment, child));
        let mut known = Vec::new();
        for line in lines.map_while(Result::ok) {
            let Some(number) = line.strip_prefix("commit ").and_then(|number| number.parse().ok()) else {
                continue;
            };
            known.push(number);
            if moment == Moment::Committed {
                spin(turns);
                end(&self.target);
            }
        }
        end(&self.target);
        known
    }
}

/// Kills processes, lets the last one finish, and returns what the receiver got about each incident.
async fn killed(scene: &Scene) -> BTreeMap<String, Vec<Got>> {
    let kills: u32 = std::env::var(KILLS).map_or(12, |kills| kills.parse().unwrap());
    let (mut known, mut random) = (BTreeSet::new(), 0x9e37_79b9_7f4a_7c15_u64);
    let mut next = 0;
    for kill in 0..kills {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let moment = match kill % 3 {
            0 => Moment::Received,
            1 => Moment::Answered,
            _ => Moment::Committed,
        };
        known.extend(scene.run(next, moment, (random >> 40) % 2_000_000));
        // The last decision may have been stored without its line.
        next = known.last().map_or(0, |last| last + 1).max(next) + 1;
    }
    let (store, clock, sender) = parts(&scene.folder, &scene.receiver.origin);
    // The clock of a process that was killed may have been ahead.
    clock.advance(HOUR);
    for _ in 0..3 {
        sender.tick().await.unwrap();
    }
    assert_eq!(store.backlog(&tenant()).await.unwrap(), (0, 0));
    let mut by_incident: BTreeMap<String, Vec<Got>> = BTreeMap::new();
    for got in scene.receiver.got.lock().unwrap().drain(..) {
        // A summary names several homes.
        let text = got.body["text"].as_str().unwrap();
        let homes = text.split("home-").skip(1);
        let homes: BTreeSet<&str> =
            homes.filter_map(|rest| rest.split(|mark: char| !mark.is_alphanumeric()).next()).collect();
        assert!(!homes.is_empty(), "{text}");
        for home in homes {
            by_incident.entry(home.to_owned()).or_default().push(got.clone());
        }
    }
    assert!(known.len() >= usize::try_from(kills / 2).unwrap(), "{known:?}");
    for number in &known {
        assert!(by_incident.contains_key(&format!("i{number}")), "lost: {number} of {known:?}");
    }
    let repeats: usize = by_incident.values().map(|got| got.len() - 1).sum();
    assert!(repeats <= usize::try_from(kills).unwrap(), "{repeats} repeats of {kills} kills");
    // Otherwise no kill was between the receiver and the mark.
    assert!(repeats >= usize::try_from(kills / 6).unwrap(), "{repeats} repeats of {kills} kills");
    by_incident
}

#[tokio::test]
async fn killed_processes_lose_no_webhook_and_repeat_it_with_its_id() {
    let scene = Scene::new("webhook", |origin| json!({ "kind": "webhook", "url": origin, "key": KEY })).await;
    for (incident, got) in killed(&scene).await {
        assert!(got.iter().all(|one| one.id == got[0].id && !one.id.is_empty()), "{incident}");
        assert!(got.iter().all(|one| one.body["data"] == got[0].body["data"]), "{incident}");
    }
}

#[tokio::test]
async fn killed_processes_mark_what_they_repeat_where_there_is_no_id() {
    let scene = Scene::new("slack", |origin| json!({ "kind": "slack", "url": origin })).await;
    for (incident, got) in killed(&scene).await {
        let is_marked = |one: &Got| one.body["text"].as_str().unwrap().ends_with("(repeat)");
        assert!(got.iter().skip(1).all(is_marked), "{incident}: {got:?}");
    }
}
