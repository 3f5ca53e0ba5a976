//! The layout of a health report. [`Format::Text`](crate::Format::Text) describes it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::phrases;
use crate::render::document::{Document, MAX_ITEMS};
use crate::render::format::Rendering;
use crate::render::write::render;
use crate::report::{
    Confidence, Consequence, Finding, HealthReport, NodeSummary, ReportPart, RuleId, Severity, Status,
    SubjectKind,
};
use crate::text::name;

impl HealthReport {
    /// Renders the report.
    ///
    /// In all formats but JSON, names are cut to 64 characters and lists to 20 entries ("and 3 more"). Text of the
    /// API is escaped, without control, direction and invisible characters. The output does not end with a line
    /// break. [`Format::within`](crate::Format::within) limits its length.
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render(format, self, layout)
    }
}

fn layout(report: &HealthReport) -> Document {
    let mut document = Document::default();
    document.strong(phrases::title(&report.location.name));
    document.blank();
    document.strong(&report.headline);
    document.blank();
    document.plain(phrases::connection(report.online));
    // An unknown status is uncertain by definition.
    if !report.doubts.is_empty() && report.status != Status::Unknown {
        document.plain(phrases::confidence(report.confidence, &report.doubts));
    }
    if !report.nodes.is_empty() {
        let stale = report.unknown.iter().any(|unknown| unknown.part == ReportPart::Snapshot);
        nodes(&mut document, &report.nodes, stale.then_some(report.taken_at));
    }
    let devices: Vec<&Finding> = report.of_rule(RuleId::DeviceDisconnected).collect();
    let crowd = devices.len() > FEW_DEVICES;
    for severity in [Severity::Critical, Severity::Warning, Severity::Info] {
        let mut lines: Vec<FindingLine<'_>> = Vec::new();
        for finding in report.of_severity(severity) {
            if !(crowd && finding.rule == RuleId::DeviceDisconnected) {
                lines.push(FindingLine::One(finding));
            } else if !lines.iter().any(|line| matches!(line, FindingLine::Devices)) {
                lines.push(FindingLine::Devices);
            }
        }
        document.section(phrases::section(severity), &lines, |document, line| match line {
            FindingLine::One(found) => finding(document, found),
            FindingLine::Devices => {
                let icon = phrases::icon(severity);
                document.plain(format!("  {icon} {}", phrases::devices_disconnected(devices.len())));
            }
        });
    }

    document.section(phrases::disconnected_devices(devices.len()), &devices, |document, found| {
        let device = phrases::device(&found.subject.name, &found.subject.id);
        document.plain(format!("  • {device}"));
    });
    let classes: Vec<&Finding> = report.of_rule(RuleId::PoorQoe).collect();
    document.section(phrases::POOR_QOE, &classes, |document, found| {
        document.plain(format!("  • {}", name(&found.subject.name)));
    });

    document.section(phrases::UNKNOWN, &report.unknown, |document, unknown| {
        let part = phrases::unknown_label(&unknown.part);
        document.plain(format!("  • {part}: {}", unknown.reason));
    });
    if report.status == Status::Green {
        document.blank();
        document.plain(if report.unknown.is_empty() {
            phrases::ALL_GREAT
        } else {
            phrases::CHECKED_IS_GREAT
        });
        return document;
    }
    let mut steps = report.what_would_make_it_green.clone();
    if crowd {
        let each: BTreeSet<String> =
            devices.iter().map(|device| phrases::reconnect_device(&device.subject.name)).collect();
        steps.retain(|step| !each.contains(step));
        steps.push(phrases::reconnect_devices(devices.len()));
    }
    document.section(phrases::TO_GREEN, &steps, |document, step| {
        document.plain(format!("  • {step}"));
    });
    document
}

/// The number of devices up to which each has a line of its own.
const FEW_DEVICES: usize = 5;

enum FindingLine<'a> {
    One(&'a Finding),
    /// All disconnected devices.
    Devices,
}

fn nodes(document: &mut Document, nodes: &[NodeSummary], as_of: Option<DateTime<Utc>>) {
    document.blank();
    document.strong(phrases::nodes(as_of));
    for node in nodes.iter().take(MAX_ITEMS) {
        document.plain(format!("• {}", name(&node.name)));
        for line in [
            phrases::node_status(node.state, node.state_word.as_deref()),
            phrases::node_detail("Model", node.model.as_deref()),
            phrases::node_detail("Firmware", node.firmware.as_deref()),
        ] {
            document.plain(format!("  {line}"));
        }
    }
    document.and_more(nodes.len(), "");
}

fn finding(document: &mut Document, finding: &Finding) {
    let icon = phrases::icon(finding.severity);
    match finding.confidence {
        Confidence::Uncertain => document.plain(format!("  {icon} {}", phrases::uncertain(&finding.message))),
        Confidence::Likely | Confidence::Certain => document.plain(format!("  {icon} {}", finding.message)),
    }
    // "All 3 pods are disconnected" does not repeat the list of pods, which is below.
    let pods =
        finding.consequences.iter().filter(|consequence| consequence.subject.kind == SubjectKind::Node);
    let said =
        finding.rule == RuleId::LocationOffline && finding.message == phrases::none_connected(pods.count());
    let shown = |consequence: &&Consequence| !said || consequence.subject.kind != SubjectKind::Node;
    let consequences: Vec<&Consequence> = finding.consequences.iter().filter(shown).collect();
    match consequences.as_slice() {
        [one] => document.plain(format!("    • {}", phrases::consequence(&one.message))),
        [] => {}
        several => {
            document.plain(format!("    {}", phrases::consequences(several.len())));
            for consequence in several.iter().take(MAX_ITEMS) {
                document.plain(format!("    • {}", consequence.message));
            }
            document.and_more(several.len(), "    ");
        }
    }
}
