//! Broken input for every decoder and parser of the workspace: a fixed number of inputs, and no panic.
//!
//! Every input is a small piece of a sample body, mutated by JSON structure and by bytes. Case number, seed and parser
//! reproduce the input: `cargo xtask gauge fuzz --seed S --case N`.
//!
//! A separate program, because the counting allocator of other gauges costs a tenth of the time of each input.
#![allow(clippy::print_stderr, reason = "this program talks to people at a terminal")]

mod mutate;
mod parsers;
mod seeds;

use std::{
    cell::Cell,
    panic,
    sync::{Mutex, PoisonError},
    thread,
};

use plume_runtime::{Clock, SystemClock};
use serde_json::json;

use self::{mutate::Mutator, parsers::Parser};
use gauges::{Reading, Reference, Settings};

const THREADS: u64 = 2;
/// The number of inputs, every day and in a nightly run.
const INPUTS: u64 = 5_000_000;
const ALL_INPUTS: u64 = 100_000_000;
/// Each parser must get at least one of this many inputs.
const SHARE: u64 = 5_000;
/// Rounds between two units of the reference.
const ROUNDS: u64 = 20;
/// The number of inputs that must be read in the time of one unit of the reference.
const SLOWEST: f64 = 100.0;

/// The seed of the random choices of one input of one thread.
fn random(seed: u64, parser: usize, number: u64) -> fastrand::Rng {
    let mix = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (parser as u64) << 48;
    fastrand::Rng::with_seed(mix.wrapping_add(number.wrapping_mul(0xd129_0d3e_a5f1_65c7)))
}

/// A case is a parser and the number of its input.
fn case_of(parser: usize, number: u64, parsers: usize) -> u64 {
    number * parsers as u64 + parser as u64
}

thread_local! {
    /// The current input, for the report of a panic.
    static CURRENT: Cell<(usize, u64)> = const { Cell::new((0, 0)) };
}

struct Found {
    parser: &'static str,
    case: u64,
    input: String,
    message: String,
}

struct Bench {
    seed: u64,
    parsers: Vec<Parser>,
    found: Mutex<Vec<Found>>,
}

impl Bench {
    /// Reads one input to its end, and reports a panic.
    fn read(&self, index: usize, number: u64, mutator: &mut Mutator) -> bool {
        let Some(parser) = self.parsers.get(index) else { return false };
        let mut random = random(self.seed, index, number);
        let input = mutator.next(&mut random, &parser.pool);
        let outcome = panic::catch_unwind(panic::AssertUnwindSafe(|| (parser.read)(input)));
        let Err(payload) = outcome else { return true };
        let message = payload
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_default();
        let found = Found {
            parser: parser.name,
            case: case_of(index, number, self.parsers.len()),
            input: input.escape_ascii().to_string(),
            message,
        };
        self.found.lock().unwrap_or_else(PoisonError::into_inner).push(found);
        false
    }

    /// The number of inputs of all parsers in one round.
    fn round(&self) -> u64 {
        self.parsers.iter().map(|parser| u64::from(parser.weight)).sum()
    }

    /// Runs every parser in each of `rounds` on `weight` inputs.
    fn work(&self, thread: u64, rounds: u64) -> (Vec<u64>, Reference) {
        let mut counts = vec![0; self.parsers.len()];
        let mut mutator = Mutator::default();
        let mut reference = Reference::default();
        for round in 0..rounds {
            reference.measured(self.round(), || self.turn(thread, &mut counts, &mut mutator));
            if round.is_multiple_of(ROUNDS) {
                reference.unit();
            }
            if self.found.lock().map_or(true, |found| found.len() > 20) {
                break;
            }
        }
        (counts, reference)
    }

    fn turn(&self, thread: u64, counts: &mut [u64], mutator: &mut Mutator) {
        for (index, (parser, count)) in self.parsers.iter().zip(counts).enumerate() {
            for _ in 0..parser.weight {
                let number = *count * THREADS + thread;
                CURRENT.set((index, number));
                self.read(index, number, mutator);
                *count += 1;
            }
        }
    }
}

fn main() -> std::process::ExitCode {
    gauges::run(&[("fuzz", measure)])
}

fn measure(settings: Settings) -> Result<Reading, String> {
    let parsers = parsers::all(settings.plant)?;
    let bench = Bench { seed: settings.seed, parsers, found: Mutex::default() };
    // Twenty backtraces of one fault are noise. The faults are reported below.
    let usual = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let mut reference = Reference::default();
    let goal = if settings.full { ALL_INPUTS } else { INPUTS };
    let clock = SystemClock::new();
    let counts = match settings.case {
        Some(case) => {
            let parsers = bench.parsers.len() as u64;
            let index = usize::try_from(case % parsers).map_err(|error| error.to_string())?;
            bench.read(index, case / parsers, &mut Mutator::default());
            vec![1]
        }
        None => {
            let rounds = goal.div_ceil(bench.round().max(1) * THREADS);
            thread::scope(|scope| {
                let workers: Vec<_> = (0..THREADS)
                    .map(|thread| {
                        scope.spawn({
                            let bench = &bench;
                            move || bench.work(thread, rounds)
                        })
                    })
                    .collect();
                let mut sums = vec![0_u64; bench.parsers.len()];
                for worker in workers {
                    let (counts, times) = worker.join().map_err(|_| "a worker ended too early".to_owned())?;
                    reference.add(&times);
                    sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
                }
                Ok::<_, String>(sums)
            })?
        }
    };
    panic::set_hook(usual);
    let found = bench.found.into_inner().unwrap_or_else(PoisonError::into_inner);
    for found in &found {
        eprintln!(
            "{} panicked: {}\n  input: {}\n  again: cargo xtask gauge fuzz --seed {} --case {}",
            found.parser, found.message, found.input, settings.seed, found.case
        );
    }
    let total: u64 = counts.iter().sum();
    let fewest = counts.iter().zip(&bench.parsers).min_by_key(|(count, _)| **count);
    let (least, name) = fewest.map_or((0, ""), |(count, parser)| (*count, parser.name));
    let rate = reference.items_per_unit();
    let enough = total >= goal && least >= goal / SHARE && rate >= SLOWEST;
    let pass = found.is_empty() && (settings.case.is_some() || enough);
    Ok(Reading {
        value: json!({
            "inputs": total,
            "seconds": clock.monotonic().as_secs_f64().round(),
            "inputs_per_unit": rate.round(),
            "panics": found.len(),
            "parsers": bench.parsers.len(),
            "fewest": { "parser": name, "inputs": least },
        }),
        goal: "5,000,000 inputs over all parsers, 100,000,000 with --full, one of 5,000 at least for each, 0 panics, at no less \
               than 100 inputs in one unit of the reference",
        pass,
        scanned: total,
    })
}
