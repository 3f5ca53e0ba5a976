//! Saturating counters.

pub(super) fn increase(count: &mut u64, by: u64) {
    *count = count.saturating_add(by);
}

pub(super) fn number(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
