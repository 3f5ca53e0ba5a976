//! `plume find`.

use super::*;
use crate::server::{against, serve};

fn found(arguments: &[&str]) -> Vec<(String, String)> {
    let output = demo(&[&["find", "-o", "json"], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let document = document(&output);
    let rows = document["data"].as_array().unwrap().iter();
    rows.map(|row| (text(&row["kind"]), text(&row["location_id"]))).collect()
}

#[test]
fn everything_that_a_person_knows_finds_the_home() {
    let home = ["--home", "two-pods-down"];
    let location =
        document(&demo(&[&["locations", "show", "-o", "json"], &home[..]].concat()))["data"].clone();
    let customer =
        document(&demo(&[&["customers", "show", "-o", "json"], &home[..]].concat()))["data"].clone();
    let id = location["id"].as_str().unwrap().to_owned();
    for (text, kind) in [
        ("SIM000003103", "node"),
        ("Bedroom", "node"),
        ("alexa", "device"),
        ("0200.0003.1104", "device"),
        ("02-00-00-03-11-04", "device"),
        (location["id"].as_str().unwrap(), "location"),
        (location["serviceId"].as_str().unwrap(), "location"),
        (customer["id"].as_str().unwrap(), "customer"),
        (customer["accountId"].as_str().unwrap(), "customer"),
        (customer["email"].as_str().unwrap(), "customer"),
        (customer["name"].as_str().unwrap(), "customer"),
    ] {
        let rows = found(&[&[text], &home[..]].concat());
        assert!(rows.contains(&(kind.to_owned(), id.clone())), "{text}: {rows:?}");
    }
}

#[test]
fn nothing_found_says_what_was_searched() {
    for (text, form) in [
        ("missing@example.net", "an e-mail address; searched customers by e-mail address"),
        ("02:00:00:aa:bb:cc", "a MAC address; searched customers by node"),
        ("5f0000000000000000000000", "an id; searched customers by id"),
        ("No Such Name", "a name or account; searched customers by name"),
    ] {
        let output = demo(&["find", text, "-o", "json"]);
        assert_eq!(output.status.code(), Some(6), "{text}");
        let document = document(&output);
        let message = document["data"]["message"].as_str().unwrap();
        assert!(message.contains(&format!("read as {form}")), "{message}");
        assert!(document["meta"]["api_calls"].as_u64().unwrap() <= 6, "{document}");
    }
    let output = demo(&["find", "- "]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}

#[test]
fn the_fleet_is_searched_only_on_request_and_with_an_estimate() {
    // A device of another home than the demo's default one.
    let device = "02:00:00:03:11:04";
    assert_eq!(demo(&["find", device]).status.code(), Some(6));
    let output = demo(&["find", device, "--fleet", "--yes"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("Alexa"), "{}", stdout(&output));
    assert!(stderr(&output).contains("note: Searching the homes of 2"), "{}", stderr(&output));
    assert!(stderr(&output).contains(" calls."), "{}", stderr(&output));
    assert!(stdout(&output).contains("ended at the first match"), "{}", stdout(&output));
    let output = demo(&["find", device, "--fleet", "--yes", "--paced", "--customers", "3", "-o", "json"]);
    assert!(stderr(&output).contains("at 6 calls per second"), "{}", stderr(&output));
    assert_eq!(document(&output)["meta"]["more"], true);
    // A walk to the end finds it once, and all namesakes.
    let output = demo(&["find", "Alexa", "--fleet", "--yes", "--all", "--customers", "3", "-o", "json"]);
    let rows = document(&output)["data"].as_array().unwrap().len();
    assert!(rows > 3, "{rows}");
}

#[test]
fn a_script_does_not_walk_the_fleet_without_consent() {
    let (base, targets) = serve(|_| (500, "", String::new()));
    let output = against(&base, &["find", "02:00:00:03:11:04", "--fleet"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("Add --yes"), "{}", stderr(&output));
    assert!(targets.try_recv().is_err(), "a call was made");
    assert_eq!(demo(&["find", "x", "--yes"]).status.code(), Some(2));
}

#[test]
fn the_examples_of_the_readme_find_something() {
    let readme = include_str!("../../README.md");
    let examples: Vec<&str> = readme.lines().filter(|line| line.starts_with("plume --demo find ")).collect();
    assert!(!examples.is_empty());
    for example in examples {
        let words: Vec<&str> = example.split(" #").next().unwrap().split_whitespace().skip(1).collect();
        let output = plume(&words, &[]);
        assert_eq!(output.status.code(), Some(0), "{example}: {}", stderr(&output));
    }
}

#[test]
fn a_row_that_cannot_be_read_may_be_a_match() {
    let (base, _targets) = serve(|target| match target {
        target if target.ends_with("/nodes") => (200, "", r#"[{"id":"TST0000001"},17]"#.to_owned()),
        target if target.contains("/devices") => (200, "", "[]".to_owned()),
        _ => (404, "", r#"{"error":{"statusCode":404,"message":"x"}}"#.to_owned()),
    });
    let folder = std::env::temp_dir().join(format!("plume-cli-find-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("config.toml");
    std::fs::write(&file, "[profiles.lab]\ncustomer_id = \"c\"\nlocation_id = \"l\"\n").unwrap();
    let variables = [
        ("PLUME_AUTH_HEADER", "Bearer not.a.token"),
        ("PLUME_API_BASE", &base),
        ("PLUME_CONFIG", file.to_str().unwrap()),
    ];
    let output = plume(&["--profile", "lab", "find", "Attic", "-o", "json"], &variables);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert_eq!(document(&output)["warnings"][0], "1 row could not be read and is left out");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_refused_search_is_named_and_the_others_count() {
    let (base, _targets) = serve(|target| match target {
        target if target.contains("/v2/search") => {
            (403, "", r#"{"error":{"statusCode":403,"message":"no"}}"#.to_owned())
        }
        target if target.contains("/partners/nodes/") => (
            200,
            "",
            r#"{"id":"TST0000001","nickname":"Hall\u001b[1m","customerId":"c","locationId":"l"}"#.to_owned(),
        ),
        _ => (404, "", r#"{"error":{"statusCode":404,"message":"x"}}"#.to_owned()),
    });
    let output = against(&base, &["find", "TST0000001"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("not searched: customers by node"), "{}", stderr(&output));
    assert!(stdout(&output).contains("Hall\u{fffd}[1m"), "{}", stdout(&output));
    let (down, _targets) = serve(|_| (505, "", String::new()));
    assert_eq!(against(&down, &["find", "TST0000001"]).status.code(), Some(7));
}
