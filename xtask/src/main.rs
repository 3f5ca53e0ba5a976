//! Checks of the workspace that neither the compiler nor clippy can make: `cargo xtask check`. The long measurements,
//! `cargo xtask gauge` and `cargo xtask mutants`, start from here too.
//!
//! Each check is a function in a module of its own and one row of [`CHECKS`]. What a check judges is a pure function
//! over text or a graph, so that its unit tests can plant a fault and see it found.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this program talks to people at a terminal")]

mod checks;
mod mutants;
mod text;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use checks::{dependencies, hygiene, msrv, public_api, readme, rooms};
use workspace::{Outcome, Workspace};

/// One check: its name on the command line, what it proves, and the function that does it.
struct Check {
    name: &'static str,
    summary: &'static str,
    run: fn(&Workspace) -> Result<Outcome, String>,
}

const CHECKS: &[Check] = &[
    Check {
        name: "dependencies",
        summary: "arrows between our crates point down only, and the small crates stay small",
        run: dependencies::run,
    },
    Check {
        name: "public-api",
        summary: "only plume-runtime names the HTTP library, and no public signature shows a foreign runtime type",
        run: public_api::run,
    },
    Check {
        name: "hygiene",
        summary: "no machine paths, unfinished code, secrets, big files or manifests that go their own way",
        run: hygiene::run,
    },
    Check {
        name: "rooms",
        summary: "one module style, no long source files, no crowded folders",
        run: rooms::run,
    },
    Check {
        name: "msrv",
        summary: "README, manifests and clippy name one and the same minimum Rust",
        run: msrv::run,
    },
    Check {
        name: "readme",
        summary: "the commands and numbers in README.md are the ones that are tested and measured",
        run: readme::run,
    },
];

/// The name that runs every check.
const ALL: &str = "check";

const FAILED: u8 = 1;
const USAGE: u8 = 2;

/// The name that runs a gauge, and what follows it is the gauge's.
const GAUGE: &str = "gauge";

/// The name that plants bugs, and what follows it are its options.
const MUTANTS: &str = "mutants";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).peekable();
    if args.next_if(|arg| arg == GAUGE).is_some() {
        return gauge(args);
    }
    if args.next_if(|arg| arg == MUTANTS).is_some() {
        return plant(args);
    }
    match parse(args) {
        Ok(Command::Help) => {
            println!("{}", usage());
            ExitCode::SUCCESS
        }
        Ok(Command::Run { root, checks }) => {
            run_all(&Workspace::new(root.unwrap_or_else(default_root)), &checks)
        }
        Err(message) => {
            eprintln!("{message}\n\n{}", usage());
            ExitCode::from(USAGE)
        }
    }
}

/// Gauges that are programs of their own, because they look at a crate from closer by or need the usual allocator: what
/// cargo needs to run them.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("store", &["--package", "gauges", "--bin", "store"]),
    ("tenants", &["--package", "gauges", "--bin", "tenants"]),
    ("fuzz", &["--package", "gauges", "--bin", "fuzz"]),
    ("devices", &["--package", "gauges", "--bin", "devices"]),
    ("homes", &["--package", "gauges", "--bin", "homes"]),
];

/// The other gauges are a package of their own: they need the libraries, and this program has to start fast.
fn gauge(mut args: impl Iterator<Item = String>) -> ExitCode {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = std::process::Command::new(cargo);
    command.args(["run", "--quiet", "--locked", "--profile", "bench"]).current_dir(default_root());
    let name = args.next();
    match PROGRAMS.iter().find(|(known, _)| name.as_deref() == Some(*known)) {
        Some((_, program)) => command.args(*program).arg("--"),
        None => command.args(["--package", "gauges", "--bin", "gauges", "--"]).args(name),
    };
    let status = command.args(args).status();
    match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(status) => {
            ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(FAILED))
        }
        Err(error) => {
            eprintln!("cargo cannot be started: {error}");
            ExitCode::from(FAILED)
        }
    }
}

