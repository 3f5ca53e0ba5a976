//! The differences at the location as a whole.

use chrono::{DateTime, Utc};
use plume_health::{Subject, known};
use plume_types::{
    Field, Location, LocationSnapshot, Node, OnlineState, ServiceTier, SpeedTest, SpeedTestStatus, TextOrFlag,
};
use serde_json::Value;

use crate::change::changes::{ChangeKind, ComparedPart, SPEED_CHANGE_FROM_MBPS, SPEED_CHANGE_FROM_SHARE};
use crate::change::found::{Found, Observed, Text};
use crate::change::phrases;

pub(super) fn compare(
    before: &LocationSnapshot,
    after: &LocationSnapshot,
    subject: &Subject,
    found: &mut Found,
) {
    compare_service_level(before, after, subject, found);
    // Speed tests are also part of the nodes.
    compare_speed(before, after, subject, found);
    let Some((old, new)) = found.both(ComparedPart::Location, &before.location, &after.location) else {
        return;
    };
    let mut field = |kind, observed: fn(&Location) -> Observed<String>| {
        let both = (observed(old), observed(new));
        found.field((ComparedPart::Location, kind), subject, both, |value| Text::word(value));
    };
    field(ChangeKind::NetworkState, network_state);
    field(ChangeKind::NetworkMode, |location| {
        Observed::of(location.network_mode.as_ref().map(|mode| mode.as_str().to_owned()))
    });
    field(ChangeKind::Isp, |location| {
        Observed::of(
            location
                .geo_ip
                .as_ref()
                .and_then(|place| place.isp.as_ref().and_then(TextOrFlag::text).map(str::to_owned)),
        )
    });
    field(ChangeKind::LocationName, |location| Observed::of(location.name.clone()));
    field(ChangeKind::Ssid, |location| {
        ssid(location).map(|networks| {
            let names: Vec<String> = networks.into_iter().map(|network| network.0).collect();
            names.join(", ")
        })
    });
    field(ChangeKind::Security, |location| match ssid(location) {
        Observed::Value(networks) => {
            let security: Vec<String> = networks.into_iter().filter_map(|network| network.1).collect();
            // A bare name has no security.
            Observed::of((!security.is_empty()).then(|| security.join(", ")))
        }
        // Reported for the names already.
        _ => Observed::Nothing,
    });
}

fn network_state(location: &Location) -> Observed<String> {
    match location.network_status.as_ref().and_then(|status| status.status.as_ref()) {
        Field::Absent => Observed::Nothing,
        Field::Known(state @ (OnlineState::Online | OnlineState::Offline)) => {
            Observed::Value(state.as_str().to_owned())
        }
        Field::Known(other) => Observed::Unusable(phrases::unknown_word(other.as_str())),
        Field::Unreadable => Observed::Unusable(phrases::STATUS_UNREADABLE.to_owned()),
    }
}

/// Names and security of the Wi-Fi networks.
type Networks = Vec<(String, Option<String>)>;

/// Reads Wi-Fi networks in all known forms: a name, an object, or a list of these. Only names and kinds of security
/// are read, because a passphrase can be beside them.
fn ssid(location: &Location) -> Observed<Networks> {
    let Some(value) = &location.ssid else { return Observed::Nothing };
    let mut networks = Vec::new();
    if read_networks(value.expose(), &mut networks, 0) && !networks.is_empty() {
        networks.sort();
        networks.dedup();
        Observed::Value(networks)
    } else {
        Observed::Unusable(phrases::NOT_UNDERSTOOD.to_owned())
    }
}

/// No known form is nested deeper than this.
const MAX_NESTING: usize = 3;

fn read_networks(value: &Value, networks: &mut Networks, level: usize) -> bool {
    match value {
        _ if level > MAX_NESTING => false,
        Value::String(name) => {
            networks.push((name.clone(), None));
            true
        }
        Value::Array(list) => list.iter().all(|item| read_networks(item, networks, level.saturating_add(1))),
        Value::Object(object) => {
            if let Some(inner) = object.get("wifiNetwork") {
                return read_networks(inner, networks, level.saturating_add(1));
            }
            let text = |keys: &[&str]| keys.iter().find_map(|key| object.get(*key)?.as_str());
            let Some(name) = text(&["ssid", "name"]) else { return false };
            let security = text(&["wpaMode", "encryption", "security"]);
            networks.push((name.to_owned(), security.map(str::to_owned)));
            true
        }
        _ => false,
    }
}

