//! The rules as a machine.

use std::array;

use stateright::{Model, Property};

const WORKERS: usize = 3;
const HOMES: usize = 3;

/// The limits that make the number of states finite.
const FENCES: u8 = 4;
/// A fence that is not the newest one.
const STALE: u8 = 0;
const PERMITS: usize = 3;
const CRASHES: u8 = 2;

/// A fault of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    /// A result is written without a look at its fence.
    NoFence,
    /// A permit that was granted and not used in time is granted again.
    Reissue,
    /// A message is marked as sent before it is.
    MarkFirst,
}

/// A message in the outbox, and its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) struct Message {
    fence: u8,
    is_sent: bool,
    received: u8,
    /// Crashes and ended leases between the begin of an attempt and its record.
    interrupted: u8,
}

/// A home: the truth, and its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) struct Home {
    /// Whether a check found it down. It goes down once, and stays so.
    is_down: bool,
    fence: u8,
    /// The committed status, and the transitions that led to it.
    says_down: bool,
    transitions: u8,
    message: Option<Message>,
}

/// The present work of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) enum Job {
    #[default]
    Idle,
    /// A claimed home, with the status that was committed then, and the result of the call.
    Check { home: usize, fence: u8, says_down: bool, result: Option<bool> },
    /// A claimed message.
    Send { home: usize, fence: u8, stage: Stage },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Stage {
    Taken,
    Begun,
    Delivered,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) struct Worker {
    job: Job,
    /// A granted slot of the budget.
    slot: Option<usize>,
}

/// A slot of the budget of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) struct Slot {
    is_granted: bool,
    /// As the cloud counts them.
    calls: u8,
}

/// The database, the workers, and the cloud.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) struct Cluster {
    homes: [Home; HOMES],
    workers: [Worker; WORKERS],
    slots: [Slot; PERMITS],
    crashes: u8,
}

/// A step of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Grant,
    /// The grace of the granted slot ends.
    Expire,
    Claim {
        home: usize,
    },
    /// Calls the cloud, and finds the home down or not.
    Call {
        is_down: bool,
    },
    Commit,
    /// Gives up a check.
    Release,
    Take {
        home: usize,
    },
    /// Begins, makes or records an attempt.
    Attempt,
    Crash,
}

/// The protocol, with at most one fault.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Protocol(Option<Bug>);

impl Protocol {
    /// The protocol as it should be.
    pub(crate) const fn sound() -> Self {
        Self(None)
    }

    /// The protocol with a fault.
    pub(crate) const fn with(bug: Bug) -> Self {
        Self(Some(bug))
    }

    fn has(self, bug: Bug) -> bool {
        self.0 == Some(bug)
    }

