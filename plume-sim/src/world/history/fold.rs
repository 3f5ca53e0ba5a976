//! Replays events.

use crate::world::history::event::{Change, Claimed, Event, NodeLabel, Text};
use crate::world::history::record::{AskedTest, Boot, DeviceHistory, History, NodeHistory};
use crate::world::history::script::BOOT;
use crate::world::history::timeline::Timeline;
use crate::world::homes::{Link, Plan};
use crate::world::ids::LocationKey;

/// The state of the replay apart from the timelines.
struct Fold {
    history: History,
    nodes: Vec<NodeState>,
    devices: Vec<DeviceState>,
    wan_losses: u32,
    loads: Vec<u8>,
    speeds: Vec<u8>,
    poor_classes: Vec<Text>,
}

#[derive(Default, Clone, Copy)]
struct NodeState {
    power_losses: u32,
    ready_from: i64,
    ready: bool,
    link_losses: u32,
    poor: u32,
}

struct DeviceState {
    present: bool,
    node: Option<usize>,
}

impl History {
    /// Replays `events`, which are sorted, up to and including `until`.
    pub(crate) fn fold<'e>(
        plan: &Plan,
        key: LocationKey,
        events: impl IntoIterator<Item = &'e Event>,
        until: i64,
    ) -> Self {
        let mut fold = Fold::new(plan, key);
        let mut events = events.into_iter().take_while(|event| event.at <= until).peekable();
        while let Some(event) = events.next() {
            fold.apply(event);
            // Events of one moment count as one change.
            if events.peek().is_none_or(|next| next.at != event.at) {
                fold.settle(event.at);
            }
        }
        fold.history
    }
}

impl Fold {
    fn new(plan: &Plan, key: LocationKey) -> Self {
        let nodes: Vec<NodeHistory> = plan
            .nodes
            .iter()
            .zip(1_u8..)
            .map(|(node, index)| NodeHistory {
                identity: NodeLabel {
                    serial: key.serial(index),
                    mac: key.mac(0, index << 4),
                    pack_id: format!("PACK{:06}{}", key.customer, key.ordinal),
                    model: node.model,
                    firmware: node.firmware.into(),
                },
                nickname: node.nickname.map(str::to_owned),
                link: node.link,
                health: node.health,
                claimed_at: None,
                claimed: true,
                connected: Timeline::new(true),
                parent: Timeline::new((index > 1).then_some(0)),
                boots: Vec::new(),
                firmware: Timeline::new(node.firmware.into()),
                poor: Timeline::new(false),
            })
            .collect();
        let device = |node| DeviceHistory {
            connected: Timeline::new(true),
            node: Timeline::new(Some(node)),
            nickname: None,
            favorite: None,
        };
        let poor_classes: Vec<Text> =
            if plan.poor_video { vec!["video_conferencing".into()] } else { Vec::new() };
        Self {
            nodes: vec![NodeState { ready: true, ..NodeState::default() }; nodes.len()],
            devices: plan
                .devices
                .iter()
                .map(|device| DeviceState { present: true, node: Some(device.node) })
                .collect(),
            wan_losses: 0,
            loads: Vec::new(),
            speeds: Vec::new(),
            poor_classes: poor_classes.clone(),
            history: History {
                online: Timeline::new((!nodes.is_empty()).then_some(true)),
                nodes,
                devices: plan.devices.iter().map(|plan| device(plan.node)).collect(),
                load: Timeline::new(0),
                speed: Timeline::new(100),
                poor_classes: Timeline::new(poor_classes),
                service_level: Timeline::new(plan.service_level),
                name: None,
                service_id: None,
                profile: None,
                renamed: None,
                wifi: None,
                speed_tests: Vec::new(),
                optimizations: Vec::new(),
            },
        }
    }

