//! A command-line tool in one file, written to be read. The full tool is `plume` (`apps/plume-cli`).
//!
//! ```text
//! cargo run --example cli -- --demo health
//! cargo run --example cli -- --demo --home two-pods-down health --output json
//! ```
//!
//! With `--demo` it talks to a simulated cloud inside the program, through the real client, with real OAuth
//! and real JSON. Without, the settings come from the environment (`PLUME_SSO_URL`, `PLUME_AUTH_HEADER`,
//! `PLUME_PARTNER_ID`, `PLUME_API_BASE`). Data goes to stdout, everything else to stderr.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};
use comfy_table::{Table, presets};
use plume::{
    Client, Error, LocationHandle, Settings,
    cli::{Document, Failure, Meta, Source, exit, for_terminal},
    health::{Format, Policy, analyze, on_screen},
    runtime::{Clock, SystemClock},
    types::{Field, Node},
};
use plume_sim::{Home, Simulator};
use serde::Serialize;

/// Shows the health of Plume homes.
#[derive(Debug, Parser)]
#[command(name = "cli", version)]
struct Cli {
    /// Use the simulated cloud inside this program; no settings needed
    #[arg(long, global = true)]
    demo: bool,
    /// The simulated home, with --demo
    #[arg(long, global = true, value_name = "NAME", default_value = "healthy")]
    home: Home,
    /// The format of the output
    #[arg(long, short, global = true, value_enum, default_value_t = Output::Table)]
    output: Output,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
enum Output {
    /// For people
    Table,
    /// One JSON document
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Judge a location: findings, verdict, what is unknown
    Health(Ids),
    /// List gateway and pods
    Nodes(Ids),
}

/// Both ids may be left out with --demo.
#[derive(Debug, Args)]
struct Ids {
    /// The customer's id: 24 hexadecimal digits
    customer_id: Option<String>,
    /// The location's id: 24 hexadecimal digits
    location_id: Option<String>,
}

/// The result of a command: a text for people, a document for programs, and the exit code.
struct Outcome {
    text: String,
    json: String,
    code: u8,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let source = if cli.demo { Source::Demo } else { Source::Live };
    let result = tokio::select! {
        result = run(&cli, source) => result,
        _ = tokio::signal::ctrl_c() => return ExitCode::from(exit::INTERRUPTED),
    };
    let outcome = result.unwrap_or_else(|failure| {
        complain(&format!("error: {}\nhelp: {}", failure.message, failure.help));
        let code = failure.exit_code;
        let document = Document::new(Failure::SCHEMA, now(), failure, Meta::new(source));
        Outcome { text: String::new(), json: json(&document), code }
    });
    let shown = if cli.output == Output::Json { outcome.json } else { outcome.text };
    match print(&shown) {
        Ok(()) => ExitCode::from(outcome.code),
        Err(error) => {
            complain(&format!("error: the output could not be written: {error}"));
            ExitCode::from(exit::FAILED)
        }
    }
}

async fn run(cli: &Cli, source: Source) -> Result<Outcome, Failure> {
    let failed = |error: Error| Failure::from(&error);
    let client = if cli.demo { demo() } else { live() }.map_err(failed)?;
    match &cli.command {
        Command::Health(ids) => health(&client, source, &location(&client, cli, ids)?).await,
        Command::Nodes(ids) => nodes(&client, source, &location(&client, cli, ids)?).await,
    }
    .map_err(failed)
}

/// A client of the real cloud.
fn live() -> Result<Client, Error> {
    let settings = Settings::from_shell()?;
    settings.warnings().iter().for_each(|warning| complain(&format!("warning: {warning}")));
    Ok(Client::builder().settings(settings).build()?)
}

/// A client of a simulated cloud, which has no call limit.
fn demo() -> Result<Client, Error> {
    let simulator = Simulator::builder().seed(7).build();
    let client = Client::builder()
        .settings(Settings::from_variables(simulator.environment())?)
        .transport(simulator.transport());
    Ok(client.build()?)
}

fn location(client: &Client, cli: &Cli, ids: &Ids) -> Result<LocationHandle, Failure> {
    match (&ids.customer_id, &ids.location_id) {
        (Some(customer), Some(location)) => {
            Ok(client.customer(customer.as_str()).location(location.as_str()))
        }
        (None, None) if cli.demo => {
            Ok(client.customer(cli.home.customer_id()).location(cli.home.location_id()))
        }
        _ => Err(Failure::usage("an id is missing", "Give both ids, or none of them with --demo.")),
    }
}

async fn health(client: &Client, source: Source, location: &LocationHandle) -> Result<Outcome, Error> {
    let snapshot = location.snapshot().await?;
    let report = analyze(&snapshot, &Policy::standard(), now());
    let document = Document::new("plume.health/1", now(), &report, Meta::of(client, source));
    let code = exit::report_code(&snapshot, &report);
    Ok(Outcome { text: report.render(Format::Text), json: json(&document), code })
}

async fn nodes(client: &Client, source: Source, location: &LocationHandle) -> Result<Outcome, Error> {
    let nodes = location.nodes().await?;
    let row = |node: &Node| {
        // A value that cannot be read is not shown as missing.
        let state = match &node.connection_state {
            Field::Known(state) => state.as_str(),
            Field::Absent => "-",
            Field::Unreadable => "unreadable",
        };
        // Names come from elsewhere: `on_screen` keeps them from changing the screen.
        [node.display_name(), node.id.as_str(), state].map(|text| on_screen(text).into_owned())
    };
    let text = table(["NAME", "ID", "STATE"], nodes.iter().map(row));
    let document = Document::new("plume.node.list/1", now(), &nodes, Meta::of(client, source));
    let code = if nodes.unreadable() > 0 { exit::PARTLY } else { exit::DONE };
    Ok(Outcome { text, json: json(&document), code })
}

fn table<const N: usize>(header: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header).add_rows(rows);
    table.trim_fmt()
}

fn json(document: &impl Serialize) -> String {
    serde_json::to_string_pretty(document).unwrap_or_else(|error| format!("\"{error}\""))
}

fn now() -> DateTime<Utc> {
    SystemClock::new().wall()
}

/// Writes to stdout. A closed pipe (`| head -1`) is no error.
fn print(text: &str) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    match io::stdout().write_all(format!("{}\n", text.trim_end()).as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes to stderr. If that is closed too, only the exit code remains.
fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{}", for_terminal(text));
}
