//! The fixed grid of a home.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::ids::HomeId;

/// Returns a hash of the id that is the same in every process and version (FNV-1a, then the mixing of `SplitMix64`).
pub(super) fn hash(home: &HomeId) -> u64 {
    let fnv = home.as_str().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mixed = (fnv ^ (fnv >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Returns the first point of the home's grid at or after `time`.
pub(super) fn next_point(home: &HomeId, interval: Duration, time: DateTime<Utc>) -> DateTime<Utc> {
    let interval = millis(interval).max(1);
    let phase = i64::try_from(hash(home) % interval.unsigned_abs()).unwrap_or_default();
    // The grid has whole milliseconds, so a time between two of them counts as the later one.
    let floor = time.timestamp_millis();
    let time =
        if time.timestamp_subsec_nanos().is_multiple_of(1_000_000) { floor } else { floor.saturating_add(1) };
    let since = time.saturating_sub(phase).rem_euclid(interval);
    let wait = if since == 0 { 0 } else { interval.saturating_sub(since) };
    at_millis(time.saturating_add(wait))
}

/// Returns the time `wait` later, clamped if there is no such time.
pub(super) fn later(time: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
    let wait = chrono::TimeDelta::from_std(wait).unwrap_or(chrono::TimeDelta::MAX);
    time.checked_add_signed(wait).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn at_millis(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