    fn apply(&mut self, event: &Event) {
        let at = event.at;
        match &event.change {
            Change::Down { .. } | Change::Boot { .. } | Change::Ready { .. } => self.power(at, &event.change),
            Change::Wan { up } => count(&mut self.wan_losses, !up),
            Change::Backhaul { node, up } => {
                self.node(*node, |state, _| {
                    count(&mut state.link_losses, !up);
                });
            }
            Change::PoorHealth { node, begins } => {
                self.node(*node, |state, history| {
                    count(&mut state.poor, *begins);
                    history.poor.set(at, state.poor > 0);
                });
            }
            Change::Parent { node, parent } => self.parent(at, *node, *parent),
            Change::Left { device } => {
                if let Some(state) = self.devices.get_mut(*device) {
                    state.present = false;
                }
            }
            Change::Joined { device, node } => {
                if let Some(state) = self.devices.get_mut(*device) {
                    state.present = true;
                    state.node = node.filter(|node| *node < self.nodes.len()).or(state.node);
                }
            }
            Change::Load { percent, begins } => {
                change(&mut self.loads, percent, *begins);
                self.history.load.set(at, self.loads.iter().copied().max().unwrap_or(0));
            }
            Change::Speed { percent, begins } => {
                change(&mut self.speeds, percent, *begins);
                self.history.speed.set(at, self.speeds.iter().copied().min().unwrap_or(100));
            }
            Change::PoorClass { class, begins } => {
                change(&mut self.poor_classes, class, *begins);
                self.history.poor_classes.set(at, self.poor_classes.clone());
            }
            other => self.write(at, other),
        }
    }

    fn power(&mut self, at: i64, change: &Change) {
        match change {
            Change::Down { node } => self.node(*node, |state, _| {
                state.power_losses += 1;
                state.ready = false;
            }),
            Change::Boot { node, reason } => self.node(*node, |state, history| {
                state.power_losses = state.power_losses.saturating_sub(1);
                if state.power_losses == 0 {
                    state.ready = false;
                    state.ready_from = at + BOOT;
                    let firmware = history.firmware.last().clone();
                    history.boots.push(Boot { at, reason: reason.clone(), firmware });
                }
            }),
            Change::Ready { node } => self.node(*node, |state, _| {
                state.ready |= state.power_losses == 0 && at >= state.ready_from;
            }),
            _ => {}
        }
    }

    /// Ignores a parent that is the node itself, a node below it, or missing.
    fn parent(&mut self, at: i64, node: usize, parent: usize) {
        let claimed = self.history.nodes.get(parent).is_some_and(|parent| parent.claimed);
        if claimed && !self.way_up(parent).contains(&node) {
            self.node(node, |_, history| {
                if history.link != Link::Root {
                    history.parent.set(at, Some(parent));
                }
            });
        }
    }

    /// Applies a change by a request, in contrast to an event in the home.
    fn write(&mut self, at: i64, change: &Change) {
        let history = &mut self.history;
        match change {
            Change::Firmware { node, version } => {
                self.node(*node, |_, history| history.firmware.set(at, version.clone()));
            }
            Change::ServiceLevel(level) => history.service_level.set(at, level),
            Change::Wifi(members) => {
                let (set, _, last) = history.wifi.get_or_insert_with(|| (serde_json::Map::new(), at, at));
                set.extend(members.clone());
                *last = at;
            }
            Change::Renamed { name, service_id, profile } => {
                history.name = name.clone().or_else(|| history.name.take());
                history.service_id = service_id.clone().or_else(|| history.service_id.take());
                history.profile = profile.clone().or_else(|| history.profile.take());
                history.renamed = Some(at);
            }
            Change::Claimed(claimed) => self.claim(at, claimed),
            Change::Unclaimed { node } => self.unclaim(at, *node),
            Change::NodeName { node, nickname } => {
                self.node(*node, |_, history| history.nickname = Some(nickname.clone()));
            }
            Change::DeviceName { device, nickname } => {
                if let Some(device) = history.devices.get_mut(*device) {
                    device.nickname = Some(nickname.clone());
                }
            }
            Change::Favorite { device, favorite } => {
                if let Some(device) = history.devices.get_mut(*device) {
                    device.favorite = Some(*favorite);
                }
            }
            Change::SpeedTest { node, request } => {
                history.speed_tests.push(AskedTest { at, node: *node, request: *request });
            }
            Change::Optimized => history.optimizations.push(at),
            _ => {}
        }
    }

