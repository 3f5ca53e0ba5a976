//! Customers.

use serde_json::{Map, Value};

use crate::world::homes::{HOUSEHOLD, Home, one_of};
use crate::world::ids::{LocationKey, customer_id};
use crate::world::noise;
use crate::world::state::written::CustomerRecord;
use crate::world::time::{DAY, HOUR, floor};

#[derive(Debug)]
pub(crate) struct Customer {
    pub(crate) number: u32,
    pub(crate) id: String,
    pub(crate) account_id: String,
    pub(crate) name: String,
    pub(crate) email: String,
    /// Registered without an e-mail address; the cloud fills in a placeholder.
    pub(crate) anonymous: bool,
    /// Unknown for customers registered since the simulator was built.
    pub(crate) email_verified: Option<bool>,
    /// The operation that registered it.
    pub(crate) source: &'static str,
    pub(crate) created: i64,
    pub(crate) locations: Vec<LocationKey>,
    /// The number of locations before any was added.
    pub(crate) planned: u8,
    /// Members that were written and that the simulator does not interpret.
    pub(crate) more: Map<String, Value>,
}

impl Customer {
    fn new(number: u32, created: i64, locations: u8) -> Self {
        Self {
            number,
            id: customer_id(number),
            account_id: format!("ACCT-{number:06}"),
            name: String::new(),
            email: placeholder(number),
            anonymous: false,
            email_verified: Some(true),
            source: "Customer.registerWithGroups",
            created,
            locations: (1..=locations).map(|ordinal| LocationKey { customer: number, ordinal }).collect(),
            planned: locations,
            more: Map::new(),
        }
    }

    pub(crate) fn of_home(home: Home, anchor: i64) -> Self {
        Self {
            account_id: format!("SIM-{}", home.name().to_ascii_uppercase()),
            name: format!("Example Household ({home})"),
            email: format!("{home}@example.com"),
            ..Self::new(home.number(), floor(anchor, HOUR) - 400 * DAY, 1)
        }
    }

    pub(crate) fn generated(seed: u64, number: u32, anchor: i64) -> Self {
        let roll = |what: u64, bound| noise::below(seed, &[u64::from(number), what], bound);
        let first = one_of(&HOUSEHOLD.first_names, roll(1, 1 << 32));
        let last = one_of(&HOUSEHOLD.last_names, roll(2, 1 << 32));
        let locations = if roll(4, 5) == 0 { 2 } else { 1 };
        let age_hours = i64::try_from(roll(5, 24 * 1_500)).unwrap_or(0);
        let customer = Self::new(number, floor(anchor, HOUR) - 30 * DAY - age_hours * HOUR, locations);
        if roll(3, 20) == 0 {
            let name = customer.account_id.clone();
            return Self {
                name,
                anonymous: true,
                email_verified: None,
                source: "Customer.register",
                ..customer
            };
        }
        let email = format!("{first}.{last}.{number}@example.com").to_lowercase();
        Self { name: format!("{first} {last}"), email, ..customer }
    }

    pub(crate) fn registered(number: u32, (at, source): (i64, &'static str)) -> Self {
        Self { email_verified: None, source, ..Self::new(number, at, 0) }
    }

    /// Returns the customer with its writes applied.
    pub(crate) fn with(mut self, record: &CustomerRecord) -> Self {
        self.account_id = record.account_id.clone().unwrap_or(self.account_id);
        self.name = record.name.clone().unwrap_or(self.name);
        self.email = record.email.clone().unwrap_or(self.email);
        self.anonymous = record.anonymous.unwrap_or(self.anonymous);
        self.email_verified = record.email_verified.or(self.email_verified);
        self.locations.extend(record.added.iter().map(|(key, ..)| *key));
        self.locations.retain(|key| !record.archived.contains(key));
        self.more.clone_from(&record.more);
        self
    }
}

/// Returns the placeholder address of a customer without one.
fn placeholder(number: u32) -> String {
    format!("null+{number:06x}@example.com")
}
