//! The duration and the outcome of operations.

use std::{sync::Arc, time::Duration};

use plume::runtime::Clock;

use crate::store::error::{Result, StoreError, StoreErrorKind};

/// The kind of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreWork {
    /// It only reads.
    Read,
    /// It waits for the thread that writes, and for its commit.
    Write,
}

/// Receives each operation with its duration, waiting included, and its error.
pub type StoreObserver = Arc<dyn Fn(StoreWork, Duration, Option<StoreErrorKind>) + Send + Sync>;

pub(super) async fn observe<T>(
    observer: Option<&(StoreObserver, Arc<dyn Clock>)>,
    work: StoreWork,
    call: impl Future<Output = Result<T>>,
) -> Result<T> {
    let Some((observer, clock)) = observer else { return call.await };
    let began = clock.monotonic();
    let done = call.await;
    let took = clock.monotonic().saturating_sub(began);
    observer(work, took, done.as_ref().err().map(StoreError::kind));
    done
}
