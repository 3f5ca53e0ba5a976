//! The channels of the demo: receivers in this process, one of which fails.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use plume::{
    monitor::{ids::TenantId, monitor::OPERATOR, notify::NotifyPolicy},
    runtime::{Clock, InProcess},
};

use crate::guard::Guard;
use crate::notify::{Carriers, Channel, Hidden, Means, Target};
use crate::program::assemble::Outlet;
use crate::program::demo::cloud::tenants;
use crate::store::{
    HomeStore, RecordStore, Result, SqliteStore,
    model::{RecordKind, Tenant},
};

/// base64 of "not-a-real-key-not-a-real-key-32"
const KEY: &str = "whsec_bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=";
const ON_CALL: &str = "on-call.example.com";
const CHAT: &str = "chat.example.com";

/// Red goes to both channels, everything else to one.
pub(super) fn routes() -> NotifyPolicy {
    let routes = r#"{"routes": [{"severities": ["red"], "channels": ["on-call", "chat"]}, {"channels": ["on-call"]}]}"#;
    serde_json::from_str(routes).unwrap_or_default()
}

/// Returns the connection to receivers in this process.
pub(super) fn outlet(clock: Arc<dyn Clock>) -> Outlet {
    let receivers = InProcess::new(|request: Request<Bytes>| async move {
        let status = if request.uri().host() == Some(CHAT) { 503 } else { 200 };
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
        Ok(response)
    });
    Outlet {
        carriers: Carriers::new(Arc::new(receivers), clock),
        from: String::new(),
        bot: None,
        means: Means { guard: Guard::new([]), has_mail: false, has_bot: false },
    }
}

/// Stores the channels of all tenants.
pub(super) async fn store(store: &SqliteStore) -> Result<()> {
    let url = |host: &str| Hidden::new(format!("https://{host}/demo"));
    let channels = [
        ("on-call", "On call", Target::Webhook { url: url(ON_CALL), key: Hidden::new(KEY) }),
        ("chat", "Team chat", Target::Slack { url: url(CHAT) }),
    ];
    // Incidents of the cloud itself belong to the operator.
    let operator = TenantId::new(OPERATOR);
    store.put_tenant(Tenant { id: operator.clone(), name: "Operator".to_owned() }).await?;
    for tenant in tenants().map(|tenant| tenant.id).into_iter().chain([operator]) {
        for (id, name, target) in channels.clone() {
            let channel = Channel { name: name.to_owned(), target, max_per_hour: 60, fallback: None };
            let body = serde_json::to_vec(&channel).unwrap_or_default();
            store.put_record(&tenant, RecordKind::Channel, id, 0, body).await?;
        }
    }
    Ok(())
}
