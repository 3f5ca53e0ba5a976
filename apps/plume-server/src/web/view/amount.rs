//! Exact durations, and percentages that are never rounded up.

/// Returns seconds with all units, so that the parts of a period visibly add up: `6 d 23:59:01`.
pub(in crate::web) fn exact(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let clock = format!("{:02}:{:02}:{:02}", rest / 3_600, rest % 3_600 / 60, rest % 60);
    if days == 0 { clock } else { format!("{days} d {clock}") }
}

/// Returns a percentage with three decimals, rounded down: 99.9999 is not 100.
pub(in crate::web) fn percent(share: Option<f64>) -> String {
    match share {
        None => "no data".to_owned(),
        Some(share) if share >= 100.0 => "100 %".to_owned(),
        Some(share) => format!("{:.3} %", (share * 1_000.0).floor() / 1_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_not_better_than_they_are() {
        assert_eq!(exact(0), "00:00:00");
        assert_eq!(exact(86_399), "23:59:59");
        assert_eq!(exact(7 * 86_400 + 61), "7 d 00:01:01");
        assert_eq!(percent(Some(99.999_999)), "99.999 %");
        assert_eq!(percent(Some(100.0)), "100 %");
        assert_eq!(percent(None), "no data");
    }
}
