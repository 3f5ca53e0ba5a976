//! Routes that reach no one: without a channel, without a tenant, after one that takes all, or to a channel that is missing.

use std::collections::BTreeSet;

use plume::monitor::{ids::TenantId, monitor::OPERATOR, notify::Route};

use crate::store::{Result, Store, model::RecordKind};

/// The line for policies without a route.
const NO_ROUTE: &str =
    "no message is sent, because there is no route: add one to the file of `policies.file`";
/// The line for policies whose routes drop all messages.
const NO_CHANNEL: &str =
    "no message is sent, because no route has a channel: add one to the file of `policies.file`";

/// Returns a line if the policies send no message at all.
#[must_use]
pub fn silence(routes: &[Route]) -> Option<&'static str> {
    match routes.iter().all(|route| route.channels.is_empty()) {
        true if routes.is_empty() => Some(NO_ROUTE),
        is_silent => is_silent.then_some(NO_CHANNEL),
    }
}

/// Returns a line for each tenant of a route that is not one of `known`, unless none is, and for the first route that no message
/// reaches.
#[must_use]
pub fn idle_routes(routes: &[Route], known: &[TenantId]) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, route) in routes.iter().enumerate() {
        for tenant in route.tenants.iter().filter(|tenant| !known.is_empty() && !known.contains(tenant)) {
            let meant = plume_text::nearest(tenant.as_str(), known.iter().map(TenantId::as_str));
            let meant = meant.map_or_else(String::new, |id| format!("; did you mean `{id}`?"));
            let shown = plume_text::on_screen(tenant.as_str());
            lines.push(format!(
                "`notify.routes[{index}]` names the tenant `{shown}`, which does not exist{meant}"
            ));
        }
    }
    let takes_all = |route: &Route| {
        route.tenants.is_empty()
            && route.tags.is_empty()
            && route.groups.is_empty()
            && route.severities.is_empty()
    };
    if let Some(index) = routes.iter().position(takes_all).filter(|index| index + 1 < routes.len()) {
        let next = index + 1;
        lines.push(format!(
            "no message reaches `notify.routes[{next}]`, because `notify.routes[{index}]` before it has no condition"
        ));
    }
    lines
}

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

    #[test]
    fn a_route_that_no_message_reaches_is_named() {
        let idle = |routes: &str| {
            let policy: NotifyPolicy = serde_json::from_str(&format!("{{\"routes\": {routes}}}")).unwrap();
            let known = ["north", OPERATOR].map(TenantId::new);
            (silence(&policy.routes), idle_routes(&policy.routes, &known))
        };
        assert_eq!(idle("[]"), (Some(NO_ROUTE), vec![]));
        assert_eq!(idle(r#"[{"channels": []}, {"tags": ["x"], "channels": []}]"#).0, Some(NO_CHANNEL));
        let fine = r#"[{"tenants": ["north", "operator"], "channels": ["a"]}, {"tags": ["x"], "channels": []}, {"channels": ["b"]}]"#;
        assert_eq!(idle(fine), (None, vec![]));
        let (silence, lines) =
            idle(r#"[{"tenants": ["nrth"], "channels": ["a"]}, {"channels": ["b"]}, {"channels": []}]"#);
        assert_eq!(silence, None);
        let policy = r#"{"routes": [{"tenants": ["x"], "channels": ["a"]}, {"channels": ["b"]}, {"channels": ["c"]}]}"#;
        let policy: NotifyPolicy = serde_json::from_str(policy).unwrap();
        assert_eq!(idle_routes(&policy.routes, &[]).len(), 1, "no tenant is known yet");
        assert_eq!(
            lines,
            [
                "`notify.routes[0]` names the tenant `nrth`, which does not exist; did you mean `north`?",
                "no message reaches `notify.routes[2]`, because `notify.routes[1]` before it has no condition",
            ]
        );
    }
}
