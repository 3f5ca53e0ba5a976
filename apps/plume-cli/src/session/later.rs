//! The clock of a simulated cloud whose story began in the past.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use plume::runtime::{Clock, SystemClock};

/// A clock that stands still at the beginning of a story, and shows the present once it is started.
#[derive(Debug)]
pub(super) struct Later {
    present: SystemClock,
    beginning: Mutex<Option<DateTime<Utc>>>,
}

impl Later {
    pub(super) fn new(beginning: DateTime<Utc>) -> Self {
        Self { present: SystemClock::new(), beginning: Mutex::new(Some(beginning)) }
    }

    pub(super) fn start(&self) {
        *self.beginning.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[async_trait::async_trait]
impl Clock for Later {
    fn wall(&self) -> DateTime<Utc> {
        let beginning = *self.beginning.lock().unwrap_or_else(PoisonError::into_inner);
        beginning.unwrap_or_else(|| self.present.wall())
    }

    fn monotonic(&self) -> Duration {
        self.present.monotonic()
    }

    async fn sleep(&self, duration: Duration) {
        self.present.sleep(duration).await;
    }
}
