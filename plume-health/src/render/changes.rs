//! The layout of the differences between two reports.

use crate::phrases::{self, changes};
use crate::render::document::Document;
use crate::render::format::Rendering;
use crate::render::write::render;
use crate::report::{Finding, FindingChange, ReportChanges, UnknownPart};

impl ReportChanges {
    /// Renders the differences. See [`HealthReport::render`](crate::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render(format, self, layout)
    }
}

fn layout(report: &ReportChanges) -> Document {
    let mut document = Document::default();
    document.strong(changes::title(&report.location.name));
    document.plain(changes::period(report.before, report.after));
    document.blank();
    document.plain(changes::status(report.status_before, report.status_after, report.is_by_judgement()));
    document.plain(changes::online(report.online_before, report.online_after));
    if !report.comparable {
        document.plain(changes::NOT_COMPARABLE);
    }
    if report.is_empty() {
        document.blank();
        document.plain(changes::NO_CHANGES);
    }
    findings(&mut document, changes::ENTERED, &report.entered);
    moved(&mut document, changes::WORSENED, &report.worsened);
    findings(&mut document, changes::EMERGED, &report.emerged);
    findings(&mut document, changes::NEWLY_EXPECTED, &report.newly_expected);
    findings(&mut document, changes::NEWLY_KNOWN, &report.newly_known);
    moved(&mut document, changes::EASED, &report.eased);
    findings(&mut document, changes::LEFT, &report.left);
    findings(&mut document, changes::ABSORBED, &report.absorbed);
    findings(&mut document, changes::NO_LONGER_EXPECTED, &report.no_longer_expected);
    findings(&mut document, changes::NO_LONGER_KNOWN, &report.no_longer_known);
    unknown(&mut document, changes::UNKNOWN_APPEARED, &report.unknown_appeared);
    unknown(&mut document, changes::UNKNOWN_RESOLVED, &report.unknown_resolved);
    document
}

fn findings(document: &mut Document, heading: &str, findings: &[Finding]) {
    document.section(heading, findings, |document, finding| {
        document.plain(format!("  {} {}", phrases::icon(finding.severity), finding.message));
    });
}

fn moved(document: &mut Document, heading: &str, pairs: &[FindingChange]) {
    document.section(heading, pairs, |document, pair| {
        document.plain(format!("  {} {}", phrases::icon(pair.after.severity), pair.after.message));
    });
}

fn unknown(document: &mut Document, heading: &str, parts: &[UnknownPart]) {
    document.section(heading, parts, |document, unknown| {
        document.plain(format!("  • {}: {}", phrases::unknown_label(&unknown.part), unknown.reason));
    });
}
