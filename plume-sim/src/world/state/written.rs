//! The writes since the simulator was built.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::world::history::{Event, NodeLabel};
use crate::world::ids::LocationKey;
use crate::world::state::audit::AuditRecord;

/// Number of nodes in the partner's inventory.
const STORE: u16 = 4_095;
/// The prefix of their serial numbers.
const STORE_PREFIX: &str = "SIMUNCLAIMED";
/// Serial numbers and MAC addresses hold the location's number in one hex digit.
const MOST_LOCATIONS: u8 = 15;

/// Every write, as far as it is not an event of a history.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// The number of registered customers. Their numbers follow those of the generated ones.
    pub(crate) registered: u32,
    pub(crate) customers: BTreeMap<u32, CustomerRecord>,
    pub(crate) events: BTreeMap<LocationKey, Vec<Event>>,
    /// The locations of claimed nodes whose serial numbers do not contain it.
    pub(crate) moved: BTreeMap<String, LocationKey>,
    /// Nodes that were unclaimed from a home.
    pub(crate) returned: BTreeMap<String, NodeLabel>,
    /// Nodes that were removed from the inventory.
    pub(crate) removed: BTreeSet<String>,
    /// Nodes that may not be unclaimed.
    pub(crate) locked: BTreeSet<String>,
    pub(crate) speed_tests: u32,
    pub(crate) audit: Vec<AuditRecord>,
}

/// The writes about one customer.
#[derive(Debug, Default)]
pub(crate) struct CustomerRecord {
    /// The time of registration, and its operation.
    pub(crate) registered: Option<(i64, &'static str)>,
    pub(crate) account_id: Option<String>,
    pub(crate) name: Option<String>,
    /// Registered without an e-mail address; the cloud fills in a placeholder.
    pub(crate) anonymous: Option<bool>,
    pub(crate) email: Option<String>,
    pub(crate) email_verified: Option<bool>,
    /// Members that the simulator stores without interpreting them.
    pub(crate) more: Map<String, Value>,
    pub(crate) deleted: bool,
    /// Added locations with name and time.
    pub(crate) added: Vec<(LocationKey, String, i64)>,
    pub(crate) archived: BTreeSet<LocationKey>,
}

impl Written {
    pub(crate) fn is_deleted(&self, number: u32) -> bool {
        self.customers.get(&number).is_some_and(|record| record.deleted)
    }

    pub(crate) fn customer(&mut self, number: u32) -> &mut CustomerRecord {
        self.customers.entry(number).or_default()
    }

    /// Returns name and time of an added location.
    pub(crate) fn added(&self, key: LocationKey) -> Option<(&str, i64)> {
        let record = self.customers.get(&key.customer)?;
        let (_, name, at) = record.added.iter().find(|(added, ..)| *added == key)?;
        Some((name, *at))
    }

    pub(crate) fn is_archived(&self, key: LocationKey) -> bool {
        self.customers.get(&key.customer).is_some_and(|record| record.archived.contains(&key))
    }

    /// Returns the key of the customer's next location, after `planned` of its own. `None` at the maximum.
    pub(crate) fn free_key(&self, customer: u32, planned: u8) -> Option<LocationKey> {
        let added = self.customers.get(&customer).map_or(0, |record| record.added.len());
        let ordinal = planned.checked_add(u8::try_from(added).ok()?)?.checked_add(1)?;
        (ordinal <= MOST_LOCATIONS).then_some(LocationKey { customer, ordinal })
    }

    /// Returns the unclaimed nodes: those returned from homes, then those of the inventory.
    pub(crate) fn unclaimed_nodes(&self) -> impl Iterator<Item = NodeLabel> + '_ {
        let store = (1..=STORE).map(|number| format!("{STORE_PREFIX}{number}"));
        self.returned.keys().cloned().chain(store).filter_map(|serial| self.unclaimed_node(&serial))
    }

    pub(crate) fn unclaimed_node(&self, serial: &str) -> Option<NodeLabel> {
        if self.removed.contains(serial) {
            return None;
        }
        if let Some(identity) = self.returned.get(serial) {
            return Some(identity.clone());
        }
        let digits = serial.strip_prefix(STORE_PREFIX)?;
        let number = digits.parse::<u16>().ok().filter(|number| number.to_string() == digits)?;
        let in_store = (1..=STORE).contains(&number) && !self.moved.contains_key(serial);
        in_store.then(|| {
            let [high, low] = (number << 4).to_be_bytes();
            NodeLabel {
                serial: serial.to_owned(),
                mac: format!("02:00:00:00:{high:02X}:{low:02X}"),
                pack_id: "PACK0000000".to_owned(),
                model: "P301X",
                firmware: "8.5.2".into(),
            }
        })
    }
}
