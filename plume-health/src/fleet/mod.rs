//! Many homes in one pass: how many are how well, which are worst, and what the disrupted ones share.
//!
//! ```
//! use plume_health::{Format, Policy, analyze, fleet::Fleet};
//! use plume_types::LocationSnapshot;
//!
//! let now = "2026-01-15T10:00:00Z".parse()?;
//! let mut fleet = Fleet::default();
//! for location in ["one", "two"] {
//!     let snapshot = LocationSnapshot::new("customer", location, now);
//!     fleet.add(&analyze(&snapshot, &Policy::standard(), now));
//! }
//! let report = fleet.report();
//! assert_eq!((report.homes, report.by_status.unknown), (2, 2));
//! println!("{}", report.render(Format::Text));
//! # Ok::<(), chrono::ParseError>(())
//! ```
//!
//! Memory is bounded, however many homes there are: the worst [`WORST_HOMES`] are kept, and
//! [`MAX_VALUES`] values of each [`Attribute`]. Parts of a fleet may be walked side by side and merged; the
//! result is the same as of one walk, in any order.
//!
//! # What is reported as common
//!
//! A value of an attribute is told as a common cause if
//!
//! * at least [`MIN_SUPPORT`] disrupted homes (red or orange) have it,
//! * at least half of the disrupted homes that tell the attribute have it, and
//! * by chance it would be that many only about once in a thousand fleets: three standard deviations more
//!   than expected, were the disrupted homes drawn from all homes blindly (the hypergeometric distribution).
//!
//! Homes of unknown status count as neither. It is a hint where to look and no proof: an internet provider
//! and a city often come together.

mod values;

use std::{cmp::Reverse, collections::BTreeMap};

use chrono::{DateTime, Utc};
use serde::Serialize;

use self::values::Values;
use crate::render;
use crate::render::Rendering;
use crate::report::{Confidence, HealthReport, LocationRef, NodeState, ReportPart, RuleId, Severity, Status};

/// How many of the worst homes are kept unless another number is asked for.
pub const WORST_HOMES: usize = 20;
/// How many different values of an attribute are counted one by one; those beyond it are counted together.
/// Which ones are kept depends on nothing but the values.
pub const MAX_VALUES: usize = 1024;
/// The fewest disrupted homes that make a common cause.
pub const MIN_SUPPORT: u64 = 3;

/// A running roll-up of reports.
///
/// A home that is added twice counts twice.
#[derive(Debug, Clone, PartialEq)]
pub struct Fleet {
    homes: u64,
    by_status: StatusCounts,
    by_online: OnlineCounts,
    by_rule: BTreeMap<RuleId, (u64, u64)>,
    nodes: StateCounts,
    devices: StateCounts,
    /// In order, at most `limit`.
    worst: Vec<HomeSummary>,
    limit: usize,
    attributes: [Values; Attribute::ALL.len()],
    first_taken_at: Option<DateTime<Utc>>,
    last_taken_at: Option<DateTime<Utc>>,
}

/// Something that homes may share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Attribute {
    /// Firmware of a node.
    Firmware,
    /// Model of a node.
    Model,
    /// The internet provider.
    Isp,
    /// The city of the public address.
    City,
}

impl Attribute {
    const ALL: [Self; 4] = [Self::Firmware, Self::Model, Self::Isp, Self::City];
}

/// Homes by status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct StatusCounts {
    /// Offline.
    pub red: u64,
    /// Disrupted.
    pub orange: u64,
    /// Degraded.
    pub yellow: u64,
    /// Not known.
    pub unknown: u64,
    /// Fine.
    pub green: u64,
}

impl StatusCounts {
    fn of(&mut self, status: Status) -> &mut u64 {
        match status {
            Status::Red => &mut self.red,
            Status::Orange => &mut self.orange,
            Status::Yellow => &mut self.yellow,
            Status::Unknown => &mut self.unknown,
            Status::Green => &mut self.green,
        }
    }
}

/// Homes by connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct OnlineCounts {
    /// Online.
    pub online: u64,
    /// Offline.
    pub offline: u64,
    /// Not known.
    pub unknown: u64,
}

/// Nodes or devices by connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct StateCounts {
    /// Connected.
    pub connected: u64,
    /// Not connected.
    pub disconnected: u64,
    /// Of an unknown state.
    pub unknown: u64,
    /// Elements of the answers that could not be read.
    pub unreadable: u64,
    /// Homes that are not counted here, because they do not tell.
    pub homes_unknown: u64,
}

