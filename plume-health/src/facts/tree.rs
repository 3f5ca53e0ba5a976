//! The node tree by index in a sorted list, without names.

use chrono::{DateTime, Utc};
use plume_types::{ConnectionState, Device, Field, Hop, List, Node, NodeId};

use crate::facts::state::NodeState;
use crate::named::named;

/// The reason why a position is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PositionUnknown {
    /// The response has no path to the gateway.
    NoPath,
    /// The path could not be read.
    UnreadablePath,
    /// The node is disconnected, and no other path contains it.
    Disconnected,
    /// The parent is not in the list of nodes.
    ParentNotListed,
    /// The parents form a cycle.
    Cycle,
    /// The records of the node, or the paths through it, contradict each other.
    Contradiction,
    /// More than one node reports that it is the gateway.
    SeveralGateways,
}

named!(PositionUnknown {
    NoPath = "no_path",
    UnreadablePath = "unreadable_path",
    Disconnected = "disconnected",
    ParentNotListed = "parent_not_listed",
    Cycle = "cycle",
    Contradiction = "contradiction",
    SeveralGateways = "several_gateways",
});

impl PositionUnknown {
    /// Returns the reason in a few words for people.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoPath => "the path to the gateway is missing",
            Self::UnreadablePath => "the path to the gateway could not be read",
            Self::Disconnected => "it is disconnected, and no other path contains it",
            Self::ParentNotListed => "its parent is not in the list of nodes",
            Self::Cycle => "its path is a cycle",
            Self::Contradiction => "the responses contradict each other",
            Self::SeveralGateways => "more than one node claims to be the gateway",
        }
    }
}

/// The nodes of a location with their positions, each once.
pub(crate) struct Tree<'a> {
    /// The nodes, sorted by id.
    pub(crate) members: Vec<Member<'a>>,
}

/// One node.
pub(crate) struct Member<'a> {
    pub(crate) id: &'a NodeId,
    /// All records of the node.
    pub(crate) records: &'a [&'a Node],
    /// The worst state of the records.
    pub(crate) state: NodeState,
    pub(crate) place: Place,
}

/// The position of a node. A parent is an index in [`Tree::members`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Root,
    /// No parent when it was last seen.
    LastRoot,
    Under {
        parent: usize,
        last_known: bool,
    },
    Unknown(PositionUnknown),
}

impl Place {
    pub(crate) fn parent(self) -> Option<usize> {
        match self {
            Self::Under { parent, .. } => Some(parent),
            _ => None,
        }
    }
}

/// The position of a node by its own records.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Claim<'a> {
    Root,
    Parent(&'a NodeId),
    Contradiction,
    Unreadable,
    Nothing,
}

impl<'a> Claim<'a> {
    fn of(node: &'a Node) -> Self {
        let way = match &node.leaf_to_root {
            Field::Known(way) => way,
            Field::Absent => return Self::Nothing,
            Field::Unreadable => return Self::Unreadable,
        };
        // The missing element is not known, so the first remaining one need not be the parent.
        if way.unreadable() > 0 {
            return Self::Unreadable;
        }
        match (way.first(), &node.connection_state) {
            (Some(hop), _) => Self::Parent(&hop.id),
            (None, Field::Known(ConnectionState::Connected)) => Self::Root,
            // A node that lost its connection also has an empty path.
            (None, _) => Self::Nothing,
        }
    }

    /// Returns whether the paths of others decide.
    fn is_silent(&self) -> bool {
        matches!(self, Self::Nothing | Self::Unreadable)
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, claim) | (claim, Self::Nothing) => claim,
            (one, other) if one == other => one,
            (Self::Unreadable, claim) | (claim, Self::Unreadable) => claim,
            _ => Self::Contradiction,
        }
    }
}

/// The evidence of others' paths about a node without a position of its own.
#[derive(Clone, Copy, Default)]
struct Sighting<'a> {
    /// The newest parent; the inner value is `None` if two equally new ones differ.
    parent: Option<(Freshness, Option<&'a NodeId>)>,
    /// Whether a path ended with the node.
    was_top: bool,
}

/// The age of a path: the path of something connected is current, any other dates from the end of the connection.
type Freshness = Option<DateTime<Utc>>;

const NOW: Freshness = Some(DateTime::<Utc>::MAX_UTC);

fn freshness(state: &Field<ConnectionState>, changed_at: &Field<DateTime<Utc>>) -> Freshness {
    if *state == Field::Known(ConnectionState::Connected) { NOW } else { changed_at.known().copied() }
}

/// The indexes of some nodes in a list, for many lookups that mostly miss.
pub(crate) struct Positions<'a>(Vec<(u64, &'a NodeId, usize)>);