/// Compares the tier, which has a response of its own and a copy in the location.
fn compare_service_level(
    before: &LocationSnapshot,
    after: &LocationSnapshot,
    subject: &Subject,
    found: &mut Found,
) {
    let tier = |snapshot: &LocationSnapshot| -> Observed<ServiceTier> {
        let own = known(&snapshot.service_level).map(|level| level.status.as_ref());
        let location =
            snapshot.location.known().map_or(Field::Absent, |location| location.service_level.as_ref());
        match (own, location.and_then(|level| level.status.as_ref())) {
            (Ok(Field::Known(tier)), _) | (_, Field::Known(tier)) => Observed::Value(tier.clone()),
            (Err(reason), _) => Observed::Unusable(reason),
            (Ok(Field::Unreadable), _) | (_, Field::Unreadable) => {
                Observed::Unusable(phrases::STATUS_UNREADABLE.to_owned())
            }
            (Ok(Field::Absent), Field::Absent) => Observed::Nothing,
        }
    };
    let both = (tier(before), tier(after));
    let what = (ComparedPart::ServiceLevel, ChangeKind::ServiceLevel);
    found.field(what, subject, both, |tier| Text::word(tier.as_str()));
}

fn compare_speed(before: &LocationSnapshot, after: &LocationSnapshot, subject: &Subject, found: &mut Found) {
    let (old, new) = (last_test(before), last_test(after));
    for (kind, speed) in [
        (ChangeKind::SpeedDownload, (|test| test.download) as fn(&SpeedTest) -> Option<f64>),
        (ChangeKind::SpeedUpload, |test| test.upload),
    ] {
        let observed =
            |test: Option<&SpeedTest>| Observed::of(test.and_then(speed).filter(|mbps| is_speed(*mbps)));
        let (old, new) = (observed(old), observed(new));
        if let (Observed::Value(old), Observed::Value(new)) = (&old, &new)
            && !differs(*old, *new)
        {
            continue;
        }
        found.field((ComparedPart::Location, kind), subject, (old, new), |mbps| Text {
            value: Value::from(*mbps),
            shown: Some(phrases::mbps(*mbps)),
        });
    }
}

fn is_speed(mbps: f64) -> bool {
    mbps.is_finite() && mbps >= 0.0
}

/// Returns whether two speeds differ by more than tests of the same line do.
fn differs(old: f64, new: f64) -> bool {
    let difference = (old - new).abs();
    difference >= SPEED_CHANGE_FROM_MBPS && difference >= old.max(new) * SPEED_CHANGE_FROM_SHARE
}

/// Returns the last successful test: of the gateway, else of the location, which is weakly evidenced.
fn last_test(snapshot: &LocationSnapshot) -> Option<&SpeedTest> {
    let gateways = snapshot.nodes.known().map(|nodes| &**nodes).unwrap_or_default().iter();
    let of_gateways = gateways.filter(|node| node.is_gateway() == Some(true));
    let by_gateway =
        of_gateways.filter_map(|node: &Node| succeeded(node.speed_test.as_ref())).max_by_key(age);
    by_gateway.or_else(|| succeeded(snapshot.location.known()?.speed_test.as_ref()))
}

fn succeeded(test: Option<&SpeedTest>) -> Option<&SpeedTest> {
    test.filter(|test| test.status.as_ref().is_none_or(|status| *status == SpeedTestStatus::Succeeded))
}

/// Orders tests by time; equally new ones by value.
fn age(test: &&SpeedTest) -> (Option<DateTime<Utc>>, Option<u64>, Option<u64>) {
    (test.ended_at.or(test.started_at), test.download.map(f64::to_bits), test.upload.map(f64::to_bits))
}
