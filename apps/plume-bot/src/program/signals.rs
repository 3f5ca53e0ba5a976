//! The signals that end the program.

/// The reason why the bot ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// By a signal, or at the end of the input.
    Done,
    Interrupted,
    Failed(String),
}

/// Listens for Ctrl-C and, where it exists, for the signal that stops services.
pub(crate) struct Stop {
    #[cfg(unix)]
    terminate: Option<tokio::signal::unix::Signal>,
}

impl Stop {
    /// Begins to listen. Call it on a tokio runtime.
    pub(crate) fn new() -> Self {
        Self {
            #[cfg(unix)]
            terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).ok(),
        }
    }

    /// Waits for the next signal.
    pub(crate) async fn asked(&mut self) -> Ended {
        #[cfg(unix)]
        if let Some(terminate) = &mut self.terminate {
            return tokio::select! {
                _ = terminate.recv() => Ended::Done,
                _ = tokio::signal::ctrl_c() => Ended::Interrupted,
            };
        }
        let _ = tokio::signal::ctrl_c().await;
        Ended::Interrupted
    }
}
