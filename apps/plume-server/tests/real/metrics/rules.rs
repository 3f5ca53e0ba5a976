//! The alert rules.

use std::{fs, process::Command};

use crate::counterpart::{program, repository, run};

fn promtool(arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(program("promtool"));
    run(command.current_dir(repository().join("deploy/prometheus")).args(arguments))
}

#[test]
fn promtool_accepts_the_rules_and_the_configuration() {
    for arguments in [["check", "rules", "rules.yml"], ["check", "config", "scrape.yml"]] {
        let (is_accepted, text) = promtool(&arguments);
        assert!(is_accepted, "{text}");
    }
}

#[test]
fn each_alert_fires_once_and_does_not_once() {
    let (is_right, text) = promtool(&["test", "rules", "rules_test.yml"]);
    assert!(is_right, "{text}");
    let folder = repository().join("deploy/prometheus");
    let rules = fs::read_to_string(folder.join("rules.yml")).unwrap();
    let tests = fs::read_to_string(folder.join("rules_test.yml")).unwrap();
    let alerts: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() > 15, "{alerts:?}");
    for alert in alerts {
        let cases: Vec<&str> = tests
            .split("- alertname: ")
            .filter(|case| case.lines().next().is_some_and(|name| name == alert))
            .collect();
        let quiet = cases.iter().filter(|case| case.contains("exp_alerts: []")).count();
        assert!(quiet >= 1 && cases.len() > quiet, "{alert} has no test, or none in which it fires");
    }
}
