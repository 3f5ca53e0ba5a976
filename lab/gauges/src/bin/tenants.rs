//! Gauge `tenants`: does anybody ever get another tenant's token, or one of an account that was replaced?
//!
//! ```text
//! cargo xtask gauge tenants [--reads N] [--seed N] [--plant]
//! cargo xtask gauge tenants --memory
//! cargo xtask gauge tenants --lookup
//! ```
//!
//! Without a mode, two threads read the tokens of 64 tenants while a third one swaps secrets, signs tenants out
//! and in, rejects tokens and moves the time on. Every token carries the name and the secret's number of the
//! account that the endpoint saw, and every read is verified: the name, and that the number is none that was
//! replaced before the read began. One line of JSON; the exit code is 1 if the goal was missed. `--plant` gives
//! two tenants one entry, as a key that leaves out the tenant would, and must fail.
//!
//! `--memory` weighs 100,000 idle tenants by the resident memory of the process (Linux): a counting allocator
//! would need `unsafe`. `--lookup` measures reads with one thread and with two.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, reason = "a program")]
#![allow(clippy::indexing_slicing, clippy::panic, reason = "a gauge that cannot measure must not pass")]

use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::FutureExt;
use plume_auth::{
    Account, AuthErrorKind, Credential, Scope, SecureUrl, TenantId, TenantProvider, TokenProvider,
    TokenRegistry,
};
use plume_runtime::{Clock, InProcess, SystemClock, Transport};

const TENANTS: usize = 64;
const READERS: usize = 2;
/// What two cores verify in about a minute.
const READS: u64 = 150_000_000;
const IDLE: usize = 100_000;
const GOAL_BYTES: u64 = 1_024;
const SSO: &str = "https://external.sso.plume.com/oauth2/ausEXAMPLE/v1/token";
const API: &str = "https://api.plume.com/api/";

/// Time as a number that anybody can read without a lock. Sleeps never end: the endpoint answers at once.
#[derive(Debug, Default)]
struct Hand(AtomicU64);

#[async_trait]
impl Clock for Hand {
    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }

    async fn sleep(&self, _duration: Duration) {
        std::future::pending::<()>().await;
    }
}

/// Numbers that look like chance and are the same for the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

/// Puts what the request says of its sender into the token: `NN.number`, and a number of its own.
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

/// Whether a token is the tenant's own, and of no account older than `oldest`.
fn is_own(token: &str, tenant: usize, oldest: u64) -> bool {
    let mut parts = token.split('.');
    let name = parts.next().and_then(|name| name.parse::<usize>().ok());
    let number = parts.next().and_then(|number| number.parse::<u64>().ok());
    name == Some(tenant) && number.is_some_and(|number| number >= oldest)
}

struct World {
    registry: TokenRegistry,
    /// The number of the newest secret of each tenant whose swap is complete.
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
    /// Reads without a token, because the tenant was signed out just then.
    signed_out: u64,
    /// Reads without a token, because time jumped over its life.
    without: u64,
    /// Reads that would have had to wait for another thread's fetch.
    pending: u64,
}

fn read(world: &World, reads: u64, mut chance: Chance) -> Seen {
    let provider = |tenant: usize| world.registry.provider(&world.key(tenant));
    let mut providers: Vec<Option<TenantProvider>> = (0..TENANTS).map(provider).collect();
    let mut seen = Seen::default();
    while seen.verified < reads {
        let tenant = chance.below(TENANTS);
        // Now and then by name, else by the provider in hand.
        if chance.below(16) == 0 || providers[tenant].is_none() {
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
            // Time jumps so far that a token can be over before it arrives, and then the cache rests a while.
            Some(Err(error)) if error.is_transient() => seen.without += 1,
            Some(Err(error)) => panic!("no token: {error}"),
            None => seen.pending += 1,
        }
    }
    seen
}

/// Makes trouble until the readers are done; how often.
fn stir(world: &World, clock: &Hand, mut chance: Chance) -> u64 {
    let mut stirred = 0;
    while !world.over.load(Ordering::Acquire) {
        let tenant = chance.below(TENANTS);
        let (registry, key) = (&world.registry, world.key(tenant));
        let next = world.numbers[tenant].load(Ordering::Acquire) + 1;
        match chance.below(4) {
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
            _ => drop(clock.0.fetch_add(chance.below(60_000) as u64, Ordering::Relaxed)),
        }
        stirred += 1;
    }
    stirred
}

