//! The command `import`: homes from the cloud or from a CSV file.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use plume::{Client, runtime::Clock};

use crate::config::Config;
use crate::import::{self, Plan, Selection};
use crate::program::assemble::{open_store, read_homes};
use crate::program::failed::Failed;
use crate::store::{HomeStore, SqliteStore, model::NewHome};

/// Imports homes of the cloud into the store. The server must not run. `is_removing` also removes homes of the tenant that
/// were not found. Without `is_dry`, the changes are written. Returns what changes.
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
    let found = import::find(&client, selection, &config.policies.schedule, clock.wall()).await;
    let tenants = BTreeSet::from([selection.tenant.clone()]);
    let plan = Plan::of(&store, &found.homes, &tenants).await?;
    let is_whole = found.failures.is_empty();
    apply(&store, &plan, (is_removing && is_whole, is_dry)).await?;
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
    let store = open_store(config, clock)?;
    let tenants = homes.iter().map(|home| home.tenant.clone()).collect();
    let plan = Plan::of(&store, &homes, &tenants).await?;
    apply(&store, &plan, (is_removing, is_dry)).await?;
    Ok(plan)
}

async fn apply(store: &SqliteStore, plan: &Plan, (is_removing, is_dry): (bool, bool)) -> Result<(), Failed> {
    if is_dry {
        return Ok(());
    }
    let homes: Vec<NewHome> = plan.to_write().cloned().collect();
    import::import(store, &homes).await?;
    if is_removing {
        for home in &plan.gone {
            store.remove_home(&home.tenant, &home.id).await?;
        }
    }
    Ok(())
}
