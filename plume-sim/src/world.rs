//! Who lives in the simulated cloud: customers, their locations, nodes and devices, built when asked for.

use crate::{
    home::Home,
    ids::{LocationKey, bare_mac, customer_id, customer_number},
    list_shape::ListShape,
    noise,
    plan::{self, Plan},
    time::{DAY, HOUR, floor},
};

/// Everything that does not change while the simulator runs.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) homes: Vec<Home>,
    /// The number of the first generated customer. Partners share the numbers, so that no two have the same.
    pub(crate) first_generated: u32,
    pub(crate) generated: u32,
    /// The moment the simulator was built. "Two hours ago" is counted from here, so that a state keeps its
    /// date while the clock goes on.
    pub(crate) anchor: i64,
    pub(crate) list_shape: ListShape,
}

#[derive(Debug)]
pub(crate) struct Customer {
    pub(crate) number: u32,
    pub(crate) id: String,
    pub(crate) account_id: String,
    pub(crate) name: String,
    pub(crate) email: String,
    /// Registered without an e-mail address: the cloud fills in a placeholder.
    pub(crate) anonymous: bool,
    pub(crate) created: i64,
    pub(crate) locations: Vec<LocationKey>,
}

#[derive(Debug)]
pub(crate) struct Location {
    pub(crate) key: LocationKey,
    pub(crate) id: String,
    pub(crate) name: &'static str,
    pub(crate) customer: Customer,
    pub(crate) created: i64,
    pub(crate) service_level: &'static str,
    pub(crate) network: Option<Network>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) devices: Vec<Device>,
    pub(crate) poor_video: bool,
}

/// The state of the Internet connection, with the state before it: together they tell when it was down.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Network {
    pub(crate) online: bool,
    pub(crate) since: i64,
    pub(crate) previous_seconds: i64,
}

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) serial: String,
    pub(crate) nickname: Option<&'static str>,
    /// Its place in the location, from 1. The gateway comes first.
    pub(crate) index: u8,
    pub(crate) mac: String,
    pub(crate) model: &'static str,
    pub(crate) firmware: &'static str,
    pub(crate) link: Link,
    pub(crate) connected: bool,
    pub(crate) since: i64,
    pub(crate) health: &'static str,
}

/// How a node reaches the one above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// It is the gateway.
    Root,
    Wifi,
    Wired,
}

#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) mac: String,
    pub(crate) gadget: &'static plan::Gadget,
    /// Its place in the location, from 1.
    pub(crate) index: u8,
    /// The node it hangs on or hung on; none once it left by itself, as the cloud forgets the path then.
    pub(crate) node: Option<usize>,
    pub(crate) connected: bool,
    pub(crate) since: i64,
    pub(crate) first_seen: i64,
}

