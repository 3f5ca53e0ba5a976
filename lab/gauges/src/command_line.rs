//! The command line of every gauge.

use std::process::ExitCode;

use clap::Parser;
use serde_json::json;

use crate::reading::{Gauge, Reading, Settings};

/// Measures a goal of the SDK
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask gauge",
    after_help = "Exit codes: 0 the goal is met, 1 it is not, or all that is planted is found (\"pass\": false), \
        2 usage, 3 a planted bug is not found"
)]
struct Arguments {
    /// The gauge; a program with one gauge needs none
    name: Option<String>,
    #[command(flatten)]
    settings: Settings,
}

/// Runs the gauge that the command line names.
#[must_use]
pub fn run(gauges: &[(&str, Gauge)]) -> ExitCode {
    let Arguments { name, settings } = Arguments::parse();
    let found = match gauges {
        [only] if name.is_none() => Some(only),
        _ => gauges.iter().find(|(known, _)| name.as_deref() == Some(*known)),
    };
    let Some((name, gauge)) = found else {
        // The last ones are separate programs.
        const OTHERS: [&str; 8] =
            ["store", "tenants", "tenants-memory", "tenants-lookup", "fuzz", "devices", "homes", "monitor"];
        let here = gauges.iter().map(|(name, _)| *name).filter(|name| !OTHERS.contains(name));
        let names: Vec<&str> = here.chain(OTHERS).collect();
        eprintln!("missing gauge name; known are {}", names.join(", "));
        return ExitCode::from(USAGE);
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

/// Returns the exit code. A planted bug is found by a failing reading, not by an error.
fn code(result: &Result<Reading, String>, plant: bool) -> u8 {
    match result {
        Ok(reading) if plant && !reading.pass && reading.scanned > 0 => FAILED,
        _ if plant => MISSED,
        Ok(reading) if reading.passes() => 0,
        _ => FAILED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missed_planted_bug_has_its_own_exit_code() {
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
