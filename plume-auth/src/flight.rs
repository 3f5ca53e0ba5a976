//! One fetch that any number of callers wait for and none of them owns.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
    task::AtomicWaker,
};

use crate::{AuthError, sync};

/// How a fetch ended. The token itself is in the machine, which may know better by the time it is read.
#[derive(Debug, Clone)]
pub(crate) enum Landed {
    Token,
    Failed(AuthError),
    /// Whoever ran it is gone. It has to be started again.
    Lost,
}

/// A fetch under way. Clones are the same fetch; whoever polls one drives it for all.
#[derive(Clone)]
pub(crate) struct Flight {
    pub(crate) number: u64,
    future: Shared<BoxFuture<'static, Landed>>,
    abandoned: Arc<Abandoned>,
}

#[derive(Default)]
struct Abandoned {
    yes: AtomicBool,
    waker: AtomicWaker,
}

/// Ends when the fetch is abandoned.
pub(crate) struct Departed(Arc<Abandoned>);

impl Future for Departed {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.waker.register(cx.waker());
        if self.0.yes.load(Ordering::Acquire) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Flight {
    /// The fetch `number`. Nothing happens until it is polled.
    pub(crate) fn new<F>(number: u64, future: impl FnOnce(Departed) -> F) -> Self
    where
        F: Future<Output = Landed> + Send + 'static,
    {
        let abandoned = Arc::new(Abandoned::default());
        let future = future(Departed(Arc::clone(&abandoned))).boxed().shared();
        Self { number, future, abandoned }
    }

    /// Runs it beside the caller; false where there is no runtime for it. `lost` is called when that runtime goes
    /// away before the fetch has ended.
    pub(crate) fn run(&self, lost: impl FnOnce() + Send + 'static) -> bool {
        let idle = Arc::new(AtomicBool::new(false));
        let runner =
            Runner { future: self.future.clone(), idle: Arc::clone(&idle), lost: Some(Box::new(lost)) };
        let given_back = sync::try_spawn(runner.run());
        if given_back.is_err() {
            // It never ran, so its end means nothing.
            idle.store(true, Ordering::Relaxed);
        }
        given_back.is_ok()
    }

    /// Lets it go as far as it can now.
    pub(crate) fn poke(&self) {
        let _ = self.future.clone().now_or_never();
    }

    pub(crate) fn landed(&self) -> Shared<BoxFuture<'static, Landed>> {
        self.future.clone()
    }

    /// Ends it as lost, and tells whoever waits.
    pub(crate) fn abandon(&self) {
        self.abandoned.yes.store(true, Ordering::Release);
        self.abandoned.waker.wake();
    }
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight").field("number", &self.number).finish_non_exhaustive()
    }
}

/// The task that drives a fetch. A runtime that shuts down drops it, which others must learn of.
struct Runner {
    future: Shared<BoxFuture<'static, Landed>>,
    /// Nothing is lost with it.
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
