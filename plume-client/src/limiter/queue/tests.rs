use proptest::prelude::*;

use super::*;

impl Queue {
    /// Panics unless everything holds that must hold after every step.
    pub(in crate::limiter) fn invariants(&self) {
        let mut sizes = BTreeSet::new();
        for (priority, lane) in
            [(Priority::Interactive, &self.interactive), (Priority::Background, &self.background)]
        {
            let mut turns = BTreeSet::new();
            for (name, tenant) in &lane.tenants {
                assert!(!tenant.tickets.is_empty(), "tenant {name} waits with nothing");
                assert!(tenant.tickets.iter().is_sorted_by(|a, b| a < b), "two calls with one ticket");
                assert!(tenant.tag < lane.next_tag);
                turns.insert((tenant.tag, *name));
                sizes.insert((tenant.tickets.len(), *name, priority));
            }
            assert_eq!(lane.turns, turns, "each tenant that waits has one turn");
            assert!(lane.turns.iter().is_sorted_by(|a, b| a.0 < b.0), "two turns with one tag");
            let calls: usize = lane.tenants.values().map(|tenant| tenant.tickets.len()).sum();
            assert_eq!(lane.calls, calls, "the count of the lane is the sum of its queues");
        }
        assert_eq!(self.longest, sizes);
    }

    pub(in crate::limiter) fn holds(&self, place: Place) -> bool {
        let tenant = self.lane(place.priority).tenants.get(&place.tenant);
        tenant.is_some_and(|tenant| tenant.tickets.contains(&place.ticket))
    }

    pub(in crate::limiter) fn is_as_new(&self) {
        for lane in [&self.interactive, &self.background] {
            assert!(lane.tenants.is_empty() && lane.turns.is_empty() && lane.calls == 0);
        }
        assert!(self.longest.is_empty());
    }

    pub(in crate::limiter) fn turns(&self) -> [Vec<(u64, u64)>; 2] {
        [&self.interactive, &self.background].map(|lane| lane.turns.iter().copied().collect())
    }

    /// Plants a fault for the tests of the tests: the tenant overtakes all others.
    pub(in crate::limiter) fn prefer(&mut self, place: Place) {
        let lane = self.lane_mut(place.priority);
        let entry = lane.tenants.get_mut(&place.tenant).unwrap();
        lane.turns.remove(&(entry.tag, place.tenant));
        lane.turns = lane.turns.iter().map(|(tag, name)| (tag + 1, *name)).collect();
        entry.tag = 0;
        for (tag, name) in &lane.turns {
            lane.tenants.get_mut(name).unwrap().tag = *tag;
        }
        lane.turns.insert((0, place.tenant));
        lane.next_tag += 1;
    }
}

/// Turns as a child would write them down: tenants in a row, each with its calls in a row.
#[derive(Default)]
struct Model {
    lanes: [Vec<(u64, Vec<u64>)>; 2],
    in_a_row: usize,
}

impl Model {
    fn lane(&mut self, priority: Priority) -> &mut Vec<(u64, Vec<u64>)> {
        &mut self.lanes[priority as usize]
    }

    fn insert(&mut self, place: Place) {
        let lane = self.lane(place.priority);
        match lane.iter_mut().find(|(tenant, _)| *tenant == place.tenant) {
            Some((_, calls)) => {
                calls.push(place.ticket);
                calls.sort_unstable();
            }
            None => lane.push((place.tenant, vec![place.ticket])),
        }
    }

    fn remove(&mut self, place: Place) {
        let lane = self.lane(place.priority);
        for (tenant, calls) in lane.iter_mut() {
            if *tenant == place.tenant {
                calls.retain(|ticket| *ticket != place.ticket);
            }
        }
        lane.retain(|(_, calls)| !calls.is_empty());
    }

    fn pop(&mut self) -> Option<u64> {
        let [interactive, background] = &self.lanes;
        let from = match (interactive.len(), background.len()) {
            (0, 0) => return None,
            (0, _) => Priority::Background,
            (_, 0) => Priority::Interactive,
            _ if self.in_a_row >= 9 => Priority::Background,
            _ => Priority::Interactive,
        };
        let (tenant, mut calls) = self.lane(from).remove(0);
        let ticket = calls.remove(0);
        if !calls.is_empty() {
            self.lane(from).push((tenant, calls));
        }
        let others = !self.lanes[1].is_empty();
        self.in_a_row = if from == Priority::Interactive && others { self.in_a_row + 1 } else { 0 };
        Some(ticket)
    }

    /// Returns the number of tickets before this one, by popping them.
    fn ahead(&self, ticket: u64) -> usize {
        let mut copy = Self { lanes: self.lanes.clone(), in_a_row: self.in_a_row };
        std::iter::from_fn(|| copy.pop()).position(|popped| popped == ticket).unwrap()
    }
}

