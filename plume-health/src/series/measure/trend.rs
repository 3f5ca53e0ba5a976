//! The direction of a series.

use chrono::{DateTime, Utc};

use crate::named::named;
use crate::series::measure::{stats, timeline};

/// The direction of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SeriesTrend {
    /// Up, beyond chance and noise.
    Rising,
    /// Neither up nor down.
    Steady,
    /// Down, beyond chance and noise.
    Falling,
    /// Too few values.
    Unknown,
}

named!(SeriesTrend {
    Rising = "rising",
    Steady = "steady",
    Falling = "falling",
    Unknown = "unknown",
});

/// The smallest number of samples that has a trend.
const TREND_FROM: usize = 5;

/// Returns the robust slope per day, and whether it exceeds `beyond` over the whole time.
pub(crate) fn trend(timed: &[(DateTime<Utc>, f64)], beyond: f64) -> (SeriesTrend, Option<f64>) {
    let (Some((first, _)), Some((last, _))) = (timed.first(), timed.last()) else {
        return (SeriesTrend::Unknown, None);
    };
    if timed.len() < TREND_FROM {
        return (SeriesTrend::Unknown, None);
    }
    let days = |at: &DateTime<Utc>| timeline::days(at.signed_duration_since(*first));
    let points: Vec<(f64, f64)> = timed.iter().map(|(at, value)| (days(at), *value)).collect();
    let Some(slope) = stats::theil_sen(&points) else {
        return (SeriesTrend::Unknown, None);
    };
    let change = slope * days(last);
    let trend = if change > beyond {
        SeriesTrend::Rising
    } else if change < -beyond {
        SeriesTrend::Falling
    } else {
        SeriesTrend::Steady
    };
    (trend, Some(slope))
}
