//! Quality of experience over time, from the QoE reports. (`plume-api` models §9, `QoeMetrics` and `QoeHistory`)

use chrono::{DateTime, Utc};
use plume_types::{Field, List, QoeHistory, QoeMetrics};
use serde::{Deserialize, Serialize};

use crate::series::measure::{Clean, GradedSeries, Reading, Scale, grade};

/// Quality of experience over time. Returned by [`analyze`] and [`analyze_history`].
///
/// Scores are from 1 to 5, 5 is excellent; a number outside of this range is invalid. A score is good from 3.5 and
/// fair from 2.0, as in the rule `poor-qoe`. A trend is a change of more than half a point over the whole time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QoeReport {
    /// The scores.
    pub score: GradedSeries,
}

const SCALE: Scale = Scale { good_from: 3.5, fair_from: 2.0, trend_beyond: 0.5 };

/// Analyzes the QoE report of a location. The order of the points does not matter.
///
/// ```
/// use plume_health::{qoe, series::Grade};
/// use plume_types::QoeMetrics;
///
/// let metrics: QoeMetrics = serde_json::from_str(
///     r#"{"data": [
///         {"timestamp": "2026-01-15T09:00:00Z", "weightedQoeScore": 4.5},
///         {"timestamp": "2026-01-15T09:15:00Z", "weightedQoeScore": 1.8},
///         {"timestamp": "2026-01-15T09:30:00Z", "weightedQoeScore": null}
///     ]}"#,
/// )?;
/// let report = qoe::analyze(&metrics);
/// assert_eq!(report.score.poor_percent, Some(50.0));
/// assert_eq!(report.score.grade, Grade::Fair); // of the median, 3.15
/// assert_eq!(report.score.missing_samples, 1);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn analyze(metrics: &QoeMetrics) -> QoeReport {
    report(&metrics.data, |point| (point.timestamp, point.weighted_qoe_score))
}

/// Analyzes the QoE history of a node or device, like [`analyze`].
#[must_use]
pub fn analyze_history(history: &QoeHistory) -> QoeReport {
    report(&history.items, |item| {
        let score = item.connection.as_ref().and_then(|connection| connection.weighted_qoe_score);
        (item.timestamp, score)
    })
}

fn report<T>(
    points: &Field<List<T>>,
    sample: impl Fn(&T) -> (Option<DateTime<Utc>>, Option<f64>),
) -> QoeReport {
    let (points, unreadable) = points.elements();
    let readings = points.iter().map(|point| {
        let (at, score) = sample(point);
        (at, Reading::of(score, |score| (1.0..=5.0).contains(&score)))
    });
    let clean = Clean::new(readings, unreadable);
    QoeReport { score: grade(&clean, &SCALE) }
}
