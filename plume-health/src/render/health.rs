//! The layout of a health report.
//!
//! Head, headline, connection and nodes always, and how far to trust them if that is not completely; then, as far
//! as there is something to tell, critical issues, warnings and information, the lists of disconnected devices
//! and poor traffic, what is unknown, and what would make the location green. A green report ends with a good
//! word instead of the last.

use super::{Document, MAX_ITEMS};
use crate::{Confidence, Finding, HealthReport, NodeSummary, RuleId, Severity, Status, words};

pub(super) fn layout(report: &HealthReport) -> Document {
    let mut document = Document::default();
    document.strong(words::title(&report.location.name));
    document.blank();
    document.strong(&report.headline);
    document.blank();
    document.plain(words::connection(report.online));
    // That an unknown status is uncertain need not be said.
    if !report.doubts.is_empty() && report.status != Status::Unknown {
        document.plain(words::confidence(report.confidence, &report.doubts));
    }
    if !report.nodes.is_empty() {
        nodes(&mut document, &report.nodes);
    }
    for severity in [Severity::Critical, Severity::Warning, Severity::Info] {
        let findings: Vec<&Finding> = report.of_severity(severity).collect();
        document.section(words::section(severity), &findings, |document, found| {
            finding(document, found);
        });
    }

    let devices: Vec<&Finding> = report.of_rule(RuleId::DeviceDisconnected).collect();
    document.section(words::disconnected_devices(devices.len()), &devices, |document, found| {
        let device = words::device(&found.subject.name, &found.subject.id);
        document.plain(format!("  • {device}"));
    });
    let classes: Vec<&Finding> = report.of_rule(RuleId::PoorQoe).collect();
    document.section(words::POOR_QOE, &classes, |document, found| {
        document.plain(format!("  • {}", crate::sanitize::name(&found.subject.name)));
    });

    document.section(words::UNKNOWN, &report.unknown, |document, unknown| {
        let part = words::unknown_label(unknown.part);
        document.plain(format!("  • {part}: {}", unknown.reason));
    });
    if report.status == Status::Green {
        document.blank();
        document.plain(if report.unknown.is_empty() { words::ALL_GREAT } else { words::CHECKED_IS_GREAT });
        return document;
    }
    document.section(words::TO_GREEN, &report.what_would_make_it_green, |document, step| {
        document.plain(format!("  • {step}"));
    });
    document
}

fn nodes(document: &mut Document, nodes: &[NodeSummary]) {
    document.blank();
    document.strong(words::NODES);
    for node in nodes.iter().take(MAX_ITEMS) {
        document.plain(format!("• {}", crate::sanitize::name(&node.name)));
        for line in [
            words::node_status(node.state, node.state_word.as_deref()),
            words::node_detail("Model", node.model.as_deref()),
            words::node_detail("Firmware", node.firmware.as_deref()),
        ] {
            document.plain(format!("  {line}"));
        }
    }
    document.and_more(nodes.len(), "");
}

fn finding(document: &mut Document, finding: &Finding) {
    let icon = words::icon(finding.severity);
    match finding.confidence {
        Confidence::Uncertain => document.plain(format!("  {icon} {}", words::uncertain(&finding.message))),
        Confidence::Likely | Confidence::Certain => document.plain(format!("  {icon} {}", finding.message)),
    }
    for consequence in finding.consequences.iter().take(MAX_ITEMS) {
        document.plain(format!("    • {}", words::consequence(&consequence.message)));
    }
    document.and_more(finding.consequences.len(), "    ");
}
