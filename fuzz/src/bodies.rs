//! Bodies made of fuzzer bytes, and the properties of every reader of them.
//!
//! `cargo xtask gauge fuzz` reads far more of them, without coverage feedback.

use std::fmt::Debug;

use plume_types::{
    AppQoe, Backhaul, Capabilities, Customer, CustomerSearchHit, Device, ErrorBody, List, Location,
    LocationAlerts, LocationSnapshot, MacAddress, Node, OnlineStats, PartnerId, PartnerNode, QoeHistory,
    SpeedTestSeries, UplinkStatus, WanConfiguration, WanStats, WifiNetwork,
    decode::{self, Decode},
};
use serde::{Serialize, de::DeserializeOwned};

/// Decodes the bytes after the first as the type that the first byte selects.
///
/// # Panics
///
/// If a decoded value changes when it is written and read again.
pub fn read(bytes: &[u8]) {
    let Some((which, body)) = bytes.split_first() else { return };
    match which % 22 {
        0 => again::<Node>(body),
        1 => again::<Device>(body),
        2 => again::<Location>(body),
        3 => again::<Customer>(body),
        4 => again::<PartnerNode>(body),
        5 => again::<LocationAlerts>(body),
        6 => again::<WanStats>(body),
        7 => again::<OnlineStats>(body),
        8 => again::<SpeedTestSeries>(body),
        9 => again::<QoeHistory>(body),
        10 => again::<UplinkStatus>(body),
        11 => again::<WanConfiguration>(body),
        12 => again::<Backhaul>(body),
        13 => again::<Capabilities>(body),
        14 => again::<List<Node>>(body),
        15 => drop(decode::list::<Node>(body, &["nodes"])),
        16 => drop(decode::list::<CustomerSearchHit>(body, &["data", "items", "results"])),
        17 => drop(decode::wrapped::<WifiNetwork>(body, &["wifiNetwork"])),
        18 => drop(ErrorBody::parse(body)),
        19 => drop(serde_json::from_slice::<LocationSnapshot>(body)),
        20 => {
            if let Ok(decoded) = decode::body::<AppQoe>(body) {
                drop(decoded.value.traffic_classes());
            }
        }
        _ => {
            let text = String::from_utf8_lossy(body);
            let address = MacAddress::from(text.as_ref());
            assert_eq!(MacAddress::from(address.canonical()).canonical(), address.canonical());
            let _ = PartnerId::parse(&text);
        }
    }
}

/// Checks that a decoded value stays the same when it is written and read again.
fn again<T: Decode + Serialize + DeserializeOwned + PartialEq + Debug>(body: &[u8]) {
    let Ok(decoded) = decode::body::<T>(body) else { return };
    let written = serde_json::to_string(&decoded.value).expect("a decoded value can be written");
    // Secrets are written redacted, and the last bit of a long decimal may differ.
    if !written.contains("[redacted]") && !written.contains('.') {
        let read: T = serde_json::from_str(&written).expect("a written value can be read");
        assert_eq!(read, decoded.value);
    }
}
