//! Reports: series over time. (`plume-api` models §9)

use std::{borrow::Cow, marker::PhantomData};

use chrono::{DateTime, Utc};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess,
        value::{self, MapAccessDeserializer, SeqAccessDeserializer},
    },
};

use crate::decode::{self, Context, Decode, Reader, Reading, Scalar, decode_map};
use crate::field::Field;
use crate::list::{List, slice_like};
use crate::macros::{deserialize_by_decode, model, open_enum};
use crate::values::ByName;

model! {
    /// Traffic of the Internet line within one interval. An absent number means "no data", not zero.
    pub struct WanPoint("a WAN point") fields {
        /// Start of the interval.
        timestamp: Option<DateTime<Utc>> = "timestamp",
        /// Received (download) in MB.
        rx_mbytes: Option<f64> = "rxMbytes" | "rxMb",
        /// Transmitted (upload) in MB.
        tx_mbytes: Option<f64> = "txMbytes" | "txMb",
        /// The highest download rate in Mbps.
        rx_max_mbps: Option<f64> = "rxMaxMbps",
        /// The highest upload rate in Mbps.
        tx_max_mbps: Option<f64> = "txMaxMbps",
    }
}

/// Traffic of a location's Internet line, as series by name.
///
/// The daily report has one series, `fifteenMins`, of 96 points. The names of other series are not documented, so
/// every array of the response is kept under its own name.
///
/// ```
/// use plume_types::{ByName, WanPoint, WanStats};
///
/// let series = ByName::from_iter([("fifteenMins", vec![WanPoint::default()].into())]);
/// assert_eq!(WanStats::from(series).points().len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WanStats {
    series: ByName<List<WanPoint>>,
}

impl WanStats {
    /// Returns the points of the daily report, else those of the longest series. Empty if the daily report is present
    /// and unreadable.
    #[must_use]
    pub fn points(&self) -> &[WanPoint] {
        let longest = || self.series().max_by_key(|(_, points)| points.len()).map(|(_, points)| points);
        match self.series.field("fifteenMins") {
            Field::Known(points) => points,
            Field::Absent => longest().map_or(&[], |points| points),
            Field::Unreadable => &[],
        }
    }

    /// Returns the names of fields that are not a readable series.
    pub fn unreadable(&self) -> impl Iterator<Item = &str> {
        self.series.unreadable()
    }

    /// Returns all series by name.
    pub fn series(&self) -> impl Iterator<Item = (&str, &List<WanPoint>)> {
        self.series.iter()
    }
}

impl From<ByName<List<WanPoint>>> for WanStats {
    fn from(series: ByName<List<WanPoint>>) -> Self {
        Self { series }
    }
}

impl Decode for WanStats {
    fn decode<'de, D: Deserializer<'de>>(deserializer: D, cx: &mut Context) -> Result<Field<Self>, D::Error> {
        Ok(decode_map(deserializer, cx)?.and_then(|entries| {
            let series = ByName::of(entries);
            // An object without a readable series is something else, such as a refusal. An object without fields, or
            // with nulls only, is a report without data.
            if series.is_empty() && series.unreadable().next().is_some() {
                cx.mismatch("WAN statistics", "an object without a series");
                return Field::Unreadable;
            }
            Field::Known(Self { series })
        }))
    }
}

impl Serialize for WanStats {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.series.serialize(serializer)
    }
}

deserialize_by_decode!(WanStats);

/// One value or a list of them: some reports give `"start"`, others `["start"]`. Derefs to a slice.
///
/// ```
/// use plume_types::OneOrMany;
///
/// assert_eq!(serde_json::from_str::<OneOrMany<i64>>("5")?, OneOrMany::from(5));
/// let many: OneOrMany<i64> = serde_json::from_str("[5, 6, {}]")?;
/// assert_eq!(many, OneOrMany::from([5, 6]).with_unreadable(1));
/// assert_eq!(many.first(), Some(&5));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OneOrMany<T>(List<T>);

impl<T> OneOrMany<T> {
    /// Sets the number of unreadable values.
    #[must_use]
    pub fn with_unreadable(self, count: usize) -> Self {
        Self(self.0.with_unreadable(count))
    }

    /// Returns the number of values of the list that could not be read.
    #[must_use]
    pub fn unreadable(&self) -> usize {
        self.0.unreadable()
    }
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(List::default())
    }
}

impl<T> From<T> for OneOrMany<T> {
    fn from(value: T) -> Self {
        Self(List::from([value]))
    }
}

impl<T> From<Vec<T>> for OneOrMany<T> {
    fn from(values: Vec<T>) -> Self {
        Self(values.into())
    }
}

slice_like!(OneOrMany, 0);

impl<T: Decode> Decode for OneOrMany<T> {
    fn decode<'de, D: Deserializer<'de>>(deserializer: D, cx: &mut Context) -> Result<Field<Self>, D::Error> {
        Reading(OneOrManyReader(cx, PhantomData)).deserialize(deserializer)
    }
}

struct OneOrManyReader<'c, T>(&'c mut Context, PhantomData<T>);

