//! Puts the parts of the bot together, and moves them.

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
use crate::state::{Ledger, Numbering, Vault};
use crate::users::{Bot, Parts};

/// How long what is under way may take when the bot has to stop: longer than a question to Plume.
const GRACE: Duration = Duration::from_secs(55);
/// What is wrong when Telegram refuses the bot.
pub(super) const WRONG_TOKEN: &str = "Telegram does not know this bot token, or TELEGRAM_API_BASE is wrong";

/// The bot and the loops that move it.
pub struct Running {
    pub bot: Bot,
    poller: Poller,
    lost: mpsc::UnboundedReceiver<Lost>,
}

/// Where the two sides are.
pub struct World {
    pub telegram: Api,
    /// Telegram, for updates: over connections of its own, because a poll occupies its place on one for 25 s.
    pub polling: Api,
    /// The Plume Cloud, for accounts that users typed.
    pub plume: Arc<dyn Transport>,
    /// The same for the operator's account; `None` means as its settings say.
    pub operator: Option<Arc<dyn Transport>>,
    pub limiter: RateLimiter,
    pub clock: Arc<dyn Clock>,
    pub log: Log,
    pub busy: Busy,
}

/// Puts a bot together. Asks Telegram for its name, which also proves the token.
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
    let vault = match &settings.state {
        None => {
            log.info("users are kept in memory only; see TELEGRAM_STATE_DIR");
            Vault::in_memory()
        }
        Some((directory, keys)) => {
            Vault::open(directory, Arc::clone(keys)).map_err(|error| failed(&error))?
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
    let parts = Parts { allowed, name, context, plume, outbox, vault, ledger, clock, log, busy };
    Ok(Running { bot: Bot::new(parts), poller, lost })
}

impl Running {
    /// Works until `stop` is ready, or until Telegram no longer knows the token. After `stop` no update is taken any more,
    /// and what was accepted is finished, for up to 55 s. Dropping the future ends all at once.
    pub async fn work(self, alive: impl FnMut(), stop: impl Future<Output = ()>) -> Stopped {
        let Self { bot, poller, mut lost } = self;
        let Parts { outbox, clock, log, busy, .. } = bot.parts();
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
            () = clock.sleep(GRACE) => log.warn("the bot ends before everything that was asked is answered"),
        }
        stopped
    }
}
