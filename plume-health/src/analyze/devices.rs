//! Devices that should be here and are not.

use chrono::{DateTime, TimeDelta, Utc};
use plume_types::{ConnectionState, Device, LocationSnapshot, NodeId};

use super::{Draft, Weight, address::Address, confidence, known, nodes::Nodes};
use crate::{
    Consequence, DevicePolicy, Evidence, Finding, Policy, ReportPart, RuleId, Subject, SubjectKind, words,
};

/// Judges `device-disconnected`, and gives the devices that hang on disconnected nodes with their node.
/// Devices of an offline location become consequences of its finding at once.
pub(super) fn judge(
    snapshot: &LocationSnapshot,
    nodes: &Nodes<'_>,
    policy: &Policy,
    now: DateTime<Utc>,
    draft: &mut Draft,
) -> Vec<(NodeId, Consequence)> {
    let rule = policy.rules.device_disconnected;
    if !rule.enabled || policy.devices == DevicePolicy::Ignore {
        return Vec::new();
    }
    let list = match known(&snapshot.devices) {
        Ok(list) => list,
        Err(reason) => {
            draft.unknown(ReportPart::Devices, Weight::Optional, reason);
            return Vec::new();
        }
    };
    if list.unreadable() > 0 {
        let reason = words::devices_unreadable(list.unreadable());
        draft.unknown_element(ReportPart::Devices, Weight::Optional, reason, None);
    }

    let watched = watched(&policy.devices);
    let mut missing: Vec<Missing<'_>> = Vec::new();
    let mut stateless: Vec<&Device> = Vec::new();
    for device in list {
        match &device.connection_state {
            Some(ConnectionState::Connected) => {}
            _ if !is_expected(device, &policy.devices, &watched, now) => {}
            Some(ConnectionState::Disconnected) => {
                let behind = blocked_by(device, nodes, policy);
                let address = Address::from(&device.mac);
                missing.push(Missing { device, address, behind, contested: false });
            }
            _ => stateless.push(device),
        }
    }
    // Of two records of a device the one without an excuse counts, being the worse.
    missing.sort_by(|a, b| a.key().cmp(&b.key()));
    missing.dedup_by_key(|missing| missing.address);
    if !missing.is_empty() {
        contest(&mut missing, list);
    }
    stateless.retain(|device| {
        missing.binary_search_by_key(&Address::from(&device.mac), |other| other.address).is_err()
    });
    stateless.sort_by_key(|device| Address::from(&device.mac));
    stateless.dedup_by_key(|device| Address::from(&device.mac));
    if !stateless.is_empty() {
        let reason = words::devices_of_unknown_state(stateless.len());
        draft.unknown_element(ReportPart::Devices, Weight::Optional, reason, None);
    }
    note_absent(&watched, list, draft);

    let offline_finding = draft.findings.iter().position(|finding| finding.rule == RuleId::LocationOffline);
    let mut behind = Vec::new();
    for Missing { device, behind: node, contested, .. } in missing {
        let subject = Subject::new(SubjectKind::Device, device.mac.as_str(), device.display_name());
        let message = words::device_disconnected(device.display_name());
        let offline_finding = offline_finding.and_then(|at| draft.findings.get_mut(at));
        match (offline_finding, node) {
            (Some(finding), _) => finding.consequences.push(Consequence { subject, message }),
            (None, Some(node)) => behind.push((node.clone(), Consequence { subject, message })),
            (None, None) => draft.findings.push(Finding {
                rule: RuleId::DeviceDisconnected,
                severity: rule.severity,
                status: rule.status,
                confidence: confidence::of_device(&policy.devices, contested),
                subject,
                message,
                evidence: evidence(device),
                consequences: Vec::new(),
            }),
        }
    }
    behind
}

struct Missing<'a> {
    device: &'a Device,
    address: Address<'a>,
    /// The disconnected node that explains it.
    behind: Option<&'a NodeId>,
    /// Whether another record of the device has another state.
    contested: bool,
}

impl Missing<'_> {
    fn key(&self) -> impl Ord {
        (
            self.address,
            self.behind,
            self.device.display_name(),
            self.device.mac.as_str(),
            self.device.connection_state_changed_at,
        )
    }
}

/// Notes which devices have a record that does not say "disconnected". `missing` is in order.
fn contest(missing: &mut [Missing<'_>], list: &[Device]) {
    for device in list {
        if device.connection_state != Some(ConnectionState::Disconnected)
            && let Ok(at) = missing.binary_search_by_key(&Address::from(&device.mac), |other| other.address)
            && let Some(missing) = missing.get_mut(at)
        {
            missing.contested = true;
        }
    }
}

/// The nearest disconnected node on the device's way to the gateway, if that is told as a finding.
fn blocked_by<'a>(device: &'a Device, nodes: &Nodes<'_>, policy: &Policy) -> Option<&'a NodeId> {
    if !policy.rules.node_disconnected.enabled {
        return None;
    }
    device.leaf_to_root.as_ref()?.iter().map(|hop| &hop.id).find(|id| nodes.is_disconnected(id))
}

/// The watched addresses, each once and in order; empty for other policies.
fn watched(devices: &DevicePolicy) -> Vec<(Address<'_>, &str)> {
    let DevicePolicy::Watched(macs) = devices else { return Vec::new() };
    let mut watched: Vec<_> = macs.iter().map(|mac| (Address::from(mac), mac.as_str())).collect();
    watched.sort_unstable();
    watched.dedup_by_key(|(address, _)| *address);
    watched
}

fn position(watched: &[(Address<'_>, &str)], device: &Device) -> Option<usize> {
    watched.binary_search_by_key(&Address::from(&device.mac), |(address, _)| *address).ok()
}

fn is_expected(
    device: &Device,
    devices: &DevicePolicy,
    watched: &[(Address<'_>, &str)],
    now: DateTime<Utc>,
) -> bool {
    match devices {
        DevicePolicy::Recent { within } => device.connection_state_changed_at.is_none_or(|left| {
            // A limit that chrono cannot express is longer than any time. A time to come counts as now.
            TimeDelta::from_std(*within).map_or(true, |within| now.signed_duration_since(left) <= within)
        }),
        DevicePolicy::All => true,
        DevicePolicy::Watched(_) => position(watched, device).is_some(),
        DevicePolicy::Favorites => device.favorite == Some(true),
        DevicePolicy::Ignore => false,
    }
}

/// A watched device without a record may have been removed or may be one that could not be read: that is not
/// "disconnected".
fn note_absent(watched: &[(Address<'_>, &str)], list: &[Device], draft: &mut Draft) {
    if watched.is_empty() {
        return;
    }
    let mut present = vec![false; watched.len()];
    for device in list {
        if let Some(present) = position(watched, device).and_then(|at| present.get_mut(at)) {
            *present = true;
        }
    }
    for ((_, mac), _) in watched.iter().zip(present).filter(|(_, present)| !present) {
        draft.unknown_element(
            ReportPart::Devices,
            Weight::Optional,
            words::watched_missing(mac),
            Some(Subject::new(SubjectKind::Device, *mac, *mac)),
        );
    }
}

fn evidence(device: &Device) -> Vec<Evidence> {
    let path = |field: &str| format!("devices[{}].{field}", device.mac);
    let state = Evidence::new(path("connectionState"), ConnectionState::Disconnected.as_str());
    let since = device
        .connection_state_changed_at
        .map(|time| Evidence::new(path("connectionStateChangeAt"), time_text(time)));
    [state].into_iter().chain(since).collect()
}

fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
