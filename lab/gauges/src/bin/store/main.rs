//! The gauge `store`: one line of JSON, and exit code 1 if something went unnoticed or was lost.
//!
//! `cargo xtask gauge store [--seed N] [--quick] [--plant]`; with `--plant` it works on a broken store and must fail.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this program talks to people at a terminal")]

mod gauge;

use std::process::ExitCode;

use gauge::{Effort, gauge};

const USAGE: u8 = 2;

fn main() -> ExitCode {
    let (mut seed, mut effort, mut plant) = (1, Effort::FULL, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--plant" => plant = true,
            "--quick" => effort = Effort::QUICK,
            "--seed" => match arguments.next().and_then(|number| number.parse().ok()) {
                Some(number) => seed = number,
                None => return usage("--seed needs a number"),
            },
            other => return usage(&format!("unknown argument {other:?}")),
        }
    }
    match gauge(seed, effort, plant) {
        Ok(counts) => {
            println!("{}", counts.line(seed));
            if counts.pass() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn usage(message: &str) -> ExitCode {
    eprintln!("{message}\nusage: store [--seed N] [--quick] [--plant]");
    ExitCode::from(USAGE)
}
