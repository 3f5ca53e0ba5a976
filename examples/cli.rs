//! A command-line tool in one file, written to be read.
//!
//! ```text
//! cargo run --example cli -- --demo health
//! cargo run --example cli -- --demo --home two-pods-down health --output json
//! cargo run --example cli -- --demo --story power-cut --after 12 health
//! ```
//!
//! With `--demo` it talks to a simulated cloud inside the program, through the real client, with real OAuth
//! and real JSON. Without, the settings come from the environment (`PLUME_SSO_URL`, `PLUME_AUTH_HEADER`,
//! `PLUME_PARTNER_ID`, `PLUME_API_BASE`, `PLUME_REPORTS_BASE`).
//!
//! Data goes to stdout, everything else to stderr.

use std::{
    io::{self, Write},
    panic,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
    error::ErrorKind,
};
use comfy_table::{Table, presets};
use plume::{
    Client, Error, Filter, Granularity, LocationHandle, Settings, SettingsError, WanPeriod,
    cli::{Document, Failure, Meta, Source, exit, for_terminal},
    health::{Format, HealthReport, Policy, analyze, on_screen, uptime, wan},
    runtime::{Clock, ManualClock, SystemClock, time},
    types::{Customer, Device, Field, List, Location, Node},
};
use plume_sim::{Home, Simulator, Story};
use serde::Serialize;
use tokio::runtime::{Builder, Runtime};

/// Shows the health of Plume homes.
#[derive(Debug, Parser)]
#[command(
    name = "cli",
    version,
    after_help = "Without --demo the settings come from the environment: PLUME_SSO_URL, PLUME_AUTH_HEADER \
        (or PLUME_AUTH_HEADER_FILE), PLUME_PARTNER_ID, PLUME_API_BASE, PLUME_REPORTS_BASE."
)]
struct Cli {
    /// Use the simulated cloud inside this program; no settings needed
    #[arg(long, global = true)]
    demo: bool,
    /// The simulated home, with --demo; the healthy one unless given
    #[arg(long, global = true, value_name = "NAME", value_parser = home_names())]
    home: Option<Home>,
    /// Story of the simulated homes, with --demo; none by default
    #[arg(long, global = true, value_name = "NAME", value_parser = PossibleValuesParser::new(Story::names()))]
    story: Option<String>,
    /// Minutes of the story that have passed
    #[arg(long, global = true, value_name = "MINUTES", default_value_t = 12)]
    after: u32,
    /// The form of the output
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
    /// Show a location's state and settings
    Status(Ids),
    /// List gateway and pods
    Nodes(Ids),
    /// List devices
    Devices(Ids),
    /// List Wi-Fi networks, without passphrases
    Wifi(Ids),
    /// Analyse a day of Internet traffic
    Wan(Ids),
    /// Analyse when the location was online
    Uptime(Ids),
    /// Work with customers
    #[command(subcommand)]
    Customers(Customers),
    /// Work with a customer's locations
    #[command(subcommand)]
    Locations(Locations),
}

/// Both ids may be left out with --demo.
#[derive(Debug, Args)]
struct Ids {
    /// The customer's id, as `customers list` shows it: 24 hexadecimal digits
    customer_id: Option<String>,
    /// The location's id, as `locations list` shows it: 24 hexadecimal digits
    location_id: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Customers {
    /// List customers, page by page
    List {
        /// At most this many
        #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
        /// Without the first ones
        #[arg(long, default_value_t = 0)]
        offset: u32,
    },
}

#[derive(Debug, Subcommand)]
enum Locations {
    /// List the locations of a customer
    List {
        /// The customer's id, as `customers list` shows it; may be left out with --demo
        customer_id: Option<String>,
    },
}

/// The result of a command: text for people, a document for machines, and the exit code.
struct Answer {
    text: String,
    json: String,
    code: u8,
}

/// The rows of a list command.
struct Rows<'a, T> {
    schema: &'static str,
    rows: &'a [T],
    unreadable: u64,
    /// The offset at which the list continues, if it does.
    next: Option<u64>,
    table: Table,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return not_understood(&error),
    };
    let answer = match runtime() {
        Ok(runtime) => match runtime.block_on(interruptible(run(&cli))) {
            Some(result) => result,
            None => return ExitCode::from(exit::INTERRUPTED),
        },
        Err(failure) => Err(failure),
    };
    // No call was made yet.
    let answer = answer.unwrap_or_else(|failure| failed(failure, Meta::new(source(&cli)), Vec::new()));
    let shown = match cli.output {
        Output::Table => &answer.text,
        Output::Json => &answer.json,
    };
    match print(shown) {
        Ok(()) => ExitCode::from(answer.code),
        Err(error) => {
            complain(&format!("error: the output could not be written: {error}"));
            ExitCode::from(exit::FAILED)
        }
    }
}

