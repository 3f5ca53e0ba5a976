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
use crate::list::List;
use crate::macros::{deserialize_by_decode, model, open_enum};
use crate::values::ByName;

model! {
    /// Traffic on the Internet side within one interval. Missing numbers mean "no data", not zero.
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

    /// The points of the daily report, else those of the longest series there is. Nothing if the daily report is
    /// there and cannot be read.
    #[must_use]
    pub fn points(&self) -> &[WanPoint] {
        let longest = || self.series().max_by_key(|(_, points)| points.len()).map(|(_, points)| points);
        match self.series.field("fifteenMins") {
            Field::Known(points) => points,
            Field::Absent => longest().map_or(&[], |points| points),
            Field::Unreadable => &[],
        }
    }

    /// The names of fields that are no series or could not be read as one.
    pub fn unreadable(&self) -> impl Iterator<Item = &str> {
        self.series.unreadable()
    }

    /// All series by name.
    pub fn series(&self) -> impl Iterator<Item = (&str, &List<WanPoint>)> {
        self.series.iter()
    }
}

impl Decode for WanStats {
    fn decode<'de, D: Deserializer<'de>>(deserializer: D, cx: &mut Context) -> Result<Field<Self>, D::Error> {
        Ok(decode_map(deserializer, cx)?.and_then(|entries| {
            let series = ByName::of(entries);
            // Of an object whose fields are no series, nothing is left; a refusal looks like that. No field at
            // all, or only nulls, is a report without data.
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

/// One value or a list of them: some reports give `"start"`, others `["start"]`.
#[derive(Debug, Clone, PartialEq)]
pub struct OneOrMany<T>(List<T>);

impl<T> OneOrMany<T> {
    fn one(value: T) -> Self {
        Self(vec![value].into())
    }

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
        // Not by way of `Value`, which has no number that is not finite and makes it null.
        fn read<'de, T: Decode>(
            value: impl IntoDeserializer<'de, value::Error>,
            cx: &mut Context,
        ) -> Field<OneOrMany<T>> {
            T::decode(value.into_deserializer(), cx).unwrap_or(Field::Unreadable).map(OneOrMany::one)
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
        Ok(T::decode(MapAccessDeserializer::new(map), self.0)?.map(OneOrMany::one))
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
    /// The time a report covers.
    pub struct DateRange("a date range") fields {
        /// From.
        start: Option<OneOrMany<DateTime<Utc>>> = "start" | "startAt",
        /// To.
        end: Option<OneOrMany<DateTime<Utc>>> = "end" | "endAt",
        /// Which part of the report.
        id: Option<i64> = "id",
    }
}

model! {
    /// When a location was online.
    pub struct OnlineStats("online statistics") fields {
        /// The time covered.
        stats_date_range: Option<OneOrMany<DateRange>> = "statsDateRange",
        /// The samples, oldest first.
        location_state: Field<List<OnlineSample>> = "locationState",
    }
}

model! {
    /// Whether a location was online at one moment.
    pub struct OnlineSample("a sample") fields {
        /// When.
        timestamp: Option<DateTime<Utc>> = "timestamp",
        /// `online`, `offline`, or another word for something between.
        value: Option<OnlineWord> = "value",
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
        timestamp: Option<DateTime<Utc>> = "timestamp",
        /// The number.
        value: Option<f64> = "value",
        /// How it went, in lists of failed tests.
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
        /// The time covered.
        stats_date_range: Option<OneOrMany<DateRange>> = "statsDateRange",
        /// Download.
        download_speeds: Field<List<Sample>> = "downloadSpeeds",
        /// Upload.
        upload_speeds: Field<List<Sample>> = "uploadSpeeds",
        /// Tests without a result.
        failed_speed_tests: Field<List<Sample>> = "failedSpeedTests",
    }
}

model! {
    /// Numbers over time by band.
    pub struct BandSeries("a series by band") fields {
        /// The time covered.
        stats_date_range: Option<OneOrMany<DateRange>> = "statsDateRange",
        /// 2.4 GHz.
        band_2g: Field<List<Sample>> = "2g",
        /// 5 GHz.
        band_5g: Field<List<Sample>> = "5g",
        /// 6 GHz.
        band_6g: Field<List<Sample>> = "6g",
        /// Which part of the report.
        id: Option<i64> = "id",
    }
}

model! {
    /// Signal strength of a device over time, by band and node, in dBm; −95 means "no sample".
    pub struct RssiSeries("a signal series") fields {
        /// The time covered.
        stats_date_range: Option<OneOrMany<DateRange>> = "statsDateRange",
        /// 2.4 GHz.
        band_2g: Field<ByName<List<Sample>>> = "2g",
        /// 5 GHz.
        band_5g: Field<ByName<List<Sample>>> = "5g",
        /// 6 GHz.
        band_6g: Field<ByName<List<Sample>>> = "6g",
        /// Which part of the report.
        id: Option<i64> = "id",
    }
}

model! {
    /// Traffic of a device over time.
    pub struct DeviceBandwidthSeries("a traffic series") fields {
        /// The time covered.
        stats_date_range: Option<OneOrMany<DateRange>> = "statsDateRange",
        /// Sent.
        transmitted: Field<List<Sample>> = "transmitted",
        /// Received.
        received: Field<List<Sample>> = "received",
        /// Which part of the report.
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
        /// When.
        timestamp: Option<DateTime<Utc>> = "timestamp",
        /// From 1 to 5, 5 being excellent.
        weighted_qoe_score: Option<f64> = "weightedQoeScore",
        /// Average predicted Wi-Fi speed in Mbps.
        average_predicted_wifi_speed: Option<f64> = "averagePredictedWifiSpeed",
        /// Lowest predicted Wi-Fi speed in Mbps.
        min_predicted_wifi_speed: Option<f64> = "minPredictedWifiSpeed",
        /// Share of the channel in use, in percent.
        channel_utilization: Option<f64> = "channelUtilization",
        /// Share of the channel taken by others, in percent.
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