fn plant(args: impl Iterator<Item = String>) -> ExitCode {
    let options = match mutants::Options::parse(args) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}\n\nusage: cargo xtask {}", mutants::USAGE);
            return ExitCode::from(USAGE);
        }
    };
    let faults = mutants::run(&Workspace::new(default_root()), &options).unwrap_or_else(|error| vec![error]);
    for fault in &faults {
        println!("FAULT: {fault}");
    }
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(FAILED) }
}

enum Command {
    Help,
    Run { root: Option<PathBuf>, checks: Vec<&'static Check> },
}

fn parse(mut args: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut root = None;
    let mut name = None;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-h" | "--help" | "help" => return Ok(Command::Help),
            "--root" => root = Some(PathBuf::from(args.next().ok_or("--root needs a directory")?)),
            option if option.starts_with('-') => return Err(format!("unknown option `{option}`")),
            _ if name.is_some() => return Err(format!("one name at a time; `{arg}` is one too many")),
            _ => name = Some(arg),
        }
    }
    let name = name.ok_or("which check?")?;
    let checks: Vec<_> = CHECKS.iter().filter(|check| name == ALL || check.name == name).collect();
    if checks.is_empty() {
        return Err(format!("no check is called `{name}`"));
    }
    Ok(Command::Run { root, checks })
}

fn usage() -> String {
    let mut text = String::from("usage: cargo xtask [--root DIR] NAME\n\nnames:\n");
    for check in CHECKS {
        text.push_str(&format!("  {:<14}{}\n", check.name, check.summary));
    }
    text.push_str(&format!("  {ALL:<14}all of the above\n"));
    text.push_str(&format!("  {GAUGE:<14}NAME [--plant]: measures a goal; `cargo xtask gauge` lists them\n"));
    text.push_str(&format!("  {}", mutants::USAGE));
    text
}

/// The directory above this package. It is read when the program runs: a path from build time would be another
/// checkout's if two of them share a target directory.
fn default_root() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .and_then(|package| package.parent().map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from("."))
}

/// Runs every check even after one failed: a list of all faults saves a round trip for each.
fn run_all(workspace: &Workspace, checks: &[&Check]) -> ExitCode {
    let mut failed = Vec::new();
    for check in checks {
        println!("{}: {}", check.name, check.summary);
        let faults = match (check.run)(workspace) {
            Ok(outcome) => {
                for note in &outcome.notes {
                    println!("  {note}");
                }
                outcome.verdict()
            }
            Err(message) => vec![message],
        };
        for fault in &faults {
            println!("  FAULT: {fault}");
        }
        if faults.is_empty() {
            println!("  ok");
        } else {
            failed.push(check.name);
        }
    }
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("failed: {}", failed.join(", "));
    ExitCode::from(FAILED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> impl Iterator<Item = String> {
        line.split_whitespace().map(String::from).collect::<Vec<_>>().into_iter()
    }

    #[test]
    fn an_unknown_name_is_refused_and_the_usage_lists_every_name() {
        assert!(parse(words("chekc")).is_err());
        let usage = usage();
        for check in CHECKS {
            assert!(usage.contains(check.name), "{} is not listed", check.name);
        }
    }

    #[test]
    fn check_stands_for_all() {
        match parse(words("--root elsewhere check")) {
            Ok(Command::Run { root, checks }) => {
                assert_eq!(root, Some(PathBuf::from("elsewhere")));
                assert_eq!(checks.len(), CHECKS.len());
            }
            _ => panic!("`check` is a command"),
        }
    }

    #[test]
    fn leftovers_are_refused() {
        assert!(parse(words("")).is_err());
        assert!(parse(words("msrv readme")).is_err());
        assert!(parse(words("--root")).is_err());
        assert!(parse(words("--fast msrv")).is_err());
    }
}
