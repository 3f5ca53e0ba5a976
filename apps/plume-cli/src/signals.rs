//! Ctrl-C, SIGTERM and SIGHUP.

use plume::cli::exit;

/// Waits for a signal that ends the program, and returns its exit code. Without a signal handler, a signal ends the program
/// itself.
pub(crate) async fn ended() -> u8 {
    tokio::select! {
        () = interrupted() => exit::INTERRUPTED,
        code = unix() => code,
    }
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Waits for SIGTERM, or for SIGHUP of a terminal that is closed.
async fn unix() -> u8 {
    #[cfg(unix)]
    {
        use tokio::signal::unix::SignalKind;

        let hangup = async {
            match is_hangup_ignored() {
                true => std::future::pending().await,
                false => signal(SignalKind::hangup()).await,
            }
        };
        tokio::select! {
            () = signal(SignalKind::terminate()) => exit::TERMINATED,
            () = hangup => exit::HANGUP,
        }
    }
    #[cfg(not(unix))]
    std::future::pending().await
}

#[cfg(unix)]
async fn signal(kind: tokio::signal::unix::SignalKind) {
    if let Ok(mut signals) = tokio::signal::unix::signal(kind)
        && signals.recv().await.is_some()
    {
        return;
    }
    std::future::pending::<()>().await;
}

/// Whether the program was started to outlive its terminal (`nohup`). A handler would end it nevertheless. Where it is not
/// known, there is no handler, and SIGHUP has its default effect.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_none_or(|mask| mask & 1 == 1)
}
