//! Calls of the client beside the same requests by the HTTP library alone, with 1, 32 and 256 in flight.
//!
//! Retry, call limit and tracing are on. The two alternate in short rounds, so that other load on the machine affects
//! both; the ratio is the median over pairs of rounds. The third column also decodes the response, as a caller without
//! a client would, into structs with derived serde.
//!
//! **One benchmark names reqwest.** The cost of a call over the library alone can only be measured with both in one
//! run, alternating. (`benches/benches/throughput.rs`; `deny.toml` and `cargo xtask public-api` list the exception.)
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark may panic and prints"
)]

use std::{
    hint::black_box,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use futures_util::future::join_all;
use plume_auth::{SecureUrl, StaticToken, TokenProvider};
use plume_client::{CallRate, Client, RateLimiter};
use plume_runtime::{Clock, SystemClock};
use serde::Deserialize;
use tokio::runtime::{Builder, Runtime};

const ROUND: Duration = Duration::from_millis(150);
const ROUNDS: usize = 41;

/// A model as written by hand.
#[derive(Deserialize)]
#[allow(dead_code, reason = "only the decoding of the fields is measured")]
struct PlainNodes {
    nodes: Vec<PlainNode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "only the decoding of the fields is measured")]
struct PlainNode {
    id: String,
    nickname: Option<String>,
    mac: Option<String>,
    ip: Option<String>,
    model: Option<String>,
    firmware_version: Option<String>,
    serial_number: Option<String>,
    connection_state: Option<String>,
    connection_state_change_at: Option<String>,
    backhaul_type: Option<String>,
    health: Option<PlainHealth>,
    leaf_to_root: Option<Vec<PlainHop>>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only the decoding of the fields is measured")]
struct PlainHealth {
    status: Option<String>,
    score: Option<f64>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only the decoding of the fields is measured")]
struct PlainHop {
    id: String,
}

/// Five nodes, about 2 KB.
fn body() -> String {
    let nodes: Vec<_> = (0..5)
        .map(|number| {
            serde_json::json!({
                "id": format!("TST000000{number}"), "nickname": format!("Living Room {number}"),
                "mac": format!("02:00:00:00:00:0{number}"), "ip": format!("192.168.40.{number}"),
                "model": "PP203X", "firmwareVersion": "8.5.2-100", "serialNumber": format!("TST000000{number}"),
                "connectionState": "connected", "connectionStateChangeAt": "2026-01-15T08:30:00.000Z",
                "backhaulType": "wifi", "health": {"status": "good", "score": 4.4},
                "leafToRoot": [{"id": "TST0000000"}, {"id": "TST0000001"}],
            })
        })
        .collect();
    serde_json::json!({ "nodes": nodes }).to_string()
}

/// A minimal server: it counts the ends of heads and answers each with the same bytes.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let body = body();
    let answer: Arc<[u8]> = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
    .into();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = Arc::clone(&answer);
            thread::spawn(move || answer_all(&mut stream.unwrap(), &answer));
        }
    });
    address
}

fn answer_all(stream: &mut TcpStream, answer: &[u8]) {
    stream.set_nodelay(true).unwrap();
    let mut buffer = [0; 4096];
    let mut filled = 0;
    while let Ok(read @ 1..) = stream.read(buffer.get_mut(filled..).unwrap_or_default()) {
        filled += read;
        // One request at a time on a connection of HTTP/1.1.
        if buffer.get(..filled).is_some_and(|request| request.ends_with(b"\r\n\r\n")) {
            filled = 0;
            if stream.write_all(answer).is_err() {
                return;
            }
        }
    }
}

/// A subscriber that receives every span and event of the SDK and discards it.
struct Watching;

impl tracing::Subscriber for Watching {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("plume")
    }

    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        Some(tracing::level_filters::LevelFilter::DEBUG)
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        tracing::span::Id::from_u64(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        black_box(values.len());
    }

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        black_box(event.metadata());
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

/// Processor time of this thread in nanoseconds, where the system reports it. It is independent of other processes.
fn processor_time() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// Requests per second, and processor time of the client's thread per request.
#[derive(Debug, Clone, Copy)]
struct Rate {
    per_second: f64,
    nanoseconds: f64,
}

