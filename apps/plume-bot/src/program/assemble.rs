//! The assembly of the bot's parts, and its main loop.

use std::{pin::pin, sync::Arc, time::Duration};

use plume::{
    RateLimiter,
    runtime::{Clock, Transport},
};
use plume_telegram::{Api, Busy, Call, Chat, Log, Lost, Outbox, Poller, Stopped};
use tokio::sync::mpsc;

use crate::chat::texts::SENTENCES;
use crate::chat::{Context, Example};
use crate::plume_cloud::Plume;
use crate::program::settings::Settings;
use crate::state::{Ledger, Numbering, UserStore};
use crate::workers::{Bot, Parts};

/// Maximum time for running work when the bot has to stop: longer than a question to Plume.
const GRACE: Duration = Duration::from_secs(55);
/// The error when Telegram rejects the bot.
pub(super) const WRONG_TOKEN: &str = "Telegram does not know this bot token, or TELEGRAM_API_BASE is wrong";

/// The bot and its loops.
pub struct Running {
    pub bot: Bot,
    poller: Poller,
    lost: mpsc::UnboundedReceiver<Lost>,
}

/// The services on both sides.
pub struct World {
    pub telegram: Api,
    /// Telegram, for updates, over connections of its own, because a poll occupies its connection for 25 s.
    pub polling: Api,
    /// The Plume Cloud, for accounts that users entered.
    pub plume: Arc<dyn Transport>,
    /// The Plume Cloud for the operator's account; `None` means as its settings say.
    pub operator: Option<Arc<dyn Transport>>,
    pub limiter: RateLimiter,
    pub clock: Arc<dyn Clock>,
    pub log: Log,
    pub busy: Busy,
}

/// Assembles a bot. It gets the bot's name from Telegram, which also checks the token.
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
    let failed = |error: &dyn std::fmt::Display| format!("failed to open TELEGRAM_STATE_DIR: {error}");
    let user_store = match &settings.state {
        None => {
            log.info("users are kept in memory only; see TELEGRAM_STATE_DIR");
            UserStore::in_memory()
        }
        Some((directory, keys)) => {
            UserStore::open(directory, Arc::clone(keys)).map_err(|error| failed(&error))?
        }
    };
    let operator_account = settings.operator.map(|account| (account, operator));
    let shared = operator_account.is_some();
    let users = settings.allowed.len();
    let plume =
        Plume::new(plume, &settings.guard, Arc::clone(&clock), limiter, log.clone(), operator_account, users);
    let plume = plume.map_err(|error| error.to_string())?;
    let me = poller.introduce().await.map_err(|_| WRONG_TOKEN.to_owned())?;
    let (ledger, warning) = match &settings.state {
        None => (Ledger::in_memory(), None),
        Some((directory, _)) => {
            let numbering = Numbering { bot: me.id, api };
            Ledger::open(directory, numbering, clock.wall()).map_err(|error| failed(&error))?
        }
    };
    warning.iter().for_each(|warning| log.warn(warning));
    let context = Context {
        user: 0,
        name: String::new(),
        guard: settings.guard,
        api: settings.api,
        reports: settings.reports,
        shared,
        demo,
        example,
        keeps: settings.state.is_some(),
    };
    let name = me.name;
    log.info(&format!("@{name} talks to {} users", settings.allowed.len()));
    let allowed = settings.allowed;
    let parts = Parts { allowed, name, context, plume, outbox, user_store, ledger, clock, log, busy };
    Ok(Running { bot: Bot::new(parts), poller, lost })
}

impl Running {
    /// Runs until `stop` is ready, or until Telegram rejects the token. After `stop` no more updates are accepted, and
    /// accepted ones are finished, for up to 55 s. Dropping the future ends everything at once.
    pub async fn work(self, alive: impl FnMut(), stop: impl Future<Output = ()>) -> Stopped {
        let Self { bot, poller, mut lost } = self;
        let Parts { outbox, clock, log, busy, .. } = bot.parts();
        let handled = Busy::default();
        let closed = async {
            while let Some(lost) = lost.recv().await {
                match lost {
                    Lost::Chat(chat) => bot.gone(chat),
                    Lost::Messages(id) => bot.dropped(Chat::new(id)),
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
                () = poller.prepare(Call::commands(SENTENCES.commands)) => {}
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
            () = clock.limit(GRACE) => log.warn("the bot ends before all questions are answered"),
        }
        stopped
    }
}
