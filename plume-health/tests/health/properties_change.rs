//! Properties of every tree and every comparison of reports.

use std::collections::BTreeSet;

use plume_health::{
    Format, HealthReport, NodeState, Policy, RuleId, Status, analyze,
    change::{ReportChanges, diff_reports},
    topology::{Position, Topology},
};
use proptest::prelude::*;
use serde_json::Value;
use testkit::snapshots::chance::{homes, read, twisted};
use testkit::snapshots::now;

const FORMATS: [Format; 4] = [Format::Text, Format::Markdown, Format::Html, Format::Json];

fn judge(home: &Value) -> HealthReport {
    analyze(&read(home), &Policy::standard(), now())
}

fn mirrored_reports(changes: ReportChanges) -> ReportChanges {
    let mut turned = changes.clone();
    (turned.before, turned.after) = (changes.after, changes.before);
    (turned.status_before, turned.status_after) = (changes.status_after, changes.status_before);
    (turned.online_before, turned.online_after) = (changes.online_after, changes.online_before);
    (turned.entered, turned.left) = (changes.left, changes.entered);
    (turned.worsened, turned.eased) = (changes.eased, changes.worsened);
    (turned.absorbed, turned.emerged) = (changes.emerged, changes.absorbed);
    (turned.no_longer_known, turned.newly_known) = (changes.newly_known, changes.no_longer_known);
    (turned.unknown_appeared, turned.unknown_resolved) = (changes.unknown_resolved, changes.unknown_appeared);
    for change in turned.worsened.iter_mut().chain(&mut turned.eased) {
        std::mem::swap(&mut change.before, &mut change.after);
    }
    turned
}

proptest! {
    #[test]
    fn a_report_does_not_differ_from_itself(home in homes()) {
        let (report, same) = (judge(&home), judge(&twisted(&home)));
        prop_assert!(diff_reports(&report, &same).is_empty());
    }

    #[test]
    fn order_and_repetition_do_not_matter(home in homes()) {
        let tree = Topology::of(&read(&home));
        prop_assert_eq!(&tree, &Topology::of(&read(&twisted(&home))));
        for format in FORMATS {
            prop_assert!(!tree.render(format).is_empty());
        }
    }

    #[test]
    fn reversed_diff_is_the_mirror_image(before in homes(), after in homes()) {
        let mut there = mirrored_reports(diff_reports(&judge(&before), &judge(&after)));
        let back = diff_reports(&judge(&after), &judge(&before));
        // Both name the location as their second report does.
        there.location = back.location.clone();
        prop_assert_eq!(there, back);
    }

    #[test]
    fn a_tree_is_a_tree(home in homes()) {
        let tree = Topology::of(&read(&home));
        let mut children = BTreeSet::new();
        for node in &tree.nodes {
            for child in &node.children {
                prop_assert!(children.insert(child.clone()), "two parents");
                prop_assert_eq!(tree.get(child).and_then(|child| child.position.parent()), Some(&node.id));
            }
            // Up from anywhere ends.
            let mut steps = 0;
            let mut at = node;
            while let Some(parent) = at.position.parent() {
                at = tree.get(parent).unwrap();
                steps += 1;
                prop_assert!(steps <= tree.nodes.len());
            }
            let at_top = matches!(at.position, Position::Gateway | Position::LastKnownGateway);
            prop_assert_eq!(node.hops.map(|hops| usize::try_from(hops).unwrap()), at_top.then_some(steps));
            let cause = tree.root_cause(&node.id);
            prop_assert_eq!(cause.is_some(), node.state == NodeState::Disconnected);
        }
        prop_assert!(tree.nodes.iter().filter(|node| node.position == Position::Gateway).count() <= 1);
    }

    #[test]
    fn every_disconnected_pod_is_reported_once(home in homes()) {
        let report = judge(&home);
        let mut told: Vec<&str> = Vec::new();
        for finding in &report.findings {
            if finding.rule == RuleId::NodeDisconnected {
                told.push(&finding.subject.id);
            }
            let pods = finding.consequences.iter().filter(|effect| effect.subject.kind == plume_health::SubjectKind::Node);
            told.extend(pods.map(|effect| effect.subject.id.as_str()));
        }
        told.sort_unstable();
        let mut down: Vec<&str> = report
            .nodes
            .iter()
            .filter(|node| node.state == NodeState::Disconnected)
            .map(|node| node.id.as_str())
            .collect();
        down.sort_unstable();
        prop_assert_eq!(told, down);
        if report.of_rule(RuleId::NodeDisconnected).next().is_some() {
            prop_assert!(report.status <= Status::Orange);
        }
    }

    #[test]
    fn no_current_finding_is_reported_as_gone(before in homes(), after in homes()) {
        let (before, after) = (judge(&before), judge(&after));
        for gone in diff_reports(&before, &after).left {
            if gone.rule == RuleId::NodeDisconnected {
                let now = after.nodes.iter().find(|node| node.id.as_str() == gone.subject.id);
                prop_assert!(now.is_none_or(|node| node.state == NodeState::Connected), "{gone:?}");
            }
            if gone.rule == RuleId::LocationOffline {
                prop_assert_eq!(after.online, Some(true));
            }
        }
    }
}
