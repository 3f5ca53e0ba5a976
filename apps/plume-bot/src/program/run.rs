//! Runs the bot until a signal or the end of the input.

use std::{
    io::{self, IsTerminal},
    path::Path,
    sync::Arc,
    time::Duration,
};

use plume::{
    NetworkSettings, RateLimiter,
    auth::{SecureUrl, UrlGuard},
    runtime::{Clock, HttpTransport, Resolver, Transport, is_public_address, time},
};
use plume_sim::Simulator;
use plume_telegram::{
    Api, Busy, Log, Stopped, UserId,
    stand_in::{StandIn, terminal},
};

use crate::chat::Example;
use crate::program::assemble::{WRONG_TOKEN, World, assemble};
use crate::program::settings::Settings;
use crate::program::signals::{Ended, Stop};

/// Maximum age of the heartbeat, longer than the longest poll with its limits.
const HEARTBEAT: Duration = Duration::from_secs(120);

/// The mode of the program.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mode {
    pub demo: bool,
    /// Whether it uses a stand-in for Telegram, in the terminal.
    pub offline: bool,
}

/// Runs until a signal or the end of the input.
pub async fn run(settings: Settings, mode: Mode, clock: Arc<dyn Clock>, log: Log) -> Ended {
    work(settings, mode, clock, log).await.unwrap_or_else(Ended::Failed)
}

async fn work(mut settings: Settings, mode: Mode, clock: Arc<dyn Clock>, log: Log) -> Result<Ended, String> {
    for warning in &settings.warnings {
        log.warn(warning);
    }
    let busy = Busy::default();
    let standin = mode.offline.then(|| StandIn::new(Arc::clone(&clock)));
    let api = || match (&standin, &settings.token) {
        (Some(standin), _) => Some(standin.api()),
        (None, Some(token)) => {
            let api = Api::new(Arc::new(HttpTransport::default()), token.clone());
            api.with_base(settings.telegram.as_base()).ok()
        }
        (None, None) => None,
    };
    let (Some(telegram), Some(polling)) = (api(), api()) else {
        return Err("there is no bot token".to_owned());
    };
    let mut world = World {
        telegram,
        polling,
        plume: typed_urls_transport(&settings.network, None),
        operator: None,
        limiter: RateLimiter::of_process(),
        clock,
        log,
        busy: busy.clone(),
    };
    let example = if mode.demo { Some(simulate(&mut settings, &mut world)?) } else { None };
    if mode.offline {
        settings.allowed.insert(UserId(terminal::USER));
    }
    let heartbeat = settings.heartbeat.clone();
    let mut stop = Stop::new();
    // Telegram may not be reachable yet, and a signal may end the wait.
    let running = tokio::select! {
        assembled = assemble(settings, world, mode.demo, example) => assembled?,
        ended = stop.asked() => return Ok(ended),
    };
    let alive = move || {
        if let Some(path) = &heartbeat {
            let _ = std::fs::write(path, b"");
        }
    };
    let chat = async {
        match &standin {
            Some(standin) => terminal::chat(standin, &busy, io::stdin().is_terminal()).await,
            None => std::future::pending().await,
        }
    };
    let mut ended = None;
    let mut again = Stop::new();
    let stopping = async {
        ended = Some(tokio::select! {
            ended = stop.asked() => ended,
            chatted = chat => match chatted {
                Ok(_) => Ended::Done,
                Err(error) => Ended::Failed(format!("failed to write the output: {error}")),
            },
        });
    };
    let stopped = tokio::select! {
        stopped = running.work(alive, stopping) => stopped,
        // A second signal ends the program at once.
        ended = async { again.asked().await; again.asked().await } => return Ok(ended),
    };
    match stopped {
        Stopped::Token => Err(WRONG_TOKEN.to_owned()),
        _ => Ok(ended.unwrap_or(Ended::Done)),
    }
}

/// Returns the transport for URLs that users enter. It connects to public addresses only. Behind a proxy the proxy connects,
/// so only the list of hosts is checked there. Names are resolved by the machine unless there is a `resolver`.
pub fn typed_urls_transport(
    network: &NetworkSettings,
    resolver: Option<Arc<dyn Resolver>>,
) -> Arc<dyn Transport> {
    let mut builder = network.transport();
    if !network.has_proxy() {
        builder = builder.address_filter(is_public_address);
    }
    Arc::new(match resolver {
        Some(resolver) => builder.resolver(resolver).build(),
        None => builder.build(),
    })
}

/// Replaces the real cloud by a simulated one.
fn simulate(settings: &mut Settings, world: &mut World) -> Result<Example, String> {
    let simulator = Simulator::builder().seed(7).clock(Arc::clone(&world.clock)).build();
    let account =
        plume::Settings::from_variables(simulator.environment()).map_err(|error| error.to_string())?;
    let endpoints = simulator.endpoints();
    // No request leaves this process, for any entered host.
    let elsewhere = |url: &str, host: &str| {
        let path =
            url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
        format!("https://{host}/{path}")
    };
    let url = |text: String| SecureUrl::parse(&text).map_err(|error| error.to_string());
    settings.operator = Some(account);
    settings.api = Some(url(elsewhere(&endpoints.api_base(), "api.example.net"))?);
    settings.reports = Some(url(elsewhere(&endpoints.reports_base(), "api.example.net"))?);
    settings.guard = UrlGuard::hosts(["*.example.net", "*.plume.com", "*.plumenet.io"])
        .map_err(|error| error.to_string())?;
    world.plume = simulator.transport();
    world.operator = Some(simulator.transport());
    world.limiter = RateLimiter::unlimited(Arc::clone(&world.clock));
    Ok(Example {
        sso: elsewhere(&endpoints.sso_url(), "sso.example.net"),
        header: endpoints.auth_header(),
        partner: endpoints.partner_id(),
    })
}

/// Returns whether a bot with this heartbeat is alive: it was touched recently. A time far in the future does not count.
pub fn is_alive(heartbeat: &Path, clock: &dyn Clock) -> bool {
    let touched = std::fs::metadata(heartbeat).and_then(|found| found.modified());
    touched.is_ok_and(|touched| {
        let (now, touched) = (clock.wall(), time::from_system(touched));
        time::between(touched, now).max(time::between(now, touched)) < HEARTBEAT
    })
}
