//! The primitives that an explorer of interleavings replaces.

#[cfg(not(interleavings))]
pub(crate) use std::sync::{Mutex, MutexGuard};

#[cfg(not(interleavings))]
pub(crate) use plume_runtime::{current_runtime, try_spawn};

#[cfg(interleavings)]
pub(crate) use shuttle::sync::{Mutex, MutexGuard};

/// Spawns as `plume_runtime::try_spawn` does, on the explorer's runtime.
#[cfg(interleavings)]
pub(crate) fn try_spawn<F>(future: F) -> Result<(), F>
where
    F: Future<Output = ()> + Send + 'static,
{
    drop(shuttle::future::spawn(future));
    Ok(())
}

/// Returns the only runtime of the explorer.
#[cfg(interleavings)]
pub(crate) fn current_runtime() -> Option<plume_runtime::RuntimeId> {
    None
}

/// Marks a point between two atomic steps at which another thread may run.
pub(crate) fn step() {
    #[cfg(interleavings)]
    shuttle::thread::yield_now();
}
