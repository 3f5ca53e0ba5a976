//! Defects of the points of a response.

use plume_types::WanPoint;
use serde::{Deserialize, Serialize};

use crate::series::measure::{Coverage, coverage, stats};
use crate::series::wan::point::{BITS_PER_BYTE, DEFAULT_INTERVAL, Point, Values, valid};

/// Defects of the points of a response. Values are counted as received, including those of points with the same
/// time.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QualityDetails {
    /// Possible values: four for each readable point.
    pub values: usize,
    /// Valid values in percent; `None` without points.
    pub valid_values_percent: Option<f64>,
    /// Missing values.
    pub missing_values: usize,
    /// Negative values.
    pub negative_values: usize,
    /// Values that are not finite numbers.
    pub not_finite_values: usize,
    /// Intervals of a direction with more bytes than their maximum rate allows, by more than 5 %. One of the two
    /// numbers is wrong; both are used unchanged.
    pub contradictions: usize,
    /// Points that could not be read.
    pub unreadable_points: usize,
    /// Points without a time.
    pub timeless_points: usize,
    /// Points with the same time as another one.
    pub repeated_points: usize,
    /// The share of the time that is known. A point with any valid value counts as known.
    pub coverage: Coverage,
}

/// Byte counters can run slightly beyond the interval.
const TOLERANCE: f64 = 1.05;

pub(super) fn details(
    given: &[WanPoint],
    points: &[Point],
    unreadable: usize,
    step: Option<i64>,
) -> QualityDetails {
    let interval = step.unwrap_or(DEFAULT_INTERVAL);
    let raw = given
        .iter()
        .flat_map(|point| [point.rx_mbytes, point.rx_max_mbps, point.tx_mbytes, point.tx_max_mbps]);
    let of = |wanted: fn(Option<f64>) -> bool| raw.clone().filter(|value| wanted(*value)).count();
    let values = raw.clone().count();
    let known: Vec<_> =
        points.iter().filter(|point| point.has_value()).filter_map(|point| point.at).collect();
    let times: Vec<_> = points.iter().filter_map(|point| point.at).collect();
    QualityDetails {
        values,
        valid_values_percent: stats::percent(of(|value| valid(value).is_some()), values),
        missing_values: of(|value| value.is_none()),
        negative_values: of(|value| value.is_some_and(|value| value.is_finite() && value < 0.0)),
        not_finite_values: of(|value| value.is_some_and(|value| !value.is_finite())),
        contradictions: points
            .iter()
            .flat_map(|point| [point.rx, point.tx])
            .filter(|values| contradicts_itself(*values, interval))
            .count(),
        unreadable_points: unreadable,
        timeless_points: given.iter().filter(|point| point.timestamp.is_none()).count(),
        repeated_points: given.len().saturating_sub(points.len()),
        coverage: coverage(&times, &known, step),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a step of 2^52 seconds is not on the calendar")]
fn contradicts_itself(values: Values, interval: i64) -> bool {
    match (values.mbytes, values.max_mbps) {
        (Some(mbytes), Some(max)) => mbytes * BITS_PER_BYTE > max * interval as f64 * TOLERANCE,
        _ => false,
    }
}
