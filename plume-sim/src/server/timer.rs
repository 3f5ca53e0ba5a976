//! A [`Clock`] as the timer of the HTTP library.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};
use plume_runtime::Clock;

#[derive(Debug, Clone)]
pub(crate) struct ClockTimer(pub(crate) Arc<dyn Clock>);

impl Timer for ClockTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        let clock = Arc::clone(&self.0);
        let wait = async move { clock.sleep(duration).await };
        Box::pin(Wait(Mutex::new(Box::pin(wait))))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        // Both moments are from the library; only their difference counts.
        self.sleep(deadline.saturating_duration_since(self.now()))
    }
}

/// The library requires `Sync`, which the future of a clock is not. The lock is never contended.
struct Wait(Mutex<Pin<Box<dyn Future<Output = ()> + Send>>>);

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut().poll(cx)
    }
}

impl Sleep for Wait {}
