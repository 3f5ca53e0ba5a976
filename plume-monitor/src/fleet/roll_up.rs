//! The roll-up of reports, one by one.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use plume_health::{Confidence, HealthReport, LocationRef, NodeState, ReportPart, RuleId, Severity, Status};

use crate::fleet::count::{increase, number};
use crate::fleet::report::{
    Attribute, CommonCause, FleetReport, HomeSummary, OnlineCounts, RuleCount, StateCounts, StatusCounts,
};
use crate::fleet::values::Values;

/// The default number of worst homes that are kept.
pub const WORST_HOMES: usize = 20;
/// A roll-up of health reports, with bounded memory.
///
/// A report that is added twice counts twice.
///
/// ```
/// use plume_health::{Policy, analyze};
/// use plume_monitor::fleet::FleetRollUp;
/// use plume_types::LocationSnapshot;
///
/// let now = "2026-01-15T10:00:00Z".parse()?;
/// let report = analyze(&LocationSnapshot::new("customer", "location", now), &Policy::standard(), now);
/// let (mut one, mut other) = (FleetRollUp::default(), FleetRollUp::keeping(5));
/// one.add(&report);
/// other.add(&report);
/// one.merge(&other);
/// assert_eq!(one.report().homes, 2);
/// # Ok::<(), chrono::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FleetRollUp {
    homes: u64,
    by_status: StatusCounts,
    by_online: OnlineCounts,
    by_rule: BTreeMap<RuleId, (u64, u64)>,
    nodes: StateCounts,
    devices: StateCounts,
    /// Sorted, at most `limit`.
    worst: Vec<HomeSummary>,
    limit: usize,
    attributes: [Values; Attribute::ALL.len()],
    first_taken_at: Option<DateTime<Utc>>,
    last_taken_at: Option<DateTime<Utc>>,
}

impl Default for FleetRollUp {
    /// Returns an empty roll-up that keeps the worst [`WORST_HOMES`].
    fn default() -> Self {
        Self::keeping(WORST_HOMES)
    }
}

impl FleetRollUp {
    /// Returns an empty roll-up that keeps this many of the worst homes.
    #[must_use]
    pub fn keeping(worst_homes: usize) -> Self {
        Self {
            homes: 0,
            by_status: StatusCounts::default(),
            by_online: OnlineCounts::default(),
            by_rule: BTreeMap::new(),
            nodes: StateCounts::default(),
            devices: StateCounts::default(),
            worst: Vec::new(),
            limit: worst_homes,
            attributes: Default::default(),
            first_taken_at: None,
            last_taken_at: None,
        }
    }

    /// Adds the report on a home.
    pub fn add(&mut self, report: &HealthReport) {
        increase(&mut self.homes, 1);
        increase(self.by_status.of(report.status), 1);
        let online = match report.online {
            Some(true) => &mut self.by_online.online,
            Some(false) => &mut self.by_online.offline,
            None => &mut self.by_online.unknown,
        };
        increase(online, 1);
        self.add_rules(report);
        self.add_states(report);
        self.add_to_worst(report);
        self.add_attributes(report);
        let taken = report.taken_at;
        self.first_taken_at = Some(self.first_taken_at.map_or(taken, |first| first.min(taken)));
        self.last_taken_at = self.last_taken_at.max(Some(taken));
    }

    /// Adds another roll-up. The smaller limit of worst homes applies.
    pub fn merge(&mut self, other: &Self) {
        increase(&mut self.homes, other.homes);
        for status in [Status::Red, Status::Orange, Status::Yellow, Status::Unknown, Status::Green] {
            let mut counts = other.by_status;
            increase(self.by_status.of(status), *counts.of(status));
        }
        increase(&mut self.by_online.online, other.by_online.online);
        increase(&mut self.by_online.offline, other.by_online.offline);
        increase(&mut self.by_online.unknown, other.by_online.unknown);
        for (rule, (homes, findings)) in &other.by_rule {
            let count = self.by_rule.entry(rule.clone()).or_default();
            increase(&mut count.0, *homes);
            increase(&mut count.1, *findings);
        }
        self.nodes.merge(other.nodes);
        self.devices.merge(other.devices);
        self.limit = self.limit.min(other.limit);
        self.worst.extend(other.worst.iter().cloned());
        self.worst.sort_by(|a, b| a.order().cmp(&b.order()));
        self.worst.truncate(self.limit);
        for (values, others) in self.attributes.iter_mut().zip(&other.attributes) {
            values.merge(others);
        }
        self.first_taken_at = [self.first_taken_at, other.first_taken_at].into_iter().flatten().min();
        self.last_taken_at = self.last_taken_at.max(other.last_taken_at);
    }

