//! The oracles against the corpus: every bad client breaks its rules, and no good client breaks any.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, reason = "a test ends there and then, also in its helpers")]

use std::collections::BTreeSet;

use plume_sim::ViolationKind;
use testkit::corpus::{Played, Script, Way, bad, good, run};

/// Longer scripts are about rates. They run in process only, in half of the time; `cargo xtask gauge judge` runs
/// every script both ways.
const MOST_OVER_HTTP: usize = 1_000;

fn played(script: &Script, way: Way) -> Played {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run(script, way))
}

fn judge(scripts: &[Script], way: Way) {
    let mut wrong = Vec::new();
    for script in scripts.iter().filter(|script| way == Way::InProcess || script.requests() <= MOST_OVER_HTTP)
    {
        let Played { verdict, surprises } = played(script, way);
        let all = ViolationKind::ALL.iter().copied();
        let named: BTreeSet<ViolationKind> = all.filter(|kind| verdict.count(*kind) > 0).collect();
        let expected: BTreeSet<ViolationKind> = script.breaks.iter().copied().collect();
        if named != expected || !surprises.is_empty() {
            let head = format!("{}: expected {expected:?}", script.name);
            wrong.push(format!(
                "{head}\n{}\n{verdict}",
                surprises.into_iter().take(3).collect::<Vec<_>>().join("\n")
            ));
        }
    }
    assert!(wrong.is_empty(), "{way:?}: {} of {}:\n\n{}", wrong.len(), scripts.len(), wrong.join("\n\n"));
}

#[test]
fn bad_clients_break_their_rules_in_process() {
    judge(&bad(), Way::InProcess);
}

#[test]
fn bad_clients_break_their_rules_over_http() {
    judge(&bad(), Way::Http);
}

#[test]
fn good_clients_are_clean_in_process() {
    judge(&good(), Way::InProcess);
}

#[test]
fn good_clients_are_clean_over_http() {
    judge(&good(), Way::Http);
}

#[test]
fn the_corpus_is_large_and_breaks_every_rule() {
    let (bad, good) = (bad(), good());
    assert!(bad.len() >= 60 && good.len() >= 40, "{} bad and {} good", bad.len(), good.len());
    let broken: BTreeSet<ViolationKind> = bad.iter().flat_map(|script| script.breaks.clone()).collect();
    assert_eq!(broken, ViolationKind::ALL.iter().copied().collect());
    let long = bad.iter().chain(&good).filter(|script| script.requests() > MOST_OVER_HTTP).count();
    assert!(long <= 9, "{long} scripts are played in process only");
    let names: BTreeSet<&String> = bad.iter().chain(&good).map(|script| &script.name).collect();
    assert_eq!(names.len(), bad.len() + good.len(), "every client has a name of its own");
}
