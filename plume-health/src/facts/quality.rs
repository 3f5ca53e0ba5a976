//! Quality by a word, a score, or both.

use plume_types::{Field, Health, HealthWord};

/// The score below which quality is poor: known poor nodes have 1.8, good ones at least 4.2 (`plume-api` models
/// §4.2).
pub(crate) const POOR_BELOW: f64 = 2.0;
/// The best score.
pub(crate) const BEST_SCORE: f64 = 5.0;

/// Clamps a number to 0 to `end`, and NaN to 0. JSON has no NaN and no infinity, so unclamped numbers could not be
/// read back.
#[must_use]
pub fn in_range(number: f64, end: f64) -> f64 {
    if number.is_nan() { 0.0 } else { number.clamp(0.0, end) }
}

/// A quality, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Quality {
    Poor,
    Fair,
    /// No word and no score, or an unknown word.
    Unknown,
    Good,
}

/// Combines the quality of a word (`None` without a word) with a score.
///
/// The worst score of the API is 1; 0 counts as worse (`plume-api` models §4.2). A score below `poor_below` is poor
/// whatever the word, and without a word any other score is good. A score outside of the scale has no meaning. An
/// unreadable score is unknown, because it could be poor.
pub(crate) fn judge(word: Option<Quality>, score: Field<f64>, poor_below: f64) -> Quality {
    let by_score = match score {
        Field::Known(score) if !(0.0..=BEST_SCORE).contains(&score) => None,
        Field::Known(score) if score < in_range(poor_below, BEST_SCORE) => Some(Quality::Poor),
        Field::Known(_) => Some(Quality::Good),
        Field::Absent => None,
        Field::Unreadable => Some(Quality::Unknown),
    };
    match (word, by_score) {
        (Some(word), Some(score)) => word.min(score),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => Quality::Unknown,
    }
}

/// Returns the quality of the cloud's rating of a node.
pub(crate) fn of_health(health: &Field<Health>, poor_below: f64) -> Quality {
    let health = match health {
        Field::Known(health) => health,
        Field::Absent | Field::Unreadable => return Quality::Unknown,
    };
    let word = match &health.status {
        Field::Known(HealthWord::Excellent | HealthWord::Good | HealthWord::Healthy) => Some(Quality::Good),
        Field::Known(HealthWord::Fair | HealthWord::Degraded) => Some(Quality::Fair),
        Field::Known(HealthWord::Poor) => Some(Quality::Poor),
        Field::Known(_) | Field::Unreadable => Some(Quality::Unknown),
        Field::Absent => None,
    };
    judge(word, health.score, poor_below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_below_the_limit_are_poor_and_off_scale_ones_are_ignored() {
        for (score, expected) in [
            (0.0, Quality::Poor),
            (1.999, Quality::Poor),
            (2.0, Quality::Good),
            (5.0, Quality::Good),
            (5.001, Quality::Unknown),
            (-0.001, Quality::Unknown),
            (f64::NAN, Quality::Unknown),
            (f64::INFINITY, Quality::Unknown),
            (f64::NEG_INFINITY, Quality::Unknown),
        ] {
            assert_eq!(judge(None, Field::Known(score), 2.0), expected, "{score}");
        }
    }

    #[test]
    fn a_limit_off_the_scale_counts_as_its_end() {
        for (limit, score, expected) in [
            (f64::NAN, 0.0, Quality::Good),
            (f64::NEG_INFINITY, 0.0, Quality::Good),
            (f64::INFINITY, 4.9, Quality::Poor),
            (f64::INFINITY, 5.0, Quality::Good),
        ] {
            assert_eq!(judge(None, Field::Known(score), limit), expected, "{limit} {score}");
        }
    }

    #[test]
    fn the_worse_of_word_and_score_counts() {
        assert_eq!(judge(Some(Quality::Good), Field::Known(1.0), 2.0), Quality::Poor);
        assert_eq!(judge(Some(Quality::Poor), Field::Known(5.0), 2.0), Quality::Poor);
        assert_eq!(judge(Some(Quality::Fair), Field::Known(4.0), 2.0), Quality::Fair);
        assert_eq!(judge(Some(Quality::Unknown), Field::Known(4.0), 2.0), Quality::Unknown);
        assert_eq!(judge(Some(Quality::Unknown), Field::Known(1.0), 2.0), Quality::Poor);
        assert_eq!(judge(Some(Quality::Good), Field::Known(-1.0), 2.0), Quality::Good);
        assert_eq!(judge(None, Field::Absent, 2.0), Quality::Unknown);
        assert_eq!(judge(Some(Quality::Good), Field::Unreadable, 2.0), Quality::Unknown);
        assert_eq!(judge(Some(Quality::Poor), Field::Unreadable, 2.0), Quality::Poor);
    }
}