impl<'de, T: Decode> Reader<'de> for OneOrManyReader<'_, T> {
    type Output = OneOrMany<T>;

    fn expected(&self) -> Cow<'static, str> {
        "one value or a list".into()
    }

    fn context(&mut self) -> &mut Context {
        self.0
    }

    fn scalar(self, scalar: Scalar<'_>) -> Field<OneOrMany<T>> {
        // Not through `Value`, which turns numbers that are not finite into null.
        fn read<'de, T: Decode>(
            value: impl IntoDeserializer<'de, value::Error>,
            cx: &mut Context,
        ) -> Field<OneOrMany<T>> {
            T::decode(value.into_deserializer(), cx).unwrap_or(Field::Unreadable).map(OneOrMany::from)
        }
        match scalar {
            Scalar::Bool(value) => read(value, self.0),
            Scalar::Signed(value) => read(value, self.0),
            Scalar::Unsigned(value) => read(value, self.0),
            Scalar::Float(value) => read(value, self.0),
            Scalar::Text(value) => read(value, self.0),
        }
    }

    fn map<A: MapAccess<'de>>(self, map: A) -> Result<Field<OneOrMany<T>>, A::Error> {
        Ok(T::decode(MapAccessDeserializer::new(map), self.0)?.map(OneOrMany::from))
    }

    fn seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Field<OneOrMany<T>>, A::Error> {
        Ok(List::decode(SeqAccessDeserializer::new(seq), self.0)?.map(OneOrMany))
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
    /// The time range of a report.
    pub struct DateRange("a date range") fields {
        /// The start.
        start: Option<OneOrMany<DateTime<Utc>>> = "start" | "startAt",
        /// The end.
        end: Option<OneOrMany<DateTime<Utc>>> = "end" | "endAt",
        /// The number of the report's part.
        id: Option<i64> = "id",
    }
}

model! {
    /// The online history of a location.
    pub struct OnlineStats("online statistics") fields {
        /// The time range.
        stats_date_range: Option<OneOrMany<DateRange>> = "statsDateRange",
        /// The samples, oldest first.
        location_state: Field<List<OnlineSample>> = "locationState",
    }
}

model! {
    /// Whether a location was online at one moment.
    pub struct OnlineSample("a sample") fields {
        /// The time of the sample.
        timestamp: Option<DateTime<Utc>> = "timestamp",
        /// `online`, `offline`, or another word for a state between them.
        value: Option<OnlineWord> = "value",
    }
}

open_enum! {
    /// The words of the online report. Any other word means "intermittent" too.
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
    /// A number at one moment. Some responses have the bare number instead of the object.
    pub struct Sample("a sample", bare = Sample::from_number) fields {
        /// The time of the sample.
        timestamp: Option<DateTime<Utc>> = "timestamp",
        /// The number.
        value: Option<f64> = "value",
        /// The outcome, in lists of failed tests.
        status: Option<String> = "status",
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
        /// The time range.
        stats_date_range: Option<OneOrMany<DateRange>> = "statsDateRange",
        /// Download.
        download_speeds: Field<List<Sample>> = "downloadSpeeds",
        /// Upload.
        upload_speeds: Field<List<Sample>> = "uploadSpeeds",
        /// Failed tests.
        failed_speed_tests: Field<List<Sample>> = "failedSpeedTests",
    }
}

model! {
    /// Numbers over time by band.
    pub struct BandSeries("a series by band") fields {
        /// The time range.
        stats_date_range: Option<OneOrMany<DateRange>> = "statsDateRange",
        /// 2.4 GHz.
        band_2g: Field<List<Sample>> = "2g",
        /// 5 GHz.
        band_5g: Field<List<Sample>> = "5g",
        /// 6 GHz.
        band_6g: Field<List<Sample>> = "6g",
        /// The number of the report's part.
        id: Option<i64> = "id",
    }
}

model! {
    /// Signal strength of a device over time, by band and node, in dBm; −95 means "no sample".
    pub struct RssiSeries("a signal series") fields {
        /// The time range.
        stats_date_range: Option<OneOrMany<DateRange>> = "statsDateRange",
        /// 2.4 GHz.
        band_2g: Field<ByName<List<Sample>>> = "2g",
        /// 5 GHz.
        band_5g: Field<ByName<List<Sample>>> = "5g",
        /// 6 GHz.
        band_6g: Field<ByName<List<Sample>>> = "6g",
        /// The number of the report's part.
        id: Option<i64> = "id",
    }
}

model! {
    /// Traffic of a device over time.
    pub struct DeviceBandwidthSeries("a traffic series") fields {
        /// The time range.
        stats_date_range: Option<OneOrMany<DateRange>> = "statsDateRange",
        /// Sent.
        transmitted: Field<List<Sample>> = "transmitted",
        /// Received.
        received: Field<List<Sample>> = "received",
        /// The number of the report's part.
        id: Option<i64> = "id",
    }
}

model! {
    /// Quality of experience over time, in points of 15 minutes.
    pub struct QoeMetrics("QoE metrics") fields {
        /// The points.
        data: Field<List<QoePoint>> = "data",
    }
}

model! {
    /// Quality of experience at one moment.
    pub struct QoePoint("a QoE point") fields {
        /// The time of the point.
        timestamp: Option<DateTime<Utc>> = "timestamp",
        /// The score from 1 to 5; 5 is excellent.
        weighted_qoe_score: Option<f64> = "weightedQoeScore",
        /// Average predicted Wi-Fi speed in Mbps.
        average_predicted_wifi_speed: Option<f64> = "averagePredictedWifiSpeed",
        /// Lowest predicted Wi-Fi speed in Mbps.
        min_predicted_wifi_speed: Option<f64> = "minPredictedWifiSpeed",
        /// Share of the channel in use, in percent.
        channel_utilization: Option<f64> = "channelUtilization",
        /// Share of the channel in use by others, in percent.
        interference: Option<f64> = "interference",
    }
}

#[cfg(test)]
mod tests {
    use serde::de::{IntoDeserializer, value};

    use super::*;

    #[test]
    fn a_number_that_is_not_finite_is_unreadable_and_not_absent() {
        let cx = &mut Context::default();
        let deserializer: value::F64Deserializer<value::Error> = f64::NAN.into_deserializer();
        let read = OneOrMany::<f64>::decode(deserializer, cx).unwrap();
        assert_eq!(read, Field::Unreadable);
    }
}
