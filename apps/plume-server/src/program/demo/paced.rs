//! A clock that runs faster than that of the machine.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use plume::runtime::{Clock, SystemClock};

/// A clock that began with the present and runs faster.
#[derive(Debug)]
pub(super) struct Paced {
    machine: SystemClock,
    start: (DateTime<Utc>, Duration),
    pace: u32,
}

impl Paced {
    pub(super) fn new(machine: SystemClock, pace: u32) -> Self {
        let start = (machine.wall(), machine.monotonic());
        Self { machine, start, pace }
    }
}

#[async_trait::async_trait]
impl Clock for Paced {
    fn wall(&self) -> DateTime<Utc> {
        let passed = TimeDelta::from_std(self.monotonic()).unwrap_or(TimeDelta::MAX);
        self.start.0.checked_add_signed(passed).unwrap_or(self.start.0)
    }

    fn monotonic(&self) -> Duration {
        self.machine.monotonic().saturating_sub(self.start.1).saturating_mul(self.pace)
    }

    async fn sleep(&self, duration: Duration) {
        self.machine.sleep(duration / self.pace.max(1)).await;
    }
}
