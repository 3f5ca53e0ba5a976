//! The fleet monitor and its dashboard.
//!
//! ```text
//! plume-server --config monitor.toml                  # run
//! plume-server --config monitor.toml config explain   # every setting and its origin
//! plume-server --config monitor.toml backup FILE      # also: restore, keys rotate, healthcheck
//! ```

use std::{
    collections::BTreeMap,
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use clap::{Args, Parser, Subcommand};
use plume::{
    cli::{exit, for_terminal},
    runtime::{Clock, SystemClock},
};
use plume_server::{
    config::{Config, Problems, Row},
    import::{Condition, Plan, Selection, tags},
    journal::{Journal, LineFormat, subscribe},
    program::{
        Failed, ImportOptions, Obstacle, Story, accounts, add_admin, back_up, check_audit, demo, explained,
        forget, healthcheck, import_csv, import_fleet, look_over, new_password, remove_admin, remove_home,
        restore, rotate, run, suspend, warnings,
    },
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
    /// Show simulated homes that live through a story; needs no credentials and keeps nothing
    #[arg(long, conflicts_with = "config")]
    demo: bool,
    /// The events of the demo
    #[arg(long, value_enum, default_value_t, requires = "demo")]
    story: Story,
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
    /// Copy the database to a new file; the server may run
    Backup {
        /// The new file
        file: PathBuf,
    },
    /// Replace the database by a backup; the server must not run
    Restore {
        /// The backup
        file: PathBuf,
    },
    /// Manage the keys that seal secrets
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Manage the accounts of administrators; the server must not run
    Users {
        #[command(subcommand)]
        command: UsersCommand,
    },
    /// Suspend tenants; while the server runs, use its page of users
    Tenants {
        #[command(subcommand)]
        command: TenantsCommand,
    },
    /// Check the audit; while the server runs, use its page of the audit
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Add homes to watch; the server must not run
    Import {
        #[command(subcommand)]
        command: ImportCommand,
    },
    /// Remove homes; while the server runs, use the page of the home
    Homes {
        #[command(subcommand)]
        command: HomesCommand,
    },
    /// Report whether the server at the configured address answers
    Healthcheck,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// List every setting with its value and its origin, and check the files and the address that they name
    Explain,
}

#[derive(Debug, Subcommand)]
enum ImportCommand {
    /// From the cloud: the fleet of the partner, of a group, or of some customers
    Fleet(Fleet),
    /// From a CSV file with the columns tenant, customer, location, name, region, tags and id; blanks, commas, semicolons
    /// and bars separate tags
    Csv {
        /// The file
        file: PathBuf,
        #[command(flatten)]
        how: How,
    },
}

#[derive(Debug, Args)]
struct Fleet {
    /// The tenant that the homes become part of
    #[arg(long, default_value = "default")]
    tenant: String,
    /// Only this customer; can be repeated
    #[arg(long = "customer", value_name = "ID")]
    customers: Vec<String>,
    /// The homes of this group instead of the partner's
    #[arg(long, value_name = "ID", conflicts_with = "customers")]
    group: Option<String>,
    /// Only homes with this name, account, profile, mode, region, model or firmware, for example region=Bavaria or
    /// model=PP*; can be repeated
    #[arg(long = "filter", value_name = "KEY=VALUE")]
    conditions: Vec<Condition>,
    /// The region of the homes instead of that of their address
    #[arg(long)]
    region: Option<String>,
    /// A tag of the homes, or several, separated as in a CSV file; can be repeated
    #[arg(long = "tag")]
    tags: Vec<String>,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Clone, Copy, Args)]
struct How {
    /// Also remove the homes of these tenants that the import does not have, with their history
    #[arg(long)]
    remove: bool,
    /// Maximum number of homes that --remove removes [default: a tenth of them]
    #[arg(long, value_name = "NUMBER", requires = "remove")]
    remove_at_most: Option<usize>,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
}

impl From<How> for ImportOptions {
    fn from(how: How) -> Self {
        Self { remove: how.remove, remove_at_most: how.remove_at_most, dry_run: how.dry_run }
    }
}

#[derive(Debug, Subcommand)]
enum HomesCommand {
    /// Remove a home with its history, and close its incidents
    Remove {
        /// The id of the tenant
        tenant: String,
        /// The id of the home
        home: String,
    },
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Create a new key and seal every secret with it; the server must not run
    Rotate,
    /// Remove the secrets that no key opens, after their keys were lost; the server must not run
    Forget,
}

