//! A runtime without I/O and timers.

/// Runs a gauge on a single-threaded runtime, so that the order of its tasks is deterministic.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| error.to_string())?;
    Ok(runtime.block_on(future))
}
