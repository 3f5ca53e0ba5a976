//! The demo: a simulated cloud with a story, a fast clock, and a store that is deleted at the end.

mod channels;
mod cloud;
mod paced;

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use plume::{
    CallRate, Client, RateLimiter, Settings,
    runtime::{Clock, SystemClock},
};
use plume_seal::{SealKey, SealKeys, Sealed};

use crate::config::Config;
use crate::journal::{Journal, lines};
use crate::metrics::Meters;
pub use cloud::Story;

use crate::program::assemble::{Monitor, Setup};
use crate::program::connections::ConnectionLimits;
use crate::program::demo::paced::Paced;
use crate::program::failed::Failed;
use crate::program::serve::{Exposure, Listener};
use crate::program::site::{self, Site};
use crate::stop::Stop;
use crate::store::{HomeStore, SqliteOptions, SqliteStore};
use crate::traffic::Traffic;
use crate::web::{self, Hosts, Notice};
use crate::worker::Policies;

/// Seconds of the demo per second.
const PACE: u32 = 12;
/// Deadline of a reader's call, in time of the demo.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the demo until `end`: of the configuration, only the listeners count. `started` receives the address.
///
/// # Errors
///
/// [`Failed`] with the cause.
pub async fn demo(
    config: &Config,
    story: Story,
    journal: Journal,
    started: impl FnOnce(SocketAddr),
    end: impl Future<Output = ()>,
) -> Result<(), Failed> {
    let listener = Listener::bind("listen", config.server.listen).await?;
    let exposure = Exposure::bind(&config.metrics).await?;
    site::check(listener.address, None)?;
    let clock: Arc<dyn Clock> = Arc::new(Paced::new(SystemClock::new(), PACE));
    let log = lines();
    journal.set_clock(Arc::clone(&clock));
    let folder = Folder::create()?;
    let store = SqliteStore::open(SqliteOptions {
        path: folder.0.join("monitor.db"),
        clock: Arc::clone(&clock),
        sealed: Arc::new(sealed()?),
    })?;
    let meters = Meters::default();
    meters.follow_clients();
    let store = store.observed(meters.store(), meters.clock());
    let cloud = cloud::simulator(Arc::clone(&clock), story);
    for tenant in cloud::tenants() {
        store.put_tenant(tenant).await?;
    }
    store.put_homes(cloud::homes(&cloud, story, clock.wall())).await?;
    let traffic = Traffic::default();
    let client = Client::builder()
        .settings(Settings::from_variables(cloud.environment())?)
        .transport(traffic.recorded(cloud.transport(), Arc::clone(&clock)))
        .clock(Arc::clone(&clock))
        .rate_limiter(RateLimiter::new(CallRate::default(), Arc::clone(&clock)))
        .deadline(PATIENCE)
        .build()?;
    let (stop, mut policies) = (Stop::default(), Policies::default());
    policies.monitor.notify = channels::routes();
    channels::store(&store).await?;
    let (stopping, terms) = (stop.stopping(), policies.sla.clone());
    let routes = policies.monitor.notify.routes.clone();
    let outlet = channels::outlet(Arc::clone(&clock));
    let setup = Setup { client: &client, policies, outlet: &outlet, meters: &meters };
    let mut monitor = Monitor::start(&store, setup, Arc::clone(&clock), log, &stopping).await?;
    let text = format!("Demo with simulated homes. A minute here is {PACE} minutes there.");
    let notice = Notice { text, pace: PACE };
    let process = site::process(config, &routes, terms, journal, traffic, folder.0.clone());
    let site = Site { client, clock, notice, sign_in: None, process };
    let (dashboard, exporter) = site::dashboard(&mut monitor, &store, site, meters, &stopping);
    let routes = web::router(dashboard, Hosts::of(listener.address));
    let routes = exposure.add(exporter, routes, &mut monitor.tasks, stopping);
    tracing::info!(address = %listener.address, version = env!("CARGO_PKG_VERSION"), "demo started");
    started(listener.address);
    let served = listener.serve(routes, monitor.tasks, stop, ConnectionLimits::default(), end).await;
    drop(store);
    drop(folder);
    served
}

/// The directory of the store, which is deleted when it is dropped.
#[derive(Debug)]
struct Folder(PathBuf);

impl Folder {
    fn create() -> Result<Self, Failed> {
        let mut bytes = [0; 8];
        let random = getrandom::fill(&mut bytes);
        random.map_err(|error| Failed::Keys(error.to_string()))?;
        let name: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let path = std::env::temp_dir().join(format!("plume-server-demo-{name}"));
        std::fs::create_dir(&path).map_err(|source| Failed::Directory { path: path.clone(), source })?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is in the directory for temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Keys that exist in this process only.
fn sealed() -> Result<Sealed, Failed> {
    let failed = |error: String| Failed::Keys(error);
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| failed(error.to_string()))?;
    let key = SealKey::new("demo", bytes).map_err(|error| failed(error.to_string()))?;
    Sealed::new(Arc::new(SealKeys::new(key))).map_err(|error| failed(error.to_string()))
}
