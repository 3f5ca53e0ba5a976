//! `cargo +nightly fuzz run home`: bytes, steered by coverage, become the answers of a home, which keep the law.
#![no_main]

use testkit::homes::{check, generate};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut choices = bytes;
    let bodies = generate::home(&mut choices);
    if let Err(broken) = check(&bodies, None, true) {
        panic!("{broken}\n{bodies:?}");
    }
});
