//! Puts the parts together and runs them.

use std::{
    io::{self, IsTerminal},
    path::Path,
    pin::pin,
    sync::Arc,
    time::Duration,
};

use plume::{
    NetworkSettings, RateLimiter,
    auth::{SecureUrl, UrlGuard},
    runtime::{Clock, HttpTransport, Resolver, Transport, is_public_address},
};
use plume_sim::Simulator;
use plume_telegram::{
    Api, Busy, Call, Chat, Log, Lost, Outbox, Poller, Stopped, UserId,
    stand_in::{StandIn, terminal},
};
use tokio::sync::mpsc;

use crate::{
    bot::{Bot, Parts},
    chat::{COMMANDS, Desk, Example},
    ledger::{Ledger, Numbering},
    plume_side::{PlumeBuilder, Vault},
    settings::Settings,
    signals::Stop,
};

/// How long what is under way may take when the bot is told to stop: longer than a question to Plume.
const GRACE: Duration = Duration::from_secs(55);
/// A heartbeat that is older than this is none. Longer than the longest poll with its limits.
const HEARTBEAT: Duration = Duration::from_secs(120);

/// What is wrong when nobody knows the bot.
const WRONG_TOKEN: &str = "Telegram does not know this bot token, or TELEGRAM_API_BASE is wrong";

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
    lost: mpsc::UnboundedReceiver<Lost>,
    clock: Arc<dyn Clock>,
    log: Log,
    busy: Busy,
}

/// Where the two sides are.
pub struct World {
    /// Telegram, for what goes out.
    pub telegram: Api,
    /// Telegram, for updates: over connections of its own, because a poll occupies its place on one for 25 s.
    pub polling: Api,
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
    let api = || match (&standin, &settings.token) {
        (Some(standin), _) => Some(standin.api()),
        (None, Some(token)) => {
            let api = Api::new(Arc::new(HttpTransport::default()), token.clone());
            api.with_base(settings.telegram.as_base()).ok()
        }
        (None, None) => None,
    };
    let (Some(telegram), Some(polling)) = (api(), api()) else {
        return Ended::Failed("there is no bot token".to_owned());
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
    let mut stop = Stop::new();
    // Telegram may not be there yet, and the bot may be told not to wait for it.
    let running = tokio::select! {
        assembled = assemble(settings, world, mode.demo, example) => assembled,
        ended = stop.asked() => return ended,
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
                Err(error) => Ended::Failed(format!("the output could not be written: {error}")),
            },
        });
    };
    let stopped = tokio::select! {
        stopped = running.work(alive, stopping) => stopped,
        // Whoever asks twice does not want to wait.
        ended = async { again.asked().await; again.asked().await } => return ended,
    };
    match stopped {
        Stopped::Token => Ended::Failed(WRONG_TOKEN.to_owned()),
        _ => ended.unwrap_or(Ended::Done),
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
    let World { telegram, polling, plume, operator, limiter, clock, log, busy } = world;
    let (lost_sender, lost) = mpsc::unbounded_channel();
    let api = telegram.base().to_owned();
    let report = move |lost| {
        // The bot may be ending.
        let _ = lost_sender.send(lost);
    };
    let outbox = Outbox::new(telegram, Arc::clone(&clock), log.clone(), report);
    let poller = Poller::new(polling, Arc::clone(&clock), log.clone());
    // A secret may have been pasted in place of the path.
    let failed =
        |error: &dyn std::fmt::Display| format!("users cannot be kept in TELEGRAM_STATE_DIR: {error}");
    let (vault, directory) = match settings.state {
        None => {
            log.info("users are kept in memory only; see TELEGRAM_STATE_DIR");
            (Vault::in_memory(), None)
        }
        Some((directory, keys)) => {
            let vault = Vault::open(&directory, keys).map_err(|error| failed(&error))?;
            (vault, Some(directory))
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
    let me = poller.introduce().await.map_err(|_| WRONG_TOKEN.to_owned())?;
    let ledger = match &directory {
        None => Ledger::in_memory(),
        Some(directory) => {
            let numbering = Numbering { bot: me.id, api };
            let opened = Ledger::open(directory, numbering, clock.wall());
            let (ledger, warning) = opened.map_err(|error| failed(&error))?;
            if let Some(warning) = warning {
                log.warn(&warning);
            }
            ledger
        }
    };
    let desk = Desk {
        user: 0,
        name: String::new(),
        guard: settings.guard,
        api: settings.api,
        reports: settings.reports,
        shared,
        demo,
        example,
        keeps: directory.is_some(),
    };
    let name = me.name;
    log.info(&format!("@{name} talks to {} users", settings.allowed.len()));
    let parts = Parts {
        allowed: settings.allowed,
        name,
        desk,
        plume,
        outbox: outbox.clone(),
        vault,
        ledger,
        clock: Arc::clone(&clock),
        log: log.clone(),
        busy: busy.clone(),
    };
    Ok(Running { bot: Bot::new(parts), outbox, poller, lost, clock, log, busy })
}

impl Running {
    /// Works until `stop` is ready, or until Telegram no longer knows the token. After `stop` no update is taken any more,
    /// and what was accepted is finished, for up to 55 s. Dropping the future ends all at once.
    pub async fn work(self, alive: impl FnMut(), stop: impl Future<Output = ()>) -> Stopped {
        let Self { bot, outbox, poller, mut lost, clock, log, busy } = self;
        let handled = Busy::default();
        let closed = async {
            while let Some(lost) = lost.recv().await {
                match lost {
                    Lost::Chat(chat) => bot.gone(chat),
                    Lost::Messages(id) => bot.dropped(Chat { id, private: id.0 > 0, topic: None }),
                    _ => {}
                }
            }
        };
        let mut serving = pin!(async {
            tokio::join!(outbox.run(), closed);
        });
        let mut stop = pin!(stop);
        let polling = async {
            tokio::select! {
                biased;
                () = &mut stop => return Stopped::Asked,
                () = poller.prepare(Call::commands(COMMANDS)) => {}
            }
            poller.run(|update, handled| bot.deliver(update, handled), &handled, alive, stop).await
        };
        let stopped = tokio::select! {
            stopped = polling => stopped,
            () = &mut serving => Stopped::Asked,
        };
        tokio::select! {
            biased;
            () = busy.idle() => {}
            () = serving => {}
            () = clock.sleep(GRACE) => log.warn("the bot ends before everything that was asked is answered"),
        }
        stopped
    }

    /// The bot.
    #[must_use]
    pub fn bot(&self) -> Bot {
        self.bot.clone()
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

/// Whether a bot with this heartbeat is alive: it was touched a short time ago. A time far in the future is none.
#[must_use]
pub fn is_alive(heartbeat: &Path, clock: &dyn Clock) -> bool {
    let touched = std::fs::metadata(heartbeat).and_then(|found| found.modified());
    touched.is_ok_and(|touched| {
        let now = clock.wall();
        let distance = now.duration_since(touched).unwrap_or_else(|ahead| ahead.duration());
        distance < HEARTBEAT
    })
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
