//! `Retry-After` applies to the service, not to one URL: calls to other URLs before the named time are early as well.

use std::time::Duration;

use crate::oracle::memory::{Heard, Presence, Recent};

/// Number of other calls with the same response that may be other callers' intents.
const FORGIVEN: u32 = 8;

#[derive(Debug)]
struct Wait {
    until: Duration,
    heard: Heard,
    first: u64,
    strays: u32,
}

/// The named waits, by client and part of the cloud.
#[derive(Debug, Default)]
pub(crate) struct Waits {
    waits: Recent<Wait>,
}

impl Waits {
    /// Returns whether this client knew that it has to wait.
    pub(crate) fn binds(&mut self, key: u64, request: Presence) -> bool {
        let Some(wait) = self.waits.get_mut(key) else { return false };
        if request.at.saturating_add(Duration::from_millis(1)) >= wait.until {
            self.waits.remove(key);
            return false;
        }
        wait.heard.is_known_to(request)
    }

    /// Records a response with `Retry-After`. Returns the first such call if this one exceeds the limit.
    pub(crate) fn named(
        &mut self,
        key: u64,
        number: u64,
        until: Duration,
        bound: bool,
        heard: Heard,
    ) -> Option<u64> {
        let Some(wait) = self.waits.get_mut(key) else {
            self.waits.insert(key, Wait { until, heard, first: number, strays: 0 });
            return None;
        };
        wait.until = wait.until.max(until);
        wait.strays += u32::from(bound);
        (bound && wait.strays > FORGIVEN).then_some(wait.first)
    }

    /// Records a success: the wait did not apply to the whole service.
    pub(crate) fn lifted(&mut self, key: u64) {
        self.waits.remove(key);
    }
}