/// Help and version go to stdout. A usage error is a document too, with `--output json`.
fn not_understood(error: &clap::Error) -> ExitCode {
    let text = error.to_string();
    if !error.use_stderr() {
        return ExitCode::from(print(text.trim_end()).map_or(exit::FAILED, |()| exit::DONE));
    }
    let arguments: Vec<String> =
        std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let before = |word: &String| word != "--";
    let wants_json =
        arguments.iter().take_while(|word| before(word)).enumerate().any(|(at, word)| match &**word {
            "-o" | "--output" => arguments.get(at + 1).is_some_and(|form| form == "json"),
            word => matches!(word, "-ojson" | "-o=json" | "--output=json"),
        });
    complain(text.trim_end());
    if wants_json {
        let message = match error.kind() {
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "the command is missing",
            _ => text.lines().next().unwrap_or_default().trim_start_matches("error: "),
        };
        let failure = Failure::usage(for_terminal(message), "Run it with --help.");
        let is_demo = arguments.iter().take_while(|word| before(word)).any(|word| word == "--demo");
        let source = if is_demo { Source::Demo } else { Source::Live };
        let document = Document::new(Failure::SCHEMA, now(), failure, Meta::new(source));
        // If this fails, the exit code remains.
        let _ = print(&json(&document));
    }
    ExitCode::from(exit::USAGE)
}

/// One thread is enough. Without free file descriptors tokio's signal handling panics during its set-up, which cannot be
/// known beforehand.
fn runtime() -> Result<Runtime, Failure> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let built = panic::catch_unwind(|| Builder::new_current_thread().enable_all().build());
    panic::set_hook(hook);
    built.ok().and_then(Result::ok).ok_or_else(|| Failure {
        exit_code: exit::FAILED,
        ..Failure::usage(
            "the program could not start: the system gives it too few file descriptors or too little memory",
            "Raise the limit (`ulimit -n`), or end other programs.",
        )
    })
}

/// Returns `None` after Ctrl-C. Without a signal handler, Ctrl-C ends the program.
async fn interruptible<T>(work: impl Future<Output = T>) -> Option<T> {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        done = work => Some(done),
        () = interrupted => None,
    }
}

async fn run(cli: &Cli) -> Result<Answer, Failure> {
    for (name, given) in [("--home", cli.home.is_some()), ("--story", cli.story.is_some())] {
        if given && !cli.demo {
            let message = format!("{name} is about simulated homes");
            return Err(Failure::usage(message, format!("Add --demo, or leave out {name}.")));
        }
    }
    let settings;
    let mut builder = Client::builder();
    if cli.demo {
        let simulator = simulated(cli);
        settings = Settings::from_variables(simulator.environment()).map_err(settings_failure)?;
        builder = builder.transport(simulator.transport());
    } else {
        settings = Settings::from_shell().map_err(settings_failure)?;
    }
    let warnings = settings.warnings().to_vec();
    for warning in &warnings {
        complain(&format!("warning: {warning}"));
    }
    let client = builder.settings(settings).build().map_err(settings_failure)?;
    let session = Session { source: source(cli), client, warnings };

    let answer = match &cli.command {
        Command::Health(ids) => session.health(&session.location(cli, ids)?).await,
        Command::Status(ids) => session.status(&session.location(cli, ids)?).await,
        Command::Nodes(ids) => session.nodes(&session.location(cli, ids)?).await,
        Command::Devices(ids) => session.devices(&session.location(cli, ids)?).await,
        Command::Wifi(ids) => session.wifi(&session.location(cli, ids)?).await,
        Command::Wan(ids) => session.wan(&session.location(cli, ids)?).await,
        Command::Uptime(ids) => session.uptime(&session.location(cli, ids)?).await,
        Command::Customers(Customers::List { limit, offset }) => session.customers(*limit, *offset).await,
        Command::Locations(Locations::List { customer_id }) => match customer_id {
            Some(id) => session.locations(id).await,
            None if cli.demo => session.locations(demo_home(cli).customer_id()).await,
            None => return Err(Failure::usage("the <CUSTOMER_ID> is missing", IDS)),
        },
    };
    Ok(answer.unwrap_or_else(|error| failed(Failure::from(&error), session.meta(), session.warnings())))
}