#[derive(Debug, Subcommand)]
enum UsersCommand {
    /// List the administrators with the time of their password
    List,
    /// Add an administrator, or change the password, which is typed or the first line of the standard input
    AddAdmin {
        /// The name of the account
        name: String,
    },
    /// Remove an administrator
    RemoveAdmin {
        /// The name of the account
        name: String,
    },
}

#[derive(Debug, Subcommand)]
enum TenantsCommand {
    /// Stop the checks and messages of a tenant
    Suspend {
        /// The id of the tenant
        id: String,
    },
    /// Let a suspended tenant continue
    Resume {
        /// The id of the tenant
        id: String,
    },
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Compare every row with its code in the chain
    Verify,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let (mut config, problems) = match Config::inspect(cli.config.as_deref(), variables()) {
        Ok(read) => read,
        Err(problems) => return refuse(Output::Lines, &problems, &[]),
    };
    if let Some(listen) = cli.listen {
        config.listen_on(listen);
    }
    if let Some(Command::Config { command: ConfigCommand::Explain }) = cli.command {
        return explain(&config, &problems);
    }
    let journal = Journal::default();
    let mut output = Output::Lines;
    if cli.command.is_none() {
        if let Err(error) = subscribe(&journal, config.server.log) {
            complain(&format!("failed to start the log: {error}"));
        } else if config.server.log.format == LineFormat::Json {
            output = Output::Events;
        }
    }
    let is_start = cli.command.is_none() && !cli.demo;
    let obstacles = if is_start { look_over(&config, &problems, &SystemClock::new()) } else { Vec::new() };
    if !problems.is_empty() || !obstacles.is_empty() {
        return refuse(output, &problems, &obstacles);
    }
    let runtime = match Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output.complain(&format!("failed to start: {error}"), None);
            return ExitCode::from(exit::FAILED);
        }
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let done = match cli.command {
        Some(command) => runtime.block_on(execute(command, &config, clock)),
        None => {
            let started = |address: SocketAddr| output.announce(address);
            let ran = runtime.block_on(async {
                match cli.demo {
                    true => demo(&config, cli.story, journal, started, signalled()).await,
                    false => run(&config, clock, journal, started, signalled()).await,
                }
            });
            ran.map_err(in_words)
        }
    };
    match done {
        Ok(()) => ExitCode::from(exit::DONE),
        Err((why, help)) => {
            output.complain(&why, help);
            ExitCode::from(exit::FAILED)
        }
    }
}

