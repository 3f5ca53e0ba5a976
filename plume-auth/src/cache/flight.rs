//! A fetch that any number of callers wait for and none of them owns.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
    task::AtomicWaker,
};

use plume_runtime::RuntimeId;

use crate::cache::sync;
use crate::provider::AuthError;

/// The end of a fetch. The token itself is in the machine, which may have a newer one by the time it is read.
#[derive(Debug, Clone)]
pub(crate) enum Landed {
    Token,
    Failed(AuthError),
    /// The task that drove it is gone, so it has to be started again.
    Lost,
    /// Lost because the runtime where it began cannot carry a fetch. The error is for callers on that runtime only.
    Unfit(AuthError),
}

/// A running fetch. Clones are the same fetch.
///
/// Callers on the runtime where it began drive it; being outside of a runtime counts as one. Its connections and timers
/// belong to that runtime, so callers on another one only wait for its end and check that it makes progress
/// ([`polls`](Flight::polls), [`ask`](Flight::ask)).
#[derive(Clone)]
pub(crate) struct Flight {
    pub(crate) number: u64,
    /// The runtime where it began; `None` outside of one.
    pub(crate) home: Option<RuntimeId>,
    work: Shared<BoxFuture<'static, Landed>>,
    outcome: Shared<BoxFuture<'static, Landed>>,
    signals: Arc<Signals>,
}

#[derive(Default)]
struct Signals {
    abandoned: AtomicBool,
    abandonment: AtomicWaker,
    outcome: OnceLock<Landed>,
    ended: AtomicWaker,
    polls: AtomicU64,
    driver: AtomicWaker,
}

impl Signals {
    fn end(&self, landed: Landed) {
        let _ = self.outcome.set(landed);
        self.ended.wake();
    }
}

/// Resolves when the fetch is abandoned.
pub(crate) struct Departed(Arc<Signals>);

impl Future for Departed {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.abandonment.register(cx.waker());
        if self.0.abandoned.load(Ordering::Acquire) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Flight {
    /// Creates the fetch `number` on the runtime of the caller. Nothing happens until it is polled.
    pub(crate) fn new<F>(number: u64, future: impl FnOnce(Departed) -> F) -> Self
    where
        F: Future<Output = Landed> + Send + 'static,
    {
        let signals = Arc::new(Signals::default());
        let mut fetch = Box::pin(future(Departed(Arc::clone(&signals))));
        let ours = Arc::clone(&signals);
        let work = poll_fn(move |cx| {
            ours.driver.register(cx.waker());
            ours.polls.fetch_add(1, Ordering::AcqRel);
            let landed = ready!(fetch.as_mut().poll(cx));
            ours.end(landed.clone());
            Poll::Ready(landed)
        });
        let theirs = Arc::clone(&signals);
        let outcome = poll_fn(move |cx| {
            theirs.ended.register(cx.waker());
            theirs.outcome.get().cloned().map_or(Poll::Pending, Poll::Ready)
        });
        Self {
            number,
            home: sync::current_runtime(),
            work: work.boxed().shared(),
            outcome: outcome.boxed().shared(),
            signals,
        }
    }

    /// Spawns a task that drives it. Returns false if there is no runtime for it. `lost` is called if that runtime shuts
    /// down before the fetch has ended.
    pub(crate) fn run(&self, lost: impl FnOnce() + Send + 'static) -> bool {
        let idle = Arc::new(AtomicBool::new(false));
        let runner =
            Runner { future: self.work.clone(), idle: Arc::clone(&idle), lost: Some(Box::new(lost)) };
        let given_back = sync::try_spawn(runner.run());
        if given_back.is_err() {
            // It never ran, so its end has no meaning.
            idle.store(true, Ordering::Relaxed);
        }
        given_back.is_ok()
    }

    /// Polls it once.
    pub(crate) fn poke(&self) {
        let _ = self.work.clone().now_or_never();
    }

    /// Returns whether the caller is on another runtime than the fetch.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.home != sync::current_runtime()
    }

    pub(crate) fn landed(&self) -> Shared<BoxFuture<'static, Landed>> {
        if self.is_elsewhere() { self.outcome.clone() } else { self.work.clone() }
    }

    /// Returns the number of polls. After [`ask`](Flight::ask) it grows, unless nothing drives the runtime.
    pub(crate) fn polls(&self) -> u64 {
        self.signals.polls.load(Ordering::Acquire)
    }

    /// Wakes the task that drives it.
    pub(crate) fn ask(&self) {
        self.signals.driver.wake();
    }

    /// Ends it as lost and wakes its callers.
    pub(crate) fn abandon(&self) {
        self.signals.abandoned.store(true, Ordering::Release);
        self.signals.abandonment.wake();
        self.signals.end(Landed::Lost);
    }
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight").field("number", &self.number).finish_non_exhaustive()
    }
}

/// The task that drives a fetch. A runtime that shuts down drops it, which the callers must learn.
struct Runner {
    future: Shared<BoxFuture<'static, Landed>>,
    /// Dropping it loses nothing.
    idle: Arc<AtomicBool>,
    lost: Option<Box<dyn FnOnce() + Send>>,
}

impl Runner {
    async fn run(self) {
        let _ = self.future.clone().await;
        self.idle.store(true, Ordering::Relaxed);
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        if let (false, Some(lost)) = (self.idle.load(Ordering::Relaxed), self.lost.take()) {
            lost();
        }
    }
}
