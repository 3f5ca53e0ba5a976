//! The command-line example as its users see it: it is run, its streams and exit code are checked. The tests of the full
//! tool are in `apps/plume-cli/tests`.
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
    for name in ["HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
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

/// Returns the single document on stdout.
fn document(output: &Output) -> Value {
    let mut documents = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    let document = documents.next().unwrap().unwrap();
    assert!(documents.next().is_none(), "more than one document");
    document
}

#[test]
fn healthy_home_prints_the_exact_report() {
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
fn every_command_has_both_output_formats() {
    for (arguments, schema, text) in [
        (&["health", "--home", "two-pods-down"][..], "plume.health/1", "Multiple pods are disconnected"),
        (&["nodes", "--home", "two-pods-down"], "plume.node.list/1", "disconnected"),
    ] {
        let output = demo(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        assert!(stdout(&output).contains(text), "{}", stdout(&output));
        let document = document(&demo(&[arguments, &["-o", "json"]].concat()));
        assert_eq!(document["schema"], schema);
        assert_eq!(document["meta"]["source"], "demo");
    }
}

#[test]
fn failure_has_a_plain_message_a_document_and_a_code() {
    for (arguments, code, text) in [
        (&["health", "no-customer", "no-location"][..], 6, "no such customer"),
        (&["nodes", "5ca1ab1e0000000c00000001", "no-location"], 6, "no such location"),
        (&["health", "..", "x"], 2, "must not be"),
        (&["health", "5ca1ab1e0000000c00000001"], 2, "an id is missing"),
    ] {
        let output = demo(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(text), "{arguments:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let document = document(&demo(&[arguments, &["-o", "json"]].concat()));
        assert_eq!(document["schema"], "plume.error/1");
        assert_eq!(document["data"]["exit_code"], code);
    }
    let output = cli(&["health", "c", "l"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    for name in ["PLUME_SSO_URL", "PLUME_AUTH_HEADER", "PLUME_PARTNER_ID", "PLUME_API_BASE"] {
        assert!(stderr(&output).contains(&format!("{name} is not set")), "{name}");
    }
}

#[test]
fn no_command_prints_a_secret() {
    for command in ["health", "nodes"] {
        for form in ["table", "json"] {
            let output = demo(&[command, "--output", form, "--home", "one-pod-down"]);
            // Passphrases and the client's secret, the mesh key, the authorization header.
            for secret in ["not-a-real", "5EC4E7", "MG9hU0lNVUxBVE9S"] {
                assert!(!stdout(&output).contains(secret), "{command} {form}");
                assert!(!stderr(&output).contains(secret), "{command} {form}");
            }
        }
    }
}

#[test]
fn closed_pipe_is_not_an_error() {
    let mut child = Command::new(program("cli"))
        .args(["--demo", "nodes"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}
