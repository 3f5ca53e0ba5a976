//! The numbers of the store in a file, as one line of JSON: results per second beside readers, the time of a due query,
//! bytes per sample and the size of a year.
//!
//! ```text
//! cargo bench -p plume-server --bench store             # everything
//! cargo bench -p plume-server --bench store -- speed    # or: size
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a bench may panic and prints"
)]

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use plume::{
    health::Status,
    monitor::{
        home::Transition,
        ids::{HomeId, IncidentId, TenantId},
        incident::{Cause, CauseKind, ChangeKind, Incident, IncidentChange, Scope, Situation},
        schedule::{HomeSchedule, SchedulePolicy},
    },
    runtime::{Clock, ManualClock, SystemClock},
};
use plume_seal::{SealKeys, Sealed};
use plume_server::store::{
    CheckStore, HistoryStore, HomeStore, IncidentStore, Progress, Retention, SqliteOptions, SqliteStore,
    Upkeep,
    model::{
        Announcement, Announcer, CheckResult, Claim, Committed, Due, HomeQuery, IncidentQuery, Logged,
        NewHome, Outgoing, Point, Tenant, Verdict,
    },
};
use serde_json::{Value, json};

const HOMES: u64 = 10_000;
const READERS: u64 = 50;
/// Results that are committed at the same time.
const WORKERS: usize = 16;
const LEASE: Duration = Duration::from_secs(600);
const TEN_SECONDS: Duration = Duration::from_secs(10);
/// As long as the state of a home in trouble.
const STATE: usize = 700;

