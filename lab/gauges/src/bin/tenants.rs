//! Gauge `tenants`: no caller gets another tenant's token, or one of a replaced account.
//!
//! `tenants`: two threads read the tokens of 64 tenants while a third one replaces secrets, signs tenants out and in,
//! rejects tokens and advances the time. Every token contains the name and the secret's number of the account that the
//! endpoint saw. Every read is verified: the name, and that the number was not replaced before the read began.
//! `--plant` gives two tenants one entry, like a key without the tenant.
//!
//! `tenants-memory`: resident memory of the process for 100,000 idle tenants (Linux); a counting allocator would need
//! `unsafe`. `tenants-lookup`: reads with one thread and with two.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr, reason = "a program")]
#![allow(clippy::indexing_slicing, clippy::panic, reason = "a gauge that cannot measure must not pass")]

use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use gauges::{Reading, Settings};
use plume_auth::{
    Account, AuthErrorKind, Credential, Scope, SecureUrl, TenantId, TenantProvider, TokenProvider,
    TokenRegistry,
};
use plume_runtime::{Clock, InProcess, SystemClock, Transport};
use serde_json::json;

const TENANTS: usize = 64;
const READERS: usize = 2;
/// The number of reads that two cores verify in about a minute.
const READS: u64 = 150_000_000;
const LOOKUPS: u32 = 3_000_000;
const IDLE: usize = 100_000;
const GOAL_BYTES: u64 = 1_024;
const SSO: &str = "https://external.sso.plume.com/oauth2/ausEXAMPLE/v1/token";
const API: &str = "https://api.plume.com/api/";

/// A clock that is read without a lock. Sleeps never end, because the endpoint responds at once.
#[derive(Debug, Default)]
struct Hand(AtomicU64);

#[async_trait]
impl Clock for Hand {
    fn wall(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }

    async fn sleep(&self, _duration: Duration) {
        std::future::pending::<()>().await;
    }
}

