//! Ctrl-C and SIGTERM.

use plume::cli::exit;

/// Waits for a signal that ends the program, and returns its exit code. Without a signal handler, a signal ends the program
/// itself.
pub(crate) async fn ended() -> u8 {
    tokio::select! {
        () = interrupted() => exit::INTERRUPTED,
        () = terminated() => exit::TERMINATED,
    }
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Waits for SIGTERM.
async fn terminated() {
    #[cfg(unix)]
    if let Ok(mut signals) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        && signals.recv().await.is_some()
    {
        return;
    }
    std::future::pending::<()>().await;
}
