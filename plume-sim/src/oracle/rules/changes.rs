//! Non-idempotent changes: which are in flight, and which have an unknown outcome.

use std::time::Duration;

use crate::oracle::memory::Recent;

/// The time for which a change of unknown outcome is kept. A later one, such as that of an hourly job, is another
/// intent.
const REMEMBERED: Duration = Duration::from_secs(1_800);
/// Maximum number of equal changes in flight, and of open changes of one customer.
const MOST: usize = 64;

/// The client that sent a change, and its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sender {
    pub(crate) client: u64,
    pub(crate) address: u64,
}

/// A change and its customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) intent: u64,
    /// The customer in the path, or 0.
    pub(crate) customer: u64,
}

#[derive(Debug)]
struct Open {
    intent: u64,
    number: u64,
    at: Duration,
    /// Requests from this number on were sent after the end of this one.
    known_from: u64,
}

/// The changes of one provider.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// By intent.
    under_way: Recent<Vec<(u64, Sender)>>,
    /// By customer.
    open: Recent<Vec<Open>>,
    /// Every change that ended before this request has been read back.
    looked_at: u64,
}

impl Changes {
    /// Records a change. Returns the number of the one that it repeats.
    pub(crate) fn arrive(
        &mut self,
        change: Change,
        number: u64,
        at: Duration,
        sender: Sender,
    ) -> Option<u64> {
        let equal = self.under_way.entry(change.intent);
        // Two people of one provider, each with a client, may start the same change at a time.
        let alike = |other: &Sender| other.client == sender.client || other.address == sender.address;
        let mut before = equal.iter().find(|(_, other)| alike(other)).map(|(number, _)| *number);
        if equal.len() < MOST {
            equal.push((number, sender));
        }
        let looked_at = self.looked_at;
        if let Some(open) = self.open.get_mut(change.customer)
            && let Some(index) =
                open.iter().position(|open| open.intent == change.intent && open.known_from > looked_at)
        {
            let open = open.swap_remove(index);
            if at.saturating_sub(open.at) < REMEMBERED {
                before = Some(open.number);
            }
        }
        before
    }

    /// Ends a change. `unconfirmed`: the outcome is unknown to the client.
    pub(crate) fn end(&mut self, change: Change, number: u64, at: Duration, next: u64, unconfirmed: bool) {
        if let Some(equal) = self.under_way.get_mut(change.intent) {
            equal.retain(|(other, _)| *other != number);
            if equal.is_empty() {
                self.under_way.remove(change.intent);
            }
        }
        if unconfirmed {
            let looked_at = self.looked_at;
            let open = self.open.entry(change.customer);
            open.retain(|open| open.known_from > looked_at);
            if open.len() < MOST {
                open.push(Open { intent: change.intent, number, at, known_from: next });
            }
        }
    }

    /// Records a read of this customer, or of all. After it a client may repeat a change.
    pub(crate) fn looked(&mut self, number: u64, customer: Option<u64>) {
        match customer {
            Some(customer) => {
                if let Some(open) = self.open.get_mut(customer) {
                    open.retain(|open| number < open.known_from);
                }
            }
            None => self.looked_at = self.looked_at.max(number),
        }
    }
}