/// Issues tokens that contain the request's sender, `NN.number`, and a number of their own.
fn endpoint() -> Arc<dyn Transport> {
    let issued = AtomicU64::new(0);
    Arc::new(InProcess::new(move |request: http::Request<Bytes>| {
        let header = request.headers()["authorization"].to_str().unwrap();
        let pair = STANDARD.decode(header.strip_prefix("Basic ").unwrap()).unwrap();
        let marker = String::from_utf8(pair).unwrap().replace(':', ".");
        let number = issued.fetch_add(1, Ordering::Relaxed);
        let body =
            format!(r#"{{"token_type":"Bearer","expires_in":600,"access_token":"{marker}.{number}"}}"#);
        async move { Ok(http::Response::new(Bytes::from(body))) }
    }))
}

fn account(tenant: usize, number: u64) -> Account {
    Account::new(
        SecureUrl::parse(SSO).unwrap(),
        SecureUrl::parse(API).unwrap(),
        Credential::from_client(&format!("{tenant:02}"), &format!("{number:08}")),
        Scope::raw("example"),
    )
}

fn name(tenant: usize) -> TenantId {
    TenantId::new(&format!("chat:{tenant}")).unwrap()
}

/// Whether a token belongs to the tenant, and to no account older than `oldest`.
fn is_own(token: &str, tenant: usize, oldest: u64) -> bool {
    let mut parts = token.split('.');
    let name = parts.next().and_then(|name| name.parse::<usize>().ok());
    let number = parts.next().and_then(|number| number.parse::<u64>().ok());
    name == Some(tenant) && number.is_some_and(|number| number >= oldest)
}

struct World {
    registry: TokenRegistry,
    /// The number of the newest completely replaced secret of each tenant.
    numbers: Vec<AtomicU64>,
    over: AtomicBool,
    planted: bool,
}

impl World {
    /// The planted fault: a key in which the last tenant and the first are the same.
    fn key(&self, tenant: usize) -> TenantId {
        name(if self.planted { tenant % (TENANTS - 1) } else { tenant })
    }
}

#[derive(Default)]
struct Seen {
    verified: u64,
    crossings: u64,
    /// Reads without a token, because the tenant was signed out meanwhile.
    signed_out: u64,
    /// Reads without a token, because time jumped past its expiry.
    without: u64,
    /// Reads that would have waited for another thread's fetch.
    pending: u64,
}

fn read(world: &World, reads: u64, mut lot: fastrand::Rng) -> Seen {
    let provider = |tenant: usize| world.registry.provider(&world.key(tenant));
    let mut providers: Vec<Option<TenantProvider>> = (0..TENANTS).map(provider).collect();
    let mut seen = Seen::default();
    while seen.verified < reads {
        let tenant = lot.usize(..TENANTS);
        // Sometimes by name, else by the provider.
        if lot.usize(..16) == 0 || providers[tenant].is_none() {
            providers[tenant] = provider(tenant);
        }
        let Some(provider) = &providers[tenant] else {
            seen.signed_out += 1;
            continue;
        };
        let oldest = world.numbers[tenant].load(Ordering::Acquire);
        match provider.token().now_or_never() {
            Some(Ok(token)) => {
                seen.verified += 1;
                seen.crossings += u64::from(!is_own(token.expose_token(), tenant, oldest));
            }
            Some(Err(error)) if error.kind() == AuthErrorKind::SignedOut => seen.signed_out += 1,
            // Time jumps so far that a token can expire before it arrives; then the cache pauses.
            Some(Err(error)) if error.is_transient() => seen.without += 1,
            Some(Err(error)) => panic!("no token: {error}"),
            None => seen.pending += 1,
        }
    }
    seen
}

/// Changes accounts, tokens and time until the readers are done. Returns the number of changes.
fn stir(world: &World, clock: &Hand, mut lot: fastrand::Rng) -> u64 {
    let mut stirred = 0;
    while !world.over.load(Ordering::Acquire) {
        let tenant = lot.usize(..TENANTS);
        let (registry, key) = (&world.registry, world.key(tenant));
        let next = world.numbers[tenant].load(Ordering::Acquire) + 1;
        match lot.usize(..4) {
            0 => {
                registry.replace(&key, account(tenant, next)).unwrap();
                world.numbers[tenant].store(next, Ordering::Release);
            }
            1 => {
                registry.logout(&key);
                registry.register(&key, account(tenant, next)).unwrap();
                world.numbers[tenant].store(next, Ordering::Release);
            }
            2 => {
                if let Some(provider) = registry.provider(&key)
                    && let Some(Ok(token)) = provider.token().now_or_never()
                {
                    provider.invalidate(&token);
                }
            }
            // Up to a minute of a token's ten.
            _ => drop(clock.0.fetch_add(lot.u64(..60_000), Ordering::Relaxed)),
        }
        stirred += 1;
    }
    stirred
}

fn crossings(settings: Settings) -> Result<Reading, String> {
    let reads = settings.reads.unwrap_or(READS);
    let clock = Arc::new(Hand::default());
    let registry = TokenRegistry::builder(endpoint(), Arc::clone(&clock) as Arc<dyn Clock>)
        .capacity(TENANTS)
        // No tenant is evicted or refused, because the gauge tests separation only.
        .fetch_limit(u32::MAX, Duration::ZERO)
        .build();
    let world = World {
        registry,
        numbers: (0..TENANTS).map(|_| AtomicU64::new(0)).collect(),
        over: AtomicBool::new(false),
        planted: settings.plant,
    };
    for tenant in 0..TENANTS {
        world.registry.replace(&world.key(tenant), account(tenant, 0)).unwrap();
    }
    let share = reads.div_ceil(READERS as u64);
    let lot = |thread: u64| fastrand::Rng::with_seed((settings.seed << 8) | thread);
    let (seen, stirred) = thread::scope(|scope| {
        let stirrer = scope.spawn(|| stir(&world, &clock, lot(0)));
        let readers: Vec<_> = (1..=READERS as u64)
            .map(|thread| {
                scope.spawn({
                    let world = &world;
                    move || read(world, share, lot(thread))
                })
            })
            .collect();
        let mut all = Seen::default();
        for reader in readers {
            let seen = reader.join().unwrap();
            all.verified += seen.verified;
            all.crossings += seen.crossings;
            all.signed_out += seen.signed_out;
            all.without += seen.without;
            all.pending += seen.pending;
        }
        world.over.store(true, Ordering::Release);
        (all, stirrer.join().unwrap())
    });
    Ok(Reading {
        value: json!({
            "crossings": seen.crossings,
            "stirred": stirred,
            "signed_out": seen.signed_out,
            "without_a_token": seen.without,
            "had_to_wait": seen.pending,
        }),
        goal: "0 tokens of another tenant or of a replaced account",
        // A run without changes proves nothing.
        pass: seen.crossings == 0 && seen.verified >= reads && stirred > 0,
        scanned: seen.verified,
    })
}

/// The resident memory of this process.
fn resident() -> u64 {
    const PAGE: u64 = 4_096;
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * PAGE
}

fn memory(_: Settings) -> Result<Reading, String> {
    let clock = Arc::new(Hand::default());
    let registry = TokenRegistry::builder(endpoint(), clock).capacity(IDLE).build();
    let before = resident();
    for tenant in 0..IDLE {
        registry.register(&name(tenant), account(tenant, 0)).unwrap();
    }
    let idle = (resident() - before) / IDLE as u64;
    assert_eq!(registry.len(), IDLE);
    for tenant in 0..IDLE {
        registry.provider(&name(tenant)).unwrap().token().now_or_never().unwrap().unwrap();
    }
    let holding = (resident() - before) / IDLE as u64;
    Ok(Reading {
        value: json!({ "idle_bytes": idle, "bytes_with_a_token": holding }),
        goal: "at most 1,024 bytes for a tenant that never requested a token",
        pass: idle <= GOAL_BYTES,
        scanned: registry.len() as u64,
    })
}

/// Nanoseconds per read. Each thread reads random tenants.
fn lookup(threads: usize, one_read: impl Fn(usize) + Sync) -> f64 {
    let clock = SystemClock::new();
    let begun = clock.monotonic();
    thread::scope(|scope| {
        for thread in 0..threads {
            let one_read = &one_read;
            scope.spawn(move || {
                let mut lot = fastrand::Rng::with_seed(thread as u64);
                (0..LOOKUPS).for_each(|_| one_read(lot.usize(..TENANTS)));
            });
        }
    });
    (clock.monotonic() - begun).as_secs_f64() * 1e9 / f64::from(LOOKUPS)
}

fn lookups(_: Settings) -> Result<Reading, String> {
    let registry = TokenRegistry::builder(endpoint(), Arc::new(Hand::default())).build();
    let names: Vec<TenantId> = (0..TENANTS).map(name).collect();
    let providers: Vec<_> =
        (0..TENANTS).map(|tenant| registry.register(&names[tenant], account(tenant, 0)).unwrap()).collect();
    let bare = plume_auth::StaticToken::new("abc").unwrap();
    let take = |provider: &dyn TokenProvider| drop(provider.token().now_or_never().unwrap().unwrap());
    let measured = [1, 2].map(|threads| {
        json!({
            "threads": threads,
            "provider_in_hand_ns": lookup(threads, |tenant| take(&providers[tenant])),
            "provider_by_name_ns": lookup(threads, |tenant| drop(registry.provider(&names[tenant]).unwrap())),
            "static_token_ns": lookup(threads, |_| take(&bare)),
        })
    });
    Ok(Reading {
        value: json!(measured),
        goal: "none: nanoseconds of a read, to compare",
        pass: true,
        scanned: 9 * u64::from(LOOKUPS),
    })
}

fn main() -> ExitCode {
    gauges::run(&[("tenants", crossings), ("tenants-memory", memory), ("tenants-lookup", lookups)])
}
