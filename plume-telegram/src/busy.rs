//! Knowing when nothing is left to do.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::Notify;

/// Counts what is under way, so that a program can end, and a test can look, when all of it is done.
#[derive(Debug, Clone, Default)]
pub struct Busy {
    shared: Arc<(AtomicUsize, Notify)>,
}

/// Something that is under way until it is dropped.
#[derive(Debug)]
pub struct Guard(Busy);

impl Busy {
    /// One thing more.
    #[must_use]
    pub fn guard(&self) -> Guard {
        self.shared.0.fetch_add(1, Ordering::AcqRel);
        Guard(self.clone())
    }

    /// Waits until nothing is under way.
    pub async fn idle(&self) {
        loop {
            let changed = self.shared.1.notified();
            if self.shared.0.load(Ordering::Acquire) == 0 {
                return;
            }
            changed.await;
        }
    }
}

impl Clone for Guard {
    fn clone(&self) -> Self {
        self.0.guard()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.0.shared.0.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.shared.1.notify_waiters();
        }
    }
}
