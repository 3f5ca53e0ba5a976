//! Reports: series over time. (`plume-api` models §9)

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    ByName, List,
    decode::{self, Context, Decode, Scalar, decode_map},
    macros::{model, open_enum},
};

model! {
    /// Traffic on the Internet side within one interval. Missing numbers mean "no data", not zero.
    pub struct WanPoint("a WAN point") fields {
        /// Start of the interval.
        timestamp: DateTime<Utc> = "timestamp",
        /// Received (download) in MB.
        rx_mbytes: f64 = "rxMbytes" | "rxMb",
        /// Transmitted (upload) in MB.
        tx_mbytes: f64 = "txMbytes" | "txMb",
        /// The highest download rate in Mbps.
        rx_max_mbps: f64 = "rxMaxMbps",
        /// The highest upload rate in Mbps.
        tx_max_mbps: f64 = "txMaxMbps",
    }
}

/// Traffic on the Internet side of a location.
///
/// The daily report has one series, `fifteenMins`, of 96 points; the names of the others are not documented,
/// so every array of the answer is kept under its own name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WanStats {
    series: ByName<List<WanPoint>>,
}

impl WanStats {
    /// One made of named series.
    pub fn from_series(series: impl IntoIterator<Item = (String, List<WanPoint>)>) -> Self {
        Self { series: series.into_iter().collect() }
    }

    /// The points of the daily report, else those of the longest series there is.
    #[must_use]
    pub fn points(&self) -> &[WanPoint] {
        let longest = || self.series().max_by_key(|(_, points)| points.len()).map(|(_, points)| points);
        self.series.get("fifteenMins").or_else(longest).map_or(&[], |points| points)
    }

    /// All series by name.
    pub fn series(&self) -> impl Iterator<Item = (&str, &List<WanPoint>)> {
        self.series.iter()
    }
}

impl Decode for WanStats {
    fn decode<'de, D: Deserializer<'de>>(
        deserializer: D,
        cx: &mut Context,
    ) -> Result<Option<Self>, D::Error> {
        // Of an object whose fields are no series, nothing is left; a refusal looks like that. No field at
        // all, or only nulls, is a report without data.
        let Some(fields) = decode_map::<SeriesOrNull, _>(deserializer, cx)? else { return Ok(None) };
        let others = fields.iter().any(|(_, field)| matches!(field, SeriesOrNull::Other));
        let series: ByName<List<WanPoint>> = fields
            .into_iter()
            .filter_map(|(name, field)| match field {
                SeriesOrNull::Series(points) => Some((name, points)),
                SeriesOrNull::Other => None,
            })
            .collect();
        if others && series.is_empty() {
            cx.mismatch("WAN statistics", "an object without a series");
            return Ok(None);
        }
        Ok(Some(Self { series }))
    }
}

/// A field of the WAN report. `null` is read as nothing before it gets here.
enum SeriesOrNull {
    Series(List<WanPoint>),
    Other,
}

impl Decode for SeriesOrNull {
    fn decode<'de, D: Deserializer<'de>>(
        deserializer: D,
        cx: &mut Context,
    ) -> Result<Option<Self>, D::Error> {
        let before = cx.problems();
        let series = List::decode(deserializer, cx)?;
        Ok(match series {
            Some(points) => Some(Self::Series(points)),
            None if cx.problems() > before => Some(Self::Other),
            None => None,
        })
    }
}

impl Serialize for WanStats {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.series.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for WanStats {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decode::deserialize(deserializer)
    }
}

/// One value or a list of them: some reports give `"start"`, others `["start"]`.
#[derive(Debug, Clone, PartialEq)]
pub struct OneOrMany<T>(List<T>);

impl<T> OneOrMany<T> {
    /// The values.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }

    /// The first value.
    #[must_use]
    pub fn first(&self) -> Option<&T> {
        self.0.first()
    }
}

impl<T: Decode> Decode for OneOrMany<T> {
    fn decode<'de, D: Deserializer<'de>>(
        deserializer: D,
        cx: &mut Context,
    ) -> Result<Option<Self>, D::Error> {
        // Small and rare, so a detour over a JSON value is the simplest way to look at it twice.
        let value = serde_json::Value::deserialize(deserializer)?;
        let list = match value {
            serde_json::Value::Null => None,
            value @ serde_json::Value::Array(_) => List::decode(value, cx).ok().flatten(),
            value => T::decode(value, cx).ok().flatten().map(|one| vec![one].into()),
        };
        Ok(list.map(Self))
    }
}

impl<T: Serialize> Serialize for OneOrMany<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Decode> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decode::deserialize(deserializer)
    }
}

