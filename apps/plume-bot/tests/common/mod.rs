//! A stage for the bot: the stand-in for Telegram, the simulated cloud, and a clock that the test moves.
#![allow(dead_code, reason = "every test program uses another part of it")]

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use chrono::DateTime;
use http::{Request, Response};
use plume::{
    RateLimiter,
    auth::{SecureUrl, UrlGuard},
    runtime::{Clock, InProcess, ManualClock, Transport, TransportError},
};
use plume_bot::{
    program::{Settings, World, assemble},
    workers::Bot,
};
use plume_seal::{KeySource, SealKeys};
use plume_sim::{Home, Simulator};
use plume_telegram::{
    Busy, Log, Outbox, Stopped, UserId,
    stand_in::{Message, StandIn, TOKEN, api_over},
};
use tokio::{sync::oneshot, task::JoinHandle};

/// A user who may talk to the bot.
pub(crate) const ANNA: i64 = 11;
/// Another one.
pub(crate) const BEN: i64 = 12;
/// One who may not.
pub(crate) const STRANGER: i64 = 99;
/// A group with Anna, Ben and others.
pub(crate) const GROUP: i64 = -500;

/// base64 of "not-a-real-key-not-a-real-key-32"
pub(crate) const KEY: &str = "test bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=";

/// base64 of "not-a-real-key-not-a-real-key-33"
pub(crate) const OTHER_KEY: &str = "other bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzM=";

/// 2026-11-02 10:00 UTC
pub(crate) const START: Duration = Duration::from_secs(1_793_613_600);

/// The settings of a [`Stage`].
pub(crate) struct Options {
    pub(crate) allowed: Vec<i64>,
    /// Whether users may use the operator's account.
    pub(crate) operator: bool,
    /// In place of the simulator, for accounts that users typed.
    pub(crate) plume: Option<Arc<dyn Transport>>,
    /// In place of the simulator, for the operator's account.
    pub(crate) operator_transport: Option<Arc<dyn Transport>>,
    pub(crate) state: Option<PathBuf>,
    /// The keys of the state.
    pub(crate) keys: Arc<dyn KeySource>,
    /// In place of the stand-in, for updates.
    pub(crate) polling: Option<Arc<dyn Transport>>,
    /// In place of the stand-in, for outgoing calls.
    pub(crate) sending: Option<Arc<dyn Transport>>,
    /// A line of the log with these words panics, once.
    pub(crate) panics_at: Option<&'static str>,
    /// Of an earlier stage, to continue.
    pub(crate) standin: Option<StandIn>,
    pub(crate) clock: ManualClock,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            allowed: vec![ANNA, BEN],
            operator: true,
            plume: None,
            operator_transport: None,
            state: None,
            keys: keys(KEY),
            polling: None,
            sending: None,
            panics_at: None,
            standin: None,
            clock: ManualClock::new(DateTime::UNIX_EPOCH + START),
        }
    }
}

