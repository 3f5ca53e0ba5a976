//! The end of the program: signals, and the request to stop that every part can wait for.

use tokio::sync::watch;

/// Requests the end of all parts that hold a [`Stopping`].
#[derive(Debug)]
pub struct Stop(watch::Sender<bool>);

/// Waits for the request to stop. Clones wait for the same one.
#[derive(Debug, Clone)]
pub struct Stopping(watch::Receiver<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stop {
    /// Returns a receiver of the request.
    #[must_use]
    pub fn stopping(&self) -> Stopping {
        Stopping(self.0.subscribe())
    }

    /// Requests the end.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stopping {
    /// Returns whether the end is requested.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the end is requested. A dropped [`Stop`] counts as a request.
    pub async fn requested(&mut self) {
        let _ = self.0.wait_for(|stopped| *stopped).await;
    }
}

/// Waits for Ctrl-C and, where it exists, for the signal that stops services. Signals count from the call on, within a runtime.
#[cfg(unix)]
pub fn signalled() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (terminate, interrupt) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    async move {
        match (terminate, interrupt) {
            (Ok(mut terminate), Ok(mut interrupt)) => tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            },
            _ => drop(tokio::signal::ctrl_c().await),
        }
    }
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
pub async fn signalled() {
    let _ = tokio::signal::ctrl_c().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_part_sees_the_request_and_a_dropped_sender_is_one() {
        let stop = Stop::default();
        let mut first = stop.stopping();
        let mut second = first.clone();
        assert!(!first.is_requested());
        stop.stop();
        first.requested().await;
        second.requested().await;
        assert!(second.is_requested());
        let mut orphan = Stop::default().stopping();
        orphan.requested().await;
    }
}