model! {
    /// The time a report covers.
    pub struct DateRange("a date range") fields {
        /// From.
        start: OneOrMany<DateTime<Utc>> = "start" | "startAt",
        /// To.
        end: OneOrMany<DateTime<Utc>> = "end" | "endAt",
        /// Which part of the report.
        id: i64 = "id",
    }
}

model! {
    /// When a location was online.
    pub struct OnlineStats("online statistics") fields {
        /// The time covered.
        stats_date_range: OneOrMany<DateRange> = "statsDateRange",
        /// The samples, oldest first.
        location_state: List<OnlineSample> = "locationState",
    }
}

model! {
    /// Whether a location was online at one moment.
    pub struct OnlineSample("a sample") fields {
        /// When.
        timestamp: DateTime<Utc> = "timestamp",
        /// `online`, `offline`, or another word for something between.
        value: OnlineWord = "value",
    }
}

open_enum! {
    /// The words of the online report. Any other word is taken as "intermittent".
    pub enum OnlineWord {
        /// Online.
        Online = "online",
        /// Offline.
        Offline = "offline",
        /// Partly online.
        Intermittent = "intermittent",
    }
}

model! {
    /// A number at one moment. Some answers give the bare number.
    pub struct Sample("a sample", bare = Sample::from_number) fields {
        /// When.
        timestamp: DateTime<Utc> = "timestamp",
        /// The number.
        value: f64 = "value",
        /// How it went, in lists of failed tests.
        status: String = "status",
    }
}

impl Sample {
    fn from_number(scalar: Scalar<'_>) -> Option<Self> {
        Some(Self { value: Some(scalar.number()?), ..Self::default() })
    }
}

model! {
    /// Results of speed tests over time, in Mbps.
    pub struct SpeedTestSeries("speed test results") fields {
        /// The time covered.
        stats_date_range: OneOrMany<DateRange> = "statsDateRange",
        /// Download.
        download_speeds: List<Sample> = "downloadSpeeds",
        /// Upload.
        upload_speeds: List<Sample> = "uploadSpeeds",
        /// Tests without a result.
        failed_speed_tests: List<Sample> = "failedSpeedTests",
    }
}

model! {
    /// Numbers over time by band.
    pub struct BandSeries("a series by band") fields {
        /// The time covered.
        stats_date_range: OneOrMany<DateRange> = "statsDateRange",
        /// 2.4 GHz.
        band_2g: List<Sample> = "2g",
        /// 5 GHz.
        band_5g: List<Sample> = "5g",
        /// 6 GHz.
        band_6g: List<Sample> = "6g",
        /// Which part of the report.
        id: i64 = "id",
    }
}

model! {
    /// Signal strength of a device over time, by band and node, in dBm; −95 means "no sample".
    pub struct RssiSeries("a signal series") fields {
        /// The time covered.
        stats_date_range: OneOrMany<DateRange> = "statsDateRange",
        /// 2.4 GHz.
        band_2g: ByName<List<Sample>> = "2g",
        /// 5 GHz.
        band_5g: ByName<List<Sample>> = "5g",
        /// 6 GHz.
        band_6g: ByName<List<Sample>> = "6g",
        /// Which part of the report.
        id: i64 = "id",
    }
}

model! {
    /// Traffic of a device over time.
    pub struct DeviceBandwidthSeries("a traffic series") fields {
        /// The time covered.
        stats_date_range: OneOrMany<DateRange> = "statsDateRange",
        /// Sent.
        transmitted: List<Sample> = "transmitted",
        /// Received.
        received: List<Sample> = "received",
        /// Which part of the report.
        id: i64 = "id",
    }
}

model! {
    /// Quality of experience over time, in points of 15 minutes.
    pub struct QoeMetrics("QoE metrics") fields {
        /// The points.
        data: List<QoePoint> = "data",
    }
}

model! {
    /// Quality of experience at one moment.
    pub struct QoePoint("a QoE point") fields {
        /// When.
        timestamp: DateTime<Utc> = "timestamp",
        /// From 1 to 5, 5 being excellent.
        weighted_qoe_score: f64 = "weightedQoeScore",
        /// Average predicted Wi-Fi speed in Mbps.
        average_predicted_wifi_speed: f64 = "averagePredictedWifiSpeed",
        /// Lowest predicted Wi-Fi speed in Mbps.
        min_predicted_wifi_speed: f64 = "minPredictedWifiSpeed",
        /// Share of the channel in use, in percent.
        channel_utilization: f64 = "channelUtilization",
        /// Share of the channel taken by others, in percent.
        interference: f64 = "interference",
    }
}
