//! Randomized schedules: tenants sign in, change accounts and sign out; callers wait for tokens, are polled late, dropped
//! and polled again. After every event the shards, the count and the limits agree.

use std::{
    collections::HashSet,
    panic::catch_unwind,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context as TaskContext, Poll, Waker},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use chrono::DateTime;
use fastrand::Rng;
use futures_util::FutureExt;
use http::{Request, Response, header::AUTHORIZATION};
use plume_runtime::{InProcess, ManualClock, Transport};

use crate::credential::{Credential, Scope};
use crate::provider::{AuthError, TokenProvider};
use crate::registry::account::{Account, TenantId};
use crate::registry::tenants::{Shared, TenantProvider, TokenRegistry, read};
use crate::settings::SecureUrl;
use crate::token::AccessToken;

const TENANTS: u32 = 8;

impl Shared {
    /// Panics if an invariant is broken. Call it while no call of the registry is running.
    fn invariants(&self) {
        let mut entries = 0;
        for (number, shard) in self.shards.iter().enumerate() {
            let shard = read(shard);
            entries += shard.invariants();
            for entry in shard.entries() {
                assert_eq!(self.number(entry.tenant()), number, "a tenant in another one's shard");
                assert!(entry.is_open(), "a closed entry is kept");
            }
        }
        assert_eq!(self.len.load(Ordering::Acquire), entries, "places are reserved without an entry");
        assert!(entries <= self.capacity, "{entries} tenants of {}", self.capacity);
        self.context.buckets.invariants();
    }
}

fn tenant(number: u32) -> TenantId {
    TenantId::new(&format!("t{number}")).unwrap()
}

fn account(number: u32, secret: u32, path: u32) -> Account {
    let url = |path| SecureUrl::parse(&format!("https://sso.example.net/{path}")).unwrap();
    let credential = Credential::from_client(&format!("t{number}"), &format!("not-a-real-secret-{secret}"));
    Account::new(url(format!("token{path}")), url("api".to_owned()), credential, Scope::raw("example"))
}

