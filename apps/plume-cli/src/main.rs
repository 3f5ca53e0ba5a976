//! `plume`: the Plume Cloud on the command line.
//!
//! Parses the arguments, runs one command, and prints its result. README.md says where a new command goes.

mod args;
mod ask;
mod commands;
mod config;
mod durations;
mod failure;
mod find;
mod output;
mod picture;
mod places;
mod session;
mod signals;
mod state;
mod tips;

use std::{panic, process::ExitCode, sync::LazyLock};

use clap::{CommandFactory, Parser, error::ErrorKind};
use plume::cli::{self, Meta, Source, exit, for_terminal};
use tokio::runtime::{Builder, Runtime};

use crate::args::{Color, Format, Global};
use crate::commands::Command;
use crate::failure::Failure;
use crate::output::{Output, Printed, complain, print};
use crate::session::Session;

/// Looks after Plume homes: health, nodes, devices, customers
#[derive(Debug, Parser)]
#[command(name = "plume", version, long_version = LONG_VERSION.as_str(), arg_required_else_help = true)]
#[command(after_help = "Try it without an account: plume --demo health")]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let mut cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return not_understood(&error),
    };
    // The options about simulated homes are about these homes.
    cli.global.demo |= cli.command.is_simulator();
    let output = Output::new(cli.global.output, cli.global.color);
    let source = cli.global.source();
    let printed = match runtime() {
        Some(runtime) => {
            let ended = match cli.command.ends_at_signal() {
                true => Ok(runtime.block_on(run(cli, output))),
                false => runtime.block_on(until_signal(run(cli, output))),
            };
            // A thread may still wait for a line of stdin.
            runtime.shutdown_background();
            match ended {
                Ok(printed) => printed,
                Err(code) => return ExitCode::from(code),
            }
        }
        None => {
            let failure = cli::Failure {
                exit_code: exit::FAILED,
                ..cli::Failure::usage(
                    "the program could not start: the system gives it too few file descriptors or too little memory",
                    "Raise the limit (`ulimit -n`), or end other programs.",
                )
            };
            let printed = output.failed(&failure, Meta::new(source), Vec::new());
            for_check(printed)
        }
    };
    match print(&printed.text) {
        Ok(_) => ExitCode::from(printed.code),
        Err(error) => not_written(&error),
    }
}

fn not_written(error: &std::io::Error) -> ExitCode {
    complain(&format!("error: the output could not be written: {error}"));
    ExitCode::from(if is_check(&arguments()) { exit::CHECK_UNKNOWN } else { exit::FAILED })
}

async fn run(cli: Cli, output: Output) -> Printed {
    let source = cli.global.source();
    let opened = applicable(&cli.global, &cli.command)
        .and_then(|()| tips::refuse_verbs(&Cli::command(), &arguments()))
        .and_then(|()| Session::new(cli.global, output, Cli::command));
    let session = match opened {
        Ok(session) => session,
        Err(failure) => {
            let printed = output.failed(&failure.into(), Meta::new(source), Vec::new());
            return for_check(printed);
        }
    };
    match cli.command.run(&session).await {
        Ok(printed) => printed,
        Err(failure) => session.fail(failure).await,
    }
}

/// Refuses options that would have no effect: a screen that is thought to be without identities must be so.
fn applicable(global: &Global, command: &Command) -> Result<(), Failure> {
    let setup = command.is_about_setup();
    let given = [
        ("--sanitize", global.sanitize && (setup || command.shows_files())),
        ("--record", global.record.is_some() && setup),
        ("--replay", global.replay.is_some() && setup),
    ];
    match given.iter().find(|(_, has_no_effect)| *has_no_effect) {
        Some((name, _)) => {
            Err(Failure::usage(format!("{name} has no effect on this command"), format!("Leave out {name}.")))
        }
        None => Ok(()),
    }
}

/// One thread is enough. Without free file descriptors tokio's signal handling panics during its set-up, which cannot be
/// known beforehand.
fn runtime() -> Option<Runtime> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let built = panic::catch_unwind(|| Builder::new_current_thread().enable_all().build());
    panic::set_hook(hook);
    built.ok().and_then(Result::ok)
}

