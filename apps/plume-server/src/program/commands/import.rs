//! The command `import`: homes from the cloud or from a CSV file.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use plume::{Client, runtime::Clock};

use crate::config::Config;
use crate::import::{self, Plan, Selection};
use crate::program::assemble::{open_store, policies, read_homes};
use crate::program::failed::Failed;
use crate::store::{
    CheckStore, HomeStore, SqliteStore,
    model::{Announcer, NewHome},
};
use crate::worker::{Fleet, Notifier};

/// Imports homes of the cloud into the store. The server must not run. `is_removing` also removes homes of the tenant that
/// were not found and that the cloud does not know any more. Without `is_dry`, the changes are written. Returns what changes.
///
/// # Errors
///
/// [`Failed`], also if a call failed: then nothing is removed, but what was found is written.
pub async fn import_fleet(
    config: &Config,
    selection: &Selection,
    (is_removing, is_dry): (bool, bool),
    clock: Arc<dyn Clock>,
) -> Result<Plan, Failed> {
    let settings = config.cloud.clone().ok_or(Failed::NoCloud)?;
    let store = open_store(config, Arc::clone(&clock))?;
    let client = Client::builder().settings(settings).clock(Arc::clone(&clock)).build()?;
    let mut found = import::find(&client, selection, &config.policies.schedule, clock.wall()).await;
    let tenants = BTreeSet::from([selection.tenant.clone()]);
    let mut plan = Plan::of(&store, &found.homes, &tenants).await?;
    if is_removing && found.failures.is_empty() {
        match import::gone(&client, std::mem::take(&mut plan.gone)).await {
            Ok((gone, kept)) => (plan.gone, plan.kept) = (gone, kept),
            Err(failures) => found.failures = failures,
        }
    }
    let is_whole = found.failures.is_empty();
    let announcer = announcer(config, &store, clock.as_ref()).await?;
    apply(&store, &plan, (is_removing && is_whole, is_dry), &announcer).await?;
    match is_whole {
        true => Ok(plan),
        false => Err(Failed::Incomplete { failures: found.failures, plan: plan.to_string() }),
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
    (is_removing, is_dry): (bool, bool),
    clock: Arc<dyn Clock>,
) -> Result<Plan, Failed> {
    let homes = read_homes(path, config, clock.as_ref())?;
    let store = open_store(config, Arc::clone(&clock))?;
    let tenants = homes.iter().map(|home| home.tenant.clone()).collect();
    let plan = Plan::of(&store, &homes, &tenants).await?;
    let announcer = announcer(config, &store, clock.as_ref()).await?;
    apply(&store, &plan, (is_removing, is_dry), &announcer).await?;
    Ok(plan)
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

async fn apply(
    store: &SqliteStore,
    plan: &Plan,
    (is_removing, is_dry): (bool, bool),
    announcer: &Arc<dyn Announcer>,
) -> Result<(), Failed> {
    if is_dry {
        return Ok(());
    }
    let homes: Vec<NewHome> = plan.to_write().cloned().collect();
    import::import(store, &homes).await?;
    if is_removing {
        for home in &plan.gone {
            store.remove_home(&home.tenant, &home.id, announcer).await?;
        }
    }
    Ok(())
}
