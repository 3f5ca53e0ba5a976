//! The location as a whole: its connection and its subscription.
//!
//! An unreadable network state makes the verdict incomplete, because it may say "offline". If it failed for another
//! reason, was not requested or has no value, the nodes decide.

use plume_types::{Field, Location, LocationSnapshot, OnlineState, PartFailureKind, ServiceTier};
use serde_json::Value;

use crate::analyze::confidence;
use crate::analyze::draft::{Draft, Weight, at_best_yellow};
use crate::analyze::nodes::Nodes;
use crate::facts::NodeState;
use crate::phrases::{self, known};
use crate::policy::{ReducedServiceRule, Rule, Rules};
use crate::report::{Confidence, Evidence, Finding, ReportPart, RuleId, Subject, SubjectKind};

/// The connection of the location.
pub(in crate::analyze) struct Connection {
    pub(in crate::analyze) online: Option<bool>,
    /// Whether `location-offline` has a finding.
    pub(in crate::analyze) offline: bool,
}

/// The evidence of one source about the connection.
#[derive(Clone, Copy, PartialEq)]
enum Says {
    Online,
    Offline,
    Nothing,
}

/// Judges `location-offline`, and adds the unknown parts that the verdict depends on.
pub(in crate::analyze) fn judge(
    snapshot: &LocationSnapshot,
    nodes: &Nodes<'_>,
    rules: &Rules,
    draft: &mut Draft,
) -> Connection {
    let rule = &rules.location_offline;
    let by_nodes = nodes_say(nodes);
    let by_network =
        if rule.network_status { network_says(snapshot, by_nodes, draft) } else { Says::Nothing };

    let offline = by_nodes == Says::Offline || by_network == Says::Offline;
    if offline {
        draft.findings.push(Finding {
            rule: RuleId::LocationOffline,
            severity: rule.severity,
            status: at_best_yellow(rule.status),
            confidence: confidence(nodes, by_nodes, by_network),
            subject: subject(snapshot),
            message: message(nodes, by_nodes),
            evidence: evidence(snapshot, nodes, rule.network_status),
            consequences: nodes.disconnected().map(|(_, node)| node.consequence()).collect(),
        });
    }
    let online = match (offline, by_nodes, by_network) {
        (true, _, _) => Some(false),
        (false, Says::Online, _) | (false, _, Says::Online) => Some(true),
        (false, _, _) => None,
    };
    Connection { online, offline }
}

fn subject(snapshot: &LocationSnapshot) -> Subject {
    Subject::new(SubjectKind::Location, snapshot.location_id.as_str(), snapshot.display_name())
}

/// Derives the state from the nodes. One connected node is enough for "online"; "offline" requires all nodes.
fn nodes_say(nodes: &Nodes<'_>) -> Says {
    if nodes.count(NodeState::Connected) > 0 {
        Says::Online
    } else if nodes.all_known() {
        Says::Offline
    } else {
        Says::Nothing
    }
}

/// Evaluates the location's network state. It is needed if the nodes do not decide, or if it is unreadable and may
/// say offline. Its absence from a known location is not reported if the nodes decide, because the API omits unset
/// fields.
fn network_says(snapshot: &LocationSnapshot, by_nodes: Says, draft: &mut Draft) -> Says {
    let is_unreadable = match snapshot.location.failure() {
        Some(failure) => failure.kind == PartFailureKind::Unreadable,
        None => snapshot.location.known().is_some_and(|location| status(location).is_unreadable()),
    };
    let needed = by_nodes == Says::Nothing || is_unreadable;
    let reason = match known(&snapshot.location).map(status) {
        Ok(Field::Known(OnlineState::Online)) => return Says::Online,
        Ok(Field::Known(OnlineState::Offline)) => return Says::Offline,
        Ok(Field::Known(other)) => phrases::unknown_word(other.as_str()),
        Ok(Field::Absent) if needed => phrases::STATUS_MISSING.to_owned(),
        Ok(Field::Absent) => return Says::Nothing,
        Ok(Field::Unreadable) => phrases::STATUS_UNREADABLE.to_owned(),
        Err(reason) => reason,
    };
    let weight = if needed { Weight::Needed } else { Weight::Optional };
    draft.unknown(ReportPart::NetworkState, weight, reason);
    Says::Nothing
}

fn status(location: &Location) -> Field<&OnlineState> {
    location.network_status.as_ref().and_then(|network| network.status.as_ref())
}

/// Rates the sources: a single one is trusted, a contradicted one less, and one that contradicts itself least.
fn confidence(nodes: &Nodes<'_>, by_nodes: Says, by_network: Says) -> Confidence {
    match (by_nodes, by_network) {
        (Says::Online, _) | (_, Says::Online) => Confidence::Likely,
        (_, Says::Offline) => Confidence::Certain,
        _ => confidence::of_word(nodes.views.iter().any(|node| node.contested)),
    }
}

