//! What a report tells about a location besides the verdict, for the roll-up of many.

use plume_types::{ConnectionState, Device, LocationSnapshot, TextOrFlag};

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
    // Comparing numbers is several times as fast as comparing addresses, and nearly all are proper ones.
    let mut proper: Vec<(u64, State)> = Vec::with_capacity(list.len());
    let mut others: Vec<(&Device, State)> = Vec::new();
    for device in list {
        let state = match &device.connection_state {
            Some(ConnectionState::Connected) => State::Connected,
            Some(ConnectionState::Disconnected) => State::Disconnected,
            _ => State::Unknown,
        };
        match number(device.mac.as_str()) {
            Some(number) => proper.push((number, state)),
            None => others.push((device, state)),
        }
    }
    proper.sort_unstable();
    proper.dedup_by_key(|(number, _)| *number);
    others.sort_by(|a, b| (&a.0.mac, a.1).cmp(&(&b.0.mac, b.1)));
    others.dedup_by(|a, b| a.0.mac == b.0.mac);
    proper.iter().map(|(_, state)| *state).chain(others.iter().map(|(_, state)| *state)).for_each(&mut count);
    Some(totals)
}

/// A hardware address as a number: twelve hexadecimal digits, however they are parted.
fn number(mac: &str) -> Option<u64> {
    let mut number = 0_u64;
    let mut digits = 0_u32;
    for byte in mac.bytes() {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            b':' | b'-' | b'.' => continue,
            _ => return None,
        };
        number = number << 4 | u64::from(digit);
        digits += 1;
        if digits > 12 {
            return None;
        }
    }
    (digits == 12).then_some(number)
}
