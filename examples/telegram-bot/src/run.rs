//! Puts the parts together and runs them.

use std::{io::IsTerminal, path::Path, sync::Arc, time::Duration};

use plume::{
    NetworkSettings, RateLimiter,
    auth::{SecureUrl, UrlGuard},
    runtime::{Clock, HttpTransport, Resolver, Transport, is_public_address},
};
use plume_sim::Simulator;
use tokio::sync::mpsc;

use crate::{
    bot::{Bot, Parts},
    busy::Busy,
    chat::{COMMANDS, Desk, Example},
    ledger::Ledger,
    log::Log,
    plume_side::{PlumeBuilder, Vault},
    settings::Settings,
    standin::{self, StandIn, terminal},
    telegram::{Api, Call, Outbox, Poller, UserId},
};

/// How long what is under way may take when the bot is told to stop.
const GRACE: Duration = Duration::from_secs(5);
/// A heartbeat that is older than this is none. Longer than the longest poll with its limits.
const HEARTBEAT: Duration = Duration::from_secs(120);

/// What to run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mode {
    /// On a simulated Plume Cloud.
    pub demo: bool,
    /// On a stand-in for Telegram, in the terminal.
    pub offline: bool,
}

/// Why the bot ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It was told to, or there was no more input.
    Done,
    /// By Ctrl-C.
    Interrupted,
    /// It cannot work; what is wrong.
    Failed(String),
}

/// The bot and the loops that move it.
pub struct Running {
    bot: Bot,
    outbox: Outbox,
    poller: Poller,
    gone: mpsc::UnboundedReceiver<crate::telegram::ChatId>,
}

/// Where the two sides are.
pub struct World {
    /// Telegram.
    pub telegram: Api,
    /// The Plume Cloud, for accounts that users typed.
    pub plume: Arc<dyn Transport>,
    /// The same for the operator's account; `None` means as its settings say.
    pub operator: Option<Arc<dyn Transport>>,
    /// The call limit.
    pub limiter: RateLimiter,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where lines go.
    pub log: Log,
    /// Counts what is under way.
    pub busy: Busy,
}