    /// Makes a step. Returns `None` if it cannot be made now.
    fn step(self, state: &mut Cluster, worker: usize, step: Step) -> Option<()> {
        let Worker { job, slot } = state.workers[worker];
        let (job, slot) = match (step, job) {
            (Step::Grant, _) if slot.is_none() => {
                let free = state.slots.iter().position(|slot| !slot.is_granted)?;
                state.slots[free].is_granted = true;
                (job, Some(free))
            }
            (Step::Expire, _) if self.has(Bug::Reissue) => {
                // The budget takes it back, and the worker does not know.
                state.slots[slot?].is_granted = false;
                (job, slot)
            }
            (Step::Expire, _) => {
                slot?;
                (job, None)
            }
            (Step::Claim { home }, Job::Idle) if slot.is_some() => {
                let row = &mut state.homes[home];
                row.fence = next_fence(row.fence)?;
                (Job::Check { home, fence: row.fence, says_down: row.says_down, result: None }, slot)
            }
            (Step::Call { is_down }, Job::Check { home, fence, says_down, result: None }) => {
                let truth = &mut state.homes[home].is_down;
                if *truth && !is_down {
                    return None;
                }
                *truth = is_down;
                state.slots[slot?].calls += 1;
                (Job::Check { home, fence, says_down, result: Some(is_down) }, None)
            }
            (Step::Commit, Job::Check { home, fence, says_down, result: Some(result) }) => {
                let row = &mut state.homes[home];
                if row.fence == fence || self.has(Bug::NoFence) {
                    // One transaction: the status, the transition, and the message.
                    row.says_down = result;
                    if result != says_down {
                        row.transitions += 1;
                        row.message.get_or_insert_default();
                    }
                }
                (Job::Idle, slot)
            }
            (Step::Release, Job::Check { result: None, .. }) => (Job::Idle, slot),
            (Step::Take { home }, Job::Idle) => {
                let message = state.homes[home].message.filter(|message| !message.is_sent)?;
                let fence = next_fence(message.fence)?;
                state.interrupt(home, message.fence);
                state.homes[home].message.as_mut()?.fence = fence;
                (Job::Send { home, fence, stage: Stage::Taken }, slot)
            }
            (Step::Attempt, Job::Send { home, fence, stage }) => {
                (self.attempt(state.homes[home].message.as_mut()?, home, fence, stage), slot)
            }
            (Step::Crash, job) if job != Job::Idle && state.crashes < CRASHES => {
                state.crashes += 1;
                if let Job::Send { home, fence, .. } = job {
                    state.interrupt(home, fence);
                }
                (Job::Idle, None)
            }
            _ => return None,
        };
        state.workers[worker] = Worker { job, slot };
        Some(())
    }

    fn attempt(self, message: &mut Message, home: usize, fence: u8, stage: Stage) -> Job {
        let is_mine = message.fence == fence;
        match stage {
            Stage::Taken if !is_mine => Job::Idle,
            Stage::Taken => {
                message.is_sent = self.has(Bug::MarkFirst);
                Job::Send { home, fence, stage: Stage::Begun }
            }
            Stage::Begun => {
                message.received += 1;
                Job::Send { home, fence, stage: Stage::Delivered }
            }
            Stage::Delivered => {
                message.is_sent |= is_mine;
                Job::Idle
            }
        }
    }
}

fn next_fence(fence: u8) -> Option<u8> {
    (fence < FENCES).then_some(fence + 1)
}

impl Cluster {
    /// Counts the end of a lease if its holder is within an attempt.
    fn interrupt(&mut self, home: usize, fence: u8) {
        let is_within = |worker: &Worker| {
            matches!(worker.job, Job::Send { home: of, fence: with, stage: Stage::Begun | Stage::Delivered }
                if (of, with) == (home, fence))
        };
        let interrupts = self.workers.iter().any(is_within);
        if let Some(message) = self.homes[home].message.as_mut().filter(|message| message.fence == fence) {
            message.interrupted += u8::from(interrupts);
        }
    }

    fn is_sent_by_anyone(&self, home: usize) -> bool {
        self.workers.iter().any(|worker| matches!(worker.job, Job::Send { home: of, .. } if of == home))
    }

    /// Forgets values that no law and no later step reads.
    fn forget(&mut self, bug: Option<Bug>) {
        for worker in &mut self.workers {
            match &mut worker.job {
                Job::Check { home, fence, result, .. } if self.homes[*home].fence != *fence => match result {
                    Some(_) if bug != Some(Bug::NoFence) => worker.job = Job::Idle,
                    _ => *fence = STALE,
                },
                Job::Send { home, fence, stage }
                    if self.homes[*home].message.is_some_and(|message| message.fence != *fence) =>
                {
                    match stage {
                        Stage::Taken | Stage::Delivered => worker.job = Job::Idle,
                        Stage::Begun => *fence = STALE,
                    }
                }
                _ => {}
            }
        }
        for home in 0..HOMES {
            let is_sent_by_anyone = self.is_sent_by_anyone(home);
            let Some(message) = self.homes[home].message.as_mut() else { continue };
            while message.received > 1 && message.interrupted > 0 {
                (message.received, message.interrupted) = (message.received - 1, message.interrupted - 1);
            }
            if message.is_sent && !is_sent_by_anyone && message.received == 1 {
                (message.fence, message.interrupted) = (FENCES, 0);
            }
        }
        for slot in 0..PERMITS {
            let is_held = self.workers.iter().any(|worker| worker.slot == Some(slot));
            let slot = &mut self.slots[slot];
            if slot.is_granted && !is_held && slot.calls == 1 {
                slot.calls = 0;
            }
        }
    }