/// How often a rule fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RuleCount {
    /// The rule.
    pub rule: RuleId,
    /// Homes in which it did.
    pub homes: u64,
    /// Findings in these.
    pub findings: u64,
}

/// A home in the list of the worst.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HomeSummary {
    /// The location.
    pub location: LocationRef,
    /// Its status, never green.
    pub status: Status,
    /// How far to trust it.
    pub confidence: Confidence,
    /// The verdict in one line; see [`Finding::message`](crate::Finding::message).
    pub headline: String,
    /// Critical findings.
    pub critical: usize,
    /// All findings.
    pub findings: usize,
}

/// A value that is clearly more frequent among disrupted homes than among all; see the
/// [module](self#what-is-reported-as-common).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CommonCause {
    /// What they share.
    pub attribute: Attribute,
    /// Its value, as the API gives it, cut to 256 bytes.
    pub value: String,
    /// Disrupted homes with this value.
    pub disrupted_with: u64,
    /// Disrupted homes that tell the attribute.
    pub disrupted: u64,
    /// Homes with this value.
    pub homes_with: u64,
    /// Homes that tell the attribute.
    pub homes: u64,
}

/// What many homes are like. Made by [`Fleet::report`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FleetReport {
    /// All homes.
    pub homes: u64,
    /// Homes by status.
    pub by_status: StatusCounts,
    /// Homes by connection.
    pub by_online: OnlineCounts,
    /// What fired, that in most homes first.
    pub by_rule: Vec<RuleCount>,
    /// Nodes of all homes.
    pub nodes: StateCounts,
    /// Devices of all homes.
    pub devices: StateCounts,
    /// The worst homes, worst first: by status, then by critical findings and by all findings, then by name
    /// and id.
    pub worst: Vec<HomeSummary>,
    /// What the disrupted homes share, the largest share first.
    pub common_causes: Vec<CommonCause>,
    /// How many values of each attribute were beyond [`MAX_VALUES`] and were not looked at, counted once for
    /// each home.
    pub values_not_counted: BTreeMap<Attribute, u64>,
    /// When the oldest snapshot was taken.
    pub first_taken_at: Option<DateTime<Utc>>,
    /// When the newest snapshot was taken.
    pub last_taken_at: Option<DateTime<Utc>>,
}

impl FleetReport {
    /// Writes the report. See [`HealthReport::render`].
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render::render(format, self, render::fleet::layout)
    }
}

impl Default for Fleet {
    /// An empty roll-up that keeps the worst [`WORST_HOMES`].
    fn default() -> Self {
        Self::keeping(WORST_HOMES)
    }
}

impl Fleet {
    /// An empty roll-up that keeps so many of the worst homes.
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

    /// Counts a home.
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

    /// Adds what another walk counted. Of the two limits for the worst homes the smaller holds.
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
            let count = self.by_rule.entry(*rule).or_default();
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

    /// What was counted so far.
    #[must_use]
    pub fn report(&self) -> FleetReport {
        let mut by_rule: Vec<RuleCount> = self
            .by_rule
            .iter()
            .map(|(rule, (homes, findings))| RuleCount { rule: *rule, homes: *homes, findings: *findings })
            .collect();
        by_rule.sort_by_key(|count| (Reverse(count.homes), count.rule));
        let attributes = || Attribute::ALL.into_iter().zip(&self.attributes);
        let mut common_causes: Vec<CommonCause> =
            attributes().flat_map(|(attribute, values)| values.common(attribute)).collect();
        common_causes.sort_by(|a, b| {
            // Shares as cross products: no rounding decides the order.
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
        // Findings of one severity are in the order of their rules, and a rule has mostly one severity.
        for same in report.findings.chunk_by(|a, b| a.rule == b.rule) {
            let Some(first) = same.first() else { continue };
            let count = self.by_rule.entry(first.rule).or_default();
            increase(&mut count.1, number(same.len()));
            let told = report.findings.iter().find(|finding| finding.rule == first.rule);
            if told.is_some_and(|told| std::ptr::eq(told, first)) {
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
                    NodeState::Unknown => &mut self.nodes.unknown,
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

impl StateCounts {
    fn merge(&mut self, other: Self) {
        increase(&mut self.connected, other.connected);
        increase(&mut self.disconnected, other.disconnected);
        increase(&mut self.unknown, other.unknown);
        increase(&mut self.unreadable, other.unreadable);
        increase(&mut self.homes_unknown, other.homes_unknown);
    }
}

/// Everything a home is told with, so that homes of the same order are the same and merging in any order gives
/// the same.
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

fn increase(count: &mut u64, by: u64) {
    *count = count.saturating_add(by);
}

fn number(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