fn round<F, W>(runtime: &Runtime, clock: &SystemClock, in_flight: usize, one: F) -> Rate
where
    F: Fn() -> W,
    W: Future<Output = ()>,
{
    let (started, processor) = (clock.monotonic(), processor_time());
    let counts = runtime.block_on(join_all((0..in_flight).map(|_| async {
        let mut count = 0_u32;
        while clock.monotonic() - started < ROUND {
            one().await;
            count += 1;
        }
        count
    })));
    let count = f64::from(counts.iter().sum::<u32>());
    let spent = processor.zip(processor_time()).map_or(0, |(before, after)| after - before);
    Rate {
        per_second: count / (clock.monotonic() - started).as_secs_f64(),
        nanoseconds: spent as f64 / count,
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// The number of rounds: `--rounds=N`, or enough for a stable median.
fn rounds() -> usize {
    std::env::args().find_map(|argument| argument.strip_prefix("--rounds=")?.parse().ok()).unwrap_or(ROUNDS)
}

fn main() {
    // `cargo test --benches` and `cargo bench -- --test` only check that it starts.
    let rounds = if std::env::args().any(|argument| argument == "--test") { 1 } else { rounds() };
    let traced = std::env::args().all(|argument| argument != "--untraced");
    if traced {
        tracing::subscriber::set_global_default(Watching).unwrap();
    }
    let address = serve();
    let clock = SystemClock::new();
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let token = StaticToken::new(&"x".repeat(1_000)).unwrap();
    let authorization = runtime.block_on(token.token()).unwrap().header_value().clone();
    // The calls pass through the limiter, at a rate that never delays one.
    let mut rate = CallRate::default();
    (rate.per_second, rate.burst) = (1e8, 1_000_000);
    (rate.per_window, rate.window) = (100_000_000, Duration::from_secs(1));
    let client = Client::builder()
        .api_base(SecureUrl::parse(&format!("http://{address}/api")).unwrap())
        .token_provider(token)
        .rate_limiter(RateLimiter::new(rate, Arc::clone(&shared)))
        .build()
        .unwrap();
    let bare = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = reqwest::Url::parse(&format!("http://{address}/api/Customers/c1/locations/l1/nodes")).unwrap();

    let ours = || async {
        let nodes = client.customer("c1").location("l1").nodes().await.unwrap();
        assert_eq!(nodes.len(), 5);
    };
    let request = || async {
        let request = bare.get(url.clone()).header("authorization", authorization.clone());
        let request = request.header("accept", "application/json");
        request.send().await.unwrap().error_for_status().unwrap().bytes().await.unwrap()
    };
    let bytes = || async {
        black_box(request().await);
    };
    let decoded = || async {
        let answer: PlainNodes = serde_json::from_slice(&request().await).unwrap();
        assert_eq!(answer.nodes.len(), 5);
    };

    println!("{} bytes of JSON, tracing {}", body().len(), if traced { "on" } else { "off" });
    println!(
        "{:>9} {:>12} {:>12} {:>12} {:>9} {:>9} {:>22}",
        "in flight", "client /s", "bare /s", "decoded /s", "ratio", "decoded", "CPU us: each, ratios"
    );
    for in_flight in [1, 32, 256] {
        let turn = || {
            [
                round(&runtime, &clock, in_flight, ours),
                round(&runtime, &clock, in_flight, bytes),
                round(&runtime, &clock, in_flight, decoded),
            ]
        };
        // Warms up connections, caches and the processor's clock.
        turn();
        let turns: Vec<[Rate; 3]> = (0..rounds).map(|_| turn()).collect();
        let of = |value: fn(&[Rate; 3]) -> f64| median(turns.iter().map(value).collect());
        println!(
            "{in_flight:>9} {:>12.0} {:>12.0} {:>12.0} {:>9.3} {:>9.3} {:>6.1} {:.1} {:.1} {:.3} {:.3}",
            of(|[ours, ..]| ours.per_second),
            of(|[_, bare, _]| bare.per_second),
            of(|[.., decoded]| decoded.per_second),
            of(|[ours, bare, _]| ours.per_second / bare.per_second),
            of(|[ours, _, decoded]| ours.per_second / decoded.per_second),
            of(|[ours, ..]| ours.nanoseconds / 1_000.0),
            of(|[_, bare, _]| bare.nanoseconds / 1_000.0),
            of(|[.., decoded]| decoded.nanoseconds / 1_000.0),
            of(|[ours, bare, _]| bare.nanoseconds / ours.nanoseconds),
            of(|[ours, _, decoded]| decoded.nanoseconds / ours.nanoseconds),
        );
    }
}