fn message(nodes: &Nodes<'_>, by_nodes: Says) -> String {
    match by_nodes {
        Says::Offline if nodes.is_known_empty() => phrases::NO_PODS.to_owned(),
        Says::Offline => phrases::none_connected(nodes.views.len()),
        _ => phrases::REPORTED_OFFLINE.to_owned(),
    }
}

const NETWORK_STATUS: &str = "location.networkStatus.status";

/// Returns whether the network state is evidence of a `location-offline`.
pub(in crate::analyze) fn is_reported_offline(finding: &Finding) -> bool {
    let offline = OnlineState::Offline.as_str();
    finding.evidence.iter().any(|evidence| evidence.path == NETWORK_STATUS && evidence.value == *offline)
}

/// Returns the evidence of both sources, contradictory or not.
fn evidence(snapshot: &LocationSnapshot, nodes: &Nodes<'_>, network_status: bool) -> Vec<Evidence> {
    let mut evidence = Vec::new();
    let status = snapshot.location.known().and_then(|location| status(location).into_known());
    if network_status && let Some(status) = status {
        evidence.push(Evidence::new(NETWORK_STATUS, status.as_str()));
    }
    if nodes.is_known_empty() {
        evidence.push(Evidence::new("nodes", Value::Array(Vec::new())));
    }
    evidence.extend(nodes.views.iter().map(|node| node.state_evidence()));
    evidence
}

/// Judges `no-service` and `reduced-service`.
///
/// The tier has a response of its own and a copy in the location, which counts only if the first is not known. The
/// copy alone does not replace an unreadable response.
pub(in crate::analyze) fn judge_service_level(snapshot: &LocationSnapshot, rules: &Rules, draft: &mut Draft) {
    if !rules.no_service.enabled && !rules.reduced_service.enabled {
        return;
    }
    let own = known(&snapshot.service_level).map(|level| level.status.as_ref());
    let location =
        snapshot.location.known().map_or(Field::Absent, |location| location.service_level.as_ref());
    let copy = location.and_then(|level| level.status.as_ref());
    let unreadable = match (&own, snapshot.service_level.failure()) {
        (Ok(Field::Unreadable), _) => Some(phrases::STATUS_UNREADABLE.to_owned()),
        (Err(reason), Some(failure)) if failure.kind == PartFailureKind::Unreadable => Some(reason.clone()),
        _ => None,
    };
    if copy.known().is_some()
        && let Some(reason) = unreadable
    {
        draft.unknown_element(ReportPart::ServiceLevel, Weight::Optional, reason, None);
    }
    let (path, tier) = match (own, copy) {
        (Ok(Field::Known(tier)), _) => ("serviceLevel.status", tier),
        (_, Field::Known(tier)) => ("location.serviceLevel.status", tier),
        (Err(reason), Field::Absent) => {
            draft.unknown(ReportPart::ServiceLevel, Weight::Optional, reason);
            return;
        }
        (Ok(Field::Absent), Field::Absent) => {
            draft.unknown(ReportPart::ServiceLevel, Weight::Optional, phrases::STATUS_MISSING);
            return;
        }
        (_, Field::Unreadable) | (Ok(Field::Unreadable), _) => {
            draft.unknown(ReportPart::ServiceLevel, Weight::Optional, phrases::STATUS_UNREADABLE);
            return;
        }
    };
    let cut_off = (RuleId::NoService, rules.no_service);
    let ReducedServiceRule { enabled, severity, status, full_service_only } = rules.reduced_service;
    let reduced = (RuleId::ReducedService, Rule { enabled, severity, status });
    let ((id, rule), confidence, message) = match tier {
        ServiceTier::NoService => (cut_off, Confidence::Certain, phrases::NO_SERVICE.to_owned()),
        ServiceTier::BasicService => (reduced, Confidence::Certain, phrases::REDUCED_SERVICE.to_owned()),
        ServiceTier::FullService => return,
        other if enabled && full_service_only => {
            (reduced, Confidence::Likely, phrases::other_service(other.as_str()))
        }
        other => {
            draft.unknown(ReportPart::ServiceLevel, Weight::Optional, phrases::unknown_word(other.as_str()));
            return;
        }
    };
    if rule.enabled {
        draft.findings.push(Finding {
            rule: id,
            severity: rule.severity,
            status: rule.status,
            confidence,
            subject: subject(snapshot),
            message,
            evidence: vec![Evidence::new(path, tier.as_str())],
            consequences: Vec::new(),
        });
    }
}
