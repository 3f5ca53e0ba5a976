//! Optimizations: the nightly ones, and those that somebody asked for.

use crate::world::measures::meter::{Meter, online};
use crate::world::state::Location;
use crate::world::time::{DAY, HOUR, MINUTE};

/// No events are kept for longer.
pub(crate) const KEPT: i64 = 366 * DAY;

/// One attempt to find better channels and a better topology.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Optimization {
    pub(crate) at: i64,
    /// Somebody asked for it; else it is a nightly one.
    pub(crate) manual: bool,
    pub(crate) succeeded: bool,
    pub(crate) changed: bool,
}

/// The optimizations of the last year: those of every night, and those that somebody asked for.
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

/// The newest one, of which the location's summary tells.
pub(crate) fn last_optimization(location: &Location) -> Option<Optimization> {
    optimizations(location).max_by_key(|optimization| optimization.at)
}
