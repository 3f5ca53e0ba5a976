//! Random homes without coverage feedback, more than ten times as fast as libFuzzer:
//! `cargo run --release --manifest-path fuzz/Cargo.toml --bin flood -- [HOMES [THREADS [SEED]]]`.
//!
//! Equal arguments give equal homes. A panic prints the seed of its home.

use std::{env, thread};

/// `SplitMix64`: it mixes any seed well.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut bits = *state;
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

struct Told(u64);

impl Drop for Told {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("panicked with the home of `flood 1 1 {}`", self.0);
        }
    }
}

fn main() {
    let mut arguments = env::args().skip(1).map(|text| text.parse::<u64>().expect("a number"));
    let homes = arguments.next().unwrap_or(10_000_000);
    let threads = arguments.next().unwrap_or(2).max(1);
    let first = arguments.next().unwrap_or(1);
    let done: u64 = thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|part| {
                scope.spawn(move || {
                    let mut bytes = [0_u8; 192];
                    let mut done = 0_u64;
                    for seed in (part..homes).step_by(threads as usize) {
                        let told = Told(first + seed);
                        let mut state = told.0;
                        for chunk in bytes.chunks_exact_mut(8) {
                            chunk.copy_from_slice(&next(&mut state).to_le_bytes());
                        }
                        plume_fuzz::judge(&bytes);
                        done += 1;
                    }
                    done
                })
            })
            .collect();
        parts.into_iter().map(|part| part.join().expect("a part failed")).sum()
    });
    println!("{done} homes analyzed");
}
