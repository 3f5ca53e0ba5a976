//! A Telegram bot for Plume support.
//!
//! ```text
//! cargo run -p plume-bot -- --demo --offline   # chat with it in the terminal, no accounts needed
//! cargo run -p plume-bot -- --demo             # on Telegram, with a simulated Plume Cloud
//! cargo run -p plume-bot                       # the real thing
//! ```
//!
//! The settings come from the environment; README.md one folder up lists them.

use std::{
    io::{self, Write},
    panic,
    process::ExitCode,
    sync::Arc,
};

use chrono::SecondsFormat;
use clap::Parser;
use plume::{
    cli::exit,
    runtime::{Clock, SystemClock},
};
use plume_bot::program::{Ended, Mode, Settings, is_alive, run};
use plume_telegram::Log;
use tokio::runtime::{Builder, Runtime};

/// Reports the health of Plume homes on Telegram.
#[derive(Debug, Parser)]
#[command(
    name = "plume-bot",
    after_help = "Settings: TELEGRAM_BOT_TOKEN (or TELEGRAM_BOT_TOKEN_FILE), TELEGRAM_ALLOWED_USERS (numeric ids), and \
        more in the README beside this example."
)]
struct Cli {
    /// Use a simulated Plume Cloud; no Plume credentials needed
    #[arg(long)]
    demo: bool,
    /// Chat in the terminal, without Telegram
    #[arg(long)]
    offline: bool,
    /// Only report whether the bot that touches `TELEGRAM_HEARTBEAT_FILE` is alive
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let Some(runtime) = runtime() else {
        let why = "too few file descriptors or too little memory";
        let _ = writeln!(io::stderr(), "error: failed to start: {why}");
        return ExitCode::from(exit::FAILED);
    };
    runtime.block_on(start(cli))
}

/// Returns `None` if descriptors or threads are scarce. Tokio's signal handling panics then, which cannot be predicted.
fn runtime() -> Option<Runtime> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let built = panic::catch_unwind(|| Builder::new_multi_thread().enable_all().build());
    panic::set_hook(hook);
    built.ok().and_then(Result::ok)
}

/// Logs lines with a time to stderr.
fn log_to_stderr(clock: Arc<dyn Clock>) -> Log {
    Log::new(move |line| {
        let now = clock.wall().to_rfc3339_opts(SecondsFormat::Secs, true);
        // If stderr is closed, there is no other place for it.
        let _ = writeln!(io::stderr(), "{now} {line}");
    })
}

async fn start(cli: Cli) -> ExitCode {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let log = log_to_stderr(Arc::clone(&clock));
    let variables = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        Some((name, value.to_string_lossy().into_owned()))
    });
    if cli.check {
        let path = std::env::var_os("TELEGRAM_HEARTBEAT_FILE").unwrap_or_default();
        let alive = is_alive(path.as_ref(), clock.as_ref());
        return ExitCode::from(if alive { exit::DONE } else { exit::FAILED });
    }
    let settings = match Settings::read(variables, cli.demo, cli.offline) {
        Ok(settings) => settings,
        Err(problems) => {
            for problem in problems {
                let _ = writeln!(io::stderr(), "error: {problem}");
            }
            return ExitCode::from(exit::USAGE);
        }
    };
    let mode = Mode { demo: cli.demo, offline: cli.offline };
    let ended = run(settings, mode, clock, log.clone()).await;
    // A thread may still wait for a line of stdin, so the runtime must not wait for it.
    let code = match ended {
        Ended::Done => exit::DONE,
        Ended::Interrupted => exit::INTERRUPTED,
        Ended::Failed(why) => {
            log.warn(&format!("the bot ends: {why}"));
            exit::FAILED
        }
    };
    ExitCode::from(code)
}
