//! The contents and faults of a home, before it has times and ids.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::world::homes::home::Home;
use crate::world::ids::LocationKey;
use crate::world::noise;

/// The MAC address of the device that is missing in [`Home::DeviceGone`].
pub(crate) const ALEXA_MAC: &str = "AA:BB:CC:00:11:22";

/// The parts of which homes are built.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'static"))]
pub(crate) struct Household {
    pub(crate) first_names: Vec<&'static str>,
    pub(crate) last_names: Vec<&'static str>,
    device_kinds: Vec<DeviceKind>,
}

pub(crate) static HOUSEHOLD: LazyLock<Household> = LazyLock::new(|| {
    let none = |_| Household { first_names: Vec::new(), last_names: Vec::new(), device_kinds: Vec::new() };
    serde_json::from_str(include_str!("household.json")).unwrap_or_else(none)
});

/// Returns one of `words`, chosen by `roll`.
pub(crate) fn one_of(words: &[&'static str], roll: u64) -> &'static str {
    let count = u64::try_from(words.len()).unwrap_or(1).max(1);
    usize::try_from(roll % count).ok().and_then(|index| words.get(index)).copied().unwrap_or_default()
}

/// A kind of household device.
#[derive(Debug, Deserialize)]
pub(crate) struct DeviceKind {
    pub(crate) name: &'static str,
    pub(crate) nickname: Option<&'static str>,
    pub(crate) icon: &'static str,
    pub(crate) category: &'static str,
    pub(crate) brand: &'static str,
    pub(crate) model: &'static str,
    pub(crate) os: Option<(&'static str, &'static str)>,
    /// The Wi-Fi band. `None` for Ethernet.
    pub(crate) band: Option<&'static str>,
    pub(crate) favorite: bool,
    /// The cloud knows little more than its address; most fields are missing.
    pub(crate) sparse: bool,
}

const ROOMS: [&str; 5] = ["Living Room", "Bedroom", "Kitchen", "Office", "Attic"];

/// Returns every name of a node in any home.
pub(crate) fn node_names() -> Vec<&'static str> {
    let of_homes = Home::ALL.into_iter().flat_map(|home| Plan::of_home(home).nodes);
    let mut names: Vec<&str> = of_homes.filter_map(|node| node.nickname).chain(ROOMS).collect();
    names.push("gateway");
    names.sort_unstable();
    names.dedup();
    names
}

/// Returns every name of a device in any home.
pub(crate) fn device_names() -> Vec<&'static str> {
    let names = HOUSEHOLD.device_kinds.iter().flat_map(|kind| kind.nickname.into_iter().chain([kind.name]));
    names.filter(|name| !name.is_empty()).collect()
}

#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) nodes: Vec<NodePlan>,
    pub(crate) devices: Vec<DevicePlan>,
    pub(crate) service_level: &'static str,
    pub(crate) poor_video: bool,
    /// Whether a Wi-Fi network is set up.
    pub(crate) wifi: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct NodePlan {
    pub(crate) nickname: Option<&'static str>,
    pub(crate) model: &'static str,
    pub(crate) firmware: &'static str,
    pub(crate) link: Link,
    pub(crate) up: bool,
    pub(crate) health: &'static str,
}

#[derive(Debug)]
pub(crate) struct DevicePlan {
    pub(crate) kind: &'static DeviceKind,
    /// The index of its node.
    pub(crate) node: usize,
    /// It disconnected although its node is online.
    pub(crate) gone: bool,
    pub(crate) mac: Option<&'static str>,
}

impl NodePlan {
    pub(crate) fn new(nickname: &'static str, link: Link) -> Self {
        Self {
            nickname: Some(nickname),
            model: "P301X",
            firmware: "8.5.2",
            link,
            up: true,
            health: if link == Link::Root { "excellent" } else { "good" },
        }
    }
}

impl DevicePlan {
    fn new(kind: &'static DeviceKind, node: usize) -> Self {
        Self { kind, node, gone: false, mac: None }
    }

    fn named(name: &str, node: usize) -> Option<Self> {
        HOUSEHOLD.device_kinds.iter().find(|kind| kind.name == name).map(|kind| Self::new(kind, node))
    }
}

