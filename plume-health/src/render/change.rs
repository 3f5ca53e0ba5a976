//! The layouts of what changed.

use super::Document;
use crate::change::{Change, Changes, ComparedPart, FindingChange, ReportChanges};
use crate::report::{Finding, UnknownPart};
use crate::words;
use crate::words::change;

pub(crate) fn snapshots(changes: &Changes) -> Document {
    let mut document = Document::default();
    document.strong(change::title(&changes.location.name));
    document.plain(change::period(changes.before, changes.after));
    if changes.changes.is_empty() {
        let complete = changes.not_compared.is_empty();
        document.blank();
        document.plain(if complete { change::NO_CHANGES } else { change::NO_CHANGES_IN_REST });
    }
    for part in [ComparedPart::Location, ComparedPart::Nodes, ComparedPart::Devices] {
        let of_part: Vec<&Change> =
            changes.changes.iter().filter(|found| change::part(found.kind) == part).collect();
        document.section(change::heading(part, of_part.len()), &of_part, |document, found| {
            document.plain(format!("  • {}", found.message));
        });
    }
    document.section(change::NOT_COMPARED, &changes.not_compared, |document, not| {
        document.plain(format!("  • {}", change::not_compared(not)));
    });
    document
}

pub(crate) fn reports(changes: &ReportChanges) -> Document {
    let mut document = Document::default();
    document.strong(change::title(&changes.location.name));
    document.plain(change::period(changes.before, changes.after));
    document.blank();
    document.plain(change::status(changes.status_before, changes.status_after, changes.is_by_judgement()));
    document.plain(change::online(changes.online_before, changes.online_after));
    if !changes.comparable {
        document.plain(change::NOT_COMPARABLE);
    }
    if changes.is_empty() {
        document.blank();
        document.plain(change::NO_CHANGES);
    }
    findings(&mut document, change::ENTERED, &changes.entered);
    moved(&mut document, change::WORSENED, &changes.worsened);
    findings(&mut document, change::EMERGED, &changes.emerged);
    findings(&mut document, change::NEWLY_EXPECTED, &changes.newly_expected);
    findings(&mut document, change::NEWLY_KNOWN, &changes.newly_known);
    moved(&mut document, change::EASED, &changes.eased);
    findings(&mut document, change::LEFT, &changes.left);
    findings(&mut document, change::ABSORBED, &changes.absorbed);
    findings(&mut document, change::NO_LONGER_EXPECTED, &changes.no_longer_expected);
    findings(&mut document, change::NO_LONGER_KNOWN, &changes.no_longer_known);
    unknown(&mut document, change::UNKNOWN_APPEARED, &changes.unknown_appeared);
    unknown(&mut document, change::UNKNOWN_RESOLVED, &changes.unknown_resolved);
    document
}

fn findings(document: &mut Document, heading: &str, findings: &[Finding]) {
    document.section(heading, findings, |document, finding| {
        document.plain(format!("  {} {}", words::icon(finding.severity), finding.message));
    });
}

fn moved(document: &mut Document, heading: &str, changes: &[FindingChange]) {
    document.section(heading, changes, |document, change| {
        document.plain(format!("  {} {}", words::icon(change.after.severity), change.after.message));
    });
}

fn unknown(document: &mut Document, heading: &str, parts: &[UnknownPart]) {
    document.section(heading, parts, |document, unknown| {
        document.plain(format!("  • {}: {}", words::unknown_label(unknown.part), unknown.reason));
    });
}
