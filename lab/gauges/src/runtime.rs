//! A runtime without I/O and timers.

/// Runs a gauge that needs others to run beside it, without their order being left to chance.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| error.to_string())?;
    Ok(runtime.block_on(future))
}