    /// Returns the report on all homes added so far.
    #[must_use]
    pub fn report(&self) -> FleetReport {
        let mut by_rule: Vec<RuleCount> = self
            .by_rule
            .iter()
            .map(|(rule, (homes, findings))| RuleCount {
                rule: rule.clone(),
                homes: *homes,
                findings: *findings,
            })
            .collect();
        // The sort is stable: rules with equal counts stay in their order.
        by_rule.sort_by_key(|count| Reverse(count.homes));
        let attributes = || Attribute::ALL.into_iter().zip(&self.attributes);
        let mut common_causes: Vec<CommonCause> =
            attributes().flat_map(|(attribute, values)| values.common(attribute)).collect();
        common_causes.sort_by(|a, b| {
            // Shares are compared as cross products, without rounding.
            let share = |cause: &CommonCause, other: &CommonCause| {
                u128::from(cause.disrupted_with) * u128::from(other.disrupted)
            };
            let by_share = share(b, a).cmp(&share(a, b));
            by_share.then_with(|| (a.attribute, &a.value).cmp(&(b.attribute, &b.value)))
        });
        FleetReport {
            homes: self.homes,
            by_status: self.by_status,
            by_online: self.by_online,
            by_rule,
            nodes: self.nodes,
            devices: self.devices,
            worst: self.worst.clone(),
            common_causes,
            values_not_counted: attributes()
                .map(|(attribute, values)| (attribute, values.not_counted()))
                .filter(|(_, number)| *number > 0)
                .collect(),
            first_taken_at: self.first_taken_at,
            last_taken_at: self.last_taken_at,
        }
    }

    fn add_rules(&mut self, report: &HealthReport) {
        // Findings of one severity are in the order of their rules, and a rule mostly has one severity.
        for same in report.findings.chunk_by(|a, b| a.rule == b.rule) {
            let Some(first) = same.first() else { continue };
            let count = self.by_rule.entry(first.rule.clone()).or_default();
            increase(&mut count.1, number(same.len()));
            let earliest = report.findings.iter().find(|finding| finding.rule == first.rule);
            if earliest.is_some_and(|earliest| std::ptr::eq(earliest, first)) {
                increase(&mut count.0, 1);
            }
        }
    }

    fn add_states(&mut self, report: &HealthReport) {
        let unknown = |part| {
            report.unknown.iter().any(|unknown| {
                unknown.part == ReportPart::Snapshot || (unknown.part == part && !unknown.partial)
            })
        };
        if unknown(ReportPart::Nodes) {
            increase(&mut self.nodes.homes_unknown, 1);
        } else {
            for node in &report.nodes {
                let count = match node.state {
                    NodeState::Connected => &mut self.nodes.connected,
                    NodeState::Disconnected => &mut self.nodes.disconnected,
                    _ => &mut self.nodes.unknown,
                };
                increase(count, 1);
            }
            increase(&mut self.nodes.unreadable, number(report.unreadable_nodes));
        }
        match report.devices {
            Some(totals) if !unknown(ReportPart::Devices) => {
                increase(&mut self.devices.connected, number(totals.connected));
                increase(&mut self.devices.disconnected, number(totals.disconnected));
                increase(&mut self.devices.unknown, number(totals.unknown));
                increase(&mut self.devices.unreadable, number(totals.unreadable));
            }
            _ => increase(&mut self.devices.homes_unknown, 1),
        }
    }

    fn add_to_worst(&mut self, report: &HealthReport) {
        if report.status == Status::Green {
            return;
        }
        let critical = report.of_severity(Severity::Critical).count();
        let what = (&report.location, report.headline.as_str());
        let order = order(report.status, critical, report.findings.len(), what, report.confidence);
        let at = self.worst.partition_point(|home| home.order() <= order);
        if at >= self.limit {
            return;
        }
        self.worst.insert(
            at,
            HomeSummary {
                location: report.location.clone(),
                status: report.status,
                confidence: report.confidence,
                headline: report.headline.clone(),
                critical,
                findings: report.findings.len(),
            },
        );
        self.worst.truncate(self.limit);
    }

    fn add_attributes(&mut self, report: &HealthReport) {
        let disrupted = match report.status {
            Status::Red | Status::Orange => true,
            Status::Yellow | Status::Green => false,
            Status::Unknown => return,
        };
        let [firmware, model, isp, city] = &mut self.attributes;
        let nodes = || report.nodes.iter();
        firmware.add(nodes().filter_map(|node| node.firmware.as_deref()).collect(), disrupted);
        model.add(nodes().filter_map(|node| node.model.as_deref()).collect(), disrupted);
        isp.add(report.location.isp.as_deref().into_iter().collect(), disrupted);
        city.add(report.location.city.as_deref().into_iter().collect(), disrupted);
    }
}

/// The order of homes covers everything that is shown, so merging in any order gives the same result.
type Order<'a> = (Status, Reverse<usize>, Reverse<usize>, [&'a str; 4], [Option<&'a str>; 2], Confidence);

fn order<'a>(
    status: Status,
    critical: usize,
    findings: usize,
    (location, headline): (&'a LocationRef, &'a str),
    confidence: Confidence,
) -> Order<'a> {
    let names = [location.name.as_str(), location.id.as_str(), location.customer_id.as_str(), headline];
    let place = [location.isp.as_deref(), location.city.as_deref()];
    (status, Reverse(critical), Reverse(findings), names, place, confidence)
}

impl HomeSummary {
    fn order(&self) -> Order<'_> {
        let what = (&self.location, self.headline.as_str());
        order(self.status, self.critical, self.findings, what, self.confidence)
    }
}

impl StateCounts {
    fn merge(&mut self, other: Self) {
        increase(&mut self.connected, other.connected);
        increase(&mut self.disconnected, other.disconnected);
        increase(&mut self.unknown, other.unknown);
        increase(&mut self.unreadable, other.unreadable);
        increase(&mut self.homes_unknown, other.homes_unknown);
    }
}
