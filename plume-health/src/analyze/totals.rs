//! What a report tells about a location besides the verdict, for the roll-up of many.

use plume_types::{ConnectionState, LocationSnapshot, TextOrFlag};

use super::address::Address;
use crate::DeviceTotals;

pub(super) fn city(snapshot: &LocationSnapshot) -> Option<&str> {
    text(snapshot.location.known()?.geo_ip.as_ref()?.city.as_deref())
}

/// From the public address, else from a speed test of the location, else from one of a node.
pub(super) fn isp(snapshot: &LocationSnapshot) -> Option<&str> {
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

/// Worst first, so that of two records of a device the worse one comes first in order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Disconnected,
    Unknown,
    Connected,
}

pub(super) fn devices(snapshot: &LocationSnapshot) -> Option<DeviceTotals> {
    let list = snapshot.devices.known()?;
    let mut totals = DeviceTotals { unknown: list.unreadable(), ..DeviceTotals::default() };
    let mut count = |state| {
        let number = match state {
            State::Disconnected => &mut totals.disconnected,
            State::Unknown => &mut totals.unknown,
            State::Connected => &mut totals.connected,
        };
        *number = number.saturating_add(1);
    };
    let mut states: Vec<(Address<'_>, State)> = list
        .iter()
        .map(|device| {
            let state = match &device.connection_state {
                Some(ConnectionState::Connected) => State::Connected,
                Some(ConnectionState::Disconnected) => State::Disconnected,
                _ => State::Unknown,
            };
            (Address::from(&device.mac), state)
        })
        .collect();
    states.sort_unstable();
    states.dedup_by_key(|(address, _)| *address);
    states.iter().for_each(|(_, state)| count(*state));
    Some(totals)
}
