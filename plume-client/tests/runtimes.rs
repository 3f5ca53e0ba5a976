//! Callers on a runtime that cannot carry a call, beside callers on one that can.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use plume_client::{CallRate, Client, Error, ErrorKind, RateLimiter, Settings};
use plume_runtime::SystemClock;
use plume_sim::Simulator;
use tokio::runtime::{Builder, Runtime};

/// One call on `runtime`; outside of any runtime without one.
fn call(client: &Client, runtime: Option<&Runtime>) -> Result<usize, Error> {
    let client = client.clone();
    let call = async move { Ok(client.customers().list().await?.len()) };
    match runtime {
        Some(runtime) => runtime.block_on(call),
        None => {
            let mut call: Pin<Box<dyn Future<Output = _>>> = Box::pin(call);
            match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(result) => result,
                Poll::Pending => panic!("it waits for nothing"),
            }
        }
    }
}

#[test]
fn callers_on_unfit_runtimes_do_not_affect_other_callers() {
    let good = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let unfit = [
        None,
        Some(Builder::new_current_thread().build().unwrap()),
        Some(Builder::new_current_thread().enable_time().build().unwrap()),
        Some(Builder::new_current_thread().enable_io().build().unwrap()),
    ];
    let server = good.block_on(Simulator::builder().build().serve(([127, 0, 0, 1], 0))).unwrap();
    let client = Client::builder()
        .settings(Settings::from_variables(server.endpoints().environment()).unwrap())
        .rate_limiter(RateLimiter::new(CallRate::default(), Arc::new(SystemClock::new())))
        .build()
        .unwrap();
    let all = client.rate_limiter().budget_left().unwrap();
    let fails = |times: usize| {
        for runtime in &unfit {
            for _ in 0..times {
                let error = call(&client, runtime.as_ref()).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Runtime, "{error}");
                assert!(!error.is_transient() && error.help().contains("enable_all"), "{error}");
            }
        }
    };
    // They would begin the token fetch.
    fails(5);
    assert_eq!(client.rate_limiter().budget_left(), Some(all));
    assert!(call(&client, Some(&good)).unwrap() > 0);
    // They have the token. More of them than the burst and than may wait: a permit that was lost would be missed.
    fails(40);
    let status = client.rate_limiter().status();
    assert_eq!((status.budget_left, status.waiting), (Some(all - 1), 0));
    assert!(status.next_in.is_zero(), "{status:?}");
    assert!(call(&client, Some(&good)).unwrap() > 0);
}
