//! The queue of operations between callers and the threads of a store.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
    thread::{Builder, JoinHandle},
};

use tokio::sync::oneshot;

use crate::store::error::{Result, StoreError, StoreErrorKind};
use crate::store::sqlite::statement::{Tx, internal};

/// A queue and the threads that serve it. Dropping it waits for what was handed over.
#[derive(Debug)]
pub(super) struct Queue {
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Queue {
    pub(super) fn new(jobs: mpsc::Sender<Box<dyn Job>>, threads: Vec<JoinHandle<()>>) -> Self {
        Self { jobs: Some(jobs), threads }
    }

    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (job, receiver) = job(work);
        self.jobs.as_ref().ok_or_else(gone)?.send(job).map_err(|_| gone())?;
        receiver.await.map_err(|_| gone())?
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// An operation in a queue.
pub(super) trait Job: Send {
    /// Runs the operation. After an error its effect is not to be kept.
    fn run(&mut self, tx: &Tx<'_>) -> Result<()>;

    /// Sends the result to the caller, unless the transaction failed.
    fn finish(self: Box<Self>, transaction: Result<()>);
}

struct Task<F, T> {
    work: Option<F>,
    result: Option<Result<T>>,
    caller: oneshot::Sender<Result<T>>,
}

impl<F, T> Job for Task<F, T>
where
    F: FnOnce(&Tx<'_>) -> Result<T> + Send,
    T: Send,
{
    fn run(&mut self, tx: &Tx<'_>) -> Result<()> {
        let work = self.work.take().ok_or_else(|| internal("an operation was run twice"))?;
        // A faulty operation must not end the thread, which serves all others.
        let result = catch_unwind(AssertUnwindSafe(|| work(tx)))
            .unwrap_or_else(|_| Err(internal("an operation panicked")));
        let done = result.as_ref().map(drop).map_err(Clone::clone);
        self.result = Some(result);
        done
    }

    fn finish(self: Box<Self>, transaction: Result<()>) {
        let own = self.result.unwrap_or_else(|| Err(internal("an operation was not run")));
        // The caller may be gone. The result is in the database then.
        let _ = self.caller.send(own.and_then(|value| transaction.map(|()| value)));
    }
}

/// Returns an operation for a queue, and the receiver of its result.
fn job<T: Send + 'static>(
    work: impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
) -> (Box<dyn Job>, oneshot::Receiver<Result<T>>) {
    let (caller, receiver) = oneshot::channel();
    (Box::new(Task { work: Some(work), result: None, caller }), receiver)
}

pub(super) fn gone() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "the store is closed")
}

pub(super) fn thread(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    let failed =
        |error| StoreError::new(StoreErrorKind::Unavailable, format!("failed to start a thread: {error}"));
    Builder::new().name(format!("store-{name}")).spawn(run).map_err(failed)
}

impl std::fmt::Debug for dyn Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Job")
    }
}
