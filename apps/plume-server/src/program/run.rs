//! A run from the listener to the end of the last request.

use std::{net::SocketAddr, sync::Arc};

use plume::{
    Client,
    runtime::{Clock, SystemClock},
};

use crate::config::Config;
use crate::journal::{Journal, lines};
use crate::metrics::Meters;
use crate::notify::{Heartbeat, Wellness};
use crate::program::assemble::{Monitor, Outlet, Setup, import_homes, open_store, policies};
use crate::program::connections::ConnectionLimits;
use crate::program::failed::Failed;
use crate::program::serve::{Exposure, Listener};
use crate::program::site::{self, Site};
use crate::stop::Stop;
use crate::store::HomeStore;
use crate::traffic::Traffic;
use crate::web::{self, Hosts, Notice};

/// Runs until `end`, then lets open requests and running checks finish for up to 3 s. `started` receives the address of the
/// listener.
///
/// # Errors
///
/// [`Failed`] with the cause.
pub async fn run(
    config: &Config,
    clock: Arc<dyn Clock>,
    journal: Journal,
    started: impl FnOnce(SocketAddr),
    end: impl Future<Output = ()>,
) -> Result<(), Failed> {
    let log = lines();
    journal.set_clock(Arc::clone(&clock));
    let settings = config.cloud.as_ref().ok_or(Failed::NoCloud)?;
    let listener = Listener::bind("listen", config.server.listen).await?;
    site::check(listener.address, config.sign_in.as_ref())?;
    let exposure = Exposure::bind(&config.metrics).await?;
    let stop = Stop::default();
    let meters = Meters::default();
    meters.follow_clients();
    let store = open_store(config, Arc::clone(&clock))?.observed(meters.store(), meters.clock());
    let documents = store.unopened().await?;
    if !documents.is_empty() {
        return Err(Failed::OtherKeys { documents });
    }
    import_homes(config, &store, clock.as_ref(), &log).await?;
    let traffic = Traffic::default();
    let transport = Arc::new(settings.network().transport().build());
    let client = Client::builder()
        .settings(settings.clone())
        .transport(traffic.recorded(transport, Arc::clone(&clock)))
        .clock(Arc::clone(&clock))
        .build()?;
    let (routes, terms) = (&config.policies.notify.routes, config.sla.clone());
    let process = site::process(config, routes, terms, journal, traffic, config.server.data.clone());
    let (policies, stopping) = (policies(config), stop.stopping());
    let outlet = Outlet::new(&config.messages, Arc::clone(&clock));
    let setup = Setup { client: &client, policies, outlet: &outlet, meters: &meters };
    let mut monitor = Monitor::start(&store, setup, Arc::clone(&clock), Arc::clone(&log), &stopping).await?;
    let (notice, sign_in) = (Notice::default(), config.sign_in.clone());
    if let Some(sign_in) = &sign_in {
        let tenants = store.tenants().await?;
        let ids: Vec<&str> = tenants.iter().map(|tenant| tenant.id.as_str()).collect();
        sign_in.rules.unknown_tenants(&ids).iter().for_each(|line| log(line));
    }
    let site = Site { client, clock, notice, sign_in, process };
    let (dashboard, exporter) = site::dashboard(&mut monitor, &store, site, meters, &stopping);
    if let Some(url) = &config.messages.heartbeat {
        let (http, machine) = (Arc::new(outlet.means.guard.clone()), Arc::new(SystemClock::new()));
        let dashboard = dashboard.clone();
        let is_well: Wellness = Arc::new(move || {
            let dashboard = dashboard.clone();
            Box::pin(async move { dashboard.is_well().await })
        });
        let heartbeat = Heartbeat::new(url.expose(), http, machine, is_well);
        monitor.tasks.spawn("the heartbeat", heartbeat.run(stopping.clone()));
    }
    let public = config.sign_in.as_ref().and_then(|sign_in| sign_in.public_origin.as_deref());
    let routes = web::router(dashboard, Hosts::of(listener.address).with_public(public));
    let routes = exposure.add(exporter, routes, &mut monitor.tasks, stopping);
    tracing::info!(address = %listener.address, version = env!("CARGO_PKG_VERSION"), "server started");
    started(listener.address);
    let proxies = config.sign_in.as_ref().map(|sign_in| sign_in.proxies.clone()).unwrap_or_default();
    let limits = ConnectionLimits { proxies, ..ConnectionLimits::default() };
    listener.serve(routes, monitor.tasks, stop, limits, end).await
}
