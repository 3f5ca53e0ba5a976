//! Expected devices that are not connected.

use chrono::{DateTime, TimeDelta, Utc};
use plume_types::{ConnectionState, Device, Field, List, MacAddress};

use crate::analyze::confidence;
use crate::analyze::draft::{Draft, Weight};
use crate::analyze::nodes::Nodes;
use crate::phrases;
use crate::policy::{DevicePolicy, Policy};
use crate::report::{Consequence, DeviceTotals, Evidence, Finding, ReportPart, RuleId, Subject, SubjectKind};

/// The devices of a snapshot by address, so that rules and counts see each device once.
pub(in crate::analyze) struct Devices<'a> {
    /// All records, grouped by device, the worst first.
    records: Vec<Record<'a>>,
    unreadable: usize,
}

/// An address that compares equal in every notation.
type Address<'a> = Result<u64, &'a MacAddress>;

struct Record<'a> {
    address: Address<'a>,
    device: &'a Device,
}

/// Worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Disconnected,
    Unknown,
    Connected,
}

impl Record<'_> {
    fn state(&self) -> State {
        match &self.device.connection_state {
            Field::Known(ConnectionState::Connected) => State::Connected,
            Field::Known(ConnectionState::Disconnected) => State::Disconnected,
            Field::Known(_) | Field::Absent | Field::Unreadable => State::Unknown,
        }
    }
}

impl<'a> Devices<'a> {
    pub(in crate::analyze) fn of(list: &'a List<Device>) -> Self {
        let mut records: Vec<Record<'_>> =
            list.iter().map(|device| Record { address: device.mac.key(), device }).collect();
        records.sort_unstable_by(|a, b| a.address.cmp(&b.address).then_with(|| a.state().cmp(&b.state())));
        Self { records, unreadable: list.unreadable() }
    }

    /// Returns the records of each device.
    fn each(&self) -> impl Iterator<Item = &[Record<'a>]> {
        self.records.chunk_by(|a, b| a.address == b.address)
    }

    pub(in crate::analyze) fn totals(&self) -> DeviceTotals {
        let mut totals = DeviceTotals { unreadable: self.unreadable, ..DeviceTotals::default() };
        for worst in self.each().filter_map(|same| same.first()) {
            let number = match worst.state() {
                State::Disconnected => &mut totals.disconnected,
                State::Unknown => &mut totals.unknown,
                State::Connected => &mut totals.connected,
            };
            *number = number.saturating_add(1);
        }
        totals
    }
}

/// Judges `device-disconnected`. Returns the devices that are attached to disconnected nodes, with the index of the
/// node. Devices of an offline location become consequences of its finding.
pub(in crate::analyze) fn judge<'a>(
    devices: Result<&Devices<'a>, String>,
    nodes: &Nodes<'_>,
    policy: &Policy,
    now: DateTime<Utc>,
    draft: &mut Draft,
) -> Vec<(usize, &'a Device)> {
    let rule = policy.rules.device_disconnected;
    if !rule.enabled || policy.devices == DevicePolicy::Ignore {
        return Vec::new();
    }
    let devices = match devices {
        Ok(devices) => devices,
        Err(reason) => {
            draft.unknown(ReportPart::Devices, Weight::Optional, reason);
            return Vec::new();
        }
    };
    if devices.unreadable > 0 {
        let reason = phrases::devices_unreadable(devices.unreadable);
        draft.unknown_element(ReportPart::Devices, Weight::Optional, reason, None);
    }

    let watched = watched(&policy.devices);
    let offline_finding = draft.findings.iter().position(|finding| finding.rule == RuleId::LocationOffline);
    let mut behind = Vec::new();
    let (mut stateless, mut unplaced) = (0_usize, 0_usize);
    for records in devices.each() {
        let expected = |state: State, expected: Expected| {
            let of_state = records.iter().filter(move |record| record.state() == state);
            let watched = &watched;
            of_state.filter(move |record| is_expected(record, &policy.devices, watched, now) == expected)
        };
        // Of two records of a device the one without an explanation counts, because it is worse.
        let missing = expected(State::Disconnected, Expected::Yes)
            .map(|record| Missing { device: record.device, behind: blocked_by(record.device, nodes, policy) })
            .min_by(|a, b| a.key().cmp(&b.key()));
        let Some(Missing { device, behind: node }) = missing else {
            let has = |state, place| expected(state, place).next().is_some();
            if has(State::Disconnected, Expected::Unknown) {
                unplaced = unplaced.saturating_add(1);
            } else if has(State::Unknown, Expected::Yes) || has(State::Unknown, Expected::Unknown) {
                stateless = stateless.saturating_add(1);
            }
            let away = records.first().filter(|worst| worst.state() == State::Disconnected);
            draft.away.extend(away.map(|record| record.device.mac.clone()));
            continue;
        };
        let offline_finding = offline_finding.and_then(|at| draft.findings.get_mut(at));
        match (offline_finding, node) {
            (Some(finding), _) => finding.consequences.push(consequence(device)),
            (None, Some(node)) => behind.push((node, device)),
            (None, None) => draft.findings.push(Finding {
                rule: RuleId::DeviceDisconnected,
                severity: rule.severity,
                status: rule.status,
                confidence: confidence::of_device(
                    &policy.devices,
                    records.iter().any(|record| record.state() != State::Disconnected),
                ),
                subject: subject(device),
                message: phrases::device_disconnected(device.display_name()),
                evidence: evidence(device),
                consequences: Vec::new(),
            }),
        }
    }
    if stateless > 0 {
        let reason = phrases::devices_of_unknown_state(stateless);
        draft.unknown_element(ReportPart::Devices, Weight::Optional, reason, None);
    }
    if unplaced > 0 {
        let reason = phrases::devices_of_unknown_place(unplaced);
        draft.unknown_element(ReportPart::Devices, Weight::Optional, reason, None);
    }
    note_absent(&watched, devices, draft);
    behind
}

