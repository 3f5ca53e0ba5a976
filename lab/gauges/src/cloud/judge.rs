//! The verdict of the simulator on a corpus of clients: every bad one is reported for its rules, no good one is.
//!
//! `--plant RULE` leaves one rule out and `--plant all` each in turn. The gauge must detect it.

use std::collections::{BTreeMap, BTreeSet};

use plume_sim::ViolationKind;
use serde_json::{Value, json};

use gauges::{Reading, Settings};
use testkit::corpus::{Played, Script, Way, bad, good, run};

/// The name for every rule in turn.
const ALL: &str = "all";

/// The rules for which a client was reported.
struct Judged {
    name: String,
    wanted: BTreeSet<ViolationKind>,
    named: BTreeSet<ViolationKind>,
}

pub(crate) fn measure(settings: Settings) -> Result<Reading, String> {
    let judged = judge_all()?;
    if settings.plant && settings.bug == Some(ALL) {
        return each_rule_matters(&judged);
    }
    let without = match settings.bug {
        Some(name) => Some(rule(name)?),
        None => settings.plant.then_some(ViolationKind::RetryStorm),
    };
    let (value, pass) = score(&judged, without);
    Ok(Reading {
        value,
        goal: "all bad clients reported for their rules and no others, no good client reported",
        pass,
        scanned: count(judged.len()),
    })
}

fn rule(name: &str) -> Result<ViolationKind, String> {
    let named = |kind: &ViolationKind| kind.name().replace(' ', "-");
    ViolationKind::ALL.iter().copied().find(|kind| named(kind) == name).ok_or_else(|| {
        let known: Vec<String> = ViolationKind::ALL.iter().map(named).collect();
        format!("no rule is called {name}; known are {}, {ALL}", known.join(", "))
    })
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// Plays every client in process and over HTTP.
fn judge_all() -> Result<Vec<Judged>, String> {
    let mut judged = Vec::new();
    for script in bad().iter().chain(&good()) {
        for way in [Way::InProcess, Way::Http] {
            judged.push(judge(script, way)?);
        }
    }
    Ok(judged)
}

fn judge(script: &Script, way: Way) -> Result<Judged, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let Played { verdict, surprises } = runtime.block_on(run(script, way));
    if let Some(surprise) = surprises.first() {
        return Err(format!("{} ({way:?}) does not get the expected responses: {surprise}", script.name));
    }
    let kinds = ViolationKind::ALL.iter().copied();
    Ok(Judged {
        name: format!("{} ({way:?})", script.name),
        wanted: script.breaks.iter().copied().collect(),
        named: kinds.filter(|kind| verdict.count(*kind) > 0).collect(),
    })
}

/// Precision and recall over all reported and expected rules, as if one rule did not exist.
fn score(judged: &[Judged], without: Option<ViolationKind>) -> (Value, bool) {
    let (mut right, mut named, mut wanted) = (0_u32, 0_u32, 0_u32);
    let (mut bad, mut found, mut good, mut blamed) = (0_u64, 0_u64, 0_u64, 0_u64);
    let mut wrong = BTreeMap::new();
    for client in judged {
        let seen: BTreeSet<ViolationKind> =
            client.named.iter().copied().filter(|kind| Some(*kind) != without).collect();
        let size = |set: usize| u32::try_from(set).unwrap_or(u32::MAX);
        right += size(seen.intersection(&client.wanted).count());
        named += size(seen.len());
        wanted += size(client.wanted.len());
        if client.wanted.is_empty() {
            good += 1;
            blamed += u64::from(!seen.is_empty());
        } else {
            bad += 1;
            found += u64::from(client.wanted.is_subset(&seen));
        }
        if seen != client.wanted {
            let names: Vec<&str> = seen.iter().map(|kind| kind.name()).collect();
            wrong.insert(client.name.clone(), names);
        }
    }
    let share = |part: u32, whole: u32| (f64::from(part) / f64::from(whole.max(1)) * 1e4).round() / 1e4;
    let value = json!({
        "bad": bad,
        "named": found,
        "good": good,
        "blamed": blamed,
        "precision": share(right, named),
        "recall": share(right, wanted),
        "wrong": wrong,
    });
    (value, wrong.is_empty())
}

/// Checks that without any one rule some client is missed.
fn each_rule_matters(judged: &[Judged]) -> Result<Reading, String> {
    let mut missed = BTreeMap::new();
    for kind in ViolationKind::ALL {
        let (value, pass) = score(judged, Some(*kind));
        if pass {
            return Err(format!("no client is missed without the rule {kind}"));
        }
        missed.insert(
            kind.name(),
            value.get("wrong").and_then(Value::as_object).map_or(0, serde_json::Map::len),
        );
    }
    // As in every gauge, a planted fault must make it fail.
    Ok(Reading {
        value: json!({ "clients_missed_without": missed }),
        goal: "every rule is missed when it is left out",
        pass: false,
        scanned: count(judged.len()),
    })
}
