//! The commands `import`, homes from the cloud or from a CSV file, and `homes remove`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use plume::{
    Client,
    monitor::ids::{HomeId, TenantId},
    runtime::Clock,
};

use crate::access::audit::AuditEvent;
use crate::config::Config;
use crate::import::{self, Fate, Plan, Selection};
use crate::program::assemble::{open_store, policies, read_homes};
use crate::program::commands::people::OPERATOR;
use crate::program::failed::Failed;
use crate::store::{
    AuditStore, CheckStore, HomeStore, SqliteStore, StoreError, StoreErrorKind,
    model::{Announcer, Home, NewHome},
};
use crate::worker::{Fleet, Notifier};

/// Homes that a row of the audit names one by one.
const RECORDED: usize = 8;

/// The options of an import.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::exhaustive_structs, reason = "the command line fills it")]
pub struct ImportOptions {
    /// Also remove homes of the tenants that the import does not have and, if it is one of the cloud, that the cloud does not
    /// know any more.
    pub remove: bool,
    /// Maximum number of homes that are removed; `None` for a tenth of them.
    pub remove_at_most: Option<usize>,
    /// Write nothing.
    pub dry_run: bool,
}

/// Imports homes of the cloud into the store. The server must not run. `show` receives what changes, or would.
///
/// # Errors
///
/// [`Failed`], also if a call failed: then nothing is removed, but what was found is written.
pub async fn import_fleet(
    config: &Config,
    selection: &Selection,
    options: ImportOptions,
    clock: Arc<dyn Clock>,
    show: impl FnOnce(&Plan),
) -> Result<(), Failed> {
    let settings = config.cloud.clone().ok_or(Failed::NoCloud)?;
    let store = open_store(config, Arc::clone(&clock))?;
    let client = Client::builder().settings(settings).clock(Arc::clone(&clock)).build()?;
    let mut found = import::find(&client, selection, &config.policies.schedule, clock.wall()).await;
    let tenants = BTreeSet::from([selection.tenant.clone()]);
    let mut plan = Plan::of(&store, &found.homes, &tenants).await?;
    if options.remove && found.failures.is_empty() {
        match import::gone(&client, std::mem::take(&mut plan.gone)).await {
            Ok((gone, kept)) => (plan.gone, plan.kept) = (gone, kept),
            Err(failures) => found.failures = failures,
        }
    }
    found.failures.extend(plan.refused());
    let is_whole = found.failures.is_empty();
    if options.remove && !is_whole {
        plan.fate = Fate::Incomplete;
    }
    let options = ImportOptions { remove: options.remove && is_whole, ..options };
    let announcer = announcer(config, &store, clock.as_ref()).await?;
    apply(&store, plan, options, &announcer, show).await?;
    match is_whole {
        true => Ok(()),
        false => Err(Failed::Incomplete { failures: found.failures }),
    }
}

/// Imports the homes of a CSV file into the store. The server must not run. See [`import_fleet`] for the options.
///
/// # Errors
///
/// [`Failed`] with every error of the file. Then nothing is written.
pub async fn import_csv(
    config: &Config,
    path: &Path,
    options: ImportOptions,
    clock: Arc<dyn Clock>,
    show: impl FnOnce(&Plan),
) -> Result<(), Failed> {
    let homes = read_homes(path, config, clock.as_ref())?;
    let store = open_store(config, Arc::clone(&clock))?;
    let tenants = homes.iter().map(|home| home.tenant.clone()).collect();
    let plan = Plan::of(&store, &homes, &tenants).await?;
    if !plan.foreign.is_empty() {
        return Err(Failed::Homes { path: path.to_owned(), problems: plan.refused() });
    }
    let announcer = announcer(config, &store, clock.as_ref()).await?;
    apply(&store, plan, options, &announcer, show).await
}

/// Removes a home with its history. The server must not run.
///
/// # Errors
///
/// [`Failed`] with the cause.
pub async fn remove_home(
    config: &Config,
    tenant: &str,
    home: &str,
    clock: Arc<dyn Clock>,
) -> Result<(), Failed> {
    let store = open_store(config, Arc::clone(&clock))?;
    let (tenant, home) = (TenantId::new(tenant), HomeId::new(home));
    let announcer = announcer(config, &store, clock.as_ref()).await?;
    let found = store.home(&tenant, &home).await?;
    let found = found.ok_or_else(|| StoreError::new(StoreErrorKind::Missing, "there is no such home"))?;
    let subject = format!("{home} ({})", found.name);
    store.audit(AuditEvent::new(OPERATOR, "home remove", &subject).of(&tenant)).await?;
    Ok(store.remove_home(&tenant, &home, &announcer).await?)
}

/// Returns the decisions about messages of homes that are removed. The routes depend on their tags and groups.
async fn announcer(
    config: &Config,
    store: &SqliteStore,
    clock: &dyn Clock,
) -> Result<Arc<dyn Announcer>, Failed> {
    let fleet = Arc::new(Fleet::new(&policies(config)));
    fleet.load(store.enrolled().await?, &BTreeSet::new(), clock.wall());
    Ok(Arc::new(Notifier::new(config.policies.notify.clone(), fleet)))
}

/// Writes a row of the audit for each tenant with its homes that an import removes.
async fn record_removal(store: &SqliteStore, gone: &[Home]) -> Result<(), Failed> {
    let mut of_tenants: BTreeMap<&TenantId, Vec<&str>> = BTreeMap::new();
    for home in gone {
        of_tenants.entry(&home.tenant).or_default().push(home.id.as_str());
    }
    for (tenant, ids) in of_tenants {
        let named = ids.iter().take(RECORDED).copied().collect::<Vec<_>>().join(", ");
        let rest = match ids.len().saturating_sub(RECORDED) {
            0 => String::new(),
            rest => format!(" and {rest} more"),
        };
        let subject = format!("{} by an import: {named}{rest}", ids.len());
        store.audit(AuditEvent::new(OPERATOR, "homes remove", &subject).of(tenant)).await?;
    }
    Ok(())
}

async fn apply(
    store: &SqliteStore,
    mut plan: Plan,
    options: ImportOptions,
    announcer: &Arc<dyn Announcer>,
    show: impl FnOnce(&Plan),
) -> Result<(), Failed> {
    if options.remove {
        plan.fate = Fate::Planned;
    }
    if options.remove
        && let Some(limit) = plan.too_many(options.remove_at_most)
    {
        show(&plan);
        return Err(Failed::TooMany { number: plan.gone.len(), limit });
    }
    if options.dry_run {
        show(&plan);
        return Ok(());
    }
    let homes: Vec<NewHome> = plan.to_write().cloned().collect();
    import::import(store, &homes).await?;
    if options.remove {
        record_removal(store, &plan.gone).await?;
        for home in &plan.gone {
            store.remove_home(&home.tenant, &home.id, announcer).await?;
        }
        plan.fate = Fate::Removed;
    }
    show(&plan);
    Ok(())
}
