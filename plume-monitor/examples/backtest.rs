//! Compares two policies on a recorded history: `cargo run -p plume-monitor --example backtest HISTORY FIRST SECOND`.
//!
//! All three are JSON files: a history and two sets of policies. Without files, it uses a made-up week of one home.
#![allow(clippy::print_stdout, reason = "this program talks to people at a terminal")]

use std::{collections::BTreeSet, error::Error, fs, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use plume_health::{RuleId, Status};
use plume_monitor::backtest::{BackTest, History, Record, compare, run};
use plume_monitor::home::{Sample, Verdict};
use plume_monitor::incident::{Cause, CauseKind, Scope};
use plume_monitor::monitor::{HomeProfile, Policies};
use plume_monitor::schedule::CheckDetail;
use serde::de::DeserializeOwned;

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let (history, first, second) = match files.as_slice() {
        [history, first, second] => (read(history)?, read(first)?, read(second)?),
        [] => {
            let first: Policies =
                serde_json::from_str(r#"{"notify": {"routes": [{"channels": ["pager"]}]}}"#)?;
            let mut second = first.clone();
            second.home.tracker.default.enter_after = Duration::from_secs(600);
            (week("2026-01-12T00:00:00Z".parse()?), first, second)
        }
        _ => return Err("expected three files: HISTORY FIRST SECOND".into()),
    };
    let homes: BTreeSet<_> = history.homes.iter().map(|profile| &profile.home).collect();
    let foreign = history.records.iter().filter(|record| !homes.contains(&record.home)).count();
    println!("{} samples of {} homes", history.records.len() - foreign, homes.len());
    if foreign > 0 {
        println!("{foreign} samples of homes that `homes` does not have are ignored");
    }
    let (first, second) = (run(&history, &first), run(&history, &second));
    let line = |name: &str, test: &BackTest| {
        let (messages, digests) = (test.messages(), test.digests());
        println!("{name}: {messages} messages, {digests} digests, {} transitions", test.transitions.len());
        if test.without_channel > 0 {
            println!("{name}: {} more have no channel: see `notify.routes`", test.without_channel);
        }
    };
    line("first", &first);
    line("second", &second);
    for row in compare(&first, &second) {
        let scope = match &row.scope {
            Scope::Home(home) => format!("home {home}"),
            Scope::Group(group) => group.to_string(),
            Scope::Source(source) => format!("source {source}"),
            _ => "other".to_owned(),
        };
        println!(
            "{}, {scope}: {} messages `{}` with the first, {} with the second",
            row.tenant, row.first, row.kind, row.second
        );
    }
    Ok(())
}

fn read<T: DeserializeOwned>(path: &str) -> Result<T, Box<dyn Error>> {
    let text = fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("{path}: {error}").into())
}

/// A week with a check every two minutes: every day one outage of six minutes and one of an hour.
fn week(start: DateTime<Utc>) -> History {
    let mut history = History::new(vec![HomeProfile::new("home-1", "provider")]);
    for minute in (0..7 * 24 * 60).step_by(2) {
        let of_day = minute % (24 * 60);
        let is_down = (600..606).contains(&of_day) || (1_000..1_060).contains(&of_day);
        let rule = CauseKind::Rule(RuleId::LocationOffline);
        let offline = Cause::new(rule, "home-1", Status::Red, "The location is offline");
        let causes = if is_down { vec![offline] } else { Vec::new() };
        let at = start + TimeDelta::minutes(minute);
        let sample = Sample::checked(at, CheckDetail::Nodes, Verdict::new(causes, ""));
        history.records.push(Record::new("home-1".into(), sample));
    }
    history
}
