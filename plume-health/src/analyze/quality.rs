//! Judging by a word, a score, or both.

use plume_types::{Health, HealthWord};

/// A quality, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Quality {
    Poor,
    Fair,
    /// No word and no score, or a word nobody knows.
    Unknown,
    Good,
}

/// The best of the API's scores; the worst is 1, and 0 is taken for worse than that. (`plume-api` models §4.2)
const BEST_SCORE: f64 = 5.0;

/// Joins what a word says (`None` without a word) with a score.
///
/// A score below `poor_below` is poor whatever the word says, and without a word any other score is good. A
/// score off the scale says nothing: it may mean "no sample", or be on another scale.
pub(super) fn judge(word: Option<Quality>, score: Option<f64>, poor_below: f64) -> Quality {
    let by_score = score
        .filter(|score| (0.0..=BEST_SCORE).contains(score))
        .map(|score| if score < poor_below { Quality::Poor } else { Quality::Good });
    match (word, by_score) {
        (Some(word), Some(score)) => word.min(score),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => Quality::Unknown,
    }
}

/// What the cloud's judgement of a node says.
pub(crate) fn of_health(health: Option<&Health>, poor_below: f64) -> Quality {
    let word = health.and_then(|health| health.status.as_ref()).map(|word| match word {
        HealthWord::Excellent | HealthWord::Good | HealthWord::Healthy => Quality::Good,
        HealthWord::Fair | HealthWord::Degraded => Quality::Fair,
        HealthWord::Poor => Quality::Poor,
        _ => Quality::Unknown,
    });
    judge(word, health.and_then(|health| health.score), poor_below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_poor_below_the_limit_and_nothing_off_the_scale() {
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
            assert_eq!(judge(None, Some(score), 2.0), expected, "{score}");
        }
    }

    #[test]
    fn the_worse_of_word_and_score_counts() {
        assert_eq!(judge(Some(Quality::Good), Some(1.0), 2.0), Quality::Poor);
        assert_eq!(judge(Some(Quality::Poor), Some(5.0), 2.0), Quality::Poor);
        assert_eq!(judge(Some(Quality::Fair), Some(4.0), 2.0), Quality::Fair);
        assert_eq!(judge(Some(Quality::Unknown), Some(4.0), 2.0), Quality::Unknown);
        assert_eq!(judge(Some(Quality::Unknown), Some(1.0), 2.0), Quality::Poor);
        assert_eq!(judge(Some(Quality::Good), Some(-1.0), 2.0), Quality::Good);
        assert_eq!(judge(None, None, 2.0), Quality::Unknown);
    }
}
