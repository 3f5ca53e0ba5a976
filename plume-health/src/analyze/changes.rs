//! The differences between two reports on a home.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};

use plume_types::MacAddress;

use crate::facts::NodeState;
use crate::report::{
    Evidence, Finding, FindingChange, HealthReport, ReportChanges, ReportPart, RuleId, Subject, SubjectKind,
    UnknownPart,
};

/// Compares two reports on a location.
///
/// A finding that is in one report only is not necessarily new or gone: it can have become a consequence of
/// another one ([`ReportChanges::absorbed`]), its device can be away as before
/// ([`ReportChanges::no_longer_expected`]), or the report does not know ([`ReportChanges::no_longer_known`]).
#[must_use]
pub fn diff_reports(before: &HealthReport, after: &HealthReport) -> ReportChanges {
    let (earlier, later) = (Index::of(before), Index::of(after));
    let gone = Missing::sort(&earlier, &later);
    let new = Missing::sort(&later, &earlier);
    let (mut worsened, mut eased) = (Vec::new(), Vec::new());
    for (key, earlier) in &earlier.findings {
        let Some(later) = later.findings.get(key) else { continue };
        let change = || FindingChange { before: (*earlier).clone(), after: (*later).clone() };
        match weight(earlier, before).cmp(&weight(later, after)) {
            Ordering::Less => eased.push(change()),
            Ordering::Greater => worsened.push(change()),
            Ordering::Equal => {}
        }
    }
    let appeared = |from: &Index<'_>, to: &Index<'_>| -> Vec<UnknownPart> {
        let new = to.unknown.iter().filter(|(key, _)| !from.unknown.contains_key(*key));
        new.map(|(_, unknown)| (*unknown).clone()).collect()
    };
    ReportChanges {
        location: after.location.clone(),
        before: before.taken_at,
        after: after.taken_at,
        status_before: before.status,
        status_after: after.status,
        online_before: before.online,
        online_after: after.online,
        comparable: before.location.id == after.location.id && before.policy == after.policy,
        entered: new.gone,
        left: gone.gone,
        worsened,
        eased,
        absorbed: gone.consequences,
        emerged: new.consequences,
        no_longer_expected: gone.away,
        newly_expected: new.away,
        no_longer_known: gone.unknown,
        newly_known: new.unknown,
        unknown_appeared: appeared(&earlier, &later),
        unknown_resolved: appeared(&later, &earlier),
    }
}

/// The findings of one report that are not in the other, by reason.
#[derive(Default)]
struct Missing {
    gone: Vec<Finding>,
    consequences: Vec<Finding>,
    away: Vec<Finding>,
    unknown: Vec<Finding>,
}

impl Missing {
    fn sort(from: &Index<'_>, to: &Index<'_>) -> Self {
        let mut missing = Self::default();
        for (key, finding) in &from.findings {
            if to.findings.contains_key(key) {
                continue;
            }
            let list = if to.follows(&key.1) {
                &mut missing.consequences
            } else if to.away.contains(&key.1) {
                &mut missing.away
            } else if to.cannot_tell(finding, &key.1) {
                &mut missing.unknown
            } else {
                &mut missing.gone
            };
            list.push((*finding).clone());
        }
        missing
    }
}

/// A subject, with its hardware address in canonical form.
type SubjectKey = (SubjectKind, String);

fn key(subject: &Subject) -> SubjectKey {
    match subject.kind {
        SubjectKind::Device => device_key(&MacAddress::from(subject.id.as_str())),
        _ => (subject.kind.clone(), subject.id.clone()),
    }
}

fn device_key(mac: &MacAddress) -> SubjectKey {
    (SubjectKind::Device, mac.canonical())
}

