//! The parts of a run: the store with its keys, and the monitor.

use std::{
    fs::{self, DirBuilder},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use plume::{Client, health::Policy, monitor::notify::Route, runtime::Clock};
use plume_seal::{KeysFromFile, Sealed};
use tokio::sync::mpsc;

use crate::config::{Config, MailTls, Messages};
use crate::guard::Guard;
use crate::import::{self, Plan};
use crate::metrics::Meters;
use crate::notify::{Carriers, Hidden, MailServer, Means, Security, Sender, SenderParts, lost_messages};
use crate::program::failed::Failed;
use crate::program::tasks::Tasks;
use crate::stop::Stopping;
use crate::store::{
    HomeStore, PassStore, SqliteOptions, SqliteStore, StoreError, StoreErrorKind, model::NewHome,
};
use crate::suspended::Suspended;
use crate::web::Outlook;
use crate::worker::{Clients, Fleet, Keeper, Leader, Log, Notifier, Parts, Policies, Trouble, Worker};

/// Space for messages and incidents while the disk is full, in bytes.
const RESERVE: u64 = 16 << 20;
/// The name of the first key.
pub(super) const FIRST_KEY: &str = "first";

/// The path of the database.
#[must_use]
pub fn database(config: &Config) -> PathBuf {
    config.server.data.join("monitor.db")
}

/// The path of the keys that seal secrets.
#[must_use]
pub fn key_file(config: &Config) -> PathBuf {
    config.keys.clone().unwrap_or_else(|| config.server.data.join("store.key"))
}

/// Opens the store of a configuration. The directory, the keys and the file are created if there are none.
///
/// # Errors
///
/// [`Failed`] with the cause.
pub fn open_store(config: &Config, clock: Arc<dyn Clock>) -> Result<SqliteStore, Failed> {
    private_directory(&config.server.data)
        .map_err(|source| Failed::Directory { path: config.server.data.clone(), source })?;
    let keys = KeysFromFile::new(key_file(config));
    check_files(config)?;
    if config.keys.is_none() {
        keys.create(FIRST_KEY).map_err(|error| Failed::Keys(error.to_string()))?;
    }
    let sealed = Sealed::new(Arc::new(keys)).map_err(|error| Failed::Keys(error.to_string()))?;
    let options = SqliteOptions { path: database(config), clock, sealed: Arc::new(sealed) };
    Ok(SqliteStore::open(options)?.with_reserve(RESERVE))
}

/// Refuses a database without the file of its keys, because a new key would open none of its secrets, and an empty or missing one
/// that was used before.
pub(super) fn check_files(config: &Config) -> Result<(), Failed> {
    let (keys, database) = (key_file(config), database(config));
    let length = fs::metadata(&database).ok().map(|file| file.len());
    // SQLite would take an empty file for a new one, and remove the log that may have its content.
    if length.unwrap_or(0) == 0 {
        let audit = database.with_extension("audit");
        let log = database.with_extension("db-wal");
        let has_log = fs::metadata(&log).is_ok_and(|file| file.len() > 0);
        // A key alone may have been put there for the first start.
        let has_keys = length.is_some() && config.keys.is_none() && keys.exists();
        let own = [(has_keys, &keys), (audit.exists(), &audit), (has_log, &log)];
        if let Some((_, path)) = own.into_iter().find(|(exists, _)| *exists) {
            let state = if length.is_some() { "empty" } else { "missing" };
            let text = format!("{} is {state}, and {} exists", database.display(), path.display());
            return Err(StoreError::new(StoreErrorKind::Damaged, text).into());
        }
    }
    match config.keys.is_none() && length.is_some_and(|length| length > 0) && !keys.exists() {
        true => {
            Err(Failed::Keys(format!("{} is missing, and {} exists", keys.display(), database.display())))
        }
        false => Ok(()),
    }
}

/// Adds the homes of the file that a configuration names.
///
/// # Errors
///
/// [`Failed::Homes`] with every error of the file, and [`Failed::Store`].
pub async fn import_homes(
    config: &Config,
    store: &SqliteStore,
    clock: &dyn Clock,
    log: &Log,
) -> Result<(), Failed> {
    let Some(path) = &config.homes else { return Ok(()) };
    let homes = read_homes(path, config, clock)?;
    let tenants = homes.iter().map(|home| home.tenant.clone()).collect();
    let plan = Plan::of(store, &homes, &tenants).await?;
    // The others are watched all the same.
    plan.refused().iter().for_each(|line| log(line));
    let written: Vec<NewHome> = plan.to_write().cloned().collect();
    let added = import::import(store, &written).await?;
    let noun = if homes.len() == 1 { "home" } else { "homes" };
    tracing::info!("{} {noun} in {}, {added} new", homes.len(), path.display());
    Ok(())
}

/// Reads the homes of a CSV file.
///
/// # Errors
///
/// [`Failed::Homes`] with every error of the file.
pub(super) fn read_homes(path: &Path, config: &Config, clock: &dyn Clock) -> Result<Vec<NewHome>, Failed> {
    let failed = |problems: Vec<String>| Failed::Homes { path: path.to_owned(), problems };
    let bytes = fs::read(path).map_err(|error| failed(vec![error.to_string()]))?;
    let text = import::decoded(bytes).map_err(failed)?;
    import::homes(&text, &config.policies.schedule, clock.wall()).map_err(failed)
}

fn private_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

/// The connection of the sender to the receivers.
#[derive(Debug, Clone)]
pub struct Outlet {
    /// The parts that send requests.
    pub carriers: Carriers,
    /// The sender of mails.
    pub from: String,
    /// The token of the bot for channels without one.
    pub bot: Option<Hidden>,
    /// The parts that channels depend on.
    pub means: Means,
}

impl Outlet {
    /// Creates the connection that a configuration sets. Every receiver passes one guard.
    #[must_use]
    pub fn new(messages: &Messages, clock: Arc<dyn Clock>) -> Self {
        let guard = Guard::new(messages.local_origins.iter().cloned());
        let mut carriers = Carriers::new(Arc::new(guard.clone()), clock);
        if let Some(base) = &messages.telegram_base {
            carriers = carriers.with_telegram(base);
        }
        if let Some(mail) = &messages.mail {
            let security = match mail.tls {
                MailTls::Implicit => Security::Implicit,
                MailTls::StartTls => Security::StartTls,
                MailTls::None => Security::None,
            };
            let login = mail.login.as_ref();
            let domain = mail.from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
            carriers = carriers.with_mail(Arc::new(MailServer {
                host: mail.host.clone(),
                port: mail.port,
                security,
                login: login.map(|(user, password)| (user.clone(), password.expose().to_owned())),
                domain: domain.trim_end_matches('>').to_owned(),
                ca: mail.ca.clone(),
                guard: guard.clone(),
            }));
        }
        let bot = messages.telegram_token.as_ref().map(|token| Hidden::new(token.expose()));
        let means = Means { guard, has_mail: messages.mail.is_some(), has_bot: bot.is_some() };
        let from = messages.mail.as_ref().map(|mail| mail.from.clone()).unwrap_or_default();
        Self { carriers, from, bot, means }
    }
}

/// The parts of a monitor that are its own.
#[derive(Debug)]
pub struct Setup<'a> {
    /// The client of the cloud.
    pub client: &'a Client,
    /// The policies.
    pub policies: Policies,
    /// The connection to receivers.
    pub outlet: &'a Outlet,
    /// The counters.
    pub meters: &'a Meters,
}

