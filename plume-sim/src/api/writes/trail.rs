//! The audit trail.

use serde_json::Value;

use crate::http::{Answer, Ask, Order};
use crate::world::{AuditRecord, Change, Location, LocationKey, customer_id};

impl Order<'_> {
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

    /// Changes the configuration of a location, with a row about it.
    pub(crate) fn configure(&mut self, key: LocationKey, details: &Value, change: Change) {
        self.audit_location("LocationConfigChanged", key, details);
        self.world.record(key, change);
    }

    /// As [`Order::audit`], for a change of a location.
    pub(crate) fn audit_location(&mut self, event: &'static str, key: LocationKey, details: &Value) {
        self.audit(event, key.customer, Some(key), details);
    }
}

/// `GET Customers/{id}/auditTrail`, newest first, as all its neighbours.
pub(crate) fn customer_trail(ask: &Ask<'_>) -> Answer {
    let customer = ask.customer()?;
    Ok(rows(ask, |row| row.customer_id == customer.id))
}

/// `GET …/locations/{locationId}/auditTrail`.
pub(crate) fn location_trail(ask: &Ask<'_>, location: &Location) -> Answer {
    Ok(rows(ask, |row| row.location_id.as_deref() == Some(&location.id)))
}

fn rows(ask: &Ask<'_>, wanted: impl Fn(&AuditRecord) -> bool) -> Value {
    let all = ask.world.written.audit.iter().enumerate().rev();
    all.filter(|(_, row)| wanted(row)).map(|(number, row)| row.body(ask.world.seed, number)).collect()
}
