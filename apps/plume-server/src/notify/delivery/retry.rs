//! The times between attempts.

use std::time::Duration;

use chrono::{DateTime, Utc};
use plume::runtime::time;

/// Waits after the first attempts; the last one repeats.
const WAITS: [Duration; 5] = [
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(3_600),
    Duration::from_secs(4 * 3_600),
];
/// Maximum wait that a receiver can request.
const LONGEST_REQUESTED: Duration = Duration::from_secs(3_600);
/// Minimum wait that a receiver can request.
const SHORTEST_REQUESTED: Duration = Duration::from_secs(1);
/// Age of a message at its last attempt.
const LIFE: Duration = Duration::from_secs(24 * 3_600);

/// Returns the time of the next attempt, or `None` after the last one. `attempts` includes the one that failed, `requested`
/// is the wait that the receiver requests.
#[must_use]
pub fn next_attempt(
    attempts: u32,
    requested: Option<Duration>,
    stored: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let usual = WAITS.get(index).or(WAITS.last()).copied().unwrap_or_default();
    let wait = requested.map_or(usual, |wait| wait.clamp(SHORTEST_REQUESTED, LONGEST_REQUESTED));
    let end = time::after(stored, LIFE);
    (now < end).then(|| time::after(now, wait).min(end.max(time::after(now, SHORTEST_REQUESTED))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(seconds)
    }

    #[test]
    fn attempts_are_spread_over_a_day_and_end() {
        let (mut now, mut times, mut attempts) = (at(0), vec![], 0);
        while let Some(next) = next_attempt(attempts + 1, None, at(0), now) {
            (now, attempts) = (next, attempts + 1);
            times.push(next.timestamp());
        }
        let hours = |hours: i64| 750 + 3_600 + hours * 3_600;
        let mut expected = vec![30, 150, 750, hours(0)];
        expected.extend((1..=5).map(|number| hours(4 * number)));
        expected.push(24 * 3_600);
        assert_eq!(times, expected);
    }

    #[test]
    fn a_requested_wait_is_obeyed_up_to_an_hour() {
        let next = |seconds| next_attempt(1, Some(Duration::from_secs(seconds)), at(0), at(0)).unwrap();
        assert_eq!(
            [0, 30, 3_600, 1_000_000_000_000, u64::MAX].map(|wait| next(wait).timestamp()),
            [1, 30, 3_600, 3_600, 3_600]
        );
        // Near its end a message waits less, and never goes back in time.
        let late = at(24 * 3_600 - 10);
        assert_eq!(next_attempt(1, Some(Duration::from_secs(300)), at(0), late), Some(at(24 * 3_600)));
        assert_eq!(next_attempt(1, None, at(0), at(24 * 3_600)), None);
    }
}