fn main() {
    let only = std::env::args().find(|argument| ["speed", "size"].contains(&argument.as_str()));
    let folder = std::env::temp_dir().join(format!("plume-server-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut found = json!({});
    if only.as_deref() != Some("size") {
        found["speed"] = runtime.block_on(speed(&folder.join("speed.db")));
    }
    if only.as_deref() != Some("speed") {
        found["size"] = runtime.block_on(size(&folder.join("size.db")));
    }
    std::fs::remove_dir_all(&folder).unwrap();
    println!("{found}");
}

fn open(path: &Path, clock: Arc<dyn Clock>) -> SqliteStore {
    // base64 of "not-a-real-key-not-a-real-key-32"
    let keys = SealKeys::parse("bench bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=").unwrap();
    let sealed = Arc::new(Sealed::new(Arc::new(keys)).unwrap());
    SqliteStore::open(SqliteOptions { path: path.to_owned(), clock, sealed }).unwrap()
}

fn tenant() -> TenantId {
    TenantId::new("provider")
}

fn home(number: u64) -> HomeId {
    HomeId::new(format!("5ca1ab1e{number:016x}"))
}

async fn fill(store: &SqliteStore, homes: u64, due: DateTime<Utc>) {
    store.put_tenant(Tenant { id: tenant(), name: "Provider".to_owned() }).await.unwrap();
    let new = |number| NewHome {
        tenant: tenant(),
        id: home(number),
        customer: format!("c{number:023x}"),
        location: format!("l{number:023x}"),
        name: format!("Example {}, Street {}", number % 997, number % 89),
        region: Some(format!("region-{}", number % 20)),
        tags: vec![format!("tag-{}", number % 7)],
        due: due + TimeDelta::milliseconds(i64::try_from(number).unwrap()),
    };
    let all: Vec<NewHome> = (0..homes).map(new).collect();
    for slice in all.chunks(500) {
        store.put_homes(slice.to_vec()).await.unwrap();
    }
}

fn result(claim: &Claim, at: DateTime<Utc>, status: Status, due: DateTime<Utc>) -> CheckResult {
    let mut schedule = HomeSchedule::new(&claim.home, &SchedulePolicy::standard(), at);
    schedule.due = due;
    CheckResult {
        tenant: claim.tenant.clone(),
        home: claim.home.clone(),
        fence: claim.fence,
        point: Point {
            at,
            status,
            is_full: false,
            failure: 0,
            took_ms: 180,
            pods: Some((4, u32::from(status == Status::Red))),
            devices: None,
        },
        verdict: Verdict { status, since: DateTime::UNIX_EPOCH, headline: "ALL GOOD".to_owned() },
        traits: None,
        state: vec![b'x'; STATE],
        schedule,
        transitions: Vec::new(),
        incidents: Vec::new(),
    }
}

#[derive(Debug)]
struct Mail;

impl Announcer for Mail {
    fn announce(&self, incident: &mut Incident, now: DateTime<Utc>) -> Announcement {
        incident.mark_announced(now);
        let message = Outgoing {
            channel: "mail".to_owned(),
            incident: Some(incident.id.clone()),
            dedup: format!("{}#{}", incident.id, incident.announced.map_or(0, |announced| announced.number)),
            not_before: now,
            body: serde_json::to_vec(incident).unwrap(),
        };
        Announcement { messages: vec![message], wake: None, for_digest: false }
    }
}

/// Results per second and their times beside readers, and the time of a due query.
async fn speed(path: &Path) -> Value {
    let clock = Arc::new(SystemClock::new());
    let store = open(path, Arc::clone(&clock) as Arc<dyn Clock>);
    let start = clock.wall();
    fill(&store, HOMES, start).await;

    // Almost all homes are due later.
    let mut waits = Vec::new();
    for _ in 0..500 {
        let began = clock.monotonic();
        let due =
            store.due(start + TimeDelta::milliseconds(63), start + TimeDelta::hours(1), 64).await.unwrap();
        waits.push(clock.monotonic().saturating_sub(began));
        assert_eq!(due.len(), 64);
    }
    let due_query = percentiles(&mut waits);

    let (is_over, errors, reads) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let mut readers = Vec::new();
    for number in 0..READERS {
        let (store, clock, is_over) = (store.clone(), Arc::clone(&clock), Arc::clone(&is_over));
        let (errors, reads) = (Arc::clone(&errors), Arc::clone(&reads));
        readers.push(tokio::spawn(async move {
            while !is_over.load(Ordering::Relaxed) {
                let list = store.homes(&tenant(), HomeQuery { limit: 50, ..HomeQuery::default() }).await;
                let counts = store.counts(&tenant()).await;
                let points = store
                    .points(
                        &tenant(),
                        &home(number * 7),
                        start - TimeDelta::days(1)..start + TimeDelta::days(1),
                    )
                    .await;
                let open = store
                    .incidents(
                        &tenant(),
                        IncidentQuery { is_open: true, limit: 50, ..IncidentQuery::default() },
                    )
                    .await;
                let failed = [list.is_err(), counts.is_err(), points.is_err(), open.is_err()];
                errors.fetch_add(failed.iter().filter(|failed| **failed).count() as u64, Ordering::Relaxed);
                reads.fetch_add(4, Ordering::Relaxed);
                clock.sleep(Duration::from_millis(100)).await;
            }
        }));
    }
    let began = clock.monotonic();
    let mut workers = Vec::new();
    let all: Vec<Due> = store.enrolled().await.unwrap().into_iter().map(|enrolled| enrolled.due).collect();
    for own in all.chunks(all.len().div_ceil(WORKERS)) {
        let (store, clock, own) = (store.clone(), Arc::clone(&clock), own.to_vec());
        workers.push(tokio::spawn(async move { work(&store, &clock, own, began).await }));
    }
    let (mut times, mut claims) = (Vec::new(), Duration::ZERO);
    for worker in workers {
        let (own, claiming) = worker.await.unwrap();
        times.extend(own);
        claims += claiming;
    }
    let took = clock.monotonic().saturating_sub(began);
    is_over.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap();
    }
    let (results, commit) = (times.len(), percentiles(&mut times));
    let results_per_second = results as f64 / took.as_secs_f64();
    json!({
        "results": results,
        "results_per_second": results_per_second.round(),
        "commit_us": commit,
        "claiming_share": (claims.as_secs_f64() / took.as_secs_f64() / WORKERS as f64 * 100.0).round() / 100.0,
        "readers": READERS,
        "reads_per_second": (reads.load(Ordering::Relaxed) as f64 / took.as_secs_f64()).round(),
        "errors_of_readers": errors.load(Ordering::Relaxed),
        "due_query_us": due_query.clone(),
        "pass": results_per_second >= 10_000.0
            && commit["p99"].as_u64() < Some(5_000)
            && due_query["p50"].as_u64() <= Some(100)
            && errors.load(Ordering::Relaxed) == 0,
    })
}

/// Claims its homes again and again and commits their results, for ten seconds. One in 200 turns red or green.
async fn work(
    store: &SqliteStore,
    clock: &SystemClock,
    mut dues: Vec<Due>,
    began: Duration,
) -> (Vec<Duration>, Duration) {
    let (mut times, mut claiming, mut round) = (Vec::new(), Duration::ZERO, 0_u64);
    loop {
        round += 1;
        for slice in dues.chunks_mut(64) {
            let before = clock.monotonic();
            if before.saturating_sub(began) > TEN_SECONDS {
                return (times, claiming);
            }
            let claims = store.claim(slice, LEASE).await.unwrap();
            assert_eq!(claims.len(), slice.len());
            claiming += clock.monotonic().saturating_sub(before);
            for (number, (claim, due)) in claims.iter().zip(slice).enumerate() {
                let at = clock.wall();
                let is_news = (number as u64 + round).is_multiple_of(200);
                let status = if is_news && round.is_multiple_of(2) { Status::Red } else { Status::Green };
                let mut written = result(claim, at, status, due.schedule.due + TimeDelta::milliseconds(1));
                if is_news {
                    written.transitions = vec![transition(at, status)];
                }
                due.schedule = written.schedule;
                let before = clock.monotonic();
                let committed = store.commit(written, &(Arc::new(Mail) as Arc<dyn Announcer>)).await.unwrap();
                times.push(clock.monotonic().saturating_sub(before));
                assert_eq!(committed, Committed::Done);
            }
        }
    }
}

fn transition(at: DateTime<Utc>, to: Status) -> Logged {
    let document = json!({ "kind": "entered", "from": "green", "to": to, "since": at, "at": at });
    let transition: Transition = serde_json::from_value(document).unwrap();
    Logged { transition, headline: "🔴 OFFLINE - the gateway is not connected".to_owned() }
}

/// The minimum, the 50th and 99th percentile and the maximum in microseconds. The minimum is what a quiet machine gives.
fn percentiles(times: &mut [Duration]) -> Value {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_micros();
    json!({ "min": at(0), "p50": at(50), "p99": at(99), "max": at(100) })
}

/// A year of a few homes with the standard retention, and the size of 10,000 of them.
async fn size(path: &Path) -> Value {
    const HOMES: u64 = 40;
    const DAYS: i64 = 365;
    let clock = ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap());
    let store = open(path, Arc::new(clock.clone()));
    let start = clock.wall();
    fill(&store, HOMES, start).await;
    let announcer: Arc<dyn Announcer> = Arc::new(Mail);
    let mut samples = 0_u64;
    for day in 0..DAYS {
        for _ in 0..288 {
            let now = clock.wall();
            let due = store.due(now + TimeDelta::minutes(5), now + TimeDelta::hours(1), 1000).await.unwrap();
            let claims = store.claim(&due, LEASE).await.unwrap();
            let mut commits = tokio::task::JoinSet::new();
            for claim in claims {
                samples += 1;
                // One incident a week of each home, for ten minutes.
                let minute = samples / HOMES % (7 * 288);
                let status = if minute < 2 { Status::Red } else { Status::Green };
                let mut written = result(&claim, now, status, now + TimeDelta::minutes(5));
                if minute == 0 || minute == 2 {
                    written.transitions = vec![transition(now, status)];
                    written.incidents = vec![incident(&claim.home, day, minute == 2, now)];
                }
                let (store, announcer) = (store.clone(), Arc::clone(&announcer));
                commits.spawn(async move { store.commit(written, &announcer).await.unwrap() });
            }
            while let Some(committed) = commits.join_next().await {
                assert_eq!(committed.unwrap(), Committed::Done);
            }
            clock.advance(Duration::from_secs(300));
        }
        let now = clock.wall();
        while store.summarize(now).await.unwrap() == Progress::More {}
        send_all(&store, now).await;
        while store.prune(now, Retention::default()).await.unwrap() != Progress::Done {}
    }
    assert_eq!(samples, HOMES * 288 * u64::try_from(DAYS).unwrap());
    drop(store);
    let bytes = std::fs::metadata(path).unwrap().len();
    let tables = tables(path.to_owned());
    let kept = HOMES * 288 * 7;
    let per_sample = tables["sample"].as_u64().unwrap() as f64 / kept as f64;
    // The ring of changes has the same size for every fleet.
    let ring = tables["change"].as_u64().unwrap();
    let year = ((bytes - ring) as f64 / HOMES as f64 * 10_000.0 + ring as f64) / 1e9;
    json!({
        "homes": HOMES,
        "days": DAYS,
        "samples_written": samples,
        "bytes_per_raw_sample": (per_sample * 10.0).round() / 10.0,
        "gigabytes_of_10000_homes": (year * 1000.0).round() / 1000.0,
        "tables": tables,
        "pass": per_sample <= 20.0 && year <= 1.5,
    })
}

