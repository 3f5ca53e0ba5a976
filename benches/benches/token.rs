//! A cached token, its validity checked, read by one thread and by two.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may panic")]

use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use criterion::{Criterion, criterion_group, criterion_main};
use futures_util::FutureExt;
use plume_auth::{AuthError, CachedTokenProvider, IssuedToken, TokenProvider, TokenSource};
use plume_runtime::SystemClock;

#[derive(Debug)]
struct Once;

#[async_trait]
impl TokenSource for Once {
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        Ok(IssuedToken::new("x".repeat(1_000), Duration::from_secs(86_400)).unwrap())
    }
}

fn benchmark(criterion: &mut Criterion) {
    let provider = CachedTokenProvider::new(Once, Arc::new(SystemClock::new()));
    provider.token().now_or_never().unwrap().unwrap();
    let mut group = criterion.benchmark_group("cached token");
    group.bench_function("read", |bencher| bencher.iter(|| provider.ready().unwrap()));
    group.bench_function("read and copy the header value", |bencher| {
        bencher.iter(|| provider.ready().unwrap().header_value().clone());
    });
    group.bench_function("through the trait's future", |bencher| {
        bencher.iter(|| provider.token().now_or_never().unwrap().unwrap());
    });
    // The same while another thread reads continuously.
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                black_box(provider.ready().unwrap().header_value().clone());
            }
        });
        group.bench_function("read, beside another thread", |bencher| {
            bencher.iter(|| provider.ready().unwrap());
        });
        group.bench_function("read and copy the header value, beside another thread", |bencher| {
            bencher.iter(|| provider.ready().unwrap().header_value().clone());
        });
        done.store(true, Ordering::Relaxed);
    });
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