fn crossings(reads: u64, seed: u64, planted: bool) -> bool {
    let clock = Arc::new(Hand::default());
    let registry = TokenRegistry::builder(endpoint(), Arc::clone(&clock) as Arc<dyn Clock>)
        .capacity(TENANTS)
        // The gauge is about who gets what, so nobody is turned away.
        .fetch_limit(u32::MAX, Duration::ZERO)
        .build();
    let world = World {
        registry,
        numbers: (0..TENANTS).map(|_| AtomicU64::new(0)).collect(),
        over: AtomicBool::new(false),
        planted,
    };
    for tenant in 0..TENANTS {
        world.registry.replace(&world.key(tenant), account(tenant, 0)).unwrap();
    }
    let share = reads.div_ceil(READERS as u64);
    let chance = |thread: u64| Chance((seed << 8) | thread | (1 << 63));
    let (seen, stirred) = thread::scope(|scope| {
        let stirrer = scope.spawn(|| stir(&world, &clock, chance(0)));
        let readers: Vec<_> = (1..=READERS as u64)
            .map(|thread| {
                scope.spawn({
                    let world = &world;
                    move || read(world, share, chance(thread))
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
    eprintln!(
        "{stirred} swaps, log-outs, rejections and jumps of time; {} reads signed out, {} without a token, {} had to wait",
        seen.signed_out, seen.without, seen.pending
    );
    // A quiet run proves nothing.
    let pass = seen.crossings == 0 && seen.verified >= reads && stirred > 0;
    report("tenant_crossings", seen.crossings, 0, pass, seed, seen.verified);
    pass
}

fn report(metric: &str, value: u64, goal: u64, pass: bool, seed: u64, scanned: u64) {
    println!(
        r#"{{"metric":"{metric}","value":{value},"goal":{goal},"pass":{pass},"seed":{seed},"scanned":{scanned}}}"#
    );
}

/// The resident memory of this process.
fn resident() -> u64 {
    const PAGE: u64 = 4_096;
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * PAGE
}

fn memory(seed: u64) -> bool {
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
    eprintln!("{idle} bytes a tenant who never asked, {holding} with a token of 13 bytes in the cache");
    let pass = idle <= GOAL_BYTES;
    report("tenant_idle_bytes", idle, GOAL_BYTES, pass, seed, registry.len() as u64);
    pass
}

/// Nanoseconds per read, each thread at tenants of its own choice.
fn lookup(threads: usize, one_read: impl Fn(usize) + Sync) -> f64 {
    const READS: u32 = 3_000_000;
    let clock = SystemClock::new();
    let begun = clock.monotonic();
    thread::scope(|scope| {
        for thread in 0..threads {
            let one_read = &one_read;
            scope.spawn(move || {
                let mut chance = Chance((thread as u64 + 1) << 40);
                (0..READS).for_each(|_| one_read(chance.below(TENANTS)));
            });
        }
    });
    (clock.monotonic() - begun).as_secs_f64() * 1e9 / f64::from(READS)
}

fn lookups() -> bool {
    let registry = TokenRegistry::builder(endpoint(), Arc::new(Hand::default())).build();
    let names: Vec<TenantId> = (0..TENANTS).map(name).collect();
    let providers: Vec<_> =
        (0..TENANTS).map(|tenant| registry.register(&names[tenant], account(tenant, 0)).unwrap()).collect();
    let bare = plume_auth::StaticToken::new("abc").unwrap();
    let take = |provider: &dyn TokenProvider| drop(provider.token().now_or_never().unwrap().unwrap());
    for threads in [1, 2] {
        let fixed = lookup(threads, |_| take(&bare));
        let held = lookup(threads, |tenant| take(&providers[tenant]));
        let found = lookup(threads, |tenant| drop(registry.provider(&names[tenant]).unwrap()));
        println!(
            "{threads} threads: {held:.0} ns a read with a provider in hand, {found:.0} ns to find one by name \
             ({fixed:.0} ns for a static token through the same trait)"
        );
    }
    true
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |flag: &str, otherwise: u64| match args.iter().position(|arg| arg == flag) {
        Some(at) => args.get(at + 1).and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{flag} N")),
        None => otherwise,
    };
    let has = |flag: &str| args.iter().any(|arg| arg == flag);
    let seed = number("--seed", 1);
    let pass = if has("--memory") {
        memory(seed)
    } else if has("--lookup") {
        lookups()
    } else {
        crossings(number("--reads", READS), seed, has("--plant"))
    };
    if pass { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