async fn send_all(store: &SqliteStore, now: DateTime<Utc>) {
    use plume_server::store::{
        OutboxStore,
        model::{Attempt, Outcome},
    };
    for queue in store.queues(now).await.unwrap() {
        for sending in store.take_messages(&queue, now, LEASE, 10_000).await.unwrap() {
            let attempt = Attempt { at: now, detail: "200 OK".to_owned(), outcome: Outcome::Sent };
            store.settle(&sending, attempt).await.unwrap();
        }
    }
}

fn incident(home: &HomeId, day: i64, is_over: bool, now: DateTime<Utc>) -> IncidentChange {
    let kind = if is_over { ChangeKind::Closed } else { ChangeKind::Opened };
    let id = IncidentId::new(format!("home:{home}:{}", day / 7));
    let mut change = IncidentChange::new(id, Scope::Home(home.clone()), kind, now);
    let cause = Cause::new(
        CauseKind::Status,
        home.as_str(),
        Status::Red,
        "The gateway is not connected to the cloud",
    );
    change.situation = Some(Situation::new(cause, now, "🔴 OFFLINE - the gateway is not connected"));
    change
}

/// The bytes of each table with its indexes.
fn tables(path: PathBuf) -> Value {
    let connection = rusqlite::Connection::open(path).unwrap();
    let sql = "SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_schema ON sqlite_schema.name = dbstat.name \
        GROUP BY tbl_name ORDER BY 2 DESC";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))).unwrap();
    rows.map(|row| row.map(|(name, bytes)| (name, bytes.into())).unwrap())
        .collect::<serde_json::Map<_, _>>()
        .into()
}
