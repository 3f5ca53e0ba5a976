//! City and internet provider of a home.

use plume_types::{LocationSnapshot, TextOrFlag};

pub(crate) fn city(snapshot: &LocationSnapshot) -> Option<&str> {
    text(snapshot.location.known()?.geo_ip.as_ref()?.city.as_deref())
}

/// Returns the provider of the public address, else of a speed test of the location, else of a node's.
pub(crate) fn isp(snapshot: &LocationSnapshot) -> Option<&str> {
    let location = snapshot.location.known();
    let by_address =
        location.and_then(|location| location.geo_ip.as_ref()?.isp.as_ref().and_then(TextOrFlag::text));
    let by_test = location.and_then(|location| location.speed_test.as_ref()?.isp.as_deref());
    text(by_address).or_else(|| text(by_test)).or_else(|| {
        let nodes = snapshot.nodes.known()?.iter();
        nodes.filter_map(|node| text(node.speed_test.as_ref()?.isp.as_deref())).min()
    })
}

fn text(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