fn place(tenant: u64, priority: Priority, ticket: u64) -> Place {
    Place { tenant, priority, ticket }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Calls come, give up, come back and are evicted: the order is the model's, the estimates are no lies, and each
    /// tenant that waits has its turn after at most one turn of each that waited before it.
    #[test]
    fn the_order_is_that_of_the_model(
        steps in proptest::collection::vec((0_u8..12, 0_u64..6, 0_usize..1_000), 1..200),
    ) {
        let (mut queue, mut model) = (Queue::default(), Model::default());
        let mut known: Vec<Place> = Vec::new();
        // For each tenant that waits in a lane: how many turns of the lane may pass before its own.
        let mut bound: HashMap<(u64, Priority), usize> = HashMap::new();
        let mut next = 0;
        for (what, tenant, pick) in steps {
            let priority = if pick % 4 == 0 { Priority::Background } else { Priority::Interactive };
            let came = match what {
                0..=4 => {
                    next += 1;
                    Some(place(tenant, priority, next))
                }
                // One that left, or is there already, comes back.
                5 if !known.is_empty() => Some(known[pick % known.len()]),
                _ => None,
            };
            match what {
                _ if let Some(place) = came => {
                    if !queue.holds(place) {
                        let upper = queue.at_most_ahead(place);
                        let exact = queue.ahead(place, usize::MAX);
                        let before = model.lane(place.priority).len();
                        bound.entry((place.tenant, place.priority)).or_insert(before);
                        queue.insert(place);
                        model.insert(place);
                        let ahead = model.ahead(place.ticket);
                        prop_assert!(ahead <= exact && exact <= upper, "{ahead} {exact} {upper}");
                        known.push(place);
                    }
                }
                6 if !known.is_empty() => {
                    let place = known[pick % known.len()];
                    queue.remove(place);
                    model.remove(place);
                }
                7 => {
                    let own = [0, 1].map(|lane: usize| {
                        model.lanes[lane].iter().find(|(name, _)| *name == tenant).map_or(0, |own| own.1.len())
                    });
                    if let Some(evicted) = queue.evict_for(tenant) {
                        let most = model.lanes.iter().flatten().map(|(_, calls)| calls.len()).max().unwrap();
                        prop_assert!(own[0] + own[1] + 1 < most);
                        let from = *known.iter().find(|place| place.ticket == evicted).unwrap();
                        let lane = model.lane(from.priority);
                        let flooder = lane.iter().find(|(name, _)| *name == from.tenant).unwrap();
                        prop_assert_eq!((flooder.1.len(), flooder.1.last()), (most, Some(&evicted)));
                        model.remove(from);
                    }
                }
                _ => {
                    let went = queue.peek();
                    prop_assert_eq!(queue.pop(), went);
                    prop_assert_eq!(model.pop(), went);
                    if let Some(ticket) = went {
                        let from = *known.iter().find(|place| place.ticket == ticket).unwrap();
                        bound.remove(&(from.tenant, from.priority));
                        for ((name, lane), left) in &mut bound {
                            if *lane == from.priority {
                                prop_assert!(*left > 0, "tenant {name} waits too long");
                                *left -= 1;
                            }
                        }
                        if let Some(behind) = model.lane(from.priority).iter().position(|(name, _)| *name == from.tenant) {
                            bound.insert((from.tenant, from.priority), behind);
                        }
                    }
                }
            }
            bound.retain(|(name, lane), _| model.lanes[*lane as usize].iter().any(|(other, _)| other == name));
            queue.invariants();
            prop_assert_eq!(queue.len(), model.lanes.iter().flatten().map(|(_, calls)| calls.len()).sum::<usize>());
        }
        while let Some(ticket) = model.pop() {
            prop_assert_eq!(queue.pop(), Some(ticket));
        }
        prop_assert_eq!(queue.pop(), None);
        queue.is_as_new();
    }
}

#[test]
fn returning_call_does_not_overtake() {
    let mut queue = Queue::default();
    let [first, second, third] = [1, 2, 3].map(|ticket| place(7, Priority::Interactive, ticket));
    queue.insert(first);
    assert_eq!(queue.pop(), Some(1));
    // Its tenant is forgotten meanwhile, and begins again.
    queue.insert(second);
    queue.insert(third);
    queue.insert(first);
    queue.insert(first);
    assert_eq!(queue.len(), 3);
    assert_eq!([queue.pop(), queue.pop(), queue.pop(), queue.pop()], [Some(1), Some(2), Some(3), None]);
    assert!(queue.is_empty());
}

#[test]
fn new_calls_do_not_overtake_waiting_ones() {
    let mut queue = Queue::default();
    queue.insert(place(0, Priority::Interactive, 0));
    queue.insert(place(0, Priority::Interactive, 1));
    let mut went = Vec::new();
    // One new tenant for each permit.
    for number in 2..10 {
        queue.insert(place(number, Priority::Interactive, number));
        went.push(queue.pop().unwrap());
    }
    assert_eq!(went[..4], [0, 2, 1, 3], "the old tenant has every turn that is its own");
}
