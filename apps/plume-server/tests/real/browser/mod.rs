//! The pages of the demo in Chromium: axe, keyboard, zoom, errors of the console and of the policy for content, live rows.

use std::process::Stdio;

use serde_json::Value;

use crate::counterpart::{Demo, node, program, repository, run};

/// Runs the walk with a running demo. Returns the document that it prints.
fn walk(demo: &Demo, part: &str) -> Value {
    let script = repository().join("apps/plume-server/tests/real/browser/walk.mjs");
    let mut command = node(&script);
    command.arg(&demo.address).arg(part).env("PLUME_CHROMIUM", program("chromium"));
    let (_, text) = run(command.stderr(Stdio::piped()));
    let document = text.lines().rev().find_map(|line| serde_json::from_str(line).ok());
    document.unwrap_or_else(|| panic!("no result: {text}"))
}

fn faults(list: &Value) -> Vec<String> {
    let listed = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    listed.iter().map(|fault| fault.as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn every_page_passes_on_phone_and_desktop_light_and_dark_with_and_without_its_script() {
    let found = walk(&Demo::start(), "pages");
    let faults = faults(&found["faults"]);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    // What was not visited has no fault.
    let count = |name: &str| found[name].as_u64().unwrap_or_default();
    assert!(found["nav"].as_array().is_some_and(|nav| nav.len() >= 3), "{found}");
    assert!(count("pages") >= 8 && count("views") == 8 * count("pages"), "{found}");
    assert!(count("controls") > 1_000, "{found}");
}

#[test]
fn names_of_any_kind_stay_in_their_place() {
    let found = walk(&Demo::of("names"), "names");
    let faults = faults(&found["faults"]);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(found["views"].as_u64().is_some_and(|views| views >= 24), "{found}");
}

#[test]
fn open_pages_move_report_a_cut_and_work_without_javascript() {
    let faults = faults(&walk(&Demo::start(), "live")["faults"]);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn each_check_finds_its_fault() {
    let found = walk(&Demo::start(), "plants");
    assert_eq!(found["plants"]["none"], Value::Array(Vec::new()));
    for (plant, found_by) in [
        ("contrast", "color-contrast"),
        ("label", "label: "),
        ("wide", "ends at"),
        ("clipped", "is cut: "),
        ("focus", "focus is hardly visible"),
        ("reach", "not reached by the keyboard"),
        ("console", "planted"),
        ("policy", "policy: style-src"),
    ] {
        let faults = faults(&found["plants"][plant]);
        assert!(faults.iter().any(|fault| fault.contains(found_by)), "{plant}: {faults:?}");
    }
}
