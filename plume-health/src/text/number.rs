//! Numbers, times and durations in sentences.

use std::fmt::Display;

use chrono::{DateTime, Utc};

/// Units of durations, in seconds.
const UNITS: [(i64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
/// The limit from which numbers are written in powers of ten.
const READABLE: f64 = 1e12;

/// Returns a number with its noun: `1 pod`, `2 pods`.
pub fn count<N: Display + PartialEq + From<u8>>(number: N, one: &str, many: &str) -> String {
    let word = if number == N::from(1) { one } else { many };
    format!("{number} {word}")
}

/// Returns a duration in its two largest units, rounded down: `1 d 2 h`.
#[must_use]
pub fn span(seconds: i64) -> String {
    let mut left = seconds;
    let mut parts = Vec::new();
    for (unit, word) in UNITS {
        if left >= unit && parts.len() < 2 {
            parts.push(format!("{} {word}", left / unit));
            left %= unit;
        } else if !parts.is_empty() {
            // Adjacent units only: never "1 d 5 s".
            break;
        }
    }
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

/// Returns a time in UTC, to the minute.
#[must_use]
pub fn time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// Returns a percentage with this many decimals, rounded down, so that 99.999 never reads as 100.
#[must_use]
pub fn percent(value: f64, decimals: u8) -> String {
    let scale = 10_f64.powi(i32::from(decimals));
    format!("{:.*} %", usize::from(decimals), (value * scale + 1e-9).floor() / scale)
}

/// Returns a number with two decimals.
#[must_use]
pub fn number(value: f64) -> String {
    if value < READABLE { format!("{value:.2}") } else { format!("{value:.2e}") }
}

/// Returns a number with as many decimals as it needs: at most one from 1 on, three below.
#[must_use]
pub fn plain(value: f64) -> String {
    let size = value.abs();
    if size >= READABLE {
        return format!("{value:.2e}");
    }
    let text = if size < 1.0 { format!("{value:.3}") } else { format!("{value:.1}") };
    let text = text.trim_end_matches('0').trim_end_matches('.');
    // A tiny negative number rounds to "-0".
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_have_at_most_two_units() {
        for (seconds, text) in [
            (-1, "0 s"),
            (0, "0 s"),
            (1, "1 s"),
            (59, "59 s"),
            (60, "1 min"),
            (61, "1 min 1 s"),
            (3_599, "59 min 59 s"),
            (3_600, "1 h"),
            (3_601, "1 h"),
            (86_399, "23 h 59 min"),
            (86_400, "1 d"),
            (93_661, "1 d 2 h"),
            (86_460, "1 d"),
        ] {
            assert_eq!(span(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn numbers_have_the_decimals_they_need() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0001, "0"),
            (0.25, "0.25"),
            (0.9994, "0.999"),
            (1.0, "1"),
            (-1.25, "-1.2"),
            (38.0, "38"),
            (100.0, "100"),
            (1e12, "1.00e12"),
            (-1e12, "-1.00e12"),
            (999_999_999_999.0, "999999999999"),
        ] {
            assert_eq!(plain(value), text, "{value}");
        }
    }

    #[test]
    fn numbers_beyond_reading_are_powers_of_ten() {
        assert_eq!(number(999_999_999_999.0), "999999999999.00");
        assert_eq!(number(1e12), "1.00e12");
    }
}