fn subject(device: &Device) -> Subject {
    Subject::new(SubjectKind::Device, device.mac.as_str(), device.display_name())
}

pub(in crate::analyze) fn consequence(device: &Device) -> Consequence {
    Consequence { subject: subject(device), message: phrases::device_disconnected(device.display_name()) }
}

/// A record of an expected device.
struct Missing<'a> {
    device: &'a Device,
    /// The index of the disconnected node that explains it.
    behind: Option<usize>,
}

impl Missing<'_> {
    /// Returns a key under which records with equal keys read the same.
    fn key(&self) -> impl Ord {
        (
            self.behind,
            self.device.display_name(),
            self.device.mac.as_str(),
            self.device.connection_state_changed_at.known().copied(),
        )
    }
}

/// Returns the nearest disconnected node on the device's path, if that node is reported as a finding. A connected
/// node before it ends the search: the device would be attached there.
fn blocked_by(device: &Device, nodes: &Nodes<'_>, policy: &Policy) -> Option<usize> {
    if !policy.rules.node_disconnected.enabled {
        return None;
    }
    let way = device.leaf_to_root.known()?;
    way.iter().map_while(|hop| nodes.passes(&hop.id)).flatten().next()
}

/// Returns the watched addresses, sorted and each once; empty for other policies.
fn watched(devices: &DevicePolicy) -> Vec<(Address<'_>, &str)> {
    let DevicePolicy::Watched(macs) = devices else { return Vec::new() };
    let mut watched: Vec<_> = macs.iter().map(|mac| (mac.key(), mac.as_str())).collect();
    watched.sort_unstable();
    watched.dedup_by_key(|(address, _)| *address);
    watched
}

/// Whether a device is expected.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Yes,
    No,
    /// The field that decides could not be read.
    Unknown,
}

impl From<bool> for Expected {
    fn from(expected: bool) -> Self {
        if expected { Self::Yes } else { Self::No }
    }
}

fn is_expected(
    record: &Record<'_>,
    devices: &DevicePolicy,
    watched: &[(Address<'_>, &str)],
    now: DateTime<Utc>,
) -> Expected {
    let device = record.device;
    match devices {
        DevicePolicy::Recent { within } => match device.connection_state_changed_at {
            // A limit that chrono cannot express is longer than any time. A future time counts as now.
            Field::Known(left) => TimeDelta::from_std(*within)
                .map_or(true, |within| now.signed_duration_since(left) <= within)
                .into(),
            Field::Absent => Expected::Yes,
            Field::Unreadable => Expected::Unknown,
        },
        DevicePolicy::All => Expected::Yes,
        DevicePolicy::Watched(_) => {
            watched.binary_search_by_key(&record.address, |(address, _)| *address).is_ok().into()
        }
        DevicePolicy::Favorites => match device.favorite {
            Field::Known(favorite) => favorite.into(),
            Field::Absent => Expected::No,
            Field::Unreadable => Expected::Unknown,
        },
        DevicePolicy::Ignore => Expected::No,
    }
}

/// Adds watched devices without a record. Such a device may be removed or unreadable, which is not "disconnected".
fn note_absent(watched: &[(Address<'_>, &str)], devices: &Devices<'_>, draft: &mut Draft) {
    for (address, mac) in watched {
        if devices.records.binary_search_by_key(address, |record| record.address).is_err() {
            draft.unknown_element(
                ReportPart::Devices,
                Weight::Optional,
                phrases::watched_missing(mac),
                Some(Subject::new(SubjectKind::Device, *mac, *mac)),
            );
        }
    }
}

fn evidence(device: &Device) -> Vec<Evidence> {
    let path = |field: &str| ["devices[", device.mac.as_str(), "].", field].concat();
    let state = Evidence::new(path("connectionState"), ConnectionState::Disconnected.as_str());
    let since = device
        .connection_state_changed_at
        .into_known()
        .map(|time| Evidence::new(path("connectionStateChangeAt"), time_text(time)));
    [state].into_iter().chain(since).collect()
}

fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
