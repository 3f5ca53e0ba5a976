//! The command-line example as its users see it: the program is run, its streams and exit code are looked at.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

/// `cargo test` builds the examples beside the tests; `cargo test --test cli` alone does not.
fn program(name: &str) -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples");
    path.push(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.exists(),
        "{} is missing: run `cargo test`, or `cargo build --examples` first",
        path.display()
    );
    path
}

fn cli(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(program("cli"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PLUME_")) {
        command.env_remove(name);
    }
    command.args(arguments).envs(variables.iter().copied()).stdin(Stdio::null()).output().unwrap()
}

fn demo(arguments: &[&str]) -> Output {
    let mut all = vec!["--demo"];
    all.extend_from_slice(arguments);
    cli(&all, &[])
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The one document on stdout.
fn document(output: &Output) -> Value {
    let mut documents = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    let document = documents.next().unwrap().unwrap();
    assert!(documents.next().is_none(), "more than one document");
    document
}

#[test]
fn the_healthy_home_is_reported_word_for_word() {
    let output = demo(&["health"]);
    assert_eq!(
        stdout(&output),
        "🏥 Health Status for Home\n\
         \n\
         🟢 ALL SYSTEMS OPERATIONAL - No issues detected\n\
         \n\
         ✅ Connection: ONLINE\n\
         \n\
         📡 Nodes/Gateways:\n\
         • Living Room Pod\n  \
           Status: connected\n  \
           Model: P301X\n  \
           Firmware: 8.5.2\n\
         \n\
         ✨ Everything looks great!\n"
    );
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

#[test]
fn every_home_gets_its_verdict() {
    for (home, headline, status, online, rule) in [
        ("healthy", "🟢 ALL SYSTEMS OPERATIONAL - No issues detected", "green", Some(true), None),
        (
            "one-pod-down",
            "🟠 SERVICE DISRUPTED - 1 pod is disconnected",
            "orange",
            Some(true),
            Some("node-disconnected"),
        ),
        (
            "two-pods-down",
            "🟠 SERVICE DISRUPTED - Multiple pods are disconnected",
            "orange",
            Some(true),
            Some("node-disconnected"),
        ),
        ("gateway-down", "🔴 LOCATION OFFLINE - ", "red", Some(false), Some("location-offline")),
        ("poor-qoe", "🟡 DEGRADED SERVICE - Poor QoE detected", "yellow", Some(true), Some("poor-qoe")),
        (
            "device-gone",
            "🟡 DEGRADED SERVICE - 1 device is disconnected",
            "yellow",
            Some(true),
            Some("device-disconnected"),
        ),
        ("reduced-service", "🟢 ALL SYSTEMS OPERATIONAL", "green", Some(true), Some("reduced-service")),
        (
            "empty",
            "🔴 LOCATION OFFLINE - No pods found for this location",
            "red",
            Some(false),
            Some("location-offline"),
        ),
    ] {
        let text = stdout(&demo(&["--home", home, "health"]));
        assert!(text.contains(headline), "{home}:\n{text}");

        let document = document(&demo(&["health", "--output", "json", "--home", home]));
        assert_eq!(document["schema"], "plume.health/1");
        assert_eq!(document["meta"]["source"], "demo");
        assert_eq!(document["meta"]["api_calls"], 4);
        let data = &document["data"];
        assert_eq!(data["status"], status, "{home}");
        assert_eq!(data["online"].as_bool(), online, "{home}");
        assert!(data["unknown"].is_array(), "{home}");
        let findings = data["findings"].as_array().unwrap();
        assert_eq!(findings.is_empty(), rule.is_none(), "{home}");
        if let Some(rule) = rule {
            assert!(findings.iter().any(|finding| finding["rule"] == rule), "{home}: {findings:?}");
        }
    }
}

#[test]
fn a_story_goes_on_in_the_demo() {
    for (story, after, headline) in [
        ("power-cut", "1", "ALL SYSTEMS OPERATIONAL"),
        ("power-cut", "12", "LOCATION OFFLINE"),
        ("power-cut", "40", "ALL SYSTEMS OPERATIONAL"),
        ("quiet-day", "12", "ALL SYSTEMS OPERATIONAL"),
    ] {
        let text = stdout(&demo(&["health", "--story", story, "--after", after]));
        assert!(text.contains(headline), "{story} after {after} minutes:\n{text}");
    }
    let output = cli(&["health", "c", "l", "--story", "power-cut"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("Add --demo"), "{}", stderr(&output));
}

#[test]
fn every_command_speaks_both_forms() {
    for (arguments, schema) in [
        (["status", "", ""], "plume.location/1"),
        (["nodes", "", ""], "plume.node.list/1"),
        (["devices", "", ""], "plume.device.list/1"),
        (["wifi", "", ""], "plume.wifi.list/1"),
        (["wan", "", ""], "plume.wan/1"),
        (["uptime", "", ""], "plume.uptime/1"),
        (["customers", "list", ""], "plume.customer.list/1"),
        (["locations", "list", ""], "plume.location.list/1"),
    ] {
        let arguments: Vec<&str> = arguments.into_iter().filter(|argument| !argument.is_empty()).collect();
        let output = demo(&arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        assert!(!stdout(&output).trim().is_empty(), "{arguments:?}");
        let output = demo(&[arguments.as_slice(), &["--output", "json"]].concat());
        assert_eq!(document(&output)["schema"], schema, "{arguments:?}");
    }
}

#[test]
fn no_command_prints_a_secret() {
    // Passphrases and the client's secret, the mesh key, the authorization header.
    let secrets = ["not-a-real", "5EC4E7", "MG9hU0lNVUxBVE9S"];
    for command in ["health", "status", "nodes", "devices", "wifi", "wan", "uptime"] {
        for form in ["table", "json"] {
            let output = demo(&[command, "--output", form, "--home", "one-pod-down"]);
            for secret in secrets {
                assert!(!stdout(&output).contains(secret), "{command} {form}");
                assert!(!stderr(&output).contains(secret), "{command} {form}");
            }
        }
    }
}

#[test]
fn missing_settings_are_named_with_their_fix() {
    let output = cli(&["health", "c", "l"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    for name in ["PLUME_SSO_URL", "PLUME_AUTH_HEADER", "PLUME_PARTNER_ID", "PLUME_API_BASE"] {
        assert!(stderr(&output).contains(&format!("{name} is not set")), "{name}");
    }
    let output = cli(&["health", "c", "l", "--output", "json"], &[]);
    let document = document(&output);
    assert_eq!((&document["schema"], &document["data"]["exit_code"]), (&"plume.error/1".into(), &2.into()));
    assert_eq!(document["meta"]["source"], "live");
}

#[test]
fn a_failure_says_what_it_cost() {
    let output = demo(&["nodes", "nobody", "nowhere", "--output", "json"]);
    let document = document(&output);
    assert_eq!((&document["schema"], output.status.code()), (&"plume.error/1".into(), Some(6)));
    // The customer is unknown: one call, and one with another token.
    assert_eq!(document["meta"]["api_calls"], 2);
    assert!(document["meta"]["budget_left"].as_u64().unwrap() < 1_900, "{document}");
}

#[test]
fn unknown_ids_and_wrong_words_are_told_plainly() {
    let healthy = "5ca1ab1e0000000c00000001";
    for (arguments, code, text) in [
        (vec!["health", "nobody", "nowhere"], 6, "no such customer"),
        (vec!["health", healthy, "nowhere"], 6, "no such location"),
        (vec!["nodes", healthy, "nowhere"], 6, "no such location"),
        (vec!["locations", "list", "nobody"], 6, "no such customer"),
        (vec!["health", "..", "x"], 2, "must not be"),
        (vec!["health", healthy], 2, "LOCATION_ID"),
        (vec!["customers", "list", "--limit", "0"], 2, "--limit"),
        (vec!["health", "--home", "castle"], 2, "two-pods-down"),
        (vec!["heal"], 2, "health"),
    ] {
        let output = demo(&arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(text), "{arguments:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

/// Settings that point at a port where nobody listens, with marked secrets.
const NOWHERE: [(&str, &str); 4] = [
    ("PLUME_SSO_URL", "http://127.0.0.1:1/oauth2/x/v1/token"),
    ("PLUME_AUTH_HEADER", "Basic notARealCanary"),
    ("PLUME_PARTNER_ID", "5e00000000000000000000aa"),
    ("PLUME_API_BASE", "http://127.0.0.1:1/api"),
];

#[test]
fn an_unreachable_cloud_is_a_network_error_and_shows_no_secret() {
    let output = cli(&["health", "c", "l"], &NOWHERE);
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
    assert!(stderr(&output).contains("could not be reached"), "{}", stderr(&output));
    assert!(!stderr(&output).to_lowercase().contains("canary"));

    let mut with_token = NOWHERE;
    with_token[1].1 = "Bearer not-a-real-canary";
    let output = cli(&["health", "c", "l"], &with_token);
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
    assert!(!stderr(&output).to_lowercase().contains("canary"));
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut child = Command::new(program("cli"))
        .args(["--demo", "customers", "list", "--limit", "250"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(!stderr(&output).contains("panicked"));
}
