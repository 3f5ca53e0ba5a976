//! The fleet monitor and its dashboard.
//!
//! ```text
//! plume-server --config monitor.toml                  # run
//! plume-server --config monitor.toml config explain   # every setting and its origin
//! ```

use std::{
    collections::BTreeMap,
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use clap::{Parser, Subcommand};
use plume::{
    cli::{exit, for_terminal},
    runtime::SystemClock,
};
use plume_server::{
    config::Config,
    program::{healthcheck, run},
    stop::signalled,
};
use tokio::runtime::Builder;

/// Watches a fleet of Plume homes and shows its state.
#[derive(Debug, Parser)]
#[command(name = "plume-server", version)]
struct Cli {
    /// Read the settings from this file
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Listen on this address instead of the configured one
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the configuration
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Report whether the server at the configured address answers
    Healthcheck,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// List every setting with its value and its origin
    Explain,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut config = match Config::read(cli.config.as_deref(), variables()) {
        Ok(config) => config,
        Err(problems) => {
            for line in problems.to_string().lines() {
                complain(line);
            }
            return ExitCode::from(exit::USAGE);
        }
    };
    if let Some(listen) = cli.listen {
        config.listen_on(listen);
    }
    if let Some(Command::Config { command: ConfigCommand::Explain }) = cli.command {
        return explain(&config);
    }
    let runtime = match Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("failed to start: {error}"));
            return ExitCode::from(exit::FAILED);
        }
    };
    let clock = Arc::new(SystemClock::new());
    let done = runtime.block_on(async {
        match cli.command {
            Some(_) => healthcheck(config.server.listen, &clock).await,
            None => run(&config, clock, announce, signalled()).await.map_err(|failed| failed.to_string()),
        }
    });
    match done {
        Ok(()) => ExitCode::from(exit::DONE),
        Err(why) => {
            complain(&why);
            ExitCode::from(exit::FAILED)
        }
    }
}

/// The variables of this process. Sections name further ones, so all are kept.
fn variables() -> BTreeMap<String, String> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
    };
    std::env::vars_os().filter_map(text).collect()
}

fn explain(config: &Config) -> ExitCode {
    let width = config.rows.iter().map(|row| row.key.len()).max().unwrap_or_default();
    let lines =
        config.rows.iter().map(|row| format!("{:width$}  {}  ({})\n", row.key, row.shown, row.origin));
    let text: String = lines.collect();
    match writeln!(io::stdout(), "{}", for_terminal(&text)) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::from(exit::FAILED),
        _ => ExitCode::from(exit::DONE),
    }
}

fn announce(address: SocketAddr) {
    let _ = writeln!(io::stderr(), "listening on http://{address}");
}

/// Writes an error. If stderr is closed, there is no other place for it.
fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "error: {}", for_terminal(text));
}