impl World {
    /// The customer numbers in the order of lists: the named homes, then the generated customers.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        let generated = self.first_generated..self.first_generated.saturating_add(self.generated);
        self.homes.iter().map(|home| home.number()).chain(generated)
    }

    /// Whether the customer with this number is one of these.
    pub(crate) fn holds(&self, number: u32) -> bool {
        let generated = number.checked_sub(self.first_generated).is_some_and(|index| index < self.generated);
        generated || self.homes.iter().any(|home| home.number() == number)
    }

    pub(crate) fn customer(&self, number: u32) -> Option<Customer> {
        if let Some(home) = self.homes.iter().find(|home| home.number() == number) {
            return Some(self.home_customer(*home));
        }
        let index = number.checked_sub(self.first_generated)?;
        (index < self.generated).then(|| self.generated_customer(number))
    }

    pub(crate) fn customer_by_id(&self, id: &str) -> Option<Customer> {
        self.customer(customer_number(id)?)
    }

    fn home_customer(&self, home: Home) -> Customer {
        let number = home.number();
        Customer {
            number,
            id: customer_id(number),
            account_id: format!("SIM-{}", home.name().to_ascii_uppercase()),
            name: format!("Example Household ({home})"),
            email: format!("{home}@example.com"),
            anonymous: false,
            created: floor(self.anchor, HOUR) - 400 * DAY,
            locations: vec![LocationKey { customer: number, ordinal: 1 }],
        }
    }

    fn generated_customer(&self, number: u32) -> Customer {
        let roll = |what: u64, bound| noise::below(self.seed, &[u64::from(number), what], bound);
        let first = plan::one_of(plan::FIRST_NAMES, roll(1, 1 << 32));
        let last = plan::one_of(plan::LAST_NAMES, roll(2, 1 << 32));
        let anonymous = roll(3, 20) == 0;
        let account_id = format!("ACCT-{number:06}");
        let (name, email) = if anonymous {
            (account_id.clone(), format!("null+{number:06x}@example.com"))
        } else {
            let email = format!("{first}.{last}.{number}@example.com").to_lowercase();
            (format!("{first} {last}"), email)
        };
        let count = if roll(4, 5) == 0 { 2 } else { 1 };
        let age_hours = i64::try_from(roll(5, 24 * 1_500)).unwrap_or(0);
        Customer {
            number,
            id: customer_id(number),
            account_id,
            name,
            email,
            anonymous,
            created: floor(self.anchor, HOUR) - 30 * DAY - age_hours * HOUR,
            locations: (1..=count).map(|ordinal| LocationKey { customer: number, ordinal }).collect(),
        }
    }

    /// The location, if it exists.
    pub(crate) fn location(&self, key: LocationKey) -> Option<Location> {
        let customer = self.customer(key.customer)?;
        customer.locations.contains(&key).then(|| self.build(key, customer))
    }

    pub(crate) fn location_by_id(&self, id: &str) -> Option<Location> {
        self.location(LocationKey::from_id(id)?)
    }

    /// The location where the node with this serial number stands.
    pub(crate) fn location_of_node(&self, serial: &str) -> Option<Location> {
        let location = self.location(LocationKey::from_serial(serial)?)?;
        location.node(serial).is_some().then_some(location)
    }

    /// The location where the device with this MAC address was seen.
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

    fn plan(&self, key: LocationKey) -> Plan {
        match Home::ALL.into_iter().find(|home| home.number() == key.customer) {
            Some(home) => Plan::of_home(home),
            None => Plan::generated(self.seed, key),
        }
    }

    fn build(&self, key: LocationKey, customer: Customer) -> Location {
        let plan = self.plan(key);
        // The outage before the present state lies wholly within one hour, so that hourly samples show it.
        let restart = floor(self.anchor - 5 * DAY, HOUR) + HOUR / 4;
        let lost = self.anchor - 2 * HOUR;
        let nodes: Vec<Node> = plan
            .nodes
            .iter()
            .zip(1_u8..)
            .map(|(node, index)| Node {
                serial: key.serial(index),
                nickname: node.nickname,
                index,
                mac: key.mac(0, index << 4),
                model: node.model,
                firmware: node.firmware,
                link: node.link,
                connected: node.up,
                since: if node.up { restart } else { lost },
                health: node.health,
            })
            .collect();
        let devices = plan
            .devices
            .iter()
            .zip(1_u8..)
            .map(|(device, index)| {
                let node_up = nodes.get(device.node).is_some_and(|node| node.connected);
                let connected = node_up && !device.gone;
                let salts = [u64::from(key.customer), u64::from(key.ordinal), u64::from(index)];
                let here_for = i64::try_from(noise::below(self.seed, &salts, 70)).unwrap_or(0);
                Device {
                    mac: device.mac.map_or_else(|| key.mac(1, index), str::to_owned),
                    gadget: device.gadget,
                    index,
                    node: (!device.gone).then_some(device.node),
                    connected,
                    since: if connected { self.anchor - (here_for + 1) * HOUR } else { lost },
                    first_seen: customer.created + DAY + i64::from(index) * 7 * HOUR,
                }
            })
            .collect();
        Location {
            key,
            id: key.id(),
            name: if key.ordinal == 1 { "Home" } else { "Cabin" },
            created: customer.created + HOUR / 6,
            customer,
            service_level: plan.service_level,
            network: plan.online.map(|online| Network {
                online,
                since: if online { restart } else { lost },
                previous_seconds: if online { 412 } else { (lost - restart) / 1_000 },
            }),
            nodes,
            devices,
            poor_video: plan.poor_video,
        }
    }
}

impl Location {
    pub(crate) fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.serial == id)
    }

    pub(crate) fn device(&self, mac: &str) -> Option<&Device> {
        let bare = bare_mac(mac);
        self.devices.iter().find(|device| bare_mac(&device.mac) == bare)
    }

    pub(crate) fn gateway(&self) -> Option<&Node> {
        self.nodes.iter().find(|node| node.link == Link::Root)
    }

    /// The devices that are connected through `node` now.
    pub(crate) fn devices_at(&self, node: &Node) -> impl Iterator<Item = &Device> {
        let index = usize::from(node.index).checked_sub(1);
        self.devices.iter().filter(move |device| device.connected && device.node == index)
    }

    /// How long the location was offline between the two moments.
    pub(crate) fn offline_within(&self, from: i64, to: i64) -> i64 {
        let Some(network) = self.network else { return 0 };
        let (start, end) = if network.online {
            (network.since - network.previous_seconds * 1_000, network.since)
        } else {
            (network.since, i64::MAX)
        };
        (end.min(to) - start.max(from)).max(0)
    }

    /// The salts under which this location's measured values are computed.
    pub(crate) fn salt(&self) -> u64 {
        u64::from(self.key.customer) << 8 | u64::from(self.key.ordinal)
    }
}