impl Plan {
    pub(crate) fn of_home(home: Home) -> Self {
        match home {
            Home::Healthy => Self::one_pod(),
            Home::OnePodDown => Self::three_pods().without_nodes(&[1]),
            Home::TwoPodsDown => Self::three_pods().without_nodes(&[1, 2]),
            Home::GatewayDown => Self::three_pods().without_nodes(&[0, 1, 2]),
            Home::PoorQoe => Self { poor_video: true, ..Self::three_pods() },
            Home::DeviceGone => Self::three_pods().without_alexa(),
            Home::ReducedService => Self { service_level: "basicService", ..Self::three_pods() },
            Home::Empty => Self { nodes: Vec::new(), devices: Vec::new(), ..Self::one_pod() },
        }
    }

    fn one_pod() -> Self {
        let devices = ["phone", "work-laptop", "television", "alexa", "thermostat-hall", "game-console"];
        Self {
            nodes: vec![NodePlan::new("Living Room Pod", Link::Root)],
            devices: devices.into_iter().filter_map(|name| DevicePlan::named(name, 0)).collect(),
            service_level: "fullService",
            poor_video: false,
            wifi: true,
        }
    }

    /// Returns a new location without nodes.
    pub(crate) fn bare() -> Self {
        Self { nodes: Vec::new(), devices: Vec::new(), wifi: false, ..Self::one_pod() }
    }

    fn three_pods() -> Self {
        Self {
            nodes: vec![
                NodePlan::new("Hallway Gateway", Link::Root),
                NodePlan::new("Living Room", Link::Wifi),
                // A wired extender has an `ethernet` backhaul and is not the gateway.
                NodePlan { model: "PP203X", firmware: "8.4.1", ..NodePlan::new("Bedroom", Link::Wired) },
            ],
            devices: [
                ("phone", 0),
                ("work-laptop", 2),
                ("television", 0),
                ("alexa", 1),
                ("thermostat-hall", 2),
                ("game-console", 1),
                ("", 0),
            ]
            .into_iter()
            .filter_map(|(name, node)| DevicePlan::named(name, node))
            .collect(),
            ..Self::one_pod()
        }
    }

    fn without_nodes(mut self, down: &[usize]) -> Self {
        for (index, node) in self.nodes.iter_mut().enumerate() {
            node.up = !down.contains(&index);
        }
        self
    }

    fn without_alexa(mut self) -> Self {
        for device in self.devices.iter_mut().filter(|device| device.kind.name == "alexa") {
            device.gone = true;
            device.mac = Some(ALEXA_MAC);
        }
        self
    }

    /// Returns a generated household: one to four nodes, two to thirteen devices, and occasional faults.
    pub(crate) fn generated(seed: u64, key: LocationKey) -> Self {
        let roll = |what: u64, bound| {
            noise::below(seed, &[u64::from(key.customer), u64::from(key.ordinal), what], bound)
        };
        let offline = roll(1, 50) == 0;
        let pods = roll(2, 4);
        let mut nodes = vec![NodePlan { up: !offline, ..NodePlan::new("Gateway", Link::Root) }];
        for pod in 0..pods {
            let link = if roll(10 + pod, 5) == 0 { Link::Wired } else { Link::Wifi };
            let room = one_of(&ROOMS, roll(3, 5) + pod);
            nodes.push(NodePlan {
                nickname: (roll(20 + pod, 3) > 0).then_some(room),
                up: !offline && roll(30 + pod, 25) > 0,
                health: one_of(&["excellent", "good", "good", "good", "fair", "poor"], roll(40 + pod, 6)),
                ..NodePlan::new(room, link)
            });
        }
        let devices = (0..2 + roll(4, 12))
            .filter_map(|device| {
                let start = usize::try_from(device + roll(5, 9)).ok()?;
                let kind = HOUSEHOLD.device_kinds.get(start.checked_rem(HOUSEHOLD.device_kinds.len())?)?;
                // Ethernet devices are at the gateway, the others anywhere.
                let node = if kind.band.is_none() { 0 } else { roll(60 + device, pods + 1) };
                let gone = roll(80 + device, 12) == 0;
                Some(DevicePlan { gone, ..DevicePlan::new(kind, usize::try_from(node).ok()?) })
            })
            .collect();
        Self {
            nodes,
            devices,
            service_level: if roll(6, 25) == 0 { "basicService" } else { "fullService" },
            poor_video: roll(7, 20) == 0,
            wifi: true,
        }
    }
}

/// The link of a node to its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// The node is the gateway.
    Root,
    Wifi,
    Wired,
}
