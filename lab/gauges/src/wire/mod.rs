//! A server with every fault that a wire allows: each gives its typed error, within limits of time and memory.
//!
//! The certificates are made when the gauge runs, and the client trusts one issuer of two.

mod fault;
mod h2;
mod plain;
mod tls;

use std::{
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use plume_auth::{SecureUrl, StaticToken};
use plume_client::{Client, Error, ErrorKind, RateLimiter};
use plume_runtime::{Clock, HttpTransport, Limits, SystemClock};
use serde_json::json;

use self::fault::{Expected, Fault};
use gauges::{Reading, Settings};

/// The limit of a body. It is large compared to the buffers of the connection.
const CAP: usize = 8 << 20;
/// Maximum duration of one call with all its attempts.
const DEADLINE: Duration = Duration::from_secs(10);
/// Extra time for a busy machine.
const GRACE: Duration = Duration::from_secs(1);
const SIDE_BY_SIDE: usize = 16;

/// The outcome of one fault.
struct Ended {
    fault: &'static str,
    wanted: Expected,
    got: String,
    requests: u64,
    took: Duration,
    peak: u64,
    ok: bool,
}

pub(crate) fn measure(settings: Settings) -> Result<Reading, String> {
    let certificates = tls::Certificates::make()?;
    let trusted = certificates.trusted_pem();
    // The servers run in threads of their own, so that only the client's allocations are counted.
    let (ready, faults) = mpsc::channel();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let servers = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(async {
            let faults = all(&certificates).await?;
            let _ = ready.send(faults);
            let _ = stopped.await;
            Ok::<(), std::io::Error>(())
        })
    });
    let mut faults = faults.recv().map_err(|_| "the servers did not start".to_owned())?;
    if settings.plant {
        // The others give the expected error with any limit of the body.
        faults.retain(|fault| fault.expected == Expected::Unreadable);
    }
    let (count, queue) = (faults.len(), Mutex::new(faults.into_iter()));
    let ended = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(fault) = next else { return };
                    let result = meet(&fault, &trusted, settings.plant);
                    ended.lock().unwrap_or_else(PoisonError::into_inner).push(result);
                }
            });
        }
    });
    let _ = stop.send(());
    servers
        .join()
        .map_err(|_| "a thread of the servers panicked".to_owned())?
        .map_err(|error| error.to_string())?;

    let mut ended = ended
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
        .into_iter()
        .collect::<Result<Vec<_>, String>>()?;
    ended.sort_by_key(|row| row.fault);
    eprintln!("{:<44} {:<12} {:>5} {:>8} {:>9}  ended in", "fault", "expected", "sent", "ms", "KiB");
    for row in &ended {
        eprintln!(
            "{:<44} {:<12} {:>5} {:>8} {:>9}  {}{}",
            row.fault,
            format!("{:?}", row.wanted),
            row.requests,
            row.took.as_millis(),
            row.peak >> 10,
            row.got,
            if row.ok { "" } else { "  <-- WRONG" }
        );
    }
    let wrong: Vec<_> = ended.iter().filter(|row| !row.ok).map(|row| row.fault).collect();
    let worst = |of: fn(&Ended) -> u64| ended.iter().map(of).max().unwrap_or_default();
    Ok(Reading {
        value: json!({
            "faults": count,
            "wrong": wrong,
            "slowest_ms": worst(|row| u64::try_from(row.took.as_millis()).unwrap_or(u64::MAX)),
            "peak_bytes": worst(|row| row.peak),
            "cap_bytes": CAP,
        }),
        goal: "every fault ends in its typed error within 10 s, in at most twice the limit of the body",
        pass: wrong.is_empty() && ended.len() == count,
        scanned: ended.len() as u64,
    })
}

/// Makes one call to a server with a fault.
fn meet(fault: &Fault, trusted: &str, plant: bool) -> Result<Ended, String> {
    // The planted client accepts every response.
    let cap = if plant { 16 * CAP } else { CAP };
    let limits = Limits::default()
        .first_byte_timeout(Duration::from_millis(1_500))
        .idle_read_timeout(Duration::from_millis(1_000))
        .total_timeout(Duration::from_millis(2_500))
        .max_body_bytes(cap);
    let clock = Arc::new(SystemClock::new());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let transport = HttpTransport::builder()
        .connect_timeout(Duration::from_millis(1_000))
        .extra_root_certificates(trusted)
        .build();
    let client = Client::builder()
        .api_base(SecureUrl::parse(&fault.base).map_err(|error| error.to_string())?)
        .token_provider(StaticToken::new("not.a.token").ok_or("no token")?)
        .transport(Arc::new(transport))
        .rate_limiter(RateLimiter::unlimited(Arc::clone(&clock) as _))
        .limits(limits)
        .deadline(DEADLINE)
        .build()
        .map_err(|error| error.to_string())?;
    let started = clock.monotonic();
    let mut result = None;
    let memory = allocation_counter::measure(|| {
        result = Some(runtime.block_on(client.customer("c1").location("l1").nodes()));
        // The work of a connection after the call counts as well.
        runtime.block_on(tokio::task::yield_now());
    });
    let took = clock.monotonic().saturating_sub(started);
    let result = result.ok_or("no call was made")?.map(|nodes| nodes.len());
    let requests = client.calls_made();
    let elsewhere =
        fault.elsewhere.as_ref().map_or(0, |bytes| bytes.load(std::sync::atomic::Ordering::SeqCst));
    let ok = is_expected(fault.expected, &result, requests)
        && took <= DEADLINE + GRACE
        && memory.bytes_max <= 2 * CAP as u64
        && elsewhere == 0;
    let got = match &result {
        Ok(nodes) => format!("{nodes} node"),
        Err(error) => format!("{:?}: {error}", error.kind()),
    };
    Ok(Ended {
        fault: fault.name,
        wanted: fault.expected,
        got: got.chars().take(150).collect(),
        requests,
        took,
        peak: memory.bytes_max,
        ok,
    })
}

fn is_expected(expected: Expected, result: &Result<usize, Error>, requests: u64) -> bool {
    let ends = |kind: ErrorKind, transient: bool| {
        result.as_ref().is_err_and(|error| error.kind() == kind && error.is_transient() == transient)
    };
    match expected {
        Expected::Works => matches!(result, Ok(1)) && requests <= 2,
        // A transient failure is retried, with at most three attempts.
        Expected::Broken => ends(ErrorKind::Network, true) && (2..=3).contains(&requests),
        // With endless bytes, a busy machine may reach the timeout first.
        Expected::Flooded => {
            (ends(ErrorKind::Network, true) || ends(ErrorKind::Timeout, true)) && (2..=3).contains(&requests)
        }
        Expected::Slow => ends(ErrorKind::Timeout, true) && (2..=3).contains(&requests),
        // A permanent failure is not retried.
        Expected::Untrusted => ends(ErrorKind::Network, false) && requests == 1,
        Expected::Unreadable => ends(ErrorKind::Unreadable, false) && requests == 1,
        // Decoding comes after the retries.
        Expected::CutOff => ends(ErrorKind::Unreadable, true) && requests == 1,
    }
}

/// All faults.
async fn all(certificates: &tls::Certificates) -> std::io::Result<Vec<Fault>> {
    let mut faults = plain::faults().await?;
    faults.extend(tls::faults(certificates).await?);
    faults.extend(h2::faults(certificates).await?);
    Ok(faults)
}
