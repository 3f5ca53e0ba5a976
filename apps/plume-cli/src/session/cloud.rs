//! The cloud of a run: a real one with the settings of the person, or a simulated one.

use std::{sync::Arc, time::Duration};

use plume::{
    Client, RateLimiter, Settings,
    runtime::{Clock, ManualClock, SystemClock, Transport, time},
};
use plume_sim::{Home, Simulator, Story};

use crate::args::Global;
use crate::config::Config;
use crate::failure::Result;
use crate::session::wire::Logged;

/// A client, and the ids that may be left out.
#[derive(Debug)]
pub(super) struct Cloud {
    pub(super) client: Client,
    pub(super) customer_id: Option<String>,
    pub(super) location_id: Option<String>,
    /// Likely mistakes in the settings.
    pub(super) warnings: Vec<String>,
}

impl Cloud {
    /// Sends no request.
    pub(super) fn open(global: &Global) -> Result<Self> {
        if global.demo {
            let simulator = simulator(global);
            let settings = Settings::from_variables(simulator.environment())?;
            let limiter = match global.paced {
                true => RateLimiter::of_process(),
                // A simulator in the same process has no call limit of its own.
                false => RateLimiter::unlimited(Arc::new(SystemClock::new())),
            };
            let home = global.home.unwrap_or(Home::Healthy);
            return Ok(Self {
                client: client(global, settings, simulator.transport(), limiter)?,
                customer_id: Some(home.customer_id().to_owned()),
                location_id: Some(home.location_id().to_owned()),
                warnings: Vec::new(),
            });
        }
        let config = Config::load(global.profile.as_deref())?;
        let settings = config.settings()?;
        let warnings = settings.warnings().to_vec();
        let transport = Arc::new(settings.network().transport().build());
        Ok(Self {
            client: client(global, settings, transport, RateLimiter::of_process())?,
            customer_id: config.get("customer_id").map(str::to_owned),
            location_id: config.get("location_id").map(str::to_owned),
            warnings,
        })
    }
}

/// The client of a run, with the transports that options put around the one of the cloud.
fn client(
    global: &Global,
    settings: Settings,
    mut transport: Arc<dyn Transport>,
    limiter: RateLimiter,
) -> Result<Client> {
    if global.verbose {
        transport = Arc::new(Logged::new(transport));
    }
    let client = Client::builder().settings(settings).transport(transport).rate_limiter(limiter).build()?;
    Ok(match global.timeout {
        Some(deadline) => client.with_deadline(deadline),
        None => client,
    })
}

/// The simulated cloud. Its clock shows the present; the story began before it.
fn simulator(global: &Global) -> Simulator {
    let builder = Simulator::builder().seed(7);
    let Some(story) = global.story.as_deref().and_then(Story::named) else {
        return builder.build();
    };
    let passed = Duration::from_secs(60 * u64::from(global.after.unwrap_or(12)));
    let now = SystemClock::new().wall();
    let clock = ManualClock::new(time::before(now, passed));
    let simulator = builder.story(story).clock(Arc::new(clock.clone())).build();
    clock.advance(passed);
    simulator
}
