//! The alert rules.

use std::process::Command;

use crate::counterpart::{program, repository, run};

#[test]
fn promtool_accepts_the_rules() {
    let rules = repository().join("deploy/prometheus/rules.yml");
    let (is_accepted, text) = run(Command::new(program("promtool")).args(["check", "rules"]).arg(rules));
    assert!(is_accepted, "{text}");
}
