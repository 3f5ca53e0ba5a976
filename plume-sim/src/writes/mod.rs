//! The operations that change something.
//!
//! Each handler checks everything first and changes the world only when nothing can be refused any more. What
//! it changes becomes part of the history of the location, and a row of the audit trail tells who asked.

pub(crate) mod customers;
pub(crate) mod devices;
mod fields;
pub(crate) mod locations;
pub(crate) mod nodes;
pub(crate) mod speed_tests;
pub(crate) mod wifi;

use serde_json::Value;

use crate::{
    audit::AuditRecord,
    error_body::Problem,
    ids::{LocationKey, customer_id},
    router::{Answer, Ask, Order},
};

impl Order<'_> {
    /// Adds a row to the audit trail.
    fn audit(&mut self, event: &'static str, customer: u32, location: Option<LocationKey>, details: &Value) {
        let id = customer_id(customer);
        let row = AuditRecord::new(self.world.now, event, self.operation(), id, location, details);
        self.world.written.audit.push(row);
    }

    /// As [`Order::audit`], for a change of a location.
    fn audit_location(&mut self, event: &'static str, key: LocationKey, details: &Value) {
        self.audit(event, key.customer, Some(key), details);
    }
}

/// `GET Customers/{id}/auditTrail`, newest first, as all its neighbours.
pub(crate) fn customer_trail(ask: &Ask<'_>) -> Answer {
    let customer = ask.customer()?;
    Ok(rows(ask, |row| row.customer_id == customer.id))
}

/// `GET …/locations/{locationId}/auditTrail`.
pub(crate) fn location_trail(ask: &Ask<'_>) -> Answer {
    let location = ask.location()?;
    Ok(rows(ask, |row| row.location_id.as_deref() == Some(&location.id)))
}

fn rows(ask: &Ask<'_>, wanted: impl Fn(&AuditRecord) -> bool) -> Value {
    let all = ask.world.written.audit.iter().enumerate().rev();
    all.filter(|(_, row)| wanted(row)).map(|(number, row)| row.body(ask.world.seed, number)).collect()
}

/// Refuses what the documents limit to fewer than 33 characters.
fn nickname(text: String) -> Result<String, Problem> {
    match text.chars().count() {
        1..=32 => Ok(text),
        _ => Err(Problem::invalid("Nickname", "nickname", "1 to 32 characters")),
    }
}
