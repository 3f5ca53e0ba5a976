//! Channels that a route names and a tenant does not have.

use std::collections::BTreeSet;

use plume::monitor::{ids::TenantId, monitor::OPERATOR, notify::Route};

use crate::store::{Result, Store, model::RecordKind};

/// The line for policies without a route.
pub const NO_ROUTE: &str =
    "no message is sent, because there is no route: add one to the file of `policies.file`";

/// Returns a line for each channel that a route names and the tenant does not have, with the remedy. A tenant without homes has
/// none, except the operator.
///
/// # Errors
///
/// [`StoreError`](crate::store::StoreError).
pub async fn stray_channels(store: &dyn Store, routes: &[Route], tenant: &TenantId) -> Result<Vec<String>> {
    let is_operator = tenant.as_str() == OPERATOR;
    if !is_operator && store.counts(tenant).await?.total() == 0 {
        return Ok(Vec::new());
    }
    let records = store.each_record(tenant, RecordKind::Channel).await?;
    let own = routes.iter().filter(|route| route.tenants.is_empty() || route.tenants.contains(tenant));
    let named: BTreeSet<&str> = own.flat_map(|route| &route.channels).map(|id| id.as_str()).collect();
    let missing = named.into_iter().filter(|named| !records.iter().any(|(id, _)| id == named));
    let line = |id: &str| match is_operator {
        true => format!(
            "messages about the monitor itself (the cloud does not respond, the disk is full) do not reach the channel \
             `{id}`: the tenant {tenant} does not have it; add a channel with this id to the tenant {tenant}, with the \
             same receiver if you like"
        ),
        false => format!(
            "a route names the channel `{id}`, which the tenant {tenant} does not have: add a channel with this id to the \
             tenant, or correct the route in the file of `policies.file`"
        ),
    };
    Ok(missing.map(line).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::DateTime;
    use plume::{
        monitor::{ids::HomeId, notify::NotifyPolicy},
        runtime::ManualClock,
    };

    use super::*;
    use crate::store::{
        HomeStore, MemoryStore, RecordStore,
        model::{NewHome, Tenant},
    };

    #[tokio::test]
    async fn a_channel_that_a_tenant_lacks_is_named_with_the_remedy() {
        let store = MemoryStore::new(Arc::new(ManualClock::new(DateTime::UNIX_EPOCH)));
        let policy = r#"{"routes": [{"tenants": ["west"], "channels": ["pager"]}, {"channels": ["hook"]}]}"#;
        let policy: NotifyPolicy = serde_json::from_str(policy).unwrap();
        let [north, west, empty, operator] = ["north", "west", "empty", OPERATOR].map(TenantId::new);
        for id in [&north, &west, &empty, &operator] {
            store.put_tenant(Tenant { id: id.clone(), name: id.to_string() }).await.unwrap();
        }
        for (tenant, id) in [(&north, "n1"), (&west, "w1")] {
            let home = NewHome {
                tenant: tenant.clone(),
                id: HomeId::new(id),
                customer: String::new(),
                location: String::new(),
                name: String::new(),
                region: None,
                tags: Vec::new(),
                due: DateTime::UNIX_EPOCH,
            };
            store.put_homes(vec![home]).await.unwrap();
        }
        let lines = async |tenant: &TenantId| stray_channels(&store, &policy.routes, tenant).await.unwrap();
        let west_lines = lines(&west).await;
        assert_eq!(west_lines.len(), 2, "{west_lines:?}");
        assert!(west_lines[1].starts_with("a route names the channel `pager`, which the tenant west"));
        assert_eq!((lines(&north).await.len(), lines(&empty).await.len()), (1, 0));
        let own = lines(&operator).await;
        assert!(
            own.len() == 1 && own[0].contains("(the cloud does not respond, the disk is full)"),
            "{own:?}"
        );
        assert!(own[0].contains("add a channel with this id to the tenant operator"), "{own:?}");
        store.put_record(&operator, RecordKind::Channel, "hook", 0, b"{}".to_vec()).await.unwrap();
        assert!(lines(&operator).await.is_empty());
    }
}