/// The cloud of a demo. Its clock shows the present; the story began before it.
fn simulated(cli: &Cli) -> Simulator {
    let passed = Duration::from_secs(60 * u64::from(cli.after));
    let now = SystemClock::new().wall();
    let Some(story) = cli.story.as_deref().and_then(Story::named) else {
        return Simulator::builder().seed(7).build();
    };
    let clock = ManualClock::new(time::before(now, passed));
    let simulator = Simulator::builder().seed(7).story(story).clock(Arc::new(clock.clone())).build();
    clock.advance(passed);
    simulator
}

/// The largest documented page.
const MAX_PAGE: u32 = 500;

/// The advice when an id is missing.
const IDS: &str = "Give the ids as arguments, or none of them with --demo.";

fn settings_failure(error: SettingsError) -> Failure {
    let help = match error.is_only_missing() {
        true => "Set the variables, or add --demo to look around without any.",
        false => "Correct what is named above, or add --demo to look around without any settings.",
    };
    Failure { help: help.to_owned(), ..Failure::from(&Error::from(error)) }
}

fn source(cli: &Cli) -> Source {
    if cli.demo { Source::Demo } else { Source::Live }
}

fn demo_home(cli: &Cli) -> Home {
    cli.home.unwrap_or(Home::Healthy)
}

fn home_names() -> impl TypedValueParser<Value = Home> {
    PossibleValuesParser::new(Home::ALL.map(|home| home.name())).try_map(|name| name.parse::<Home>())
}

struct Session {
    client: Client,
    source: Source,
    warnings: Vec<String>,
}

impl Session {
    fn location(&self, cli: &Cli, ids: &Ids) -> Result<LocationHandle, Failure> {
        match (&ids.customer_id, &ids.location_id) {
            (Some(customer), Some(location)) => {
                Ok(self.client.customer(customer.as_str()).location(location.as_str()))
            }
            (None, None) if cli.demo => {
                let home = demo_home(cli);
                Ok(self.client.customer(home.customer_id()).location(home.location_id()))
            }
            (Some(_), None) => Err(Failure::usage("the <LOCATION_ID> is missing", IDS)),
            _ => Err(Failure::usage("the <CUSTOMER_ID> and <LOCATION_ID> are missing", IDS)),
        }
    }

    async fn health(&self, location: &LocationHandle) -> Result<Answer, Error> {
        let snapshot = location.snapshot().await?;
        let report: HealthReport = analyze(&snapshot, &Policy::standard(), now());
        let code = exit::report_code(&snapshot, &report);
        if code == exit::LIMITED {
            complain(
                "warning: a call limit or a firewall kept away a part that the verdict needs; try again later",
            );
        }
        Ok(Answer { code, ..self.answer("plume.health/1", &report, report.render(Format::Text)) })
    }

    async fn status(&self, location: &LocationHandle) -> Result<Answer, Error> {
        let location: Location = location.get().await?;
        let network = location.network_status.known();
        let online = location.network_status.as_ref().and_then(|network| network.status.as_ref());
        let service = location.service_level.as_ref().and_then(|level| level.status.as_ref());
        let geo = location.geo_ip.as_ref();
        let mut table = table(["LOCATION", location.name.as_deref().unwrap_or(location.id.as_str())]);
        for (name, value) in [
            ("Id", Some(location.id.to_string())),
            ("Network", shown(online)),
            ("Since", network.and_then(|network| network.status_changed_at).map(time)),
            ("Service level", shown(service)),
            ("Profile", location.profile.as_ref().map(ToString::to_string)),
            ("Network mode", location.network_mode.as_ref().map(ToString::to_string)),
            ("Service id", location.service_id.as_ref().map(ToString::to_string)),
            ("City", geo.and_then(|geo| geo.city.clone())),
            ("Provider", geo.and_then(|geo| geo.isp.as_ref()?.text().map(str::to_owned))),
        ] {
            table.add_row([name, &cell(value)]);
        }
        Ok(self.answer("plume.location/1", &location, table.trim_fmt()))
    }

