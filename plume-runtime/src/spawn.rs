//! Running work beside the caller, where that is possible.

/// Runs `future` beside the caller if there is an async runtime to run it on, else gives it back.
///
/// Nothing in this workspace depends on the answer to be correct: it is used to refresh a token ahead of
/// time, and whoever needs the token later drives the same work to its end.
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
    fn outside_a_runtime_the_future_comes_back() {
        assert!(try_spawn(async {}).is_err());
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