impl<'a> Positions<'a> {
    pub(crate) fn of(nodes: impl Iterator<Item = (&'a NodeId, usize)>) -> Self {
        let mut positions: Vec<_> = nodes.map(|(id, at)| (ending(id), id, at)).collect();
        positions.sort_unstable();
        Self(positions)
    }

    pub(crate) fn get(&self, id: &NodeId) -> Option<usize> {
        let key = (ending(id), id);
        let found = self.0.binary_search_by(|(ending, known, _)| (*ending, *known).cmp(&key)).ok()?;
        self.0.get(found).map(|(_, _, at)| *at)
    }
}

/// Returns the end of an id as a number: ids of one home share a prefix, and numbers compare faster than strings.
fn ending(id: &NodeId) -> u64 {
    id.as_str().as_bytes().last_chunk().map_or(0, |end| u64::from_le_bytes(*end))
}

/// Returns all records, grouped by node.
pub(crate) fn by_id(nodes: &[Node]) -> Vec<&Node> {
    let mut records: Vec<&Node> = nodes.iter().collect();
    records.sort_by(|a, b| a.id.cmp(&b.id));
    records
}

impl<'a> Tree<'a> {
    /// Builds the tree in time linear in the nodes, the devices and the hops of their paths. The records are in the
    /// order of [`by_id`].
    pub(crate) fn of(nodes: &'a [&'a Node], devices: &'a [Device]) -> Self {
        let members = nodes
            .chunk_by(|a, b| a.id == b.id)
            .filter_map(|same| {
                Some(Member {
                    id: &same.first()?.id,
                    state: same.iter().map(|node| state(node)).min()?,
                    records: same,
                    place: Place::Unknown(PositionUnknown::NoPath),
                })
            })
            .collect();
        let mut tree = Self { members };
        tree.place(nodes, devices);
        tree.cut_cycles();
        tree
    }

    pub(crate) fn index(&self, id: &NodeId) -> Option<usize> {
        self.members.binary_search_by(|member| member.id.cmp(id)).ok()
    }

    fn place(&mut self, nodes: &[&Node], devices: &[Device]) {
        let claims: Vec<Claim<'_>> = self
            .members
            .iter()
            .map(|member| member.records.iter().map(|node| Claim::of(node)).fold(Claim::Nothing, Claim::and))
            .collect();
        let sightings = if claims.iter().any(Claim::is_silent) {
            self.sightings(&claims, nodes, devices)
        } else {
            Vec::new()
        };
        let roots = claims.iter().filter(|claim| **claim == Claim::Root).count();
        let tops = sightings.iter().filter(|seen| seen.was_top && seen.parent.is_none()).count();
        let only_top = roots == 0 && tops == 1;

        let places: Vec<Place> = claims
            .iter()
            .enumerate()
            .zip(&self.members)
            .map(|((at, claim), member)| match claim {
                Claim::Root if roots > 1 => Place::Unknown(PositionUnknown::SeveralGateways),
                Claim::Root => Place::Root,
                Claim::Parent(parent) => self.under(parent, member.state == NodeState::Disconnected),
                Claim::Contradiction => Place::Unknown(PositionUnknown::Contradiction),
                Claim::Unreadable | Claim::Nothing => match sightings.get(at) {
                    Some(Sighting { parent: Some((_, Some(parent))), .. }) => self.under(parent, true),
                    Some(Sighting { parent: Some((_, None)), .. }) => {
                        Place::Unknown(PositionUnknown::Contradiction)
                    }
                    Some(Sighting { was_top: true, .. }) if only_top => Place::LastRoot,
                    _ => Place::Unknown(match (claim, member.state) {
                        (Claim::Unreadable, _) => PositionUnknown::UnreadablePath,
                        (_, NodeState::Disconnected) => PositionUnknown::Disconnected,
                        _ => PositionUnknown::NoPath,
                    }),
                },
            })
            .collect();
        for (member, place) in self.members.iter_mut().zip(places) {
            member.place = place;
        }
    }

    fn under(&self, parent: &NodeId, last_known: bool) -> Place {
        match self.index(parent) {
            Some(parent) => Place::Under { parent, last_known },
            None => Place::Unknown(PositionUnknown::ParentNotListed),
        }
    }