    /// Returns the one of the equal states that is visited for all of them: workers, homes and slots have no names.
    fn canonical(mut self, bug: Option<Bug>) -> Self {
        const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        self.forget(bug);
        let sorted = ORDERS.into_iter().filter(|order| order.is_sorted_by_key(|old| self.homes[*old]));
        let renamed = sorted.map(|order| {
            let mut state = self.clone();
            state.homes = array::from_fn(|place| self.homes[order[place]]);
            for worker in &mut state.workers {
                if let Job::Check { home, .. } | Job::Send { home, .. } = &mut worker.job {
                    *home = order.iter().position(|old| old == home).unwrap_or(*home);
                }
            }
            state
                .workers
                .sort_unstable_by_key(|worker| (worker.job, worker.slot.map(|slot| self.slots[slot])));
            // Slots in the order of their holders.
            let mut order: [usize; PERMITS] = array::from_fn(|slot| slot);
            let holder = |slot: usize| state.workers.iter().position(|worker| worker.slot == Some(slot));
            order.sort_by_key(|slot| (holder(*slot), self.slots[*slot]));
            state.slots = array::from_fn(|place| self.slots[order[place]]);
            for worker in &mut state.workers {
                worker.slot = worker.slot.and_then(|slot| order.iter().position(|old| *old == slot));
            }
            state
        });
        renamed.min().unwrap_or_default()
    }
}

impl Model for Protocol {
    type State = Cluster;
    type Action = (usize, Step);

    fn init_states(&self) -> Vec<Cluster> {
        vec![Cluster::default()]
    }

    fn actions(&self, _: &Cluster, steps: &mut Vec<(usize, Step)>) {
        use Step::{Attempt, Call, Claim, Commit, Crash, Expire, Grant, Release, Take};
        for worker in 0..WORKERS {
            let calls = [true, false].map(|is_down| Call { is_down });
            let own = [Grant, Expire, Commit, Release, Attempt, Crash];
            let homes = (0..HOMES).flat_map(|home| [Claim { home }, Take { home }]);
            steps.extend(calls.into_iter().chain(own).chain(homes).map(|step| (worker, step)));
        }
    }

    fn next_state(&self, last: &Cluster, (worker, step): (usize, Step)) -> Option<Cluster> {
        let mut state = last.clone();
        self.step(&mut state, worker, step)?;
        Some(state.canonical(self.0))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("a slot of the budget has one call", |_, state: &Cluster| {
                state.slots.iter().all(|slot| slot.calls <= 1)
            }),
            Property::always("a change of a home is one transition", |_, state: &Cluster| {
                state.homes.iter().all(|home| home.transitions == u8::from(home.says_down))
            }),
            Property::always("a transition has a message", |_, state: &Cluster| {
                state.homes.iter().all(|home| home.message.is_some() == (home.transitions > 0))
            }),
            Property::always("no message is lost", |_, state: &Cluster| {
                (0..HOMES).all(|home| {
                    let is_lost = state.homes[home].message.is_some_and(|it| it.is_sent && it.received == 0);
                    !is_lost || state.is_sent_by_anyone(home)
                })
            }),
            Property::always("a message is repeated only after an interruption", |_, state: &Cluster| {
                let messages = state.homes.iter().filter_map(|home| home.message);
                messages.into_iter().all(|message| message.received <= 1 + message.interrupted)
            }),
            Property::sometimes("all messages are sent", |_, state: &Cluster| {
                state.homes.iter().all(|home| home.message.is_some_and(|message| message.is_sent))
            }),
        ]
    }
}
