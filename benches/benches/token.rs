//! A cached token, its validity checked, read by one thread.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may panic")]

use std::{sync::Arc, time::Duration};

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
    criterion.bench_function("cached token", |bencher| {
        bencher.iter(|| provider.ready().unwrap());
    });
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
