//! The trail of changes.

use chrono::{DateTime, Utc};
use http::Method;
use serde_json::{Value, json};

use crate::world::identity::PARTNER_ID;
use crate::world::ids::LocationKey;
use crate::world::noise;
use crate::world::time::{DAY, iso, millis};

/// The age up to which the cloud keeps a row.
const KEPT: i64 = 90 * DAY;

/// One change that a request made.
///
/// The API serves the same rows at `…/auditTrail`. Secrets are not recorded: of a Wi-Fi network only the names of the
/// members that were set.
///
/// ```
/// use bytes::Bytes;
/// use plume_sim::{Home, Simulator};
///
/// let simulator = Simulator::builder().build();
/// let home = Home::Healthy;
/// let path = format!("/api/Customers/{}/locations/{}", home.customer_id(), home.location_id());
/// let request = http::Request::put(path)
///     .header("authorization", format!("Bearer {}", simulator.issue_token()))
///     .header("content-type", "application/json");
/// let _ = simulator.handle(request.body(Bytes::from(r#"{"name": "Cabin"}"#))?);
/// assert_eq!(simulator.audit()[0].event, "LocationConfigChanged");
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditRecord {
    /// The time by the simulator's clock.
    pub at: DateTime<Utc>,
    /// The event in the cloud's words: `NodeClaimed`, `LocationConfigChanged`, …
    pub event: &'static str,
    /// The method of the operation.
    pub method: Method,
    /// The path template of the operation.
    pub template: &'static str,
    /// The customer.
    pub customer_id: String,
    /// The location, if the change belongs to one.
    pub location_id: Option<String>,
    /// The changed values, as JSON.
    pub details: String,
}

impl AuditRecord {
    pub(crate) fn new(
        now: i64,
        event: &'static str,
        (method, template): (Method, &'static str),
        customer_id: String,
        location: Option<LocationKey>,
        details: &Value,
    ) -> Self {
        Self {
            at: DateTime::from_timestamp_millis(now).unwrap_or_default(),
            event,
            method,
            template,
            customer_id,
            location_id: location.map(LocationKey::id),
            details: details.to_string(),
        }
    }

    /// Returns the changed values.
    pub(crate) fn change(&self) -> Value {
        serde_json::from_str(&self.details).unwrap_or_default()
    }

    /// Returns the row as served. `number` is its position in the whole trail.
    pub(crate) fn body(&self, seed: u64, number: usize) -> Value {
        let at = millis(self.at);
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        let mut body = json!({
            "id": format!("5ca1ab1e0000000d{number:08x}"),
            "customerId": self.customer_id,
            "partnerId": PARTNER_ID,
            "author": "api-client@example.com",
            "event": self.event,
            "details": self.change(),
            "xRequestId": format!("sim-{:016x}", noise::hash(seed, &[0xa0d1, number])),
            "createdAt": iso(at),
            "expiresAt": iso(at + KEPT),
        });
        if let (Some(id), Some(map)) = (&self.location_id, body.as_object_mut()) {
            map.insert("locationId".to_owned(), json!(id));
        }
        body
    }
}
