//! The cache to measure: that of plume-auth, or one with a bug.

use std::{sync::Arc, time::Duration};

use chrono::DateTime;
use plume_auth::{CachedTokenProvider, TokenProvider, testing::ScriptedSource};
use plume_runtime::ManualClock;
use testkit::caches::{Bug, Flawed};

/// A cache on a source and a clock that the gauge controls.
pub(crate) struct Rig {
    pub(crate) provider: Arc<dyn TokenProvider>,
    pub(crate) source: ScriptedSource,
    pub(crate) clock: ManualClock,
}

/// A rig around the cache of plume-auth, or around one with `bug`.
pub(crate) fn rig(seed: u64, bug: Option<Bug>) -> Rig {
    let source = ScriptedSource::new();
    let clock = ManualClock::new(DateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    let provider: Arc<dyn TokenProvider> = match bug {
        Some(bug) => Arc::new(Flawed::new(source.clone(), clock.clone(), Some(bug))),
        None => {
            let builder = CachedTokenProvider::builder(source.clone(), Arc::new(clock.clone()));
            Arc::new(builder.seed(seed).build())
        }
    };
    Rig { provider, source, clock }
}
