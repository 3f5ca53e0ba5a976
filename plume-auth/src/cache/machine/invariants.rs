//! Invariants that hold after every event.

use super::*;

impl State {
    /// Panics if an invariant is broken at the time of the last event.
    pub(in crate::cache::machine) fn invariants(&self, now: Moment) {
        // Every field is named here, so that a new one is not overlooked.
        let Self {
            token,
            flight,
            failure,
            rejected,
            after_rejection,
            flights,
            forgotten,
            asked_with: _,
            lot: _,
        } = self;
        assert!(forgotten <= flights, "a fetch that was never begun is forgotten");
        if let Some(flight) = flight {
            assert!(flight.number <= *flights, "the running fetch was never begun");
            assert!(flight.number > *forgotten, "an unwanted fetch is running");
            assert!(flight.started <= now.monotonic, "a fetch begins in the future");
        }
        assert!(rejected.len() <= REMEMBERED, "{} rejected tokens are remembered", rejected.len());
        let twice = rejected
            .iter()
            .enumerate()
            .any(|(at, one)| rejected.iter().skip(at + 1).any(|other| other == one));
        assert!(!twice, "one rejection takes the place of two");
        if let Some(held) = token {
            let generation = held.token.generation();
            assert!(generation > *forgotten && generation <= *flights, "a token of no fetch is held");
            assert!(!rejected.contains(&held.token.fingerprint()), "a rejected token is held");
            assert!(!after_rejection, "there is a token again");
            let Windows { advisory, mandatory, patience } = held.windows;
            assert!(mandatory <= advisory && advisory <= held.lifetime.length, "{:?}", held.windows);
            assert!(patience <= mandatory, "{:?}", held.windows);
        }
        assert!(failure.as_ref().is_none_or(|failure| failure.times > 0), "a failure that did not happen");
        if let Some(lease) = self.lease(now) {
            assert!(now.monotonic < lease.until.monotonic, "an expired lease");
            assert_eq!(
                self.usable(now).map(|token| token.generation()),
                Some(lease.token.generation()),
                "readers get another token than callers"
            );
        }
    }
}
