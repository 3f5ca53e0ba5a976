//! `plume sim`: a simulated cloud for other programs.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use clap::{Args, Subcommand};
use plume::{
    cli::exit,
    runtime::{Clock, SystemClock},
};
use plume_sim::{Home, Simulator, faults::FaultPlan};
use serde::Serialize;

use crate::args::help;
use crate::failure::{Failure, Result};
use crate::output::{Cell, Column, Outcome, Printed, complain};
use crate::session::Session;
use crate::signals;

/// Simulate a Plume Cloud
#[derive(Debug, Subcommand)]
pub(crate) enum Sim {
    Serve(Serve),
}

/// Serve a simulated cloud on this machine until Ctrl-C
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume sim serve --port 8080 --story power-cut",
    "plume sim serve --homes 2000 --faults evening.json --fail-on-violation",
]))]
pub(crate) struct Serve {
    /// The port; a free one unless given
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// The number of customers besides the named homes
    #[arg(long, value_name = "NUMBER", default_value_t = 250)]
    homes: u32,
    /// A file with faults, as plume-sim/FAULTS.md describes it
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// The seed of names and measured values
    #[arg(long, value_name = "NUMBER", default_value_t = 7)]
    seed: u64,
    /// Block an address after 2,000 calls in 5 minutes, as the real cloud does
    #[arg(long)]
    firewall: bool,
    /// Fail at the end if a client broke a rule of the cloud
    #[arg(long)]
    fail_on_violation: bool,
}

#[derive(Serialize)]
pub(crate) struct Served {
    address: String,
    settings: Vec<Variable>,
    homes: Vec<ServedHome>,
}

#[derive(Serialize)]
struct Variable {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
struct ServedHome {
    name: &'static str,
    customer_id: &'static str,
    location_id: &'static str,
}

const COLUMNS: [Column<Served>; 1] = [Column::word("ADDRESS", |served| Cell::new(&served.address))];

/// The maximum time for requests in flight after a signal.
const GRACE: Duration = Duration::from_secs(2);

impl Sim {
    pub(crate) async fn run(self, session: &Session) -> Result<Printed> {
        match self {
            Self::Serve(command) => command.run(session).await,
        }
    }
}

impl Serve {
    async fn run(self, session: &Session) -> Result<Printed> {
        let mut builder = Simulator::builder().seed(self.seed).customers(self.homes);
        if let Some(path) = &self.faults {
            let plan = FaultPlan::from_file(path).map_err(|error| {
                Failure::usage(error.to_string(), "plume-sim/FAULTS.md describes the file.")
            })?;
            builder = builder.faults(plan);
        }
        if self.firewall {
            builder = builder.firewall();
        }
        let simulator = session.simulator(builder);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let server = simulator.serve(address).await.map_err(|error| {
            Failure::of_code(
                exit::FAILED,
                error.to_string(),
                "Choose another --port, or leave it out for a free one.",
            )
        })?;
        let settings: Vec<Variable> =
            server.endpoints().environment().map(|(name, value)| Variable { name, value }).collect();
        let exports: Vec<String> = settings
            .iter()
            .map(|variable| format!("export {}='{}'", variable.name, variable.value))
            .collect();
        let homes = Home::ALL.map(|home| ServedHome {
            name: home.name(),
            customer_id: home.customer_id(),
            location_id: home.location_id(),
        });
        let rows: Vec<String> = homes
            .iter()
            .map(|home| format!("{:<16}{}  {}", home.name, home.customer_id, home.location_id))
            .collect();
        let served = Served { address: server.address().to_string(), settings, homes: homes.into() };
        session.show(&Outcome::verbatim("plume.sim/1", served, exports.join("\n"), &COLUMNS))?;
        complain(&format!(
            "\nListening on {} until Ctrl-C. With the lines above in another shell:\n\n  plume customers list\n\n{}",
            server.address(),
            rows.join("\n")
        ));
        signals::ended().await;
        let clock = SystemClock::new();
        // An incomplete request must not delay the end for long.
        tokio::select! {
            () = server.stop() => {}
            () = clock.sleep(GRACE) => {}
            _ = signals::ended() => {}
        }
        let verdict = simulator.verdict();
        complain(&format!("\n{verdict}"));
        let code = if self.fail_on_violation && !verdict.is_clean() { exit::FAILED } else { exit::DONE };
        Ok(Printed { text: String::new(), code })
    }
}
