//! The simulated cloud's customers with their locations, nodes and devices, computed on request.
//!
//! Only writes are stored. A customer, a location and its history are computed from the seed, the stories and the
//! writes at the moment of a request, so a world of thousands of homes costs nothing until one is requested.

use crate::world::history::{Change, Event, History, NodeLabel, Script};
use crate::world::homes::plan;
use crate::world::homes::{Home, Plan};
use crate::world::ids::{LocationKey, bare_mac, customer_number};
use crate::world::list_shape::ListShape;
use crate::world::state::customer::Customer;
use crate::world::state::location::{Basis, Location};
use crate::world::state::written::Written;
use crate::world::stories::StoryPlan;

/// The state of one provider's part of the simulated cloud.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) homes: Vec<Home>,
    /// The number of the first generated customer. The numbers of all partners are distinct.
    pub(crate) first_generated: u32,
    pub(crate) generated: u32,
    /// The number of the first customer to be registered, and the maximum number of registrations.
    pub(crate) first_registered: u32,
    pub(crate) most_registered: u32,
    /// The moment the simulator was built. "Two hours ago" is relative to it, so a state keeps its date while the
    /// clock advances.
    pub(crate) anchor: i64,
    /// The moment of the current request. Every response shows the world at this moment.
    pub(crate) now: i64,
    pub(crate) list_shape: ListShape,
    pub(crate) stories: Vec<StoryPlan>,
    pub(crate) written: Written,
}

impl World {
    /// Returns the customer numbers in the order of lists: named homes, generated customers, registered customers.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        let generated = self.first_generated..self.first_generated.saturating_add(self.generated);
        let registered = self.first_registered..self.first_registered.saturating_add(self.written.registered);
        let all = self.homes.iter().map(|home| home.number()).chain(generated).chain(registered);
        all.filter(|number| !self.written.is_deleted(*number))
    }

    pub(crate) fn customers(&self) -> impl Iterator<Item = Customer> + '_ {
        self.numbers().filter_map(|number| self.customer(number))
    }

    fn is_generated(&self, number: u32) -> bool {
        number.checked_sub(self.first_generated).is_some_and(|index| index < self.generated)
    }

    pub(crate) fn customer(&self, number: u32) -> Option<Customer> {
        if self.written.is_deleted(number) {
            return None;
        }
        let record = self.written.customers.get(&number);
        let base = if let Some(home) = self.homes.iter().find(|home| home.number() == number) {
            Customer::of_home(*home, self.anchor)
        } else if self.is_generated(number) {
            Customer::generated(self.seed, number, self.anchor)
        } else {
            Customer::registered(number, record?.registered?)
        };
        Some(match record {
            Some(record) => base.with(record),
            None => base,
        })
    }

    pub(crate) fn customer_by_id(&self, id: &str) -> Option<Customer> {
        self.customer(customer_number(id)?)
    }

    /// Returns the customer with this account id. The ids of generated customers contain their number.
    pub(crate) fn customer_by_account(&self, account_id: &str) -> Option<Customer> {
        let told = account_id.strip_prefix("ACCT-").and_then(|digits| digits.parse().ok());
        let named = self.homes.iter().map(|home| home.number());
        let mut candidates = told.into_iter().chain(named).chain(self.written.customers.keys().copied());
        candidates.find_map(|number| self.customer(number).filter(|found| found.account_id == account_id))
    }

    /// Returns the location, if it exists.
    pub(crate) fn location(&self, key: LocationKey) -> Option<Location> {
        let customer = self.customer(key.customer)?;
        customer.locations.contains(&key).then(|| self.build(key, customer))
    }

    pub(crate) fn location_by_id(&self, id: &str) -> Option<Location> {
        self.location(LocationKey::from_id(id)?)
    }

    /// Returns the location with this service id.
    pub(crate) fn location_by_service(&self, service_id: &str) -> Option<Location> {
        let mut customers = self.customers();
        let key = customers.find_map(|customer| {
            customer.locations.into_iter().find(|key| self.service_id(*key) == service_id)
        })?;
        self.location(key)
    }

    /// Returns the service id that the location has or was given.
    pub(crate) fn service_id(&self, key: LocationKey) -> String {
        let events = self.written.events.get(&key).map(Vec::as_slice).unwrap_or_default();
        let given = events.iter().rev().find_map(|event| match &event.change {
            Change::Renamed { service_id, .. } => service_id.clone(),
            _ => None,
        });
        given.unwrap_or_else(|| key.service_id())
    }

    /// Returns the location of the node with this serial number.
    pub(crate) fn location_of_node(&self, serial: &str) -> Option<Location> {
        let moved = self.written.moved.get(serial).copied();
        let key = moved.or_else(|| LocationKey::from_serial(serial))?;
        let location = self.location(key)?;
        location.node(serial).is_some().then_some(location)
    }

    /// Returns the location where the device with this MAC address was seen.
    pub(crate) fn location_of_device(&self, mac: &str) -> Option<Location> {
        let bare = bare_mac(mac);
        let key = if bare == bare_mac(plan::ALEXA_MAC) {
            LocationKey { customer: Home::DeviceGone.number(), ordinal: 1 }
        } else {
            LocationKey::from_bare_mac(&bare)?
        };
        let location = self.location(key)?;
        location.device(mac).is_some().then_some(location)
    }

    /// Returns an unclaimed node in the partner's inventory.
    pub(crate) fn unclaimed_node(&self, serial: &str) -> Option<NodeLabel> {
        self.written.unclaimed_node(serial)
    }

    /// Records a change of a location now.
    pub(crate) fn record(&mut self, key: LocationKey, change: Change) {
        let event = Event { at: self.now, change };
        self.record_all(key, [event]);
    }

    /// Records changes of a location, now and later.
    pub(crate) fn record_all(&mut self, key: LocationKey, events: impl IntoIterator<Item = Event>) {
        self.written.events.entry(key).or_default().extend(events);
    }

    pub(crate) fn plan(&self, key: LocationKey) -> Plan {
        let added = self.written.added(key).is_some();
        match Home::ALL.into_iter().find(|home| home.number() == key.customer) {
            _ if added => Plan::bare(),
            Some(home) => Plan::of_home(home),
            None if self.is_generated(key.customer) => Plan::generated(self.seed, key),
            None => Plan::bare(),
        }
    }

    /// Returns the history of a location until now: the events before the simulator, of the stories, and of the
    /// writes.
    fn history(&self, key: LocationKey, plan: &Plan) -> History {
        let mut script = Script::before(plan, self.seed, key, self.anchor);
        for story in &self.stories {
            story.tell(&mut script, plan, self.seed, key, self.anchor);
        }
        script.extend(self.written.events.get(&key).into_iter().flatten().cloned());
        History::fold(plan, key, &script.into_events(), self.now)
    }

    fn build(&self, key: LocationKey, customer: Customer) -> Location {
        let plan = self.plan(key);
        let history = self.history(key, &plan);
        let added = self.written.added(key);
        let basis = Basis { seed: self.seed, anchor: self.anchor, now: self.now };
        Location::new(key, customer, &plan, history, added, basis)
    }
}
