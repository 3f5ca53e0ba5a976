//! The parts of a run: the store with its keys, and the monitor.

use std::{
    fs::{self, DirBuilder},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use plume::{Client, health::Policy, runtime::Clock};
use plume_seal::{KeysFromFile, Sealed};
use tokio::{sync::mpsc, task::JoinSet};

use crate::config::Config;
use crate::import;
use crate::metrics::Meters;
use crate::notify::{Carriers, Guard, Sender, SenderParts};
use crate::program::failed::Failed;
use crate::stop::Stopping;
use crate::store::{PassStore, SqliteOptions, SqliteStore, StoreError};
use crate::suspended::Suspended;
use crate::worker::{Clients, Fleet, Leader, Log, Notifier, Parts, Policies, Trouble, Worker};

/// The name of the first key.
const FIRST_KEY: &str = "first";
/// The sender of mails.
const MAIL_FROM: &str = "plume-server <plume-server@localhost>";

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
    if config.keys.is_none() {
        keys.create(FIRST_KEY).map_err(|error| Failed::Keys(error.to_string()))?;
    }
    let sealed = Sealed::new(Arc::new(keys)).map_err(|error| Failed::Keys(error.to_string()))?;
    Ok(SqliteStore::open(SqliteOptions { path: database(config), clock, sealed: Arc::new(sealed) })?)
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
    let failed = |problems: Vec<String>| Failed::Homes { path: path.clone(), problems };
    let text = fs::read_to_string(path).map_err(|error| failed(vec![error.to_string()]))?;
    let homes = import::homes(&text, &config.policies.schedule, clock.wall()).map_err(failed)?;
    let added = import::import(store, &homes).await?;
    log(&format!("{} homes in {}, {added} of them are new", homes.len(), path.display()));
    Ok(())
}

fn private_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

/// A monitor that runs: its worker, its leader and the sender of its messages.
#[derive(Debug)]
pub struct Monitor {
    /// The homes in memory.
    pub fleet: Arc<Fleet>,
    /// The decisions about messages.
    pub notifier: Arc<Notifier>,
    /// The suspended tenants.
    pub suspended: Suspended,
    /// Worker, leader and sender. They end at the request to stop.
    pub tasks: JoinSet<()>,
}

impl Monitor {
    /// Starts a monitor of the homes in a store.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the homes cannot be read.
    pub async fn start(
        store: &SqliteStore,
        client: &Client,
        policies: Policies,
        clock: Arc<dyn Clock>,
        log: Log,
        meters: &Meters,
        stopping: &Stopping,
    ) -> Result<Self, StoreError> {
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
            carriers: Carriers::new(Arc::new(Guard::new([])), Arc::clone(&parts.clock)),
            from: MAIL_FROM.to_owned(),
            trouble: Arc::clone(&parts.trouble),
            meters: meters.clone(),
        });
        let (signals, received) = mpsc::unbounded_channel();
        let mut leader = Leader::new(parts.clone(), received);
        leader.begin().await?;
        let worker = Worker::new(parts, Clients::new(client), signals);
        let mut tasks = JoinSet::new();
        let (checks, decisions, messages) = (stopping.clone(), stopping.clone(), stopping.clone());
        tasks.spawn(async move { worker.run(checks).await });
        tasks.spawn(leader.run(decisions));
        tasks.spawn(async move { sender.run(messages).await });
        Ok(Self { fleet, notifier, suspended, tasks })
    }
}

/// Returns the policies of a configuration.
#[must_use]
pub fn policies(config: &Config) -> Policies {
    Policies { health: Policy::standard(), monitor: config.policies.clone(), sla: config.sla.clone() }
}
