//! Counters of work.

use std::cell::Cell;

use serde_json::Value;

use crate::linear::shapes::{HOMES, TIMES, Time};

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

/// Eight times as much input may cost twelve times as much (half of eight for doubling and for the logarithm of sorted
/// lists and trees), plus a constant, such as the slopes of a trend.
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

/// The work on a home, prepared once.
pub type Work<H> = (&'static str, fn(&H));

/// Does every work on every home of [`HOMES`], and panics unless all of it is linear.
pub fn homes_are_linear<H, const N: usize>(prepare: impl Fn(Value) -> H, works: [Work<H>; N]) {
    for (shape, make) in HOMES {
        let homes = SIZES.map(|size| prepare(make(size)));
        for (name, operation) in works {
            let costs = [0, 1].map(|at| work(|| operation(&homes[at])));
            check(&format!("{name}, {shape}"), costs).unwrap();
        }
    }
}

/// Returns the work on this many samples at these times. Reading the samples is not counted.
pub type Series = (&'static str, fn(usize, Time) -> Box<dyn FnOnce()>);

/// Does the work on every series at all [`TIMES`], and panics unless all of it is linear.
pub fn series_are_linear<const N: usize>(series: [Series; N]) {
    for (name, make) in series {
        for (times, time) in TIMES {
            check(&format!("{name}, {times}"), SIZES.map(|size| work(make(size, time)))).unwrap();
        }
    }
}
