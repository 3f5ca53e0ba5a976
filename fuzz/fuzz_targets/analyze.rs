//! `cargo +nightly fuzz run analyze`: bytes, steered by coverage, become a home.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| plume_fuzz::judge(bytes));
