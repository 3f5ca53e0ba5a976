//! Recordings, and pseudonyms for identities.

use super::*;

#[test]
fn a_recording_replays_without_a_network_and_without_identities() {
    let folder = Folder::new("record");
    let recording = folder.path("ticket");
    let output = demo(&["health", "--home", "two-pods-down", "--record", &recording, "-o", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("5 exchanges recorded in "), "{}", stderr(&output));
    let original = document(&output);
    assert_eq!(original["data"]["nodes"][1]["name"], "Bedroom", "the screen shows the originals");

    let output = plume(&["health", "--replay", &recording, "-o", "json"], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let replayed = document(&output);
    assert_eq!(replayed["meta"]["source"], "replay");
    assert_eq!(replayed["data"]["status"], original["data"]["status"]);
    // It is judged as of the recording.
    let second = |json: &Value| json["generated_at"].as_str().unwrap()[..16].to_owned();
    assert_eq!(second(&replayed), second(&original));
    let text = stdout(&output);
    for identity in ["5ca1ab1e", "Bedroom", "SIM0000"] {
        assert!(!text.contains(identity), "{identity}");
    }
    let output = plume(&["wifi", "--replay", &recording], &[]);
    assert!(stderr(&output).contains("was not recorded"), "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(6));
    for (arguments, code) in [
        (&["nodes", "--replay", "/nowhere/x"][..], 1),
        (&["nodes", "--replay", &recording, "--demo"], 2),
        (&["nodes", "--replay", &recording, "--record", &recording], 2),
        (&["nodes", "--demo", "--record", "/dev/null/x"], 1),
    ] {
        let output = plume(arguments, &[]);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn a_recording_of_several_locations_names_them() {
    let folder = Folder::new("several");
    let recording = folder.path("ticket");
    for home in ["healthy", "two-pods-down"] {
        let output = demo(&["nodes", "--home", home, "--record", &recording]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
    let output = plume(&["nodes", "--replay", &recording], &[]);
    assert_eq!(output.status.code(), Some(2));
    let text = stderr(&output);
    assert!(
        text.contains("the recording is about 2 locations") && text.contains("one session of it"),
        "{text}"
    );
    let ids: Vec<&str> = text.lines().last().unwrap().split_whitespace().collect();
    let output = plume(&[&["nodes", "--replay", &recording], &ids[..]].concat(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn pseudonyms_replace_identities_everywhere() {
    for arguments in [
        &["health"][..],
        &["nodes", "-v"],
        &["devices"],
        &["status"],
        &["node", "Bedroom"],
        &["node", "SIM000003103"],
        &["nodes", "5ca1ab1e0000000c00000003", "5ca1ab1e0000010f00000003"],
        &["customers", "list", "--limit", "3"],
        &["fleet", "nodes", "--disconnected", "--customers", "0"],
        &["reboot", "node", "Bedroom", "--dry-run"],
        &["nodes", "5ca1ab1e0000000c00000003", "5ca1ab1e0000010f000000ff"],
    ] {
        for form in ["table", "json", "jsonl", "csv"] {
            let options = ["--sanitize", "--home", "two-pods-down", "-o", form];
            let output = demo(&[arguments, &options].concat());
            let shown = stdout(&output) + &stderr(&output);
            for identity in ["5ca1ab1e", "Bedroom", "SIM0000", "02:00:00:0"] {
                assert!(!shown.contains(identity), "{arguments:?} {form}: {identity}: {shown}");
            }
        }
    }
}

/// Every text of the responses in a recording, with the name of its field.
fn texts(recording: &str) -> Vec<(String, String)> {
    fn walk(value: &Value, name: &str, found: &mut Vec<(String, String)>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| walk(value, name, found)),
            Value::Array(items) => items.iter().for_each(|item| walk(item, name, found)),
            Value::String(text) => found.push((name.to_owned(), text.clone())),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for session in std::fs::read_dir(recording).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        for file in std::fs::read_dir(session.path()).unwrap().flatten() {
            let json = serde_json::from_slice(&std::fs::read(file.path()).unwrap()).unwrap();
            walk(&json, "", &mut found);
        }
    }
    found
}

#[test]
fn the_runs_of_a_recording_have_the_same_pseudonyms() {
    let folder = Folder::new("runs");
    let (recording, state) = (folder.path("ticket"), folder.path("state"));
    let state = [("XDG_STATE_HOME", state.as_str())];
    let record = |arguments: &[&str]| {
        let options = ["--demo", "--home", "two-pods-down", "--record", &recording];
        let output = plume(&[arguments, &options].concat(), &state);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    };
    let replay = |arguments: &[&str]| {
        document(&plume(&[arguments, &["--replay", &recording, "-o", "json"]].concat(), &[]))
    };
    // The second run sees one node only, and before any other name.
    record(&["nodes"]);
    record(&["node", "SIM000003103"]);
    let nodes = replay(&["nodes"])["data"].clone();
    let (id, name) = (nodes[2]["id"].as_str().unwrap(), nodes[2]["nickname"].as_str().unwrap());
    assert!(name.starts_with("Name "), "{name}");
    assert_eq!(replay(&["node", id])["data"]["nickname"], name);
    // Where the key is, originals are known too, and elsewhere pseudonyms only.
    let ids = ["5ca1ab1e0000000c00000003", "5ca1ab1e0000010f00000003"];
    for (arguments, expected) in [
        (&["node", "Bedroom"][..], name),
        (&["node", "SIM000003103"], name),
        (&["node", id], name),
        (&["nodes", ids[0], ids[1]], nodes[0]["nickname"].as_str().unwrap()),
    ] {
        let arguments = [arguments, &["--replay", &recording, "-o", "csv"]].concat();
        let output = plume(&arguments, &state);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        assert!(stdout(&output).contains(expected), "{arguments:?}: {}", stdout(&output));
        assert!(!stdout(&output).contains("Bedroom"), "{arguments:?}");
        if !arguments.contains(&id) {
            let output = plume(&arguments, &[]);
            assert_eq!(output.status.code(), Some(6), "{arguments:?}: {}", stderr(&output));
            assert!(stderr(&output).contains("pseudonyms"), "{arguments:?}: {}", stderr(&output));
        }
    }
    record(&["devices"]);
    record(&["health", "--sanitize"]);
    let found = texts(&recording);
    let names = |field: &str| -> std::collections::BTreeSet<&str> {
        found.iter().filter(|(name, _)| name == field).map(|(_, text)| text.as_str()).collect()
    };
    assert_eq!(names("nickname").iter().filter(|name| nodes.to_string().contains(**name)).count(), 3);
    assert_eq!(names("partnerId").len(), 1);
    // The key is not in the recording, and for its owner only.
    let key = folder.0.join("state/plume/record.key");
    let secret = std::fs::read_to_string(&key).unwrap();
    assert!(found.iter().all(|(_, text)| !text.contains(secret.trim())));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // Another person would give the same identities other pseudonyms.
    let other = folder.path("other");
    let output = plume(&["nodes", "--demo", "--record", &recording], &[("XDG_STATE_HOME", &other)]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("recorded with another key"), "{}", stderr(&output));
    std::fs::write(&key, "damaged").unwrap();
    let output = plume(&["nodes", "--demo", "--record", &recording], &state);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("record.key"), "{}", stderr(&output));
}

#[test]
fn a_name_of_the_home_gets_the_way_to_its_pseudonym() {
    let folder = Folder::new("names");
    let recording = folder.path("ticket");
    for arguments in [&["devices"][..], &["customers", "search", "Sample"]] {
        let output = demo(&[arguments, &["--record", &recording]].concat());
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
    }
    for (arguments, code) in
        [(&["device", "Alexa"][..], 6), (&["customers", "search", "Sample"], 6), (&["find", "Sample"], 3)]
    {
        let output = plume(&[arguments, &["--replay", &recording]].concat(), &[]);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("pseudonyms"), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn a_new_name_is_sanitized_and_sent() {
    let new = ["rename", "node", "Bedroom", "Canary Room", "--yes", "--sanitize", "--home", "two-pods-down"];
    let claim = ["claim", "CANARY0001", "--name", "Canary Room", "--dry-run", "--sanitize"];
    for arguments in [&new[..], &claim] {
        for form in ["table", "json"] {
            let output = demo(&[arguments, &["-o", form]].concat());
            assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
            let shown = (stdout(&output) + &stderr(&output)).to_lowercase();
            assert!(!shown.contains("canary"), "{arguments:?}: {shown}");
        }
    }
}