    /// Collects from all paths what they show about nodes without a position of their own.
    fn sightings(
        &self,
        claims: &[Claim<'_>],
        nodes: &[&'a Node],
        devices: &'a [Device],
    ) -> Vec<Sighting<'a>> {
        let mut sightings = vec![Sighting::default(); claims.len()];
        let members = self.members.iter().zip(claims).enumerate();
        let silent = Positions::of(
            members.filter(|(_, (_, claim))| claim.is_silent()).map(|(at, (member, _))| (member.id, at)),
        );
        let of_nodes = nodes.iter().map(|node| {
            let fresh = freshness(&node.connection_state, &node.connection_state_changed_at);
            (node.leaf_to_root.known(), fresh)
        });
        let of_devices = devices.iter().map(|device| {
            let fresh = freshness(&device.connection_state, &device.connection_state_changed_at);
            (device.leaf_to_root.known(), fresh)
        });
        for (way, fresh) in of_nodes.chain(of_devices) {
            let Some(way) = way.filter(|way: &&List<Hop>| way.unreadable() == 0) else { continue };
            let above = way.iter().skip(1).map(|hop| Some(&hop.id)).chain([None]);
            for (hop, above) in way.iter().zip(above) {
                #[cfg(test)]
                testkit::linear::step(1);
                if let Some(seen) = silent.get(&hop.id).and_then(|at| sightings.get_mut(at)) {
                    seen.note(above, fresh);
                }
            }
        }
        sightings
    }

    /// Removes the position of every node on a cycle.
    fn cut_cycles(&mut self) {
        let parents: Vec<Option<usize>> = self.members.iter().map(|member| member.place.parent()).collect();
        let parent = |at: usize| parents.get(at).copied().flatten();
        // The walk that visited each node first. A walk that meets its own trace has found a cycle, one that meets
        // another's has not.
        let mut walks: Vec<Option<usize>> = vec![None; parents.len()];
        for start in 0..parents.len() {
            let mut next = Some(start);
            while let Some(at) = next {
                #[cfg(test)]
                testkit::linear::step(1);
                match walks.get_mut(at) {
                    Some(walk @ None) => *walk = Some(start),
                    Some(Some(walk)) if *walk == start => {
                        let mut on_circle = Some(at);
                        while let Some(member) = on_circle.and_then(|at| self.members.get_mut(at)) {
                            #[cfg(test)]
                            testkit::linear::step(1);
                            if member.place == Place::Unknown(PositionUnknown::Cycle) {
                                break;
                            }
                            member.place = Place::Unknown(PositionUnknown::Cycle);
                            on_circle = on_circle.and_then(parent);
                        }
                        break;
                    }
                    _ => break,
                }
                next = parent(at);
            }
        }
    }

    /// Propagates values from the top down: `from` computes the value of a node from that of its parent.
    pub(crate) fn hand_down<T: Clone>(&self, from: impl Fn(&Member<'_>, Option<&T>) -> T) -> Vec<Option<T>> {
        let mut values: Vec<Option<T>> = vec![None; self.members.len()];
        let mut way = Vec::new();
        for start in 0..self.members.len() {
            let mut next = Some(start);
            // Without cycles this ends at a top, or at a node that has its value already.
            while let Some(at) = next.filter(|at| values.get(*at).is_some_and(Option::is_none)) {
                #[cfg(test)]
                testkit::linear::step(1);
                way.push(at);
                next = self.members.get(at).and_then(|member| member.place.parent());
            }
            while let Some(at) = way.pop() {
                let Some(member) = self.members.get(at) else { continue };
                let above =
                    member.place.parent().and_then(|parent| values.get(parent)).and_then(Option::as_ref);
                let value = from(member, above);
                if let Some(slot) = values.get_mut(at) {
                    *slot = Some(value);
                }
            }
        }
        values
    }

    /// Returns for each disconnected node the highest disconnected node above it with no connected node between
    /// them, or the node itself.
    pub(crate) fn root_causes(&self) -> Vec<Option<usize>> {
        let positions = 0..self.members.len();
        let causes = self.hand_down(|member, above: Option<&Option<usize>>| {
            (member.state == NodeState::Disconnected)
                .then(|| above.copied().flatten().or_else(|| self.index(member.id)))
                .flatten()
        });
        positions.map(|at| causes.get(at).cloned().flatten().flatten()).collect()
    }
}

impl<'a> Sighting<'a> {
    fn note(&mut self, above: Option<&'a NodeId>, fresh: Freshness) {
        let Some(parent) = above else {
            self.was_top = true;
            return;
        };
        self.parent = match self.parent {
            Some((known, _)) if known > fresh => self.parent,
            Some((known, other)) if known == fresh => Some((fresh, other.filter(|other| *other == parent))),
            _ => Some((fresh, Some(parent))),
        };
    }
}

fn state(node: &Node) -> NodeState {
    match &node.connection_state {
        Field::Known(ConnectionState::Connected) => NodeState::Connected,
        Field::Known(ConnectionState::Disconnected) => NodeState::Disconnected,
        _ => NodeState::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_distinguished_by_their_ends() {
        assert_eq!(ending(&"TST87654321".into()), u64::from_le_bytes(*b"87654321"));
        assert_eq!(ending(&"7654321".into()), 0);
    }

    #[test]
    fn positions_are_found_for_any_form_of_id() {
        let ids: Vec<NodeId> =
            ["TST0000002", "XYZ0000002", "TST0000001", "short", "other", ""].map(NodeId::from).into();
        let positions = Positions::of(ids.iter().zip(0..));
        let found: Vec<_> = ids.iter().map(|id| positions.get(id)).collect();
        assert_eq!(found, (0..6).map(Some).collect::<Vec<_>>());
        assert_eq!(["TST0000003", "ABC0000002", "shor"].map(|id| positions.get(&id.into())), [None; 3]);
    }
}