/// A monitor that runs: its worker, its leader, the keeper of its store and the sender of its messages.
#[derive(Debug)]
pub struct Monitor {
    /// The homes in memory.
    pub fleet: Arc<Fleet>,
    /// The decisions about messages.
    pub notifier: Arc<Notifier>,
    /// The suspended tenants.
    pub suspended: Suspended,
    /// The settings of channels, for pages.
    pub outlook: Outlook,
    /// The failures of the store.
    pub trouble: Arc<Trouble>,
    /// Worker, leader, keeper and sender. They end at the request to stop.
    pub tasks: Tasks,
}

impl Monitor {
    /// Starts a monitor of the homes in a store.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the homes cannot be read.
    pub async fn start(
        store: &SqliteStore,
        setup: Setup<'_>,
        clock: Arc<dyn Clock>,
        log: Log,
        stopping: &Stopping,
    ) -> Result<Self, StoreError> {
        let Setup { client, policies, outlet, meters } = setup;
        let routes = policies.monitor.notify.routes.clone().into();
        let outlook = Outlook { means: outlet.means.clone(), routes };
        let fleet = Arc::new(Fleet::new(&policies));
        let notifier = Arc::new(Notifier::new(policies.monitor.notify.clone(), Arc::clone(&fleet)));
        let suspended = Suspended::default();
        suspended.replace(store.suspended().await?);
        let parts = Parts {
            suspended: suspended.clone(),
            store: Arc::new(store.clone()),
            clock,
            policies: Arc::new(policies),
            fleet: Arc::clone(&fleet),
            notifier: Arc::clone(&notifier),
            trouble: Arc::new(Trouble::new(log)),
            meters: meters.clone(),
        };
        let sender = Sender::new(SenderParts {
            store: Arc::clone(&parts.store),
            clock: Arc::clone(&parts.clock),
            carriers: outlet.carriers.clone(),
            from: outlet.from.clone(),
            bot: outlet.bot.clone(),
            trouble: Arc::clone(&parts.trouble),
            meters: meters.clone(),
            suspended: suspended.clone(),
        });
        let (signals, received) = mpsc::unbounded_channel();
        let (trouble, clients) = (Arc::clone(&parts.trouble), Clients::new(client));
        let mut leader = Leader::new(parts.clone(), clients.clone(), received);
        leader.begin().await?;
        warn_of_routes(store, &outlook.routes).await?;
        let keeper = Keeper::new(parts.clone());
        let worker = Worker::new(parts, clients, signals);
        let mut tasks = Tasks::default();
        let (checks, decisions, messages) = (stopping.clone(), stopping.clone(), stopping.clone());
        tasks.spawn("the keeper", keeper.run(stopping.clone()));
        tasks.spawn("the worker", async move { worker.run(checks).await });
        tasks.spawn("the leader", leader.run(decisions));
        tasks.spawn("the sender", async move { sender.run(messages).await });
        Ok(Self { fleet, notifier, suspended, outlook, trouble, tasks })
    }
}

/// Writes a line for each route that reaches no one. The leader has added the tenant of the operator before.
async fn warn_of_routes(store: &SqliteStore, routes: &[Route]) -> Result<(), StoreError> {
    let mut known = Vec::new();
    for tenant in store.tenants().await? {
        known.push(store.route_names(&tenant.id).await?);
    }
    lost_messages(routes, &known).iter().for_each(|line| tracing::warn!("{line}"));
    Ok(())
}

/// Returns the policies of a configuration.
#[must_use]
pub fn policies(config: &Config) -> Policies {
    Policies { health: Policy::standard(), monitor: config.policies.clone(), sla: config.sla.clone() }
}