    async fn nodes(&self, location: &LocationHandle) -> Result<Answer, Error> {
        let nodes = location.nodes().await?;
        let mut table = table(["NAME", "ID", "STATE", "SINCE", "MODEL", "FIRMWARE", "BACKHAUL", "DEVICES"]);
        for node in &nodes {
            let node: &Node = node;
            table.add_row([
                on_screen(node.display_name()).into_owned(),
                cell(Some(&node.id)),
                cell(shown(node.connection_state.as_ref())),
                cell(shown(node.connection_state_changed_at.map(time))),
                cell(node.model.as_ref()),
                cell(node.firmware_version.as_ref()),
                match node.is_gateway() {
                    Some(true) => "gateway".to_owned(),
                    _ => cell(node.backhaul_type.as_ref()),
                },
                cell(node.connected_device_count),
            ]);
        }
        Ok(self.list(Rows::all("plume.node.list/1", &nodes, table)))
    }

    async fn devices(&self, location: &LocationHandle) -> Result<Answer, Error> {
        let devices = location.devices().await?;
        let mut table = table(["NAME", "MAC", "STATE", "SINCE", "MEDIUM", "BAND", "IP", "NODE"]);
        for device in &devices {
            let device: &Device = device;
            table.add_row([
                on_screen(device.display_name()).into_owned(),
                cell(Some(&device.mac)),
                cell(shown(device.connection_state.as_ref())),
                cell(shown(device.connection_state_changed_at.map(time))),
                cell(device.medium.as_ref()),
                cell(device.freq_band.as_ref()),
                cell(device.ip.as_ref()),
                cell(device.node()),
            ]);
        }
        Ok(self.list(Rows::all("plume.device.list/1", &devices, table)))
    }

    async fn wifi(&self, location: &LocationHandle) -> Result<Answer, Error> {
        let networks = location.wifi_networks().await?;
        let mut table = table(["SSID", "ENABLED", "SECURITY", "TYPE", "ID"]);
        for network in &networks {
            table.add_row([
                cell(network.ssid.as_ref()),
                cell(network.enabled.map(|enabled| if enabled { "yes" } else { "no" })),
                cell(network.wpa_mode.as_ref()),
                cell(network.vap_type.as_ref()),
                cell(network.network_id.as_ref()),
            ]);
        }
        Ok(self.list(Rows::all("plume.wifi.list/1", &networks, table)))
    }

    async fn wan(&self, location: &LocationHandle) -> Result<Answer, Error> {
        let report = wan::analyze(&location.reports().wan_stats(WanPeriod::Daily).await?);
        Ok(self.answer("plume.wan/1", &report, report.render(Format::Text)))
    }

    async fn uptime(&self, location: &LocationHandle) -> Result<Answer, Error> {
        // One week in steps of an hour.
        let samples = location.reports().online_stats(Granularity::Hours, Some(168)).await?;
        let report = uptime::analyze(&samples);
        Ok(self.answer("plume.uptime/1", &report, report.render(Format::Text)))
    }

    async fn customers(&self, limit: u32, offset: u32) -> Result<Answer, Error> {
        // One more row shows whether the list continues: the API has no total, and a short page is not the end.
        let page = limit.saturating_add(1).min(MAX_PAGE);
        let mut found =
            self.client.customers().filter(Filter::new().limit(page).offset(offset)).pages().items();
        let mut customers: Vec<Customer> = Vec::new();
        while customers.len() < limit as usize
            && let Some(customer) = found.next().await
        {
            customers.push(customer?);
        }
        let end = found.continuation().offset();
        // If that fails, there may be more.
        let next = found.next().await.map(|_| end);
        let mut table = table(["ID", "ACCOUNT", "NAME", "EMAIL"]);
        for customer in &customers {
            table.add_row([
                cell(Some(&customer.id)),
                cell(customer.account_id.as_ref()),
                on_screen(&customer.display_name()).into_owned(),
                cell(customer.email.as_ref()),
            ]);
        }
        let unreadable = found.notes().unreadable;
        Ok(self.list(Rows { schema: "plume.customer.list/1", rows: &customers, unreadable, next, table }))
    }

