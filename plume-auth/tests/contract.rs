//! Our own cache, and many wrong ones, through the public suite.
#![allow(missing_docs, reason = "tests")]
#![cfg(feature = "testing")]

use std::sync::Arc;

use plume_auth::{
    CachedTokenProvider,
    testing::{Rig, contract},
};
use testkit::caches::{Bug, Flawed};

#[tokio::test]
async fn our_cache_keeps_every_promise() {
    let report = contract::check(|| {
        Rig::new(|source, clock| Arc::new(CachedTokenProvider::new(source, Arc::new(clock))))
    })
    .await;
    assert!(report.is_ok(), "{report}");
}

/// The wrong caches are wrong in one way each: without a bug theirs is right.
#[tokio::test]
async fn the_wrong_cache_without_a_bug_keeps_every_promise() {
    let report =
        contract::check(|| Rig::new(|source, clock| Arc::new(Flawed::new(source, clock, None)))).await;
    assert!(report.is_ok(), "{report}");
}

#[tokio::test]
async fn every_historic_bug_is_found() {
    assert!(Bug::ALL.len() >= 20);
    let mut missed = Vec::new();
    for bug in Bug::ALL {
        let report =
            contract::check(|| Rig::new(|source, clock| Arc::new(Flawed::new(source, clock, Some(*bug)))))
                .await;
        if report.is_ok() {
            missed.push(bug);
        }
    }
    assert!(missed.is_empty(), "not found: {missed:?}");
}
