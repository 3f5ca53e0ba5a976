//! The numbers of the dashboard with 10,000 homes in a file, as one line of JSON: the time and the size of pages, the lag of 500
//! open pages, the memory, and the time to stop with open pages.
//!
//! ```text
//! cargo bench -p plume-server --bench pages
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a bench may panic and prints"
)]

use std::{
    collections::HashMap,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use chrono::{DateTime, Utc};
use plume::{
    health::Status,
    monitor::{
        ids::{HomeId, IncidentId, TenantId},
        incident::{Cause, CauseKind, ChangeKind, IncidentChange, Scope, Situation},
    },
    runtime::{Clock, SystemClock},
};
use plume_seal::{SealKeys, Sealed};
use plume_server::{
    guard::Guard,
    notify::Means,
    program::{ConnectionLimits, serve_connections},
    stop::Stop,
    store::{
        CheckStore, HomeStore, SqliteOptions, SqliteStore,
        model::{CheckResult, Decisions, NewHome, Point, Silent, Tenant, Verdict},
    },
    suspended::Suspended,
    web::{Dashboard, DashboardParts, Gate, Hosts, Live, Notice, Outlook, Process, follow, router},
    worker::{Fleet, Policies},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tower::ServiceExt;

const HOMES: usize = 10_000;
/// Homes in trouble, each with an open incident.
const TROUBLED: usize = 40;
const REQUESTS: usize = 2_000;
/// Requests at the same time.
const READERS: usize = 8;
const OPEN_PAGES: usize = 500;
const CHANGES: usize = 20;
const LEASE: Duration = Duration::from_secs(600);

fn main() {
    let folder = std::env::temp_dir().join(format!("plume-server-pages-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let found = runtime.block_on(measure(&folder.join("pages.db")));
    drop(runtime);
    std::fs::remove_dir_all(&folder).unwrap();
    println!("{found}");
}

fn tenant() -> TenantId {
    TenantId::new("provider")
}

fn home(number: usize) -> HomeId {
    HomeId::new(format!("5ca1ab1e{number:016x}"))
}

async fn measure(path: &Path) -> Value {
    let clock = Arc::new(SystemClock::new());
    let store = fill(path, &clock).await;
    let fleet = Arc::new(Fleet::new(&Policies::default()));
    fleet.load(store.enrolled().await.unwrap(), &std::collections::BTreeSet::new(), clock.wall());
    let (stop, live) = (Stop::default(), Live::new(clock.clone()));
    let dashboard = Dashboard::new(DashboardParts {
        store: Arc::new(store.clone()),
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        announcer: Arc::new(Silent),
        client: None,
        pulse: Arc::new(|| None),
        check_now: Arc::new(|_, _| None),
        live: live.clone(),
        stopping: stop.stopping(),
        notice: Notice::default(),
        process: Process::default(),
        outlook: Outlook {
            means: Means { guard: Guard::new([]), has_mail: false, has_bot: false },
            routes: Arc::new([]),
        },
        gate: Gate::open(Suspended::default()),
    });
    let follower =
        tokio::spawn(follow(live, dashboard.clone(), Arc::clone(&clock) as Arc<dyn Clock>, stop.stopping()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = router(dashboard, Hosts::of(address));
    let mut pages = serde_json::Map::new();
    let mut pass = true;
    for page in [
        "/",
        "/homes",
        "/homes?status=red",
        "/homes?q=street",
        "/homes?q=street+88",
        "/homes?q=none",
        "/homes?tag=tag-3",
        "/incidents",
        "/api/v1/homes?limit=50",
    ] {
        let (times, bytes) = time(&routes, address, page, &clock).await;
        pass &= times["p99"].as_u64() <= Some(20_000) && bytes <= 60 * 1024;
        pages.insert(page.to_owned(), json!({ "us": times, "bytes": bytes }));
    }
    let memory_before = megabytes();
    let server = tokio::spawn(serve_connections(
        listener,
        routes,
        ConnectionLimits::default().fitting(),
        stop.stopping(),
    ));
    let lag = lag(&store, &clock, address).await;
    // The readers of the pages are in this process, too.
    let memory = megabytes();
    let began = clock.monotonic();
    stop.stop();
    server.await.unwrap().unwrap();
    follower.await.unwrap();
    let stopped = clock.monotonic().saturating_sub(began).as_millis();
    pass &= lag["p99"].as_u64() <= Some(1_000_000) && memory <= 100.0 && stopped <= 3_000;
    json!({
        "homes": HOMES,
        "pages": pages,
        "open_pages": OPEN_PAGES,
        "lag_us": lag,
        "megabytes": memory_before,
        "megabytes_with_open_pages": memory,
        "stop_with_open_pages_ms": stopped,
        "load": std::fs::read_to_string("/proc/loadavg").unwrap_or_default().split(' ').next(),
        "pass": pass,
    })
}

/// A store with checked homes, some of them in trouble.
async fn fill(path: &Path, clock: &Arc<SystemClock>) -> SqliteStore {
    // base64 of "not-a-real-key-not-a-real-key-32"
    let keys = SealKeys::parse("bench bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=").unwrap();
    let sealed = Arc::new(Sealed::new(Arc::new(keys)).unwrap());
    let options = SqliteOptions { path: path.to_owned(), clock: Arc::clone(clock) as Arc<dyn Clock>, sealed };
    let (store, now) = (SqliteStore::open(options).unwrap(), clock.wall());
    store.put_tenant(Tenant { id: tenant(), name: "Provider".to_owned() }).await.unwrap();
    let new = |number| NewHome {
        tenant: tenant(),
        id: home(number),
        customer: format!("c{number:023x}"),
        location: format!("l{number:023x}"),
        name: format!("Example {}, Street {}", number % 997, number % 89),
        region: Some(format!("region-{}", number % 20)),
        tags: vec![format!("tag-{}", number % 7), "fiber".to_owned()],
        due: now,
    };
    let all: Vec<NewHome> = (0..HOMES).map(new).collect();
    for slice in all.chunks(500) {
        store.put_homes(slice.to_vec()).await.unwrap();
    }
    let troubled: HashMap<HomeId, usize> = (0..TROUBLED).map(|number| (home(number * 13), number)).collect();
    let dues: Vec<_> = store.enrolled().await.unwrap().into_iter().map(|enrolled| enrolled.due).collect();
    for slice in dues.chunks(500) {
        let mut commits = JoinSet::new();
        for claim in store.claim(slice, LEASE).await.unwrap() {
            let trouble = troubled.get(&claim.home).copied();
            let status = if trouble.is_some() { Status::Red } else { Status::Green };
            let headline = match trouble {
                Some(_) => "🔴 LOCATION OFFLINE - All 4 pods are disconnected",
                None => "🟢 ALL SYSTEMS OPERATIONAL - No issues detected",
            };
            let result = CheckResult {
                tenant: claim.tenant.clone(),
                home: claim.home.clone(),
                fence: claim.fence,
                point: Point {
                    at: now,
                    status,
                    is_full: false,
                    failure: 0,
                    took_ms: 180,
                    pods: Some((4, 0)),
                    devices: None,
                },
                verdict: Verdict { status, since: now, headline: headline.to_owned() },
                traits: None,
                state: vec![b'x'; 700],
                schedule: claim.schedule,
                transitions: Vec::new(),
                incidents: trouble
                    .map(|number| opened(&format!("i{number}"), &claim.home, now))
                    .into_iter()
                    .collect(),
            };
            let store = store.clone();
            commits.spawn(async move { store.commit(result, &(Arc::new(Silent) as Arc<_>)).await.unwrap() });
        }
        while let Some(committed) = commits.join_next().await {
            committed.unwrap();
        }
    }
    store
}

fn opened(id: &str, home: &HomeId, now: DateTime<Utc>) -> IncidentChange {
    let scope = Scope::Home(home.clone());
    let mut change = IncidentChange::new(IncidentId::new(id), scope, ChangeKind::Opened, now);
    let cause = Cause::new(CauseKind::Status, home.as_str(), Status::Red, "All 4 pods are disconnected");
    change.situation = Some(Situation::new(cause, now, "🔴 LOCATION OFFLINE - All 4 pods are disconnected"));
    change
}

/// The times of a page, without the network, and its size.
async fn time(routes: &Router, address: SocketAddr, path: &str, clock: &Arc<SystemClock>) -> (Value, usize) {
    let mut readers = JoinSet::new();
    for _ in 0..READERS {
        let (routes, path, clock) = (routes.clone(), path.to_owned(), Arc::clone(clock));
        readers.spawn(async move {
            let (mut times, mut bytes) = (Vec::new(), 0);
            for _ in 0..REQUESTS / READERS {
                let request =
                    Request::get(&path).header("host", address.to_string()).body(Body::empty()).unwrap();
                let began = clock.monotonic();
                let response = routes.clone().oneshot(request).await.unwrap();
                assert_eq!(response.status(), 200, "{path}");
                bytes = to_bytes(response.into_body(), 1 << 24).await.unwrap().len();
                times.push(clock.monotonic().saturating_sub(began));
            }
            (times, bytes)
        });
    }
    let (mut times, mut size) = (Vec::new(), 0);
    while let Some(found) = readers.join_next().await {
        let (own, bytes) = found.unwrap();
        times.extend(own);
        size = bytes;
    }
    (percentiles(&mut times), size)
}

/// The time from a commit to its event on each of the open pages.
async fn lag(store: &SqliteStore, clock: &Arc<SystemClock>, address: SocketAddr) -> Value {
    let sent: Arc<Mutex<HashMap<String, Duration>>> = Arc::default();
    let (ready, mut readied) = tokio::sync::mpsc::channel::<()>(OPEN_PAGES);
    let mut pages = JoinSet::new();
    for _ in 0..OPEN_PAGES {
        let (sent, clock, ready) = (Arc::clone(&sent), Arc::clone(clock), ready.clone());
        pages.spawn(async move {
            let mut stream = BufReader::new(TcpStream::connect(address).await.unwrap());
            let request = format!("GET /events?incidents=all&summary=1 HTTP/1.1\r\nHost: {address}\r\n\r\n");
            stream.get_mut().write_all(request.as_bytes()).await.unwrap();
            let (mut line, mut lags, mut is_ready) = (String::new(), Vec::new(), false);
            while stream.read_line(&mut line).await.unwrap_or_default() > 0 {
                if !is_ready && line.starts_with("event:") {
                    is_ready = true;
                    ready.send(()).await.unwrap();
                }
                let at =
                    line.trim().strip_prefix("data: ").and_then(|key| sent.lock().unwrap().get(key).copied());
                if let Some(at) = at {
                    lags.push(clock.monotonic().saturating_sub(at));
                }
                line.clear();
                if lags.len() == CHANGES {
                    break;
                }
            }
            (lags, stream)
        });
    }
    for _ in 0..OPEN_PAGES {
        readied.recv().await.unwrap();
    }
    for number in 0..CHANGES {
        let id = format!("lag-{number}");
        let changes = vec![opened(&id, &home(number * 7 + 1), clock.wall())];
        sent.lock().unwrap().insert(format!("/incidents/provider/{id}"), clock.monotonic());
        let decisions = Decisions { changes, ..Decisions::default() };
        store.decide(&tenant(), decisions, &(Arc::new(Silent) as Arc<_>)).await.unwrap();
        clock.sleep(Duration::from_millis(1_300)).await;
    }
    let (mut lags, mut streams) = (Vec::new(), Vec::new());
    while let Some(found) = pages.join_next().await {
        let (own, stream) = found.unwrap();
        lags.extend(own);
        streams.push(stream);
    }
    assert_eq!(lags.len(), OPEN_PAGES * CHANGES, "an event is missing");
    // Kept open until the server ends them.
    tokio::spawn(async move {
        for mut stream in streams {
            let mut rest = Vec::new();
            let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut rest).await;
        }
    });
    percentiles(&mut lags)
}

fn percentiles(times: &mut [Duration]) -> Value {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_micros();
    json!({ "min": at(0), "p50": at(50), "p99": at(99), "max": at(100) })
}

/// The resident memory of this process, with the readers of the open pages.
fn megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes: f64 =
        line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(f64::NAN);
    (kilobytes / 102.4).round() / 10.0
}
