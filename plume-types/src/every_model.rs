//! The list of all models, and the properties of each.

use std::{collections::BTreeSet, fmt, fs, path::Path};

use proptest::{prelude::*, strategy::ValueTree as _};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{decode::Decode, *};

/// Passes every type that is read from a response to another macro.
macro_rules! every_model {
    ($macro:ident) => {
        $macro![
            AppFacadeHome,
            AppQoe,
            AuditTrail,
            Backhaul,
            BandSeries,
            Capabilities,
            Count,
            Customer,
            CustomerSearchHit,
            Device,
            DeviceBandwidth,
            DeviceBandwidthHistory,
            DeviceBandwidthSeries,
            DhcpReservation,
            DnsServers,
            FreeForm,
            LanConnectivityHistory,
            Location,
            LocationAlerts,
            LocationBandwidth,
            LocationQoe,
            LocationSummary,
            LteNetworkConfiguration,
            NetworkModeSetting,
            Node,
            NodeClaim,
            OnboardingCheckpoint,
            OnlineStats,
            OptimizationCounts,
            PartnerCustomerHit,
            PartnerLocation,
            PartnerNode,
            QoeHistory,
            QoeMetrics,
            RebootHistory,
            RssiSeries,
            ServiceLevel,
            SpeedTestSeries,
            UplinkStatus,
            Upnp,
            WanConfiguration,
            WanSaturation,
            WanSaturationHistory,
            WanStats,
            WifiNetwork,
            WifiNetworkListItem,
            WifiSsid,
            Value,
            List<String>
        ]
    };
}
pub(crate) use every_model;

/// Returns every field name of the published bodies, so that a shape is tried in every field of every model.
pub(crate) fn names() -> BTreeSet<String> {
    fn collect(value: &Value, names: &mut BTreeSet<String>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
            Value::Object(object) => {
                names.extend(object.keys().cloned());
                object.values().for_each(|inner| collect(inner, names));
            }
            _ => {}
        }
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bodies");
    let mut names = BTreeSet::new();
    for file in fs::read_dir(folder).unwrap() {
        let body = fs::read(file.unwrap().path()).unwrap();
        collect(&serde_json::from_slice(&body).unwrap(), &mut names);
    }
    names
}

fn json() -> impl Strategy<Value = Value> {
    const WORDS: [&str; 8] =
        ["connected", "online", "good", "true", "2026-01-15T10:00:00.000Z", "02:00:00:00:10:01", "17", ""];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0.0..6.0).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(&WORDS[..]).prop_map(Value::from),
    ];
    let names: Vec<String> = names().into_iter().collect();
    leaf.prop_recursive(4, 256, 24, move |inner| {
        let fields = prop::collection::vec((prop::sample::select(names.clone()), inner.clone()), 0..24);
        prop_oneof![
            1 => prop::collection::vec(inner, 0..4).prop_map(Value::from),
            4 => fields.prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Reads the value as text and as a tree, writes the result, and reads it back. Returns whether it could be read.
fn comes_back<T>(value: &Value) -> bool
where
    T: Decode + Serialize + DeserializeOwned + PartialEq + fmt::Debug,
{
    let text = value.to_string();
    let read = serde_json::from_str::<T>(&text).ok();
    assert_eq!(serde_json::from_value::<T>(value.clone()).ok(), read, "{text}");
    // A body that is `null` is an error, although serde may accept it.
    if !value.is_null() {
        assert_eq!(decode::body::<T>(text.as_bytes()).ok().map(|decoded| decoded.value), read, "{text}");
    }
    let Some(read) = read else { return false };
    let written = serde_json::to_string(&read).unwrap();
    // Redacted values do not round-trip.
    if !written.contains("[redacted]") {
        assert_eq!(serde_json::from_str::<T>(&written).unwrap(), read, "{written}");
        assert_eq!(
            serde_json::from_value::<T>(serde_json::to_value(&read).unwrap()).unwrap(),
            read,
            "{written}"
        );
    }
    true
}

macro_rules! laws {
    ($($type:ty),+) => {
        [$((stringify!($type), comes_back::<$type> as fn(&Value) -> bool)),+]
    };
}

#[test]
fn models_round_trip_as_text_and_as_a_tree() {
    let laws = every_model!(laws);
    let mut read = BTreeSet::new();
    let bodies = json();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..200 {
        let body = bodies.new_tree(&mut runner).unwrap().current();
        // Most models need an object, many of them an id.
        let object = |key: &str| match &body {
            Value::Object(fields) => {
                let mut fields = fields.clone();
                fields.insert(key.to_owned(), "A1".into());
                Value::Object(fields)
            }
            other => other.clone(),
        };
        for value in [&body, &object("id"), &object("mac")] {
            read.extend(laws.iter().filter(|(_, comes_back)| comes_back(value)).map(|(name, _)| *name));
        }
    }
    let never: Vec<&str> = laws.iter().map(|(name, _)| *name).filter(|name| !read.contains(name)).collect();
    assert_eq!(never, [""; 0], "never read");
}