    /// Claims a node. The first node of a home without a gateway becomes its gateway.
    fn claim(&mut self, at: i64, claimed: &Claimed) {
        let root = self.root();
        let place = self.nodes.len();
        if root.is_none() {
            for orphan in self.history.nodes.iter_mut().filter(|node| node.claimed) {
                orphan.parent.set(at, Some(place));
            }
            for device in &mut self.devices {
                device.node = device.node.or(Some(place));
            }
        }
        self.nodes.push(NodeState { power_losses: 1, ..NodeState::default() });
        self.history.nodes.push(NodeHistory {
            identity: claimed.identity.clone(),
            nickname: claimed.plan.nickname.map(str::to_owned),
            link: if root.is_none() { Link::Root } else { Link::Wifi },
            health: claimed.plan.health,
            claimed_at: Some(at),
            claimed: true,
            connected: Timeline::new(false),
            parent: Timeline::new(root),
            boots: Vec::new(),
            firmware: Timeline::new(claimed.identity.firmware.clone()),
            poor: Timeline::new(false),
        });
    }

    /// Removes a node. Its children move to the gateway.
    fn unclaim(&mut self, at: i64, node: usize) {
        self.node(node, |state, history| {
            history.claimed = false;
            state.power_losses += 1;
            state.ready = false;
        });
        let root = self.root();
        for (index, other) in self.history.nodes.iter_mut().enumerate() {
            if *other.parent.last() == Some(node) && Some(index) != root {
                other.parent.set(at, root);
            }
        }
        for device in self.devices.iter_mut().filter(|device| device.node == Some(node)) {
            device.node = root;
        }
    }

    fn root(&self) -> Option<usize> {
        self.history.nodes.iter().position(|node| node.claimed && node.link == Link::Root)
    }

    /// Returns the node and all nodes above it, up to the gateway.
    fn way_up(&self, node: usize) -> Vec<usize> {
        let mut way = Vec::new();
        let mut next = Some(node);
        while let Some(index) = next {
            way.push(index);
            next = self.history.nodes.get(index).and_then(|node| *node.parent.last());
        }
        way
    }

    fn node(&mut self, node: usize, change: impl FnOnce(&mut NodeState, &mut NodeHistory)) {
        if let (Some(state), Some(history)) = (self.nodes.get_mut(node), self.history.nodes.get_mut(node)) {
            change(state, history);
        }
    }

    /// Derives the cloud's view: nothing is visible behind a lost connection, a node without power, or a lost link.
    fn settle(&mut self, at: i64) {
        let works = |index: &usize| {
            let state = self.nodes.get(*index);
            let claimed = self.history.nodes.get(*index).is_some_and(|node| node.claimed);
            claimed && state.is_some_and(|state| state.ready && state.link_losses == 0)
        };
        let root = self.root();
        let seen: Vec<bool> = (0..self.nodes.len())
            .map(|node| {
                let way = self.way_up(node);
                self.wan_losses == 0 && way.iter().all(works) && way.last().copied() == root
            })
            .collect();
        for (node, seen) in self.history.nodes.iter_mut().zip(&seen) {
            node.connected.set(at, *seen);
        }
        let sees = |node: usize| seen.get(node).copied().unwrap_or(false);
        for (device, state) in self.history.devices.iter_mut().zip(&self.devices) {
            device.connected.set(at, state.present && state.node.is_some_and(sees));
            device.node.set(at, state.node.filter(|_| state.present));
        }
        // A home that never had a gateway has no state; one whose gateway left is offline.
        let online = root.map(sees).or_else(|| self.history.online.last().map(|_| false));
        let never = self.history.online.last().is_none() && online == Some(false);
        self.history.online.set(at, online.filter(|_| !never));
    }
}

fn count(counter: &mut u32, more: bool) {
    *counter = if more { *counter + 1 } else { counter.saturating_sub(1) };
}

fn change<T: PartialEq + Clone>(active: &mut Vec<T>, value: &T, begins: bool) {
    if begins {
        active.push(value.clone());
    } else if let Some(place) = active.iter().position(|other| other == value) {
        active.remove(place);
    }
}
