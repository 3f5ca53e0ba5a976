//! A cache to measure: the one of plume-auth, or one with a bug.

use std::sync::Arc;

use plume_auth::{CachedTokenProvider, testing::Rig};
use testkit::caches::{Bug, Flawed};

/// A rig around the cache of plume-auth, or around one with `bug`.
pub(crate) fn rig(seed: u64, bug: Option<Bug>) -> Rig {
    Rig::new(|source, clock| match bug {
        Some(bug) => Arc::new(Flawed::new(source, clock, Some(bug))),
        None => Arc::new(CachedTokenProvider::builder(source, Arc::new(clock)).seed(seed).build()),
    })
}
