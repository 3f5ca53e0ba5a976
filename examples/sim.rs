//! Serves a simulated Plume Cloud on this machine, for the SDK, the tools or any other client.
//!
//! ```text
//! cargo run --example sim
//! cargo run --example sim -- --story power-cut --story plume-sim/stories/bad-day.json
//! cargo run --example sim -- --seed 7 --homes 200 --plan plume-sim/fault-plans/bad-evening.json --port 0
//! ```
//!
//! Prints the settings of a client to stdout as shell commands, and everything else to stderr. At Ctrl-C or SIGTERM it
//! prints the verdict on the clients and exits. Test suites in other languages can use `--fail-on-violation`,
//! `GET /simulator/verdict` and `POST /simulator/reset` (plume-sim/TESTING.md).

use std::{
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::Parser;
use plume::runtime::{Clock, SystemClock};
use plume_sim::{Endpoints, Home, Simulator, Story, StoryPlan, faults::FaultPlan};

/// Serves a simulated Plume Cloud on 127.0.0.1.
#[derive(Debug, Parser)]
#[command(name = "sim")]
struct Arguments {
    /// Port to listen on; 0 selects a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Seed of customers and measured values
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Number of generated customers in addition to the named homes
    #[arg(long, value_name = "N", default_value_t = 250)]
    homes: u32,
    /// Fault plan (plume-sim/FAULTS.md)
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Story of events in the homes, by name or file; may be repeated
    #[arg(long, value_name = "NAME|FILE")]
    story: Vec<String>,
    /// Lifetime of tokens
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    token_lifetime: u64,
    /// Block an address after 2,000 calls in 5 minutes, as the real cloud does
    #[arg(long)]
    firewall: bool,
    /// Exit with status 1 if a client broke a rule
    #[arg(long)]
    fail_on_violation: bool,
}

/// Maximum time for requests in flight after Ctrl-C.
const GRACE: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok(clean) if clean || !arguments.fail_on_violation => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            // If stderr is closed as well, the exit code still reports the failure.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves until a signal arrives. Returns whether the verdict is clean.
async fn run(arguments: &Arguments) -> Result<bool, Box<dyn std::error::Error>> {
    let mut builder = Simulator::builder()
        .seed(arguments.seed)
        .customers(arguments.homes)
        .token_lifetime(Duration::from_secs(arguments.token_lifetime));
    if let Some(path) = &arguments.plan {
        builder = builder.faults(FaultPlan::from_file(path)?);
    }
    for story in &arguments.story {
        builder = builder.story(match Story::named(story) {
            Some(story) => story.plan(),
            None => StoryPlan::from_file(story).map_err(|error| match error.line() {
                Some(_) => error.to_string(),
                None => format!("{error}\nknown stories: {}", Story::names().join(", ")),
            })?,
        });
    }
    if arguments.firewall {
        builder = builder.firewall();
    }
    let simulator = builder.build();
    let server = simulator.serve(SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port))).await?;
    match print_settings(&server.endpoints()) {
        // A reader that stops early (`| head -1`) is not an error.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        result => result?,
    }
    print_hint(server.address())?;
    ended().await?;
    let clock = SystemClock::new();
    // Requests in flight may complete, but an incomplete request must not delay the verdict for long.
    tokio::select! {
        () = server.stop() => {}
        () = clock.sleep(GRACE) => {}
        again = ended() => again?,
    }
    let verdict = simulator.verdict();
    writeln!(io::stderr(), "\n{verdict}")?;
    Ok(verdict.is_clean())
}

/// Waits for Ctrl-C or, on Unix, SIGTERM.
async fn ended() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminated = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminated.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

fn print_settings(endpoints: &Endpoints) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for (name, value) in endpoints.environment() {
        writeln!(out, "export {name}='{value}'")?;
    }
    out.flush()
}

fn print_hint(address: SocketAddr) -> io::Result<()> {
    let mut out = io::stderr().lock();
    writeln!(
        out,
        "\nThe simulator listens on {address} until Ctrl-C. With the lines above in your shell:\n"
    )?;
    writeln!(out, r#"  TOKEN=$(curl -s "$PLUME_SSO_URL" -H "Authorization: $PLUME_AUTH_HEADER" \"#)?;
    writeln!(out, r"    --data-urlencode grant_type=client_credentials \")?;
    writeln!(out, r#"    --data-urlencode "scope=partnerId:$PLUME_PARTNER_ID role:partnerIdAdmin" \"#)?;
    writeln!(out, r#"    | sed -E 's/.*"access_token":"([^"]+)".*/\1/')"#)?;
    writeln!(out, r#"  curl -s "$PLUME_API_BASE/Customers" -H "Authorization: Bearer $TOKEN""#)?;
    writeln!(out, "\n{:<16} {:<26} location", "home", "customer")?;
    for home in Home::ALL {
        writeln!(out, "{home:<16} {:<26} {}", home.customer_id(), home.location_id())?;
    }
    Ok(())
}
