//! Waiting for the end of all work.

use tokio::sync::watch;

/// A counter of running work, so that a program can exit, and a test can check, when all of it is done. Clones share it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let busy = plume_telegram::Busy::default();
/// let guard = busy.guard();
/// tokio::spawn(async move { drop(guard) });
/// busy.idle().await;
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Busy {
    count: watch::Sender<usize>,
}

/// Work that counts as running until it is dropped.
#[derive(Debug)]
pub struct Guard(Busy);

impl Busy {
    /// Begins one more piece of work.
    #[must_use]
    pub fn guard(&self) -> Guard {
        self.count.send_modify(|count| *count += 1);
        Guard(self.clone())
    }

    /// Waits until no work is running.
    pub async fn idle(&self) {
        // It cannot fail: the sender is here.
        let _ = self.count.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Clone for Guard {
    fn clone(&self) -> Self {
        self.0.guard()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.count.send_modify(|count| *count -= 1);
    }
}
