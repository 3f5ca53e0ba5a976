//! Checks of the workspace that neither the compiler nor clippy can make: `cargo xtask check`. The long measurements,
//! `cargo xtask gauge` and `cargo xtask mutants`, start from here too.
//!
//! Each check is a function in a module of its own and one row of [`CHECKS`]. Its rules are pure functions over text or
//! a graph, so that unit tests can plant a fault and see it found.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod checks;
mod mutants;
mod text;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, value_parser};

use checks::{dependencies, hygiene, imports, layout, msrv, public_api, readme};
use workspace::{Outcome, Workspace};

/// One check: its name on the command line, a summary, and its function.
struct Check {
    name: &'static str,
    summary: &'static str,
    run: fn(&Workspace) -> Result<Outcome, String>,
}

const CHECKS: &[Check] = &[
    Check {
        name: "dependencies",
        summary: "dependencies between our crates point down only, and the small crates stay small",
        run: dependencies::run,
    },
    Check {
        name: "public-api",
        summary: "only plume-runtime names the HTTP library, and public signatures show types of listed crates only",
        run: public_api::run,
    },
    Check {
        name: "hygiene",
        summary: "no machine paths, unfinished code, secrets, big files or manifests that do not inherit from the workspace",
        run: hygiene::run,
    },
    Check {
        name: "imports",
        summary: "no import cycles between files, and state machines import only what their table allows",
        run: imports::run,
    },
    Check {
        name: "layout",
        summary: "one module style, no long source files, no crowded folders",
        run: layout::run,
    },
    Check {
        name: "msrv",
        summary: "README, manifests and clippy state the same minimum Rust",
        run: msrv::run,
    },
    Check {
        name: "prose",
        summary: "no refused words, and pointers to the reference of the API name existing sections",
        run: checks::prose::run,
    },
    Check {
        name: "readme",
        summary: "the commands and numbers in README.md are the ones that are tested and measured",
        run: readme::run,
    },
];

/// Commands that are not a check: all checks, a gauge, planted bugs.
const ALL: &str = "check";
const GAUGE: &str = "gauge";
const MUTANTS: &str = "mutants";

const FAILED: u8 = 1;

fn main() -> ExitCode {
    let arguments = command_line().get_matches();
    let workspace = Workspace::new(arguments.get_one("root").cloned().unwrap_or_else(default_root));
    match arguments.subcommand() {
        Some((GAUGE, words)) => gauge(&workspace, words.get_many(GAUGE).into_iter().flatten()),
        Some((MUTANTS, options)) => plant(&workspace, options),
        Some((name, _)) => {
            run_all(&workspace, CHECKS.iter().filter(|check| name == ALL || name == check.name))
        }
        None => ExitCode::from(FAILED),
    }
}

fn command_line() -> Command {
    let root = Arg::new("root").long("root").help("The checkout to look at, in place of this one");
    let words = Arg::new(GAUGE).num_args(0..).trailing_var_arg(true).allow_hyphen_values(true);
    Command::new("cargo xtask")
        .subcommand_required(true)
        .arg(root.value_name("DIR").value_parser(value_parser!(PathBuf)))
        .subcommands(CHECKS.iter().map(|check| Command::new(check.name).about(check.summary)))
        .subcommand(Command::new(ALL).about("all of the above"))
        .subcommand(
            Command::new(GAUGE)
                .about("NAME [--plant]: measures a goal; `cargo xtask gauge` lists them")
                .disable_help_flag(true)
                .arg(words),
        )
        .subcommand(
            mutants::Options::augment_args(Command::new(MUTANTS))
                .about("plants bugs; the tests must find 95 % of them"),
        )
}

/// Gauges that are programs of their own, because they test internals of a crate or need the usual allocator.
const PROGRAMS: [&str; 6] = ["store", "tenants", "fuzz", "devices", "homes", "monitor"];

/// The package of the gauges. It is separate because the gauges need the libraries and this program must start fast.
fn gauge<'a>(workspace: &Workspace, words: impl Iterator<Item = &'a String>) -> ExitCode {
    let mut words = words.peekable();
    // The gauges of one program begin with its name: `tenants` and `tenants-memory`.
    let name = words.peek().and_then(|name| name.split('-').next()).unwrap_or_default();
    let program = PROGRAMS.into_iter().find(|program| *program == name).unwrap_or("gauges");
    let status = workspace
        .cargo_command(&["run", "--quiet", "--locked", "--profile", "bench", "--package", "gauges", "--bin"])
        .args([program, "--"])
        .args(words)
        .status();
    match status {
        Ok(status) => {
            ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(FAILED))
        }
        Err(error) => {
            eprintln!("failed to start cargo: {error}");
            ExitCode::from(FAILED)
        }
    }
}

fn plant(workspace: &Workspace, options: &ArgMatches) -> ExitCode {
    let options = mutants::Options::from_arg_matches(options).unwrap_or_else(|error| error.exit());
    let faults = mutants::run(workspace, &options).unwrap_or_else(|error| vec![error]);
    for fault in &faults {
        println!("FAULT: {fault}");
    }
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(FAILED) }
}

/// The directory above this package. It is read when the program runs, because a path from build time could belong to
/// another checkout that shares the target directory.
fn default_root() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .and_then(|package| package.parent().map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from("."))
}

/// Runs every check, even after one failed, and lists all faults.
fn run_all<'a>(workspace: &Workspace, checks: impl Iterator<Item = &'a Check>) -> ExitCode {
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

    fn name(line: &str) -> Option<String> {
        let arguments = command_line().no_binary_name(true).try_get_matches_from(line.split_whitespace());
        arguments.ok()?.subcommand_name().map(str::to_owned)
    }

    #[test]
    fn help_lists_every_name() {
        let help = command_line().render_help().to_string();
        for name in CHECKS.iter().map(|check| check.name).chain([ALL, GAUGE, MUTANTS]) {
            assert!(help.contains(name), "{name} is not listed");
        }
        command_line().debug_assert();
    }

    #[test]
    fn leftovers_are_refused() {
        assert_eq!(name("--root elsewhere check").as_deref(), Some(ALL));
        assert_eq!(name("gauge sim --plant --seed 7").as_deref(), Some(GAUGE));
        for line in ["", "chekc", "msrv readme", "--root", "--fast msrv"] {
            assert_eq!(name(line), None, "{line}");
        }
    }
}
