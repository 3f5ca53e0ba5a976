//! Properties of every comparison of snapshots.

use plume_health::Format;
use plume_monitor::change::{Change, ChangeKind, Changes, Moment, diff};
use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::snapshots::chance::{homes, read, twisted};

use crate::cases;

const FORMATS: [Format; 4] = [Format::Text, Format::Markdown, Format::Html, Format::Json];

/// Returns the expected result of the reversed comparison.
fn mirrored(mut changes: Changes) -> Changes {
    std::mem::swap(&mut changes.before, &mut changes.after);
    let turned = |kind: ChangeKind| match kind {
        ChangeKind::NodeJoined => ChangeKind::NodeLeft,
        ChangeKind::NodeLeft => ChangeKind::NodeJoined,
        ChangeKind::DeviceJoined => ChangeKind::DeviceLeft,
        ChangeKind::DeviceLeft => ChangeKind::DeviceJoined,
        kind => kind,
    };
    for Change { kind, before, after, message, .. } in &mut changes.changes {
        *kind = turned(*kind);
        std::mem::swap(before, after);
        message.clear();
    }
    changes.changes.sort_by(|a, b| (a.kind, &a.subject).cmp(&(b.kind, &b.subject)));
    for not in &mut changes.not_compared {
        not.kind = not.kind.map(turned);
        not.moment = not.moment.map(|moment| match moment {
            Moment::Before => Moment::After,
            Moment::After => Moment::Before,
        });
    }
    changes.not_compared.sort();
    changes
}

fn without_messages(mut changes: Changes) -> Changes {
    changes.changes.iter_mut().for_each(|change| change.message.clear());
    changes
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_snapshot_does_not_differ_from_itself(home in homes()) {
        let changes = diff(&read(&home), &read(&twisted(&home)));
        prop_assert!(changes.changes.is_empty(), "{:?}", changes.changes);
    }

    #[test]
    fn order_and_repetition_do_not_matter(before in homes(), after in homes()) {
        let changes = diff(&read(&before), &read(&after));
        prop_assert_eq!(&changes, &diff(&read(&twisted(&before)), &read(&twisted(&after))));
        for format in FORMATS {
            prop_assert!(!changes.render(format).is_empty());
        }
    }

    #[test]
    fn reversed_diff_is_the_mirror_image(before in homes(), after in homes()) {
        let there = mirrored(diff(&read(&before), &read(&after)));
        let back = without_messages(diff(&read(&after), &read(&before)));
        prop_assert_eq!(there, back);
    }

    #[test]
    fn incomplete_list_causes_no_join_or_leave(before in homes(), after in homes()) {
        let changes = diff(&read(&before), &read(&after));
        let holes = |home: &Value, part: &str| match home[part]["known"].as_array() {
            Some(list) => list.contains(&json!(17)),
            None => true,
        };
        for change in &changes.changes {
            let hole = match change.kind {
                ChangeKind::NodeJoined => holes(&before, "nodes"),
                ChangeKind::NodeLeft => holes(&after, "nodes"),
                ChangeKind::DeviceJoined => holes(&before, "devices"),
                ChangeKind::DeviceLeft => holes(&after, "devices"),
                _ => false,
            };
            prop_assert!(!hole, "{change:?}");
        }
    }
}