    async fn locations(&self, customer_id: &str) -> Result<Answer, Error> {
        let locations = self.client.customer(customer_id).locations().await?;
        let mut table = table(["ID", "NAME", "NETWORK", "SERVICE LEVEL", "SERVICE ID"]);
        for location in &locations {
            table.add_row([
                cell(Some(&location.id)),
                cell(location.name.as_ref()),
                cell(location.network_status.known().and_then(|network| network.status.known())),
                cell(shown(location.service_level.as_ref().and_then(|level| level.status.as_ref()))),
                cell(location.service_id.as_ref()),
            ]);
        }
        Ok(self.list(Rows::all("plume.location.list/1", &locations, table)))
    }

    fn list<T: Serialize>(&self, list: Rows<'_, T>) -> Answer {
        let mut warnings = self.warnings();
        if list.unreadable > 0 {
            let warning = match list.unreadable {
                1 => "1 row could not be read and is left out".to_owned(),
                several => format!("{several} rows could not be read and are left out"),
            };
            complain(&format!("warning: {warning}"));
            warnings.push(warning);
        }
        let mut text = if list.rows.is_empty() { "Nothing there.".to_owned() } else { list.table.trim_fmt() };
        if let Some(next) = list.next {
            text.push_str(&format!("\n\nThere is more; continue with --offset {next}."));
        }
        let meta = Meta { more: list.next.is_some(), ..self.meta() };
        let mut document = Document::new(list.schema, now(), list.rows, meta);
        document.warnings = warnings;
        let code = if list.unreadable > 0 { exit::PARTLY } else { exit::DONE };
        Answer { text, json: json(&document), code }
    }

    fn answer(&self, schema: &'static str, data: &impl Serialize, text: String) -> Answer {
        let mut document = Document::new(schema, now(), data, self.meta());
        document.warnings = self.warnings();
        Answer { text, json: json(&document), code: exit::DONE }
    }

    fn meta(&self) -> Meta {
        Meta::of(&self.client, self.source)
    }

    /// The warnings at the end of a command. Those of the settings were written to stderr before.
    fn warnings(&self) -> Vec<String> {
        let mut warnings = self.warnings.clone();
        let missing = self.client.scope_not_granted();
        if !missing.is_empty() {
            let warning =
                format!("the token was not granted `{}`; calls that need it are refused", missing.join(" "));
            complain(&format!("warning: {warning}"));
            warnings.push(warning);
        }
        warnings
    }
}

impl<'a, T> Rows<'a, T> {
    /// A list that needs no paging.
    fn all(schema: &'static str, list: &'a List<T>, table: Table) -> Self {
        Self { schema, rows: list, unreadable: list.unreadable() as u64, next: None, table }
    }
}

/// A failure as text on stderr and as a document, so that machines always get one.
fn failed(failure: Failure, meta: Meta, warnings: Vec<String>) -> Answer {
    complain(&format!("error: {}\nhelp: {}", failure.message, failure.help));
    let code = failure.exit_code;
    let mut document = Document::new(Failure::SCHEMA, now(), failure, meta);
    document.warnings = warnings;
    Answer { text: String::new(), json: json(&document), code }
}

fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header.map(|name| on_screen(name).into_owned()));
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
}

fn cell(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| on_screen(&value.to_string()).into_owned())
}

/// Shows an unreadable value as such.
fn shown(field: Field<impl ToString>) -> Option<String> {
    match field {
        Field::Known(value) => Some(value.to_string()),
        Field::Absent => None,
        Field::Unreadable => Some("unreadable".to_owned()),
    }
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn json(document: &impl Serialize) -> String {
    // Only maps with keys other than text could fail, and no document has one.
    serde_json::to_string_pretty(document).unwrap_or_else(|error| format!("\"{error}\""))
}

fn now() -> DateTime<Utc> {
    SystemClock::new().wall().trunc_subsecs(3)
}

/// Writes to stdout. A closed pipe (`| head -1`) is no error.
fn print(text: &str) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes to stderr. If that is closed too, only the exit code remains.
fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{}", for_terminal(text));
}
