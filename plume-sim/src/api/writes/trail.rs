//! The audit trail.

use serde_json::Value;

use crate::http::{Answer, Request, Write};
use crate::world::{AuditRecord, Change, Location, LocationKey, customer_id};

impl Write<'_> {
    /// Adds a row to the audit trail.
    pub(crate) fn audit(
        &mut self,
        event: &'static str,
        customer: u32,
        location: Option<LocationKey>,
        details: &Value,
    ) {
        let id = customer_id(customer);
        let (verb, template) = self.operation();
        let operation = (verb.method(), template);
        let row = AuditRecord::new(self.world.now, event, operation, id, location, details);
        self.world.written.audit.push(row);
    }

    /// Changes the configuration of a location and adds a row to the audit trail.
    pub(crate) fn configure(&mut self, key: LocationKey, details: &Value, change: Change) {
        self.audit_location("LocationConfigChanged", key, details);
        self.world.record(key, change);
    }

    /// Adds a row about a location to the audit trail.
    pub(crate) fn audit_location(&mut self, event: &'static str, key: LocationKey, details: &Value) {
        self.audit(event, key.customer, Some(key), details);
    }
}

/// `GET Customers/{id}/auditTrail`, newest first, as in similar lists.
pub(crate) fn customer_trail(request: &Request<'_>) -> Answer {
    let customer = request.customer()?;
    Ok(rows(request, |row| row.customer_id == customer.id))
}

/// `GET …/locations/{locationId}/auditTrail`.
pub(crate) fn location_trail(request: &Request<'_>, location: &Location) -> Answer {
    Ok(rows(request, |row| row.location_id.as_deref() == Some(&location.id)))
}

fn rows(request: &Request<'_>, wanted: impl Fn(&AuditRecord) -> bool) -> Value {
    let all = request.world.written.audit.iter().enumerate().rev();
    all.filter(|(_, row)| wanted(row)).map(|(number, row)| row.body(request.world.seed, number)).collect()
}