/// Returns the exit code if a signal ends the work. Without a signal handler, a signal ends the program itself.
async fn until_signal<T>(work: impl Future<Output = T>) -> Result<T, u8> {
    tokio::select! {
        // The signal handlers are there before the work begins.
        biased;
        code = signals::ended() => Err(code),
        done = work => Ok(done),
    }
}

/// The version, and what matters in a report of a bug.
static LONG_VERSION: LazyLock<String> = LazyLock::new(|| {
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    let tls = match (cfg!(feature = "rustls"), cfg!(feature = "native-tls")) {
        (_, true) => "the system's library",
        (true, _) => "rustls",
        _ => "none",
    };
    let path = places::config_path().map_or_else(|| "none".to_owned(), |path| path.display().to_string());
    format!(
        "{}\nsystem: {} {}\nbuild: {build}\nTLS: {tls}\nconfiguration: {path}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
    )
});

/// Help and version go to stdout. A usage error is a document too, where documents are requested.
fn not_understood(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // With colors if stdout takes them. A closed pipe is no error.
        return match error.print() {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => not_written(&error),
            _ => ExitCode::from(exit::DONE),
        };
    }
    let arguments = arguments();
    let mut text = without_secrets(tips::without_value_tip(&error.to_string()), &arguments);
    let advice = tips::advice(error, &Cli::command(), &arguments);
    let advice = advice.map(|advice| without_secrets(advice, &arguments));
    if let Some(advice) = &advice {
        text = format!("{}\nhelp: {advice}", text.lines().next().unwrap_or_default());
    }
    complain(text.trim_end());
    let options: Vec<&str> = options(&arguments).collect();
    if let Some(format) = requested_format(&options) {
        let message = match error.kind() {
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "the command is missing",
            _ => text.lines().next().unwrap_or_default().trim_start_matches("error: "),
        };
        let failure =
            cli::Failure::usage(for_terminal(message), advice.as_deref().unwrap_or("Run it with --help."));
        let source = if options.contains(&"--demo") { Source::Demo } else { Source::Live };
        let document =
            Output::new(format, Color::Never).failure_document(&failure, Meta::new(source), Vec::new());
        // If this fails, the exit code remains.
        let _ = print(&document);
    }
    // For a monitoring system 2 is a critical status.
    ExitCode::from(if is_check(&arguments) { exit::CHECK_UNKNOWN } else { exit::USAGE })
}

/// The failure before a command began: with `--check`, the status is unknown.
fn for_check(printed: Printed) -> Printed {
    if is_check(&arguments()) { Printed { code: exit::CHECK_UNKNOWN, ..printed } } else { printed }
}

fn arguments() -> Vec<String> {
    std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect()
}

/// The arguments before `--`.
fn options(arguments: &[String]) -> impl Iterator<Item = &str> {
    arguments.iter().map(String::as_str).take_while(|word| *word != "--")
}

/// Whether a monitoring system reads the exit code, for which 1 and 2 are a status of the home.
fn is_check(arguments: &[String]) -> bool {
    options(arguments).any(|word| word == "--check")
}

/// The text without arguments that may be secrets: those of `plume auth`, and authorization headers anywhere.
fn without_secrets(mut text: String, arguments: &[String]) -> String {
    let is_auth = options(arguments).any(|word| word == "auth");
    for argument in arguments.iter().skip(1) {
        let value = match argument.strip_prefix('-') {
            Some(option) => option.split_once('=').map_or("", |(_, value)| value),
            None => argument,
        };
        let start = value.to_ascii_lowercase();
        let is_header = ["basic ", "bearer ", "eyj"].iter().any(|scheme| start.starts_with(scheme));
        // The names of commands are shorter.
        if is_header || is_auth && value.len() >= 8 {
            text = text.replace(value, "[redacted]");
        }
    }
    text
}

/// The format of documents in arguments that were not understood as a whole.
fn requested_format(options: &[&str]) -> Option<Format> {
    options.iter().enumerate().find_map(|(at, word)| {
        let value = match *word {
            "-o" | "--output" => options.get(at + 1)?,
            word => word
                .strip_prefix("--output=")
                .or_else(|| Some(word.strip_prefix("-o")?.trim_start_matches('=')))?,
        };
        match value {
            "json" => Some(Format::Json),
            "jsonl" => Some(Format::Jsonl),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests;