/// An index of a report, which can have a hundred thousand devices.
struct Index<'a> {
    report: &'a HealthReport,
    findings: BTreeMap<(RuleId, SubjectKey), &'a Finding>,
    /// The subjects of consequences.
    affected: BTreeSet<SubjectKey>,
    /// Devices that are disconnected without a finding.
    away: BTreeSet<SubjectKey>,
    unknown: BTreeMap<(ReportPart, bool, Option<SubjectKey>), &'a UnknownPart>,
    connected: BTreeSet<&'a str>,
}

impl<'a> Index<'a> {
    fn of(report: &'a HealthReport) -> Self {
        let unknown_key = |unknown: &UnknownPart| {
            (unknown.part.clone(), unknown.partial, unknown.subject.as_ref().map(key))
        };
        let connected = report.nodes.iter().filter(|node| node.state == NodeState::Connected);
        let effects = report.findings.iter().flat_map(|finding| &finding.consequences);
        Self {
            report,
            findings: report
                .findings
                .iter()
                .map(|finding| ((finding.rule.clone(), key(&finding.subject)), finding))
                .collect(),
            affected: effects.map(|effect| key(&effect.subject)).collect(),
            away: report.away_devices.iter().map(device_key).collect(),
            unknown: report.unknown.iter().map(|unknown| (unknown_key(unknown), unknown)).collect(),
            connected: connected.map(|node| node.id.as_str()).collect(),
        }
    }

    /// Returns whether the report covers the subject by something worse: as a consequence, or because its node is
    /// disconnected as a whole.
    fn follows(&self, subject: &SubjectKey) -> bool {
        self.affected.contains(subject)
            || self.findings.contains_key(&(RuleId::NodeDisconnected, subject.clone()))
    }

    /// Returns whether the report cannot rule the finding out.
    fn cannot_tell(&self, finding: &Finding, subject: &SubjectKey) -> bool {
        let parts: &[ReportPart] = match &finding.rule {
            // To rule out an offline location, its connection must be known.
            RuleId::LocationOffline => return self.report.online.is_none(),
            RuleId::NodeDisconnected => &[ReportPart::Nodes],
            RuleId::NodeHealth => &[ReportPart::Nodes, ReportPart::NodeHealth],
            RuleId::NodeAlert => &[ReportPart::Nodes, ReportPart::NodeAlerts],
            RuleId::NoService | RuleId::ReducedService => &[ReportPart::ServiceLevel],
            RuleId::DeviceDisconnected => &[ReportPart::Devices],
            RuleId::PoorQoe => &[ReportPart::Qoe],
            // The part that an unknown rule depends on is not known: any unknown part can hide its finding.
            RuleId::Other(_) => return !self.unknown.is_empty(),
        };
        // A node in the table is not one of those that could not be read.
        let listed = self.connected.contains(subject.1.as_str());
        let unknown = |part: &ReportPart| {
            let is_unknown = |subject: Option<&SubjectKey>| {
                [false, true]
                    .iter()
                    .any(|partial| self.unknown.contains_key(&(part.clone(), *partial, subject.cloned())))
            };
            (is_unknown(None) && !(listed && *part == ReportPart::Nodes)) || is_unknown(Some(subject))
        };
        unknown(&ReportPart::Snapshot) || parts.iter().any(unknown)
    }
}

/// Returns the order of findings: smaller is worse.
fn weight(finding: &Finding, report: &HealthReport) -> impl Ord {
    let is_fair = is_fair(finding, report.policy.poor_health_below);
    (finding.status, finding.severity, is_fair, Reverse(finding.consequences.len()))
}

/// Returns whether the health is fair: neither another word nor a poor score.
fn is_fair(finding: &Finding, poor_below: f64) -> bool {
    let called_fair = |evidence: &Evidence| matches!(evidence.value.as_str(), Some("fair" | "degraded"));
    let scored_poor = |evidence: &Evidence| evidence.value.as_f64().is_some_and(|score| score < poor_below);
    finding.rule == RuleId::NodeHealth
        && finding.evidence.iter().any(called_fair)
        && !finding.evidence.iter().any(scored_poor)
}
