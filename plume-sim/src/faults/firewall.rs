//! The web application firewall before the API and the reports. It counts calls by source address.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

/// The documented window.
pub(crate) const WINDOW: Duration = Duration::from_secs(300);
/// Maximum number of calls within [`WINDOW`].
pub(crate) const CALLS: u32 = 2_000;

/// The calls of the last window by address, and the blocked addresses.
#[derive(Debug, Default)]
pub(crate) struct Firewall {
    addresses: HashMap<String, Address>,
}

#[derive(Debug, Default)]
struct Address {
    calls: VecDeque<Duration>,
    blocked_until: Option<Duration>,
}

impl Firewall {
    /// Counts a call. Returns the end of the block if the address is blocked.
    ///
    /// The block lasts for the rest of the window in which the count started; then the count starts again.
    pub(crate) fn call(
        &mut self,
        address: &str,
        at: Duration,
        limit: Option<(u32, Duration)>,
    ) -> Option<Duration> {
        if limit.is_none() && self.addresses.is_empty() {
            return None;
        }
        let entry = self.entry(address);
        if let Some(until) = entry.blocked_until {
            if at < until {
                return Some(until);
            }
            entry.blocked_until = None;
            entry.calls.clear();
        }
        let (calls, window) = limit?;
        while entry.calls.front().is_some_and(|call| at.saturating_sub(*call) >= window) {
            entry.calls.pop_front();
        }
        entry.calls.push_back(at);
        if entry.calls.len() > usize::try_from(calls).unwrap_or(usize::MAX) {
            let until = entry.calls.front().map_or(at, |first| first.saturating_add(window));
            entry.blocked_until = Some(until);
            return Some(until);
        }
        None
    }

    /// Blocks an address.
    pub(crate) fn block(&mut self, address: &str, until: Duration) {
        let entry = self.entry(address);
        entry.blocked_until = Some(entry.blocked_until.map_or(until, |known| known.max(until)));
    }

    fn entry(&mut self, address: &str) -> &mut Address {
        if !self.addresses.contains_key(address) {
            self.addresses.insert(address.to_owned(), Address::default());
        }
        self.addresses.entry(address.to_owned()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Option<(u32, Duration)> = Some((CALLS, WINDOW));

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_call_after_the_two_thousandth_is_blocked_for_the_rest_of_the_window() {
        let mut firewall = Firewall::default();
        for number in 0..2_000_u64 {
            assert_eq!(firewall.call("a", Duration::from_millis(number * 100), RULE), None, "{number}");
        }
        assert_eq!(firewall.call("a", seconds(200), RULE), Some(seconds(300)));
        assert_eq!(firewall.call("a", seconds(299), RULE), Some(seconds(300)));
        assert_eq!(firewall.call("b", seconds(299), RULE), None, "another address");
        assert_eq!(firewall.call("a", seconds(300), RULE), None, "a new window");
    }

    #[test]
    fn calls_at_the_advised_rate_are_never_blocked() {
        let mut firewall = Firewall::default();
        for number in 0..20_000_u64 {
            assert_eq!(firewall.call("a", Duration::from_millis(number * 1_000 / 6), RULE), None);
        }
    }

    #[test]
    fn a_forced_block_holds_without_a_rule() {
        let mut firewall = Firewall::default();
        assert_eq!(firewall.call("a", seconds(0), None), None);
        firewall.block("a", seconds(10));
        assert_eq!(firewall.call("a", seconds(9), None), Some(seconds(10)));
        assert_eq!(firewall.call("a", seconds(10), None), None);
    }
}
