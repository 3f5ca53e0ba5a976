//! Scales with round numbers and round times.

use chrono::{DateTime, Utc};

use crate::series::time_at;

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// The maximum number of steps of a time axis.
const MAX_STEPS: i64 = 8;
/// Steps of a time axis, in seconds.
const STEPS: [i64; 14] = [
    60,
    300,
    900,
    1_800,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    5 * DAY,
    10 * DAY,
    30 * DAY,
];

/// Returns the round times within a range, with their labels.
pub(super) fn times(from: i64, to: i64) -> Vec<(i64, String)> {
    let span = to.saturating_sub(from).max(1);
    let fits = |step: &&i64| span / **step <= MAX_STEPS;
    let step = STEPS.iter().find(fits).copied().unwrap_or_else(|| (span / MAX_STEPS).max(DAY) / DAY * DAY);
    let first = from.saturating_add(step - 1).div_euclid(step).saturating_mul(step);
    let count = to.saturating_sub(first).div_euclid(step).saturating_add(1).clamp(0, 2 * MAX_STEPS);
    (0..count)
        .map(|index| first.saturating_add(index.saturating_mul(step)))
        .map(|at| (at, label(time_at(at), step, span)))
        .collect()
}

fn label(at: DateTime<Utc>, step: i64, span: i64) -> String {
    let form = match (step, span) {
        (DAY.., ..=31_536_000) => "%-d %b",
        (DAY.., _) => "%b %Y",
        _ if at.timestamp().rem_euclid(DAY) == 0 => "%-d %b",
        _ => "%H:%M",
    };
    at.format(form).to_string()
}

/// Returns the step of a scale from zero with at most five steps, and its end.
pub(super) fn numbers(highest: f64) -> (f64, f64) {
    if !(highest > 0.0 && highest.is_finite()) {
        return (1.0, 1.0);
    }
    let power = 10_f64.powf((highest / 5.0).log10().floor());
    let factor = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().find(|factor| factor * power * 5.0 >= highest);
    let step = factor.unwrap_or(10.0) * power;
    // The smallest and the largest numbers have no such power of ten.
    if !(step.is_finite() && step > 0.0) {
        return (highest, highest);
    }
    (step, (highest / step).ceil() * step)
}

/// Returns a period in words, with its zone.
pub(super) fn period(from: i64, to: i64) -> String {
    let form = "%-d %b %Y %H:%M";
    format!("{} to {} UTC", time_at(from).format(form), time_at(to).format(form))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_axis_has_few_round_times() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap().timestamp();
        let labels = |from: &str, to: &str| -> Vec<String> {
            times(at(from), at(to)).into_iter().map(|(_, label)| label).collect()
        };
        assert_eq!(
            labels("2026-01-14T10:15:00Z", "2026-01-15T10:15:00Z"),
            ["12:00", "15:00", "18:00", "21:00", "15 Jan", "03:00", "06:00", "09:00"]
        );
        assert_eq!(labels("2026-01-08T10:00:00Z", "2026-01-15T10:00:00Z").len(), 7);
        assert_eq!(labels("2026-01-08T10:00:00Z", "2026-01-08T10:00:00Z"), ["10:00"]);
        for (from, to) in [
            ("1970-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
            ("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ] {
            assert!((2..=12).contains(&labels(from, to).len()), "{:?}", labels(from, to));
        }
        for (from, to) in [(i64::MIN, i64::MAX), (5, -5)] {
            assert!(times(from, to).len() <= 16);
        }
    }

    #[test]
    fn a_scale_has_few_round_numbers() {
        for (highest, step, end) in
            [(98.0, 20.0, 100.0), (480.5, 100.0, 500.0), (0.7, 0.2, 0.8), (1.0, 0.2, 1.0), (11.0, 2.5, 12.5)]
        {
            let (found, found_end) = numbers(highest);
            assert!((found - step).abs() < 1e-9 && (found_end - end).abs() < 1e-9, "{highest}: {found}");
        }
        for highest in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MAX, f64::MIN_POSITIVE, 5e-324] {
            let (step, end) = numbers(highest);
            assert!(step > 0.0 && end >= step, "{highest}: {step} {end}");
        }
    }
}
