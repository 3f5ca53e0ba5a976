//! Robust statistics: the median, the median absolute deviation and the Theil–Sen slope do not move if a quarter of
//! the values are outliers. Means and least squares do.

/// The maximum number of points for [`theil_sen`], whose pairs grow with the square: 300 points make 44,850 pairs.
const MAX_POINTS: usize = 300;

/// The factor from the median absolute deviation to the standard deviation of a normal distribution.
pub(crate) const MAD_TO_DEVIATION: f64 = 1.4826;

#[expect(clippy::cast_precision_loss, reason = "more samples than 2^52 do not fit into memory")]
pub(crate) fn float(count: usize) -> f64 {
    count as f64
}

/// Returns `None` if `all` is zero.
pub(crate) fn percent(part: usize, all: usize) -> Option<f64> {
    (all > 0).then(|| float(part) * 100.0 / float(all))
}

/// Turns a negative zero, which would be shown as "-0", into zero.
pub(crate) fn without_negative_zero(value: f64) -> f64 {
    value + 0.0
}

pub(crate) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// Returns the middle value, or the mean of the two middle values; `None` without values.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    middle(&sorted(values))
}

/// Returns the median of ascending values.
pub(crate) fn middle(sorted: &[f64]) -> Option<f64> {
    let upper = sorted.get(sorted.len() / 2)?;
    let lower = sorted.get(sorted.len().saturating_sub(1) / 2)?;
    Some(f64::midpoint(*lower, *upper))
}

/// Returns the median absolute deviation (MAD): half of the values are within this distance of the median.
pub(crate) fn mad(values: &[f64], median: f64) -> Option<f64> {
    let deviations: Vec<f64> = values.iter().map(|value| (value - median).abs()).collect();
    self::median(&deviations).filter(|mad| mad.is_finite())
}

/// Returns the smallest value that at least `percent` of the values do not exceed. `sorted` is ascending.
pub(crate) fn nearest_rank(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = sorted.len().checked_mul(percent)?.div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

/// Returns the median of the slopes between all pairs of points, which a quarter of outliers cannot change.
/// `points` are ascending in their first numbers, which differ.
///
/// Of more than [`MAX_POINTS`] points, that many are taken at even distances, including the first and the last.
pub(crate) fn theil_sen(points: &[(f64, f64)]) -> Option<f64> {
    let thinned = thin(points);
    let mut slopes = Vec::new();
    for (index, (x1, y1)) in thinned.iter().enumerate() {
        for (x2, y2) in thinned.iter().skip(index.saturating_add(1)) {
            #[cfg(test)]
            testkit::linear::step(1);
            slopes.push((y2 - y1) / (x2 - x1));
        }
    }
    median(&slopes).filter(|slope| slope.is_finite())
}

fn thin(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if points.len() <= MAX_POINTS {
        return points.to_vec();
    }
    let last = points.len().saturating_sub(1);
    (0..MAX_POINTS)
        .filter_map(|index| points.get(index.checked_mul(last)?.checked_div(MAX_POINTS.checked_sub(1)?)?))
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_in_the_middle() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[1.0, 2.0]), Some(1.5));
        assert_eq!(median(&[1.0, 2.0, 9.0]), Some(2.0));
        assert_eq!(median(&[f64::MAX, f64::MAX]), Some(f64::MAX));
    }

    #[test]
    fn a_deviation_is_not_moved_by_one_wild_value() {
        assert_eq!(mad(&[1.0, 2.0, 3.0, 4.0, 1000.0], 3.0), Some(1.0));
        assert_eq!(mad(&[], 3.0), None);
        assert_eq!(mad(&[f64::MAX, f64::MAX], -f64::MAX), None);
    }

    #[test]
    fn ranks_are_the_nearest() {
        let twenty: Vec<f64> = (1..=20u8).map(f64::from).collect();
        assert_eq!(nearest_rank(&twenty, 5), Some(1.0));
        assert_eq!(nearest_rank(&twenty, 95), Some(19.0));
        assert_eq!(nearest_rank(&twenty, 96), Some(20.0));
        assert_eq!(nearest_rank(&twenty, 100), Some(20.0));
        assert_eq!(nearest_rank(&[], 50), None);
    }

    #[test]
    fn a_slope_is_that_of_most_pairs() {
        assert_eq!(theil_sen(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]), Some(2.0));
        assert_eq!(theil_sen(&[(0.0, 0.0), (1.0, 1.0), (2.0, 99.0), (3.0, 3.0), (4.0, 4.0)]), Some(1.0));
        assert_eq!(theil_sen(&[(0.0, 1.0)]), None);
        // An infinite slope is not known.
        assert_eq!(theil_sen(&[(0.0, -f64::MAX), (0.5, f64::MAX)]), None);
    }

    #[test]
    fn many_points_are_thinned_evenly() {
        let points = |count: u32| -> Vec<(f64, f64)> {
            (0..count).map(|index| (f64::from(index), 3.0 * f64::from(index))).collect()
        };
        assert_eq!(thin(&points(300)), points(300));
        let thinned = thin(&points(301));
        assert_eq!(thinned.len(), 300);
        let thinned = thin(&points(5_000));
        assert_eq!((thinned.len(), thinned[0].0, thinned[299].0), (300, 0.0, 4_999.0));
        // 150 * 4999 / 299 = 2507.86
        assert_eq!(thinned[150].0, 2_507.0);
        assert_eq!(theil_sen(&points(5_000)), Some(3.0));
    }
}
