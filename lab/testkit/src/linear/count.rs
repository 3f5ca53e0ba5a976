//! Counting work.

use std::cell::Cell;

thread_local! {
    static STEPS: Cell<u64> = const { Cell::new(0) };
}

/// Counts work that allocates nothing.
pub fn step(count: usize) {
    STEPS.set(STEPS.get() + count as u64);
}

/// Allocated bytes, and steps.
pub fn work(operation: impl FnOnce()) -> [u64; 2] {
    let before = STEPS.get();
    let allocated = allocation_counter::measure(operation);
    [allocated.bytes_total, STEPS.get() - before]
}

/// A small input and a large one.
pub const SIZES: [usize; 2] = [200, 1_600];

/// Eight times as much input may cost eight times as much, half of that again for what doubles and for the logarithm of
/// sorted lists and trees, and something that no input changes, such as the slopes of a trend.
pub fn check(what: &str, [small, large]: [[u64; 2]; 2]) -> Result<(), String> {
    const AT_ALL: [u64; 2] = [600_000, 60_000];
    for (at, unit) in ["bytes", "steps"].into_iter().enumerate() {
        let allowed = small[at] * (SIZES[1] / SIZES[0]) as u64 * 3 / 2 + AT_ALL[at];
        if large[at] > allowed {
            return Err(format!("{what}: {} {unit} became {}", small[at], large[at]));
        }
    }
    Ok(())
}