/// A bot that runs.
pub(crate) struct Stage {
    pub(crate) clock: ManualClock,
    pub(crate) standin: StandIn,
    pub(crate) sim: Simulator,
    pub(crate) busy: Busy,
    pub(crate) outbox: Outbox,
    pub(crate) bot: Bot,
    pub(crate) log: Arc<Mutex<Vec<String>>>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Stopped>,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let clock = options.clock;
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let standin = options.standin.unwrap_or_else(|| StandIn::new(Arc::clone(&shared)));
        let sim = Simulator::builder().seed(7).clock(Arc::clone(&shared)).build();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        let panics_at = Mutex::new(options.panics_at);
        let log = Log::new(move |line| {
            kept.lock().unwrap().push(line.to_owned());
            let panics = panics_at.lock().unwrap().take_if(|words| line.contains(*words));
            assert!(panics.is_none(), "planned: {line}");
        });
        let busy = Busy::default();
        let world = World {
            telegram: options.sending.map_or_else(|| standin.api(), api_over),
            polling: options.polling.map_or_else(|| standin.api(), api_over),
            plume: options.plume.unwrap_or_else(|| sim.transport()),
            operator: Some(options.operator_transport.unwrap_or_else(|| sim.transport())),
            limiter: RateLimiter::unlimited(Arc::clone(&shared)),
            clock: shared,
            log,
            busy: busy.clone(),
        };
        let mut settings =
            Settings::read([("TELEGRAM_BOT_TOKEN".to_owned(), TOKEN.to_owned())], false, false).unwrap();
        settings.allowed = options.allowed.into_iter().map(UserId).collect();
        settings.guard = UrlGuard::hosts(["*.example.net"]).unwrap();
        settings.api = Some(SecureUrl::parse("https://api.example.net/api").unwrap());
        settings.reports = Some(SecureUrl::parse("https://api.example.net/reports").unwrap());
        if options.operator {
            settings.operator = Some(plume::Settings::from_variables(sim.environment()).unwrap());
        }
        if let Some(directory) = options.state {
            settings.state = Some((directory, options.keys));
        }
        let running = assemble(settings, world, false, None).await.unwrap();
        let bot = running.bot.clone();
        let outbox = bot.parts().outbox.clone();
        let (stop, stopping) = oneshot::channel::<()>();
        let task = tokio::spawn(running.work(|| {}, async {
            // A stage that was dropped is not stopped.
            if stopping.await.is_err() {
                std::future::pending::<()>().await;
            }
        }));
        Self { clock, standin, sim, busy, outbox, bot, log: lines, stop, task }
    }

    /// Ends it as a kill does.
    pub(crate) async fn kill(self) -> (StandIn, ManualClock) {
        self.task.abort();
        let _ = self.task.await;
        (self.standin, self.clock)
    }

    /// Asks it to end, as the signal does.
    pub(crate) fn stop(self) -> JoinHandle<Stopped> {
        // It may have ended already.
        let _ = self.stop.send(());
        self.task
    }

    /// Whether it has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.task.is_finished()
    }

    /// Runs all tasks until they are idle, and advances the clock where one waits for it.
    pub(crate) async fn settle(&self) {
        // Twenty minutes by the clock: a test fails here instead of running on without an end.
        const MOST: u32 = 20 * 60 * 10;
        let moving = async {
            for _ in 0..MOST {
                for _ in 0..40 {
                    tokio::task::yield_now().await;
                }
                self.clock.advance(Duration::from_millis(100));
            }
        };
        let settled = async {
            self.standin.taken().await;
            self.busy.idle().await;
        };
        tokio::select! {
            biased;
            () = settled => {}
            () = moving => panic!("something never ends; log: {}", self.logged()),
        }
    }

    /// Runs all tasks that need no time.
    pub(crate) async fn breathe(&self) {
        for _ in 0..400 {
            tokio::task::yield_now().await;
        }
    }

    /// Advances the clock in steps, so that every sleep on the way ends.
    pub(crate) async fn pass(&self, time: Duration) {
        let until = self.clock.monotonic() + time;
        while self.clock.monotonic() < until {
            self.clock.advance(Duration::from_millis(500).min(until - self.clock.monotonic()));
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Says something in private, and waits for what comes of it. Gives the bot's newest message.
    pub(crate) async fn say(&self, user: i64, text: &str) -> Message {
        self.standin.say(user, user, text);
        self.settle().await;
        self.last(user)
    }

    /// Presses the button with this label below the newest message that has it.
    pub(crate) async fn press(&self, user: i64, label: &str) -> Message {
        self.press_in(user, user, label);
        self.settle().await;
        self.last(user)
    }

    pub(crate) fn press_in(&self, user: i64, chat: i64, label: &str) {
        let messages = self.standin.messages(chat);
        let found = messages.iter().rev().find_map(|message| {
            let (_, data) = message.buttons.iter().flatten().find(|(found, _)| found.contains(label))?;
            Some((message.id, data.clone()))
        });
        let (message, data) = found.unwrap_or_else(|| panic!("no button {label:?} in {messages:#?}"));
        self.standin.press(user, chat, message, &data);
    }

    /// The bot's newest message in a chat.
    pub(crate) fn last(&self, chat: i64) -> Message {
        let messages = self.standin.messages(chat);
        messages
            .into_iter()
            .rev()
            .find(|message| message.from_bot)
            .unwrap_or_else(|| panic!("the bot said nothing"))
    }

    /// Returns the number of messages of the bot in a chat.
    pub(crate) fn said(&self, chat: i64) -> usize {
        self.standin.messages(chat).iter().filter(|message| message.from_bot).count()
    }

    /// The set-up, up to and without the fourth answer.
    pub(crate) async fn three_steps(&self, user: i64) {
        self.say(user, "/auth").await;
        self.say(user, SSO).await;
        self.say(user, &self.header()).await;
        let last = self.say(user, PARTNER).await;
        assert!(last.text.contains("Step 4 of 4"), "{last:?}");
    }

    /// The whole set-up.
    pub(crate) async fn sign_in(&self, user: i64) -> Message {
        self.three_steps(user).await;
        self.say(user, "/skip").await
    }

    pub(crate) fn header(&self) -> String {
        self.sim.endpoints().auth_header()
    }

    pub(crate) fn logged(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    /// `/health` for a simulated home.
    pub(crate) async fn health(&self, user: i64, home: Home) -> Message {
        self.say(user, &format!("/health {} {}", home.customer_id(), home.location_id())).await
    }
}

/// The keys of one that is written like this.
pub(crate) fn keys(text: &str) -> Arc<dyn KeySource> {
    Arc::new(SealKeys::parse(text).unwrap())
}

/// Credentials of the simulator, at an allowed host.
pub(crate) const SSO: &str = "https://sso.example.net/oauth2/ausSIMULATOR00000000/v1/token";
/// The simulator's provider.
pub(crate) const PARTNER: &str = "5ca1ab1e0000000a00000001";

/// A transport that answers by a function.
pub(crate) fn answering(
    answer: impl Fn(&Request<Bytes>) -> Result<Response<Bytes>, TransportError> + Send + Sync + 'static,
) -> Arc<dyn Transport> {
    Arc::new(InProcess::new(move |request| std::future::ready(answer(&request))))
}

/// The simulator with other words in its answers.
pub(crate) fn rewriting(sim: &Simulator, from: &'static str, to: &str) -> Arc<dyn Transport> {
    let (sim, to) = (sim.clone(), serde_json::to_string(to).unwrap());
    let to = to.trim_matches('"').to_owned();
    Arc::new(InProcess::new(move |request| {
        let mut answer = sim.handle(request);
        let body = String::from_utf8(answer.body().to_vec()).unwrap().replace(from, &to);
        *answer.body_mut() = Bytes::from(body);
        std::future::ready(Ok(answer))
    }))
}

/// A private directory that is gone after the test.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("telegram-bot-{}-{number}", std::process::id())))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Everything in it, as one text.
    pub(crate) fn contents(&self) -> String {
        let files = std::fs::read_dir(&self.0).into_iter().flatten().flatten();
        let bytes = files.flat_map(|file| std::fs::read(file.path()).unwrap_or_default());
        String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()).into_owned()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
