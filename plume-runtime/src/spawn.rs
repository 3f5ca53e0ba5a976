//! Background tasks, if there is a runtime, and the identity of runtimes.

/// The identity of a tokio runtime. No two runtimes of a process have the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RuntimeId(tokio::runtime::Id);

/// Returns the runtime that the caller runs on, or `None` outside a tokio runtime.
///
/// A connection or a timer of a runtime makes progress only while that runtime is driven. Code that shares one between
/// callers uses this to check whether they are on the same runtime.
#[must_use]
pub fn current_runtime() -> Option<RuntimeId> {
    tokio::runtime::Handle::try_current().ok().map(|handle| RuntimeId(handle.id()))
}

/// Spawns `future` on the runtime of the caller. Without a runtime it returns the future.
///
/// Correctness must not depend on a background task: the SDK uses it to refresh a token ahead of time, and a later call
/// drives the same work to its end.
///
/// # Errors
///
/// The future itself, when called outside a tokio runtime.
pub fn try_spawn<F>(future: F) -> Result<(), F>
where
    F: Future<Output = ()> + Send + 'static,
{
    match tokio::runtime::Handle::try_current() {
        Ok(handle) => {
            handle.spawn(future);
            Ok(())
        }
        Err(_) => Err(future),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn future_is_returned_outside_a_runtime() {
        assert!(try_spawn(async {}).is_err());
    }

    #[test]
    fn runtimes_are_distinguished() {
        let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (one, other) = (runtime(), runtime());
        let here = |runtime: &tokio::runtime::Runtime| runtime.block_on(async { current_runtime() }).unwrap();
        assert_eq!(here(&one), here(&one));
        assert_ne!(here(&one), here(&other));
        assert_eq!(current_runtime(), None);
    }

    #[tokio::test]
    async fn inside_a_runtime_it_runs() {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        assert!(
            try_spawn(async move {
                let _ = sender.send(7);
            })
            .is_ok()
        );
        assert_eq!(receiver.await, Ok(7));
    }
}