/// Runs until told to stop.
pub async fn run(settings: Settings, mode: Mode, clock: Arc<dyn Clock>, log: Log) -> Ended {
    for warning in &settings.warnings {
        log.warn(warning);
    }
    let busy = Busy::default();
    let standin = mode.offline.then(|| StandIn::new(Arc::clone(&clock)));
    let telegram = match (&standin, &settings.token) {
        (Some(standin), _) => Api::new(standin.transport(), "http://127.0.0.1:9", standin::TOKEN.into()),
        (None, Some(token)) => {
            Api::new(Arc::new(HttpTransport::default()), settings.telegram.as_base(), token.clone())
        }
        (None, None) => return Ended::Failed("there is no bot token".to_owned()),
    };
    let mut world = World {
        telegram,
        plume: typed_urls_transport(&settings.network, None),
        operator: None,
        limiter: RateLimiter::of_process(),
        clock,
        log: log.clone(),
        busy: busy.clone(),
    };
    let grace = Arc::clone(&world.clock);
    let mut settings = settings;
    let mut example = None;
    if mode.demo {
        match simulate(&mut settings, &mut world) {
            Ok(shown) => example = Some(shown),
            Err(why) => return Ended::Failed(why),
        }
    }
    if mode.offline {
        settings.allowed.insert(UserId(terminal::USER));
    }
    let heartbeat = settings.heartbeat.clone();
    let stop = stop();
    tokio::pin!(stop);
    // Telegram may not be there yet, and the bot may be told not to wait for it.
    let running = tokio::select! {
        assembled = assemble(settings, world, mode.demo, example) => assembled,
        stop = &mut stop => return stop,
    };
    let running = match running {
        Ok(running) => running,
        Err(why) => return Ended::Failed(why),
    };
    let alive = move || {
        if let Some(path) = &heartbeat {
            let _ = std::fs::write(path, b"");
        }
    };
    let outbox = running.outbox();
    let work = running.work(alive);
    let chat = async {
        match &standin {
            Some(standin) => terminal::chat(standin, &busy, std::io::stdin().is_terminal()).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        why = work => Ended::Failed(why),
        ended = chat => match ended {
            Ok(_) => Ended::Done,
            Err(error) => Ended::Failed(format!("the output could not be written: {error}")),
        },
        stop = &mut stop => {
            // No update is taken any more; what was asked for is still answered, for a moment.
            tokio::select! {
                () = busy.idle() => {}
                () = outbox.run() => {}
                () = grace.sleep(GRACE) => {}
            }
            stop
        }
    }
}

/// Puts a bot together. Asks Telegram for its name, which also proves the token.
///
/// # Errors
///
/// What is wrong, in one line.
pub async fn assemble(
    settings: Settings,
    world: World,
    demo: bool,
    example: Option<Example>,
) -> Result<Running, String> {
    let World { telegram, plume, operator, limiter, clock, log, busy } = world;
    let (gone_sender, gone) = mpsc::unbounded_channel();
    let outbox = Outbox::new(telegram.clone(), Arc::clone(&clock), log.clone(), gone_sender);
    let poller = Poller::new(telegram, Arc::clone(&clock), log.clone());
    let (vault, ledger) = match settings.state {
        None => {
            log.info("users are kept in memory only; see TELEGRAM_STATE_DIR");
            (None, Ledger::in_memory())
        }
        Some((directory, keys)) => {
            let failed = |error: &dyn std::fmt::Display| {
                format!("users cannot be kept in {}: {error}", directory.display())
            };
            let vault = Vault::open(&directory, keys).map_err(|error| failed(&error))?;
            let ledger = Ledger::open(&directory).map_err(|error| failed(&error))?;
            (Some(vault), ledger)
        }
    };
    let operator_account = settings.operator.map(|account| (account, operator));
    let shared = operator_account.is_some();
    let plume = PlumeBuilder {
        transport: plume,
        guard: settings.guard.clone(),
        clock: Arc::clone(&clock),
        limiter,
        log: log.clone(),
        operator: operator_account,
        users: settings.allowed.len(),
    };
    let plume = plume.build().map_err(|error| error.to_string())?;
    let name = poller
        .introduce()
        .await
        .map_err(|_| "Telegram does not know this bot token, or TELEGRAM_API_BASE is wrong".to_owned())?;
    let desk = Desk {
        user: 0,
        name: String::new(),
        guard: settings.guard,
        api: settings.api,
        reports: settings.reports,
        shared,
        demo,
        example,
        keeps: vault.is_some(),
    };
    log.info(&format!("@{name} talks to {} users", settings.allowed.len()));
    let parts = Parts {
        allowed: settings.allowed,
        name,
        desk,
        plume,
        outbox: outbox.clone(),
        vault,
        ledger,
        clock,
        log,
        busy,
    };
    Ok(Running { bot: Bot::new(parts), outbox, poller, gone })
}

impl Running {
    /// Works until Telegram no longer knows the token, and says so. Dropping the future stops the bot.
    pub async fn work(self, alive: impl FnMut()) -> String {
        let Self { bot, outbox, poller, mut gone } = self;
        poller.prepare(Call::commands(COMMANDS)).await;
        let handled = Busy::default();
        let closed = async {
            while let Some(chat) = gone.recv().await {
                bot.gone(chat);
            }
        };
        tokio::select! {
            _ = poller.run(|update, handled| bot.deliver(update, handled), &handled, alive) => {}
            () = outbox.run() => {}
            () = closed => {}
        }
        "Telegram does not know this bot token any more".to_owned()
    }

    /// What went through the outbox.
    #[must_use]
    pub fn outbox(&self) -> Outbox {
        self.outbox.clone()
    }
}

/// Returns the transport for URLs that users type. It dials public addresses only. Behind a proxy the proxy dials, so the
/// list of hosts is the only check there. Names are looked up by the machine unless there is a `resolver`.
#[must_use]
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

/// Puts a simulated cloud in the place of the real one.
fn simulate(settings: &mut Settings, world: &mut World) -> Result<Example, String> {
    let simulator = Simulator::builder().seed(7).clock(Arc::clone(&world.clock)).build();
    let account =
        plume::Settings::from_variables(simulator.environment()).map_err(|error| error.to_string())?;
    let endpoints = simulator.endpoints();
    // Whatever host is typed, nothing leaves this process.
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

/// Whether a bot with this heartbeat is alive.
#[must_use]
pub fn is_alive(heartbeat: &Path, clock: &dyn Clock) -> bool {
    let touched = std::fs::metadata(heartbeat).and_then(|found| found.modified());
    touched.is_ok_and(|touched| clock.wall().duration_since(touched).unwrap_or_default() < HEARTBEAT)
}

async fn stop() -> Ended {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            return tokio::select! {
                _ = terminate.recv() => Ended::Done,
                _ = tokio::signal::ctrl_c() => Ended::Interrupted,
            };
        }
    }
    let _ = tokio::signal::ctrl_c().await;
    Ended::Interrupted
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}
