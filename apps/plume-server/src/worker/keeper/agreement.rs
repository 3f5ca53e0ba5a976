//! The wall clock against the monotonic one. Pure but for the clock.

use std::time::Duration;

use chrono::TimeDelta;
use plume::runtime::Clock;

/// The wall clock against the monotonic one since the last step of the wall clock.
#[derive(Debug, Clone, Copy)]
pub(in crate::worker) struct Agreement {
    /// Milliseconds of the wall clock beyond the monotonic one.
    offset: i64,
    /// On the monotonic clock.
    since: Duration,
}

impl Agreement {
    pub(in crate::worker) fn new(clock: &dyn Clock) -> Self {
        let since = clock.monotonic();
        let monotonic = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        Self { offset: clock.wall().timestamp_millis().saturating_sub(monotonic), since }
    }

    /// Returns the step of the wall clock since the last one, if it is longer than `tolerated` in either direction. The next
    /// call compares with the clock after it.
    pub(in crate::worker) fn step(&mut self, clock: &dyn Clock, tolerated: TimeDelta) -> Option<TimeDelta> {
        let now = Self::new(clock);
        let step = TimeDelta::milliseconds(now.offset.saturating_sub(self.offset));
        if step.abs() <= tolerated {
            return None;
        }
        *self = now;
        Some(step)
    }

    /// Returns the time since the last step, or since the start.
    pub(in crate::worker) fn lasts(&self, clock: &dyn Clock) -> Duration {
        clock.monotonic().saturating_sub(self.since)
    }
}

#[cfg(test)]
mod tests {
    use plume::runtime::ManualClock;

    use super::*;

    #[test]
    fn small_steps_add_up_and_a_long_one_begins_again() {
        let clock = ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap());
        let (mut agreement, minute) = (Agreement::new(&clock), TimeDelta::minutes(1));
        let mut step = |by: i64| {
            clock.advance(Duration::from_secs(600));
            clock.set_wall(clock.wall() + TimeDelta::seconds(by));
            (agreement.step(&clock, minute).map(|step| step.num_seconds()), agreement.lasts(&clock).as_secs())
        };
        assert_eq!(step(0), (None, 600));
        assert_eq!([step(25), step(25)], [(None, 1_200), (None, 1_800)]);
        assert_eq!([step(25), step(0)], [(Some(75), 0), (None, 600)]);
        assert_eq!([step(-86_400), step(86_400)], [(Some(-86_400), 0), (Some(86_400), 0)]);
    }
}
