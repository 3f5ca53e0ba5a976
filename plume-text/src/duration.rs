//! Durations for people.

use std::{fmt, time::Duration};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// The longest duration that is written out; a number from a server may be arbitrary.
const LONGEST: u64 = 1_000 * DAY;

/// A [`Duration`] whose `Display` uses at most two units. Created by [`human`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Human(Duration);

/// Returns a duration for people: `45 s`, `4 min 30 s`, `3 h`, `2 days`. Rounded up, because it usually is a wait.
///
/// ```
/// use std::time::Duration;
///
/// assert_eq!(plume_text::human(Duration::from_millis(89_200)).to_string(), "1 min 30 s");
/// ```
#[must_use]
pub fn human(duration: Duration) -> Human {
    Human(duration)
}

impl fmt::Display for Human {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs().saturating_add(u64::from(self.0.subsec_nanos() > 0));
        let up = |unit: u64| seconds.div_ceil(unit).saturating_mul(unit);
        let two = |f: &mut fmt::Formatter<'_>, whole: u64, unit: &str, rest: u64, small: &str| match rest {
            0 => write!(f, "{whole} {unit}"),
            rest => write!(f, "{whole} {unit} {rest} {small}"),
        };
        match seconds {
            ..MINUTE => write!(f, "{seconds} s"),
            MINUTE..HOUR => two(f, seconds / MINUTE, "min", seconds % MINUTE, "s"),
            _ if up(MINUTE) < DAY => two(f, up(MINUTE) / HOUR, "h", up(MINUTE) % HOUR / MINUTE, "min"),
            _ if up(HOUR) < 2 * DAY => two(f, 1, "day", up(HOUR) % DAY / HOUR, "h"),
            _ if seconds <= LONGEST => write!(f, "{} days", up(DAY) / DAY),
            _ => f.write_str("more than 1000 days"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_at_most_two_units_and_is_rounded_up() {
        for (duration, shown) in [
            (Duration::ZERO, "0 s"),
            (Duration::from_nanos(1), "1 s"),
            (Duration::from_secs(59), "59 s"),
            (Duration::from_millis(59_001), "1 min"),
            (Duration::from_secs(90), "1 min 30 s"),
            (Duration::from_secs(300), "5 min"),
            (Duration::from_secs(3_599), "59 min 59 s"),
            (Duration::from_secs(3_600), "1 h"),
            (Duration::from_secs(3_601), "1 h 1 min"),
            (Duration::from_secs(86_399), "1 day"),
            (Duration::from_secs(90_000), "1 day 1 h"),
            (Duration::from_secs(172_800), "2 days"),
            (Duration::from_secs(172_801), "3 days"),
            (Duration::from_secs(86_400_000), "1000 days"),
            (Duration::MAX, "more than 1000 days"),
        ] {
            assert_eq!(human(duration).to_string(), shown, "{duration:?}");
        }
    }
}
