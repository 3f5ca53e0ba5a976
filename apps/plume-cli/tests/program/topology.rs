//! The tree of a home, and what happened in it.

use super::*;
use crate::server::{against, serve};

#[test]
fn the_tree_says_in_words_what_is_offline() {
    let text = stdout(&plume(
        &["--demo", "topology", "--home", "two-pods-down"],
        &[("COLUMNS", "80"), ("LC_ALL", "C.UTF-8")],
    ));
    assert!(text.starts_with("Home\n└─ Hallway Gateway (gateway, rated excellent, 3 devices)\n"), "{text}");
    assert!(
        text.contains("   ├─ Bedroom (OFFLINE, pod, last known here)\n   │  ├─ Work Laptop (OFFLINE,"),
        "{text}"
    );
    assert!(text.contains("├─ Phone (Wi-Fi 5 GHz, channel 149, rated healthy)"), "{text}");
    let nodes = stdout(&demo(&["topology", "--home", "two-pods-down", "--no-devices"]));
    assert_eq!(nodes.lines().count(), 4, "{nodes}");
    let csv = stdout(&demo(&["topology", "--home", "two-pods-down", "-o", "csv"]));
    assert!(csv.contains("pod,Bedroom,SIM000003103,disconnected,"), "{csv}");
}

#[test]
fn an_unknown_place_is_shown_as_unknown() {
    let (base, _targets) = serve(|target| {
        match target {
        target if target.ends_with("/nodes") => (
            200,
            "",
            r#"[{"id":"G","connectionState":"connected","leafToRoot":[]},
                {"id":"P","nickname":"Pod\u001b[2J","connectionState":"connected","leafToRoot":[{"id":"LOST"}]}]"#
                .to_owned(),
        ),
        // The device has the id of a node and is behind itself.
        target if target.contains("/devices") => {
            (200, "", r#"[{"mac":"G","connectionState":"connected","leafToRoot":[{"id":"G"}]},{"mac":"D"}]"#.to_owned())
        }
        target if target.ends_with("/l") => (200, "", r#"{"id":"l","name":"Home"}"#.to_owned()),
        _ => (200, "", "{}".to_owned()),
    }
    });
    let output = against(&base, &["topology", "c", "l"]);
    let text = stdout(&output);
    assert!(text.contains("\nPlace unknown\n"), "{text}");
    assert!(
        text.contains("Pod\u{fffd}[2J (pod, 0 devices, its parent is not in the list of nodes)"),
        "{text}"
    );
    assert!(text.contains("D (state unknown, its path to the gateway is missing)"), "{text}");
    let document = document(&against(&base, &["topology", "c", "l", "-o", "json"]));
    assert_eq!(document["data"][1]["place"], "unknown", "{document}");
    assert!(document["data"][1]["parent"].is_null(), "{document}");
}

#[test]
fn a_tree_without_devices_says_that_they_are_unknown() {
    let (base, _targets) = serve(|target| match target {
        target if target.contains("/devices") => (404, "", String::new()),
        target if target.ends_with("/nodes") => (200, "", r#"[{"id":"G"}]"#.to_owned()),
        target if target.ends_with("/l") => (200, "", r#"{"id":"l"}"#.to_owned()),
        _ => (200, "", "{}".to_owned()),
    });
    let output = against(&base, &["topology", "c", "l"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("the devices are unknown"), "{}", stderr(&output));
}

#[test]
fn events_are_newest_first_and_cut() {
    let arguments = ["events", "--story", "power-cut", "--after", "400m", "--since", "24h", "-o", "json"];
    let document = document(&demo(&arguments));
    let kinds: Vec<&str> =
        document["data"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    // The outage is measured in intervals, so the order depends on the minute of the hour.
    for kind in ["online", "node", "restart", "offline"] {
        assert!(kinds.contains(&kind), "{kind}: {document}");
    }
    let times: Vec<&str> =
        document["data"].as_array().unwrap().iter().map(|event| event["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    let output = demo(&["events", "--story", "power-cut", "--after", "400m", "--limit", "1"]);
    assert!(stdout(&output).contains("1 of "), "{}", stdout(&output));
    let output = demo(&["events", "--since", "yesterday"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("24h or 7d, nor a date like"), "{}", stderr(&output));
}

#[test]
fn events_without_a_part_are_a_part_of_the_events() {
    let (base, _targets) = serve(|target| match target {
        target if target.ends_with("/nodes") => (200, "", "[]".to_owned()),
        target if target.contains("/auditTrail") => (
            200,
            "",
            r#"[{"author":"jo\u001b[1m","event":"WifiConfigChanged","createdAt":"2026-01-15T10:00:00Z"}]"#
                .to_owned(),
        ),
        _ => (403, "", r#"{"error":{"statusCode":403,"message":"no"}}"#.to_owned()),
    });
    let base: &str = &base;
    let variables =
        [("PLUME_AUTH_HEADER", "Bearer not.a.token"), ("PLUME_API_BASE", base), ("PLUME_REPORTS_BASE", base)];
    let output = plume(&["events", "c", "l", "--since", "2026-01-01"], &variables);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("the restarts could not be read"), "{}", stderr(&output));
    assert!(stderr(&output).contains("the outages could not be read"), "{}", stderr(&output));
    assert!(stdout(&output).contains("WifiConfigChanged"), "{}", stdout(&output));
    assert!(!stdout(&output).contains('\u{1b}'));
}
