//! Every state of three workers and three homes, and three faults.

use std::thread;

use stateright::{Checker, HasDiscoveries, Model};

use crate::cluster::{Bug, Protocol};

#[test]
fn every_state_keeps_the_laws() {
    let threads = thread::available_parallelism().unwrap().get();
    // Without an end at the first example of what is possible: all states are visited.
    let checker = Protocol::sound().checker().threads(threads).finish_when(HasDiscoveries::AllFailures);
    let explored = checker.spawn_bfs().join();
    eprintln!("{} states, {} steps deep", explored.unique_state_count(), explored.max_depth());
    assert!(explored.is_done());
    // Fewer would be a rule that forgets too much.
    assert!(explored.unique_state_count() > 14_000_000);
    explored.assert_properties();
}

#[test]
fn each_fault_breaks_its_law() {
    for (bug, law) in [
        (Bug::NoFence, "a change of a home is one transition"),
        (Bug::Reissue, "a slot of the budget has one call"),
        (Bug::MarkFirst, "no message is lost"),
    ] {
        let checker = Protocol::with(bug).checker().finish_when(HasDiscoveries::AnyFailures);
        let explored = checker.spawn_bfs().join();
        let steps = explored.discovery(law).map(|path| path.into_actions());
        eprintln!("{bug:?}: {steps:?}");
        assert!(steps.is_some(), "{bug:?} breaks: {law}");
    }
}
