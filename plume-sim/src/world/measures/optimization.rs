//! Nightly and requested optimizations.

use crate::world::measures::meter::{Meter, online};
use crate::world::state::Location;
use crate::world::time::{DAY, HOUR, MINUTE};

/// The age up to which events are kept.
pub(crate) const KEPT: i64 = 366 * DAY;

/// One optimization of channels and topology.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Optimization {
    pub(crate) at: i64,
    /// Requested by a user; otherwise nightly.
    pub(crate) manual: bool,
    pub(crate) succeeded: bool,
    pub(crate) changed: bool,
}

/// Returns the nightly and the requested optimizations of the last year.
pub(crate) fn optimizations<'l>(location: &'l Location) -> impl Iterator<Item = Optimization> + use<'l> {
    let (now, newest) = (location.now, location.anchor - 9 * HOUR);
    let newest = newest + (now - newest).div_euclid(DAY) * DAY;
    let meter = Meter::new(location, "optimizations");
    let nightly = (0..KEPT / DAY).map(move |day| (newest - day * DAY, false));
    let asked = location.history.optimizations.iter().map(|at| (*at, true));
    nightly
        .chain(asked)
        .filter(move |(at, _)| *at <= now && online(location, *at, at + MINUTE))
        .filter(|_| !location.nodes.is_empty())
        .map(move |(at, manual)| {
            let succeeded = meter.count("fails", at, 7) > 0;
            Optimization { at, manual, succeeded, changed: succeeded && meter.count("changes", at, 4) == 0 }
        })
}

/// Returns the latest optimization, which the location's summary shows.
pub(crate) fn last_optimization(location: &Location) -> Option<Optimization> {
    optimizations(location).max_by_key(|optimization| optimization.at)
}
