//! Random homes, from the bytes of the responses to the rendered report, checked against the law of `testkit::homes`.
//!
//! Nothing panics, no unread home is green, and unread parts are listed. For growing shapes of responses the
//! allocations grow no faster. Seed and case reproduce a home: `cargo xtask gauge homes --seed S --case N`.
//!
//! A separate program: it counts allocations, and analyzes homes on all cores. Progress is on stderr.
#![allow(clippy::print_stderr, reason = "this program talks to people at a terminal")]

use std::{
    panic,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use gauges::{Reading, Settings};
use serde_json::json;
use testkit::homes::{Bodies, Plant, generate, linear};

const HOMES: u64 = 10_000_000;
/// The number of progress messages.
const PROGRESS: u64 = 40;
/// One home of this many is rendered in every form, because rendering takes most of the time.
const RENDER_ONE_IN: u64 = 8;
/// The compared sizes of responses.
const SIZES: [usize; 2] = [1_000, 4_000];
/// Maximum ratio of the work per byte, because vectors and hash tables do not grow evenly.
const GROWTH: f64 = 1.15;
/// Maximum number of bytes that may be allocated per byte of a response.
const FOR_EACH_BYTE: f64 = 250.0;

fn main() -> std::process::ExitCode {
    gauges::run(&[("homes", measure)])
}

/// Returns the broken law of a home, or its panic.
fn fault_of(seed: u64, case: u64, plant: Option<Plant>) -> Option<String> {
    let mut choices = generate::Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(case));
    let bodies = generate::home(&mut choices);
    let checked =
        panic::catch_unwind(|| testkit::homes::check(&bodies, plant, case.is_multiple_of(RENDER_ONE_IN)));
    let fault = match checked {
        Ok(Ok(())) => return None,
        Ok(Err(law)) => law,
        Err(payload) => {
            let text = payload.downcast_ref::<String>().cloned();
            format!("panic: {}", text.unwrap_or_else(|| "without a message".to_owned()))
        }
    };
    Some(format!("case {case}: {fault}\n  {bodies:?}"))
}

/// Analyzes `count` homes, and stops at the first faults.
fn judge(seed: u64, homes: u64, plant: Option<Plant>) -> (u64, Vec<String>) {
    const ENOUGH: usize = 5;
    let found = Mutex::new(Vec::new());
    let stop = AtomicBool::new(false);
    let judged = AtomicU64::new(0);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for first in 0..threads as u64 {
            let (found, stop, judged) = (&found, &stop, &judged);
            scope.spawn(move || {
                for case in (first..homes).step_by(threads) {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let before = judged.fetch_add(1, Ordering::Relaxed);
                    if homes == HOMES && before > 0 && before.is_multiple_of(HOMES / PROGRESS) {
                        eprintln!("{before} homes analyzed");
                    }
                    if let Some(fault) = fault_of(seed, case, plant) {
                        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                        found.push(fault);
                        stop.store(found.len() >= ENOUGH, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    (judged.into_inner(), found.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn whole_way(bodies: &Bodies) {
    drop(testkit::homes::judge(bodies));
}

/// Returns the bytes that are allocated per byte of the response, and their ratio between the larger and the smaller
/// body of a shape.
fn growth(make: fn(usize) -> Bodies, work: impl Fn(&Bodies)) -> (f64, f64) {
    let [small, large] = SIZES.map(|size| {
        let bodies = make(size);
        let measured = allocation_counter::measure(|| work(&bodies));
        measured.bytes_total as f64 / bodies.bytes() as f64
    });
    (large, large / small)
}

fn measure(settings: Settings) -> Result<Reading, String> {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    if let Some(case) = settings.case {
        let fault = fault_of(settings.seed, case, None);
        eprintln!("{}", fault.as_deref().unwrap_or("no law is broken"));
        return Ok(Reading { value: json!({}), goal: "the law", pass: fault.is_none(), scanned: 1 });
    }
    let mut missed = Vec::new();
    if settings.plant {
        // Every planted fault must be found; then this reading fails as intended.
        missed.extend(
            Plant::ALL.into_iter().filter(|plant| judge(settings.seed, 20_000, Some(*plant)).1.is_empty()),
        );
    }
    let (judged, faults) = if settings.plant { (0, Vec::new()) } else { judge(settings.seed, HOMES, None) };
    panic::set_hook(usual);
    if !missed.is_empty() {
        return Err(format!("planted faults were not found: {missed:?}"));
    }
    for fault in &faults {
        eprintln!("{fault}");
    }
    let grown: Vec<(&str, f64, f64)> = linear::SHAPES
        .into_iter()
        .map(|(name, make)| {
            let (bytes, times) = growth(make, whole_way);
            (name, bytes, times)
        })
        .collect();
    let linear = grown.iter().all(|(_, bytes, times)| *bytes <= FOR_EACH_BYTE && *times <= GROWTH);
    let worst = grown.iter().max_by(|a, b| a.2.total_cmp(&b.2)).ok_or("no shape")?;
    Ok(Reading {
        value: json!({
            "homes": judged,
            "faults": faults.len(),
            "shapes": grown.len(),
            "most_growth": {"shape": worst.0, "times": worst.2},
        }),
        goal: "10,000,000 homes within the law, every planted fault found, allocations in proportion to the response",
        pass: !settings.plant && faults.is_empty() && linear,
        scanned: judged.max(1),
    })
}

#[cfg(test)]
#[allow(clippy::panic, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn random_homes_break_no_law() {
        let (judged, faults) = judge(1, 5_000, None);
        assert_eq!((judged, faults), (5_000, Vec::<String>::new()));
    }

    #[test]
    fn planted_faults_are_found() {
        for plant in Plant::ALL {
            let (_, faults) = judge(1, 3_000, Some(plant));
            assert!(!faults.is_empty(), "{plant:?}");
        }
    }

    #[test]
    fn superlinear_work_is_found() {
        let (_, make) = linear::SHAPES[0];
        // Planted: every part of the response copies all of it.
        let (_, times) =
            growth(make, |bodies| (0..bodies.bytes() / 1_000).for_each(|_| drop(bodies.clone())));
        assert!(times > GROWTH, "{times}");
    }

    #[test]
    fn work_is_linear_in_the_response() {
        let shapes = linear::SHAPES;
        assert!(shapes.len() >= 10);
        for (name, make) in shapes {
            let (bytes, times) = growth(make, whole_way);
            assert!(bytes <= FOR_EACH_BYTE && times <= GROWTH, "{name}: {bytes} {times}");
        }
    }
}
