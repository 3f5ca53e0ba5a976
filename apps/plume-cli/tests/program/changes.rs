//! Changes and stored reports.

use super::*;
use crate::server::{against, serve};

/// Every change that needs no other argument in a demo.
const CHANGES: &[&[&str]] = &[
    &["reboot", "node", "Living Room Pod"],
    &["reboot", "location"],
    &["rename", "node", "Living Room Pod", "Attic"],
    &["rename", "device", "Alexa", "Speaker"],
    &["rename", "location", "Summer house"],
    &["locate", "Living Room Pod"],
    &["speedtest", "run", "--no-wait"],
];

#[test]
fn a_script_is_refused_without_consent() {
    for change in CHANGES.iter().chain([&["claim", "TST0000001"][..], &["unclaim", "Living Room Pod"]].iter())
    {
        let output = demo(&[change, &["-v"][..]].concat());
        assert_eq!(output.status.code(), Some(2), "{change:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("Add --yes"), "{}", stderr(&output));
        assert!(!stderr(&output).contains("GET ") && output.stdout.is_empty(), "{change:?}: a call was made");
    }
}

#[test]
fn a_dry_run_shows_the_request_and_sends_nothing() {
    let more = [
        &["claim", "TST0000001"][..],
        &["unclaim", "Living Room Pod"],
        &["api", "PUT", "/Customers/{id}/locations/{locationId}", "-f", "name=Cabin"],
    ];
    for change in CHANGES.iter().chain(&more) {
        let output = demo(&[*change, &["--dry-run", "-v", "-o", "json"][..]].concat());
        assert_eq!(output.status.code(), Some(0), "{change:?}: {}", stderr(&output));
        for line in stderr(&output).lines() {
            let is_note = line == "note: a dry run; no change was sent";
            assert!(is_note || line.starts_with("GET ") || line.contains("/v1/token "), "{change:?}: {line}");
        }
        assert!(stderr(&output).contains("no change was sent"), "{change:?}");
        let json = document(&output);
        assert_eq!(json["schema"], "plume.change/1");
        assert_eq!(json["data"]["sent"], false);
        let url = json["data"]["request"]["url"].as_str().unwrap();
        assert!(
            url.contains("/Customers/5ca1ab1e0000000c00000001/locations/5ca1ab1e0000010f00000001"),
            "{url}"
        );
    }
    let text = stdout(&demo(&["rename", "location", "Summer house", "--dry-run"]));
    assert!(text.starts_with("PUT http://127.0.0.1:9/api/Customers/"), "{text}");
    assert!(text.ends_with("{\n  \"name\": \"Summer house\"\n}\n"), "{text}");
    let json = document(&demo(&["reboot", "location", "--delay", "1m", "--dry-run", "-o", "json"]));
    assert_eq!(json["data"]["request"]["body"]["delay"], 60);
    let output = demo(&["reboot", "location", "--dry-run", "--yes"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_change_is_sent_once_with_consent() {
    for change in CHANGES {
        let output = demo(&[change, &["--yes", "-v", "-o", "json"][..]].concat());
        assert_eq!(output.status.code(), Some(0), "{change:?}: {}", stderr(&output));
        let json = document(&output);
        assert_eq!(json["data"]["sent"], true, "{change:?}");
        let requests = stderr(&output);
        let sent = requests.lines().filter(|line| !line.starts_with("GET ") && !line.contains("/v1/token "));
        assert_eq!(sent.count(), 1, "{change:?}: {requests}");
    }
    let output = demo(&["unclaim", "Living Room", "--yes", "--home", "one-pod-down"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let output = demo(&["unclaim", "Living Room Pod", "--yes"]);
    assert!(stderr(&output).contains("is online"), "{}", stderr(&output));
    for (change, code) in [
        (&["rename", "location", " ", "--yes"][..], 2),
        (&["rename", "device", "Alexa", "123456789012345678901234567890123", "--yes"], 2),
        (&["reboot", "node", "nothing", "--yes"], 6),
        (&["claim", "NOPE0000001", "--yes"], 6),
        (&["reboot", "location", "--delay", "2000m", "--yes"], 2),
    ] {
        assert_eq!(demo(change).status.code(), Some(code), "{change:?}");
    }
}

#[test]
fn a_claim_of_an_unknown_serial_number_says_so() {
    let path = "/Customers/{id}/locations/{locationId}/nodes";
    for change in [
        &["claim", "NOPE0000001", "--yes"][..],
        &["api", "POST", path, "-f", "serialNumber=NOPE0000001", "--yes"],
    ] {
        let text = stderr(&demo(change));
        assert!(text.contains("no such node") && text.contains("label of the node"), "{text}");
        assert!(!text.contains("Check the id"), "{text}");
    }
}

#[test]
fn a_change_with_an_unknown_outcome_says_so() {
    // The nodes can be read; the response to the change never comes, or is none.
    let (base, _targets) = serve(|target| match target {
        target if target.ends_with("/nodes") => (200, "", r#"[{"id":"TST0000001"}]"#.to_owned()),
        target if target.contains("/ledMode") => (200, "", "<html>".to_owned()),
        _ => (0, "", String::new()),
    });
    for change in [
        &["reboot", "node", "TST0000001", "c", "l"][..],
        &["locate", "TST0000001", "c", "l"],
        &["api", "PUT", "/Customers/c/locations/l", "-f", "name=Cabin"],
    ] {
        let arguments = [change, &["--yes", "--timeout", "2s", "-o", "json"]].concat();
        let output = against(&base, &arguments);
        assert_ne!(output.status.code(), Some(0));
        assert!(stderr(&output).contains("the change may have been made"), "{change:?}: {}", stderr(&output));
        let warnings = document(&output)["warnings"].to_string();
        assert!(warnings.contains("the change may have been made"), "{warnings}");
    }
}

#[test]
#[cfg(unix)]
fn a_signal_during_a_change_says_that_it_may_have_been_made() {
    let (base, targets) = serve(|target| match target {
        target if target.ends_with("/nodes") => (200, "", r#"[{"id":"TST0000001"}]"#.to_owned()),
        _ => (0, "", String::new()),
    });
    let child = program()
        .args(["reboot", "node", "TST0000001", "c", "l", "--yes"])
        .env("PLUME_AUTH_HEADER", "Bearer not.a.token")
        .env("PLUME_API_BASE", base)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !targets.recv_timeout(std::time::Duration::from_secs(120)).unwrap().ends_with("/reboot") {}
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(stderr(&output).contains("the change may have been made"), "{}", stderr(&output));
}

#[test]
fn two_reports_are_compared() {
    let folder = Folder::new("diff");
    let story = ["health", "-o", "json", "--story", "power-cut", "--after"];
    let paths = [("before.json", "1m"), ("after.json", "12m")].map(|(name, after)| {
        let path = folder.path(name);
        std::fs::write(&path, &demo(&[&story[..], &[after]].concat()).stdout).unwrap();
        path
    });
    let [before, after] = &paths;
    let output = plume(&["diff", before, after], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("red"), "{}", stdout(&output));
    assert_eq!(plume(&["diff", before, after, "--exit-code"], &[]).status.code(), Some(1));
    assert_eq!(plume(&["diff", before, before, "--exit-code"], &[]).status.code(), Some(0));
    let json = document(&plume(&["diff", before, after, "-o", "json"], &[]));
    assert_eq!((&json["schema"], &json["data"]["status_after"]), (&"plume.diff/1".into(), &"red".into()));
    let csv = stdout(&plume(&["diff", before, after, "-o", "csv"], &[]));
    assert!(csv.starts_with("change,rule,subject,message\nentered,"), "{csv}");
    // Against now: the home of the demo is the same, in another state.
    let output = demo(&["diff", before, "--story", "power-cut", "--after", "12m", "-o", "json"]);
    assert_eq!(document(&output)["data"]["status_after"], "red", "{}", stderr(&output));
    for (arguments, text) in [
        (&["diff", "/nowhere/x.json"][..], "failed to read /nowhere/x.json"),
        (&["diff", "-", "-"], "stdin cannot be both"),
        (&["diff", "-"], "stdin: the file is empty"),
    ] {
        let output = plume(arguments, &[]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(text), "{}", stderr(&output));
    }
}

#[test]
fn the_clock_of_a_demo_runs() {
    // A test is complete half a minute after its start, so the story continues while a command waits.
    let output = demo(&[
        "watch",
        "health",
        "--story",
        "power-cut",
        "--rounds",
        "2",
        "--interval",
        "1s",
        "-o",
        "jsonl",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let last = documents(&output).pop().unwrap();
    let since = last["data"]["homes"][0]["pending_since"].as_str().unwrap();
    assert!(since < last["generated_at"].as_str().unwrap(), "{last}");
}

#[test]
fn a_change_without_a_question_needs_a_whole_name_without_control_characters() {
    let home = ["--home", "two-pods-down"];
    for (arguments, text) in [
        (&["unclaim", "B", "--yes"][..], "only the beginning of a name"),
        (&["rename", "device", "Al", "Speaker", "--yes"], "only the beginning of a name"),
        (&["rename", "node", "Bedroom", "x\u{1b}[31m\ny", "--yes"], "control characters"),
        (&["claim", "TST0000001", "--room", "a\nb", "--yes"], "control characters"),
    ] {
        let output = demo(&[arguments, &home].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(text), "{arguments:?}: {}", stderr(&output));
    }
    let output = demo(&[&["unclaim", "B", "--dry-run"][..], &home].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}
