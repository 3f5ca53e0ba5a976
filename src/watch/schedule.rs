//! The order and the times of the checks, without any I/O.

use std::time::Duration;

/// The shortest interval.
const SHORTEST: Duration = Duration::from_secs(1);

/// Homes in a ring. One check starts every `step`, which is the interval divided by the number of homes.
#[derive(Debug)]
pub(super) struct Schedule {
    homes: usize,
    next: usize,
    step: Duration,
    /// The monotonic time of the next start.
    due: Duration,
}

/// The next thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Start the check of this home.
    Start(usize),
    /// Nothing before this monotonic time.
    Wait(Duration),
}

impl Schedule {
    /// Returns a schedule whose first check starts at `now`.
    pub(super) fn new(homes: usize, every: Duration, now: Duration) -> Self {
        let parts = u32::try_from(homes.max(1)).unwrap_or(u32::MAX);
        Self { homes, next: 0, step: every.max(SHORTEST) / parts, due: now }
    }

    /// Returns the home whose turn it is. A busy home loses its turn to the next one that is not.
    pub(super) fn turn(&mut self, now: Duration, is_busy: impl Fn(usize) -> bool) -> Turn {
        if now < self.due {
            return Turn::Wait(self.due);
        }
        // On time, the starts keep to a grid. Late by a step or more, the grid begins again: missed turns are not made up.
        let on_grid = self.due.saturating_add(self.step);
        self.due = if on_grid > now { on_grid } else { now.saturating_add(self.step) };
        let home = (self.next..self.homes).chain(0..self.next).find(|home| !is_busy(*home));
        let Some(home) = home else { return Turn::Wait(self.due) };
        let after = home.saturating_add(1);
        self.next = if after < self.homes { after } else { 0 };
        Turn::Start(home)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Returns the starts of a poller that is always on time, until `end`.
    fn starts(schedule: &mut Schedule, from: Duration, end: Duration) -> Vec<(u64, usize)> {
        let (mut now, mut starts) = (from, Vec::new());
        while now < end {
            match schedule.turn(now, |_| false) {
                Turn::Start(home) => starts.push((now.as_secs(), home)),
                Turn::Wait(until) => now = until,
            }
        }
        starts
    }

    #[test]
    fn homes_are_spread_over_the_interval_and_repeated_after_it() {
        let mut schedule = Schedule::new(3, MINUTE, seconds(5));
        let expected = [(5, 0), (25, 1), (45, 2), (65, 0), (85, 1), (105, 2)];
        assert_eq!(starts(&mut schedule, seconds(5), seconds(125)), expected);
    }

    #[test]
    fn a_little_lateness_does_not_add_up() {
        let mut schedule = Schedule::new(3, MINUTE, Duration::ZERO);
        assert_eq!(schedule.turn(seconds(2), |_| false), Turn::Start(0));
        assert_eq!(schedule.turn(seconds(2), |_| false), Turn::Wait(seconds(20)));
    }

    #[test]
    fn missed_checks_are_skipped() {
        let mut schedule = Schedule::new(3, MINUTE, Duration::ZERO);
        assert_eq!(schedule.turn(Duration::ZERO, |_| false), Turn::Start(0));
        // An hour passes without a poll.
        let expected = [(3_600, 1), (3_620, 2), (3_640, 0)];
        assert_eq!(starts(&mut schedule, seconds(3_600), seconds(3_660)), expected);
    }

    #[test]
    fn a_busy_home_loses_its_turn_and_delays_no_other() {
        let mut schedule = Schedule::new(3, MINUTE, Duration::ZERO);
        assert_eq!(schedule.turn(Duration::ZERO, |home| home == 0), Turn::Start(1));
        assert_eq!(schedule.turn(seconds(20), |home| home == 2), Turn::Start(0));
        assert_eq!(schedule.turn(seconds(40), |_| true), Turn::Wait(seconds(60)));
        assert_eq!(schedule.turn(seconds(60), |_| false), Turn::Start(1));
    }

    #[test]
    fn extreme_intervals_and_numbers_of_homes_are_accepted() {
        for every in [Duration::ZERO, Duration::from_nanos(1), Duration::MAX] {
            for homes in [0, 1, 7, usize::MAX] {
                for now in [Duration::ZERO, Duration::MAX] {
                    let mut schedule = Schedule::new(homes, every, now);
                    let first = schedule.turn(now, |home| home > 3);
                    assert_eq!(matches!(first, Turn::Start(0)), homes > 0, "{every:?} {homes} {now:?}");
                }
            }
        }
        // The shortest interval is a second.
        let mut schedule = Schedule::new(1, Duration::ZERO, Duration::ZERO);
        let _ = schedule.turn(Duration::ZERO, |_| false);
        assert_eq!(schedule.turn(Duration::ZERO, |_| false), Turn::Wait(seconds(1)));
    }
}
