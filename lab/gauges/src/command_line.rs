//! The command line of every gauge.

use std::process::ExitCode;

use serde_json::json;

use crate::reading::{Gauge, Reading, Settings};

/// Runs the gauge that the command line names; a program with one gauge needs no name.
#[must_use]
pub fn run(gauges: &[(&str, Gauge)]) -> ExitCode {
    let mut name = None;
    let mut settings = Settings { plant: false, bug: None, seed: 1, case: None, full: false };
    let mut words = std::env::args().skip(1).peekable();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--plant" => {
                settings.plant = true;
                // Only after the gauge's own name a further word can be the name of a bug. It lives as long as this
                // short program.
                settings.bug = words
                    .next_if(|word| name.is_some() && !word.starts_with('-'))
                    .map(|bug| &*Box::leak(bug.into_boxed_str()));
            }
            "--full" => settings.full = true,
            "--seed" => match words.next().and_then(|seed| seed.parse().ok()) {
                Some(seed) => settings.seed = seed,
                None => return usage(gauges, "--seed needs a number"),
            },
            "--case" => match words.next().and_then(|case| case.parse().ok()) {
                Some(case) => settings.case = Some(case),
                None => return usage(gauges, "--case needs a number"),
            },
            _ => name = Some(word),
        }
    }
    let found = match gauges {
        [only] => Some(only),
        _ => gauges.iter().find(|(known, _)| name.as_deref() == Some(*known)),
    };
    let Some((name, gauge)) = found else {
        return usage(gauges, "which gauge?");
    };
    let result = gauge(settings);
    match &result {
        Ok(reading) => {
            let line = json!({
                "metric": name,
                "value": reading.value,
                "goal": reading.goal,
                "pass": reading.passes(),
                "seed": settings.seed,
                "scanned": reading.scanned,
            });
            println!("{line}");
        }
        Err(message) => eprintln!("{name}: {message}"),
    }
    let code = code(&result, settings.plant);
    if code == MISSED {
        eprintln!("{name}: a planted bug was not found");
    }
    ExitCode::from(code)
}

const FAILED: u8 = 1;
const USAGE: u8 = 2;
const MISSED: u8 = 3;

/// The exit code. What is planted is found by a reading that fails, not by an error.
fn code(result: &Result<Reading, String>, plant: bool) -> u8 {
    match result {
        Ok(reading) if plant && !reading.pass && reading.scanned > 0 => FAILED,
        _ if plant => MISSED,
        Ok(reading) if reading.passes() => 0,
        _ => FAILED,
    }
}

fn usage(gauges: &[(&str, Gauge)], problem: &str) -> ExitCode {
    // The last ones are programs that xtask runs by themselves.
    const OTHERS: [&str; 5] = ["store", "tenants", "fuzz", "devices", "homes"];
    let names: Vec<&str> = gauges.iter().map(|(name, _)| *name).chain(OTHERS).collect();
    eprintln!(
        "{problem}\nusage: cargo xtask gauge {} [--plant [BUG]] [--seed N] [--case N] [--full]\n\
         exit codes: 0 the goal is met, 1 it is not, or all that is planted is found (\"pass\": false), 2 usage,\n\
         3 a planted bug is not found",
        names.join("|")
    );
    ExitCode::from(USAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_bug_that_is_missed_has_a_code_of_its_own() {
        let reading = |pass, scanned| Ok(Reading { value: json!({}), goal: "a goal", pass, scanned });
        for (result, alone, planted) in [
            (reading(true, 1), 0, 3),
            (reading(false, 1), 1, 1),
            (reading(true, 0), 1, 3),
            (reading(false, 0), 1, 3),
            (Err("these bugs were not found".to_owned()), 1, 3),
        ] {
            assert_eq!((code(&result, false), code(&result, true)), (alone, planted), "{result:?}");
        }
    }
}
