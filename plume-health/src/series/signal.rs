//! Signal strength of a device, from the signal report. (`plume-api` models §9, `RssiSeries`)

use plume_types::{ByName, Field, List, NodeId, RssiSeries, Sample};
use serde::{Deserialize, Serialize};

use crate::series::measure::{Clean, GradedSeries, Reading, Scale, grade};

/// Signal strength of a device over time. Returned by [`analyze`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SignalReport {
    /// The series by band and node, in this order. Several nodes receive a device, so their values are not mixed.
    pub series: Vec<SignalSeries>,
    /// Bands that could not be read.
    pub unreadable_bands: Vec<String>,
}

/// The signal of a device at one node on one band.
///
/// The values are signal strengths (RSSI) in dBm. A value is good from −67, which calls and video need, and fair
/// from −75. A trend is a change of more than 5 dB over the whole time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SignalSeries {
    /// The band: `2g`, `5g` or `6g`.
    pub band: String,
    /// The node.
    pub node: NodeId,
    /// Samples at the floor of −95 dBm or less, which mean that nothing was measured. They count as missing too. A
    /// sample is not at the floor if another one at the same time has a value above it.
    pub floor_samples: usize,
    /// The valid values: above the floor and below 0 dBm.
    pub signal: GradedSeries,
}

/// Values up to this mean "no sample".
const FLOOR_DBM: f64 = -95.0;
const SCALE: Scale = Scale { good_from: -67.0, fair_from: -75.0, trend_beyond: 5.0 };

/// Analyzes the signal report of a device. The order of the samples does not matter.
///
/// ```
/// use plume_health::{series::Grade, signal};
/// use plume_types::RssiSeries;
///
/// let series: RssiSeries = serde_json::from_str(
///     r#"{"5g": {"TST0000001": [
///         {"timestamp": "2026-01-15T09:00:00Z", "value": -60},
///         {"timestamp": "2026-01-15T09:15:00Z", "value": -95}
///     ]}}"#,
/// )?;
/// let report = signal::analyze(&series);
/// assert_eq!(report.series[0].signal.grade, Grade::Good);
/// assert_eq!(report.series[0].floor_samples, 1);
/// assert_eq!(report.series[0].signal.coverage.known_percent, Some(50.0));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn analyze(rssi: &RssiSeries) -> SignalReport {
    let bands = [("2g", &rssi.band_2g), ("5g", &rssi.band_5g), ("6g", &rssi.band_6g)];
    let mut report = SignalReport { series: Vec::new(), unreadable_bands: Vec::new() };
    for (name, band) in bands {
        match band {
            Field::Known(band) => report.series.extend(nodes(name, band)),
            Field::Absent => {}
            Field::Unreadable => report.unreadable_bands.push(name.to_owned()),
        }
    }
    report
}

/// Returns the nodes of a band by name, including those without a readable list of samples.
fn nodes(band: &str, nodes: &ByName<List<Sample>>) -> Vec<SignalSeries> {
    let readable = nodes.iter().map(|(node, samples)| (node, &**samples, samples.unreadable()));
    let unreadable = nodes.unreadable().map(|node| (node, &[][..], 1));
    let mut all: Vec<(&str, &[Sample], usize)> = readable.chain(unreadable).collect();
    all.sort_unstable_by_key(|(node, ..)| *node);
    let series = all.into_iter().map(|(node, samples, unreadable)| {
        let at_floor = |value: f64| value <= FLOOR_DBM;
        let readings = samples.iter().map(|sample| {
            let value = sample.value.filter(|value| !at_floor(*value));
            (sample.timestamp, Reading::of(value, |value| value < 0.0))
        });
        let clean = Clean::new(readings, unreadable);
        // The same with the floor as an invalid value: another value at the same time wins.
        let floor = samples.iter().map(|sample| {
            let reading = match sample.value {
                Some(value) if at_floor(value) => Reading::Invalid,
                Some(_) => Reading::Valid(0.0),
                None => Reading::Missing,
            };
            (sample.timestamp, reading)
        });
        SignalSeries {
            band: band.to_owned(),
            node: node.into(),
            floor_samples: Clean::new(floor, 0).invalid,
            signal: grade(&clean, &SCALE),
        }
    });
    series.collect()
}
