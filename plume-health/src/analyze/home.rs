//! The analysis of a snapshot.

use chrono::{DateTime, TimeDelta, Utc};
use plume_types::LocationSnapshot;

use crate::analyze::draft::{Draft, Weight};
use crate::analyze::rules::{devices, location, nodes as node_rules, qoe};
use crate::analyze::{confidence, nodes, verdict};
use crate::facts::{BEST_SCORE, city, in_range, isp};
use crate::phrases::{self, known};
use crate::policy::Policy;
use crate::report::{HealthReport, LocationRef, PolicyUsed, ReportPart};

/// Judges a location by a policy, as of `now`.
///
/// `now` decides which devices disconnected recently and whether the snapshot is too old. To analyze a stored
/// snapshot as of its own time, pass its `taken_at`. The function is pure and total: the same arguments give the
/// same report, and every input gives one.
///
/// # How hard cases are decided
///
/// * The nodes failed, were not requested, or have no readable connection state: neither offline nor green. If
///   another node is connected, the location is online. The status is [`Status::Unknown`](crate::Status::Unknown)
///   or worse.
/// * The network state is offline while nodes are connected: offline, with both as evidence. It is online while
///   every node is disconnected: offline too.
/// * An empty list of nodes: offline, "No pods found for this location". A list in which no element could be read
///   is not an empty list.
/// * Two records of the same node, device or traffic class: the worse one counts.
/// * A pod with poor health and an alert about poor health: one finding, of the rule `node-health`.
/// * A pod or device that is disconnected because its location is offline, or because the pod that it was attached
///   to is disconnected: a consequence, not a finding. Of several disconnected pods in a row the one nearest to the
///   gateway is the finding; see [`topology`](crate::topology) for how the row is determined. The headline counts
///   all disconnected pods, including consequences.
/// * A snapshot older than [`Policy::max_age`]: unknown with any content.
#[must_use]
pub fn analyze(snapshot: &LocationSnapshot, policy: &Policy, now: DateTime<Utc>) -> HealthReport {
    let rules = &policy.rules;
    let mut draft = Draft::default();
    let nodes = nodes::read(&snapshot.nodes, rules);
    let devices = known(&snapshot.devices).map(devices::Devices::of);

    let online = if let Some(age) = excess_age(snapshot, policy, now) {
        draft.unknown(ReportPart::Snapshot, Weight::Needed, phrases::too_old(age));
        None
    } else {
        let state = location::judge(snapshot, &nodes, rules, &mut draft);
        let behind = devices::judge(devices.as_ref().map_err(String::clone), &nodes, policy, now, &mut draft);
        node_rules::judge(snapshot, &nodes, state.offline, &behind, rules, &mut draft);
        location::judge_service_level(snapshot, rules, &mut draft);
        qoe::judge(snapshot, &rules.poor_qoe, &mut draft);
        state.online
    };
    draft.sort();
    let aged = confidence::has_aged(snapshot, policy, now);
    let status = verdict::status(&draft);
    let (confidence, doubts) = confidence::of_report(status, &draft, aged);
    confidence::lower_by_age(&mut draft, aged);

    HealthReport {
        location: LocationRef {
            id: snapshot.location_id.clone(),
            name: snapshot.display_name().to_owned(),
            customer_id: snapshot.customer_id.clone(),
            isp: isp(snapshot).map(str::to_owned),
            city: city(snapshot).map(str::to_owned),
        },
        status,
        confidence,
        doubts,
        online,
        headline: verdict::headline(status, &draft, &nodes),
        what_would_make_it_green: verdict::way_to_green(status, &draft, &nodes, rules),
        unreadable_nodes: nodes.unreadable,
        nodes: nodes::table(nodes),
        devices: devices.ok().map(|devices| devices.totals()),
        findings: draft.findings,
        unknown: draft.unknown,
        policy: PolicyUsed {
            profile: policy.profile.as_str().to_owned(),
            version: policy.version,
            changed: *policy != Policy::of_profile(policy.profile),
            poor_health_below: in_range(rules.node_health.poor_below, BEST_SCORE),
        },
        away_devices: draft.away,
        taken_at: snapshot.taken_at,
        analyzed_at: now,
    }
}

/// Returns the age of a snapshot that is too old. One from the future has no age.
fn excess_age(snapshot: &LocationSnapshot, policy: &Policy, now: DateTime<Utc>) -> Option<TimeDelta> {
    // A limit that chrono cannot express is longer than any age.
    let limit = TimeDelta::from_std(policy.max_age?).ok()?;
    let age = now.signed_duration_since(snapshot.taken_at);
    (age > limit).then_some(age)
}