/// Makes an endpoint that returns the credential of the request as the token, at the first or second poll; sometimes
/// it fails.
fn endpoint(seed: u64) -> Arc<dyn Transport> {
    let rng = std::sync::Mutex::new(Rng::with_seed(seed));
    Arc::new(InProcess::new(move |request: Request<Bytes>| {
        let asked = request.headers()[AUTHORIZATION].to_str().unwrap().replace("Basic ", "");
        let mut rng = rng.lock().unwrap();
        let (fails, number) = (rng.u32(0..4) == 0, rng.u64(..));
        let mut late = rng.bool();
        std::future::poll_fn(move |cx| {
            if std::mem::take(&mut late) {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .map(move |()| {
            let body =
                format!(r#"{{"token_type":"Bearer","expires_in":60,"access_token":"{number}.{asked}"}}"#);
            Ok(match fails {
                true => Response::builder().status(503).body(Bytes::new()).unwrap(),
                false => Response::new(Bytes::from(body)),
            })
        })
    }))
}

type Asking = Pin<Box<dyn Future<Output = Result<AccessToken, AuthError>>>>;

struct World {
    registry: TokenRegistry,
    clock: ManualClock,
    rng: Rng,
    providers: Vec<(u32, TenantProvider)>,
    calls: Vec<(u32, Asking)>,
    served: u32,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let clock = ManualClock::new(DateTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
        let registry = TokenRegistry::builder(endpoint(rng.u64(..)), Arc::new(clock.clone()))
            .capacity([1, 3, 6, 200][rng.usize(0..4)])
            .fetch_limit(rng.u32(1..4), Duration::from_secs(rng.u64(0..20)))
            .build();
        Self { registry, clock, rng, providers: Vec::new(), calls: Vec::new(), served: 0 }
    }

    fn poll(&mut self, index: usize) {
        let mut context = TaskContext::from_waker(Waker::noop());
        let Poll::Ready(result) = self.calls[index].1.as_mut().poll(&mut context) else { return };
        let (number, _) = self.calls.swap_remove(index);
        if let Ok(token) = result {
            self.served += 1;
            // The first three bytes of the credential are the client's name and a colon.
            let name = STANDARD.encode(format!("t{number}:"));
            let asked = token.expose_token().split('.').nth(1).unwrap();
            assert_eq!(asked[..4], name[..4], "a token of another tenant");
        }
    }

    fn step(&mut self) {
        let number = self.rng.u32(0..TENANTS);
        let name = tenant(number);
        let (secret, path) = (self.rng.u32(0..2), self.rng.u32(0..8) / 7);
        match self.rng.u32(0..16) {
            0..=2 => self.providers.extend(
                self.registry.register(&name, account(number, secret, path)).ok().map(|new| (number, new)),
            ),
            3 => self.providers.extend(
                self.registry.replace(&name, account(number, secret, path)).ok().map(|new| (number, new)),
            ),
            4 => {
                let moved = account(number, secret, path).place;
                drop(self.registry.change_urls(&name, &moved.sso, &moved.api));
            }
            5 => {
                self.registry.logout(&name);
            }
            6 => self.providers.extend(self.registry.provider(&name).map(|new| (number, new))),
            7 if !self.providers.is_empty() => {
                self.providers.swap_remove(self.rng.usize(..self.providers.len()));
            }
            8..=10 if !self.providers.is_empty() => {
                let (number, provider) = self.providers[self.rng.usize(..self.providers.len())].clone();
                self.calls.push((number, Box::pin(async move { provider.token().await })));
            }
            11 if !self.calls.is_empty() => {
                drop(self.calls.swap_remove(self.rng.usize(..self.calls.len())));
            }
            12 if !self.providers.is_empty() => {
                let (_, provider) = &self.providers[self.rng.usize(..self.providers.len())];
                if let Some(token) = provider.ready() {
                    provider.invalidate(&token);
                }
            }
            13 => self.clock.advance(Duration::from_millis(self.rng.u64(0..90_000))),
            _ if !self.calls.is_empty() => {
                let index = self.rng.usize(..self.calls.len());
                self.poll(index);
            }
            _ => {}
        }
        self.registry.shared.invariants();
    }
}

#[test]
fn every_invariant_holds_after_every_event() {
    let mut served = 0;
    for seed in 0..300 {
        let outcome = catch_unwind(|| {
            let mut world = World::new(seed);
            for _ in 0..200 {
                world.step();
            }
            world.calls.clear();
            for number in 0..TENANTS {
                world.registry.logout(&tenant(number));
            }
            world.registry.shared.invariants();
            assert!(
                world.registry.is_empty()
                    && world.providers.iter().all(|(_, provider)| provider.ready().is_none())
            );
            world.served
        });
        served += outcome.unwrap_or_else(|_| panic!("seed {seed}, see above"));
    }
    assert!(served > 1_000, "{served} tokens");
}

/// Real threads, because the count is an atomic beside the locks of the shards.
#[test]
fn ended_threads_leave_no_entry_in_use() {
    for capacity in [1, 3, 200] {
        let registry = TokenRegistry::builder(endpoint(1), Arc::new(ManualClock::new(DateTime::UNIX_EPOCH)))
            .capacity(capacity)
            .build();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let registry = &registry;
                scope.spawn(move || {
                    let mut rng = Rng::with_seed(thread);
                    for _ in 0..2_000 {
                        let number = rng.u32(0..TENANTS);
                        match rng.u32(0..3) {
                            0 => drop(registry.register(&tenant(number), account(number, 0, 0))),
                            1 => drop(registry.replace(&tenant(number), account(number, rng.u32(0..2), 0))),
                            _ => {
                                registry.logout(&tenant(number));
                            }
                        }
                    }
                });
            }
        });
        registry.shared.invariants();
        let names: HashSet<TenantId> = registry.status().into_iter().map(|status| status.tenant).collect();
        assert_eq!(names.len(), registry.len(), "a tenant is there twice");
    }
}