/// An error as its text and its help.
type InWords = (String, Option<&'static str>);

fn in_words(failed: Failed) -> InWords {
    (failed.to_string(), failed.help())
}

/// Runs a command.
async fn execute(command: Command, config: &Config, clock: Arc<dyn Clock>) -> Result<(), InWords> {
    let done = match command {
        Command::Healthcheck => {
            return healthcheck(config.server.listen, clock.as_ref()).await.map_err(|why| (why, None));
        }
        Command::Backup { file } => {
            back_up(config, &file).map(|()| inform(&format!("the backup is {}", file.display())))
        }
        Command::Restore { file } => restore(config, &file, clock).await.map(|old| {
            if let Some(old) = old {
                inform(&format!("the old database is {}", old.display()));
            }
            inform("all sessions are ended; tokens that were revoked after the backup are valid again");
        }),
        Command::Keys { command: KeysCommand::Forget } => forget(config, clock).await.map(|removed| {
            for document in &removed {
                inform(&format!("removed {document}"));
            }
            inform(&format!("{} documents removed", removed.len()));
        }),
        Command::Keys { command: KeysCommand::Rotate } => rotate(config, clock).await.map(|(key, sealed)| {
            inform(&format!(
                "sealed {sealed} documents with the new key {key}; older keys are kept for backups"
            ));
        }),
        Command::Users { command: UsersCommand::AddAdmin { name } } => {
            let added = async {
                let password = new_password().await?;
                add_admin(config, &name, &password, clock).await
            };
            added.await.map(|is_new| {
                inform(&match is_new {
                    true => format!("{name} is an administrator of all tenants"),
                    false => {
                        format!("{name} has a new password; the sessions and tokens of before have ended")
                    }
                });
            })
        }
        Command::Users { command: UsersCommand::RemoveAdmin { name } } => {
            remove_admin(config, &name, clock).await.map(|()| {
                inform(&format!("{name} is no administrator any more, and its sessions have ended"));
            })
        }
        Command::Users { command: UsersCommand::List } => accounts(config, clock).await.map(|found| {
            for (name, changed) in &found {
                print(&format!("{name}  {}", changed.format("%Y-%m-%d %H:%M UTC")));
            }
            print(&match found.len() {
                1 => "1 administrator".to_owned(),
                count => format!("{count} administrators"),
            });
        }),
        Command::Homes { command: HomesCommand::Remove { tenant, home } } => {
            remove_home(config, &tenant, &home, clock)
                .await
                .map(|()| inform(&format!("the home {home} of {tenant} is removed with its history")))
        }
        Command::Tenants { command: TenantsCommand::Suspend { id } } => {
            suspend(config, &id, true, clock).await.map(|()| inform(&format!("the tenant {id} is suspended")))
        }
        Command::Tenants { command: TenantsCommand::Resume { id } } => {
            suspend(config, &id, false, clock).await.map(|()| inform(&format!("the tenant {id} continues")))
        }
        Command::Audit { command: AuditCommand::Verify } => {
            check_audit(config, clock).await.map(|(rows, notes)| {
                inform(&format!("all {rows} rows of the audit are the ones that were written"));
                for note in notes {
                    inform(&note);
                }
            })
        }
        // Carried out before.
        Command::Config { .. } => return Ok(()),
        Command::Import { command } => import(command, config, clock).await,
    };
    done.map_err(in_words)
}

async fn import(command: ImportCommand, config: &Config, clock: Arc<dyn Clock>) -> Result<(), Failed> {
    let show = |plan: &Plan| print(&plan.to_string());
    match command {
        ImportCommand::Csv { file, how } => import_csv(config, &file, how.into(), clock, show).await,
        ImportCommand::Fleet(fleet) => {
            let how = fleet.how.into();
            let selection = Selection {
                tenant: fleet.tenant.as_str().into(),
                customers: fleet.customers,
                group: fleet.group,
                conditions: fleet.conditions,
                region: fleet.region,
                tags: fleet.tags.iter().flat_map(|text| tags(text)).map(str::to_owned).collect(),
            };
            import_fleet(config, &selection, how, clock, show).await
        }
    }
}

fn print(line: &str) {
    let _ = writeln!(io::stdout(), "{}", for_terminal(line));
}

fn inform(text: &str) {
    let _ = writeln!(io::stderr(), "{}", for_terminal(text));
}

/// The variables of this process. Sections name further ones, so all are kept.
fn variables() -> BTreeMap<String, String> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
    };
    std::env::vars_os().filter_map(text).collect()
}

fn explain(config: &Config, problems: &Problems) -> ExitCode {
    // Routes with problems are none, and decide nothing.
    let routes = (!problems.concern("policies")).then_some(config.policies.notify.routes.as_slice());
    let rows = explained(config, routes);
    let width = rows.iter().map(|row| row.key.len()).max().unwrap_or_default();
    let lines =
        rows.iter().map(|Row { key, shown, origin, .. }| format!("{key:width$}  {shown}  ({origin})\n"));
    let text: String = lines.collect();
    let written = writeln!(io::stdout(), "{}", for_terminal(&text));
    let clock = SystemClock::new();
    let obstacles = look_over(config, problems, &clock);
    let code = match problems.is_empty() && obstacles.is_empty() {
        true => ExitCode::from(exit::DONE),
        false => refuse(Output::Lines, problems, &obstacles),
    };
    for line in warnings(config, problems, &clock) {
        inform(&format!("warning: {line}"));
    }
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::from(exit::FAILED),
        _ => code,
    }
}

/// Writes every error of a configuration.
fn refuse(output: Output, problems: &Problems, obstacles: &[Obstacle]) -> ExitCode {
    for line in problems.to_string().lines() {
        output.complain(line, None);
    }
    for Obstacle { text, help } in obstacles {
        output.complain(text, *help);
    }
    ExitCode::from(if problems.is_empty() { exit::FAILED } else { exit::USAGE })
}

/// The form of what the program writes to stderr.
#[derive(Debug, Clone, Copy)]
enum Output {
    /// Lines for people.
    Lines,
    /// Events of the log: a run whose log is JSON writes nothing else.
    Events,
}

impl Output {
    fn announce(self, address: SocketAddr) {
        // The log has the address in an event.
        if let Self::Lines = self {
            let _ = writeln!(io::stderr(), "listening on http://{address}");
        }
    }

    fn complain(self, text: &str, help: Option<&str>) {
        match self {
            Self::Lines => {
                complain(text);
                if let Some(help) = help {
                    let _ = writeln!(io::stderr(), "help: {help}");
                }
            }
            Self::Events => {
                for line in text.lines() {
                    tracing::error!(help, "{}", line.trim());
                }
            }
        }
    }
}

/// Writes an error. If stderr is closed, there is no other place for it.
fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "error: {}", for_terminal(text));
}
