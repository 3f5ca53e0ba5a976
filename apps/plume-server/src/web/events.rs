//! The events for open pages: a bounded ring that all readers share.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use plume::{monitor::ids::TenantId, runtime::Clock};
use tokio::sync::broadcast;

use crate::access::Tenants;
use crate::store::model::Home;

/// Events that are kept for readers that come back, and for slow ones.
const KEPT: usize = 256;
/// Maximum number of readers.
const READERS: usize = 1_000;
/// The time within which the script of a page opens its stream. Until then, changes are events without a reader, too.
const OPENING: Duration = Duration::from_secs(15);
/// Maximum number of readers of one session, so that no person takes the streams of all others.
const OF_SESSION: usize = 20;

/// The subject of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Kind {
    /// The row of a home.
    Home,
    /// The path of a changed incident.
    Incident,
    /// The path of a home whose report was read late.
    Report,
    /// The content of the overview.
    Summary,
    /// The name of a page with new content.
    Page,
    /// The reader has missed something.
    Resync,
}

/// The readers of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) enum Audience {
    /// All.
    Everybody,
    /// Those that see this tenant.
    Tenant(TenantId),
    /// Those that see these tenants and no others.
    Exactly(Tenants),
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct Event {
    pub(in crate::web) number: u64,
    pub(in crate::web) audience: Audience,
    pub(in crate::web) kind: Kind,
    /// The path of the home or of the incident, or the name of the page.
    pub(in crate::web) key: String,
    pub(in crate::web) data: String,
    /// The home of a row; `None` if it was removed.
    pub(in crate::web) home: Option<Home>,
}

/// The events for open pages. Clones share them.
#[derive(Debug, Clone)]
pub struct Live {
    sender: broadcast::Sender<Arc<Event>>,
    ring: Arc<Mutex<Ring>>,
    clock: Arc<dyn Clock>,
}

#[derive(Debug, Default)]
struct Ring {
    /// A number of this process, so that the last event of another one is not mistaken for one of this.
    epoch: i64,
    next: u64,
    events: VecDeque<Arc<Event>>,
    /// Until this time of the monotonic clock, a page that was read opens its stream.
    opening: Duration,
    /// The number of readers by the tenants that they see.
    readers: BTreeMap<Tenants, usize>,
    /// The number of readers by their session.
    sessions: BTreeMap<String, usize>,
}

/// The limit that a reader is beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Crowded {
    /// That of the server.
    Server,
    /// That of the session.
    Session,
}

/// The events after the last one that a reader has seen.
#[derive(Debug)]
pub(in crate::web) struct Joined {
    pub(in crate::web) epoch: i64,
    pub(in crate::web) missed: Vec<Arc<Event>>,
    pub(in crate::web) receiver: broadcast::Receiver<Arc<Event>>,
    /// Removes the reader when it is dropped.
    _place: Reading,
}

/// The place of a reader.
#[derive(Debug)]
struct Reading {
    live: Live,
    tenants: Tenants,
    session: Option<String>,
}

impl Drop for Reading {
    fn drop(&mut self) {
        let mut ring = self.live.lock();
        remove(&mut ring.readers, &self.tenants);
        if let Some(session) = &self.session {
            remove(&mut ring.sessions, session);
        }
    }
}

/// Counts one less.
fn remove<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(key);
        }
    }
}

impl Live {
    /// Creates events without a reader. `clock` is that of the machine, for the signs of life.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let ring = Ring { epoch: clock.wall().timestamp_millis(), next: 1, ..Ring::default() };
        Self { sender: broadcast::Sender::new(KEPT), ring: Arc::new(Mutex::new(ring)), clock }
    }

    pub(in crate::web) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Sends an event to all readers.
    pub(in crate::web) fn send(&self, audience: Audience, kind: Kind, key: &str, data: String) {
        self.add(Event { number: 0, audience, kind, key: key.to_owned(), data, home: None });
    }

    /// Sends the row of a home, without one if the home was removed.
    pub(in crate::web) fn send_home(&self, tenant: TenantId, key: &str, row: Option<(Home, String)>) {
        let (home, data) = row.map_or_else(Default::default, |(home, row)| (Some(home), row));
        let audience = Audience::Tenant(tenant);
        self.add(Event { number: 0, audience, kind: Kind::Home, key: key.to_owned(), data, home });
    }

    fn add(&self, event: Event) {
        let mut ring = self.lock();
        let event = Arc::new(Event { number: ring.next, ..event });
        ring.next += 1;
        ring.events.push_back(Arc::clone(&event));
        if ring.events.len() > KEPT {
            ring.events.pop_front();
        }
        // Without a reader the result is an error, which is none here.
        let _ = self.sender.send(event);
    }

    /// Returns the number of readers.
    #[must_use]
    pub fn readers(&self) -> usize {
        self.sender.receiver_count()
    }

    /// Returns whether there is a reader, or a page that may become one.
    pub(in crate::web) fn has_readers(&self) -> bool {
        self.sender.receiver_count() > 0 || self.clock.monotonic() < self.lock().opening
    }

    /// Returns the place of a page whose content is read after this call: its stream begins with the events after it.
    pub(in crate::web) fn place(&self) -> String {
        let mut ring = self.lock();
        ring.opening = self.clock.monotonic().saturating_add(OPENING);
        format!("{}-{}", ring.epoch, ring.next.saturating_sub(1))
    }

    /// Records that there were changes without events: pages from before them are loaded again.
    pub(in crate::web) fn skip(&self) {
        let mut ring = self.lock();
        ring.next += 1;
        ring.events.clear();
    }

    /// Returns the different sets of tenants that readers see.
    pub(in crate::web) fn audiences(&self) -> Vec<Tenants> {
        self.lock().readers.keys().cloned().collect()
    }

    /// Adds a reader of these tenants that has seen the events up to `last`: the epoch and the number.
    ///
    /// # Errors
    ///
    /// [`Crowded`] if there are too many.
    pub(in crate::web) fn join(
        &self,
        last: Option<(i64, u64)>,
        tenants: &Tenants,
        session: Option<&str>,
    ) -> Result<Joined, Crowded> {
        let mut ring = self.lock();
        if self.sender.receiver_count() >= READERS {
            return Err(Crowded::Server);
        }
        if let Some(session) = session {
            let count = ring.sessions.entry(session.to_owned()).or_default();
            if *count >= OF_SESSION {
                return Err(Crowded::Session);
            }
            *count += 1;
        }
        let missed = match last {
            None => Vec::new(),
            Some((epoch, number)) => ring.since(epoch, number).unwrap_or_else(|| {
                vec![Arc::new(Event {
                    number: ring.next.saturating_sub(1),
                    audience: Audience::Everybody,
                    kind: Kind::Resync,
                    key: String::new(),
                    data: String::new(),
                    home: None,
                })]
            }),
        };
        *ring.readers.entry(tenants.clone()).or_default() += 1;
        let place =
            Reading { live: self.clone(), tenants: tenants.clone(), session: session.map(str::to_owned) };
        Ok(Joined { epoch: ring.epoch, missed, receiver: self.sender.subscribe(), _place: place })
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        // Every change under the lock is complete.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    /// The events after a number; `None` if some are no longer kept.
    fn since(&self, epoch: i64, number: u64) -> Option<Vec<Arc<Event>>> {
        let first = self.events.front().map_or(self.next, |event| event.number);
        let is_known = epoch == self.epoch && number < self.next && number.saturating_add(1) >= first;
        is_known.then(|| self.events.iter().filter(|event| event.number > number).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use plume::runtime::ManualClock;

    use super::*;

    fn numbers(joined: &Joined) -> Vec<(Kind, u64)> {
        joined.missed.iter().map(|event| (event.kind, event.number)).collect()
    }

    fn join(live: &Live, last: Option<(i64, u64)>) -> Joined {
        live.join(last, &Tenants::All, None).unwrap()
    }

    fn live() -> Live {
        Live::new(Arc::new(ManualClock::new(chrono::DateTime::UNIX_EPOCH)))
    }

    #[test]
    fn a_session_has_few_readers_and_leaves_room_for_others() {
        let live = live();
        let join = |session: &str| live.join(None, &Tenants::All, Some(session));
        let mut own: Vec<Joined> = (0..OF_SESSION).map(|_| join("a").unwrap()).collect();
        assert_eq!(join("a").unwrap_err(), Crowded::Session);
        let other = join("b").unwrap();
        own.pop();
        own.push(join("a").unwrap());
        drop((own, other));
        assert!(live.lock().sessions.is_empty() && live.lock().readers.is_empty());
        let all: Vec<Joined> =
            (0..READERS).map(|number| join(&(number / OF_SESSION).to_string()).unwrap()).collect();
        assert_eq!(join("last").unwrap_err(), Crowded::Server);
        assert!(!live.lock().sessions.contains_key("last"));
        drop(all);
    }

    #[test]
    fn the_tenants_of_readers_are_known_while_they_read() {
        let live = live();
        let north = Tenants::Only([TenantId::new("north")].into());
        let readers =
            [Tenants::All, north.clone(), north.clone()].map(|of| live.join(None, &of, None).unwrap());
        assert_eq!(live.audiences(), [Tenants::All, north.clone()]);
        let [all, one, other] = readers;
        drop((all, one));
        assert_eq!(live.audiences(), [north]);
        drop(other);
        assert!(live.audiences().is_empty() && !live.has_readers());
    }

    #[test]
    fn a_page_that_was_read_is_expected_for_a_while_and_knows_when_it_is_too_old() {
        let clock = ManualClock::new(chrono::DateTime::UNIX_EPOCH);
        let live = Live::new(Arc::new(clock.clone()));
        let join = |place: &str| {
            let (epoch, number) = place.split_once('-').unwrap();
            numbers(&join(&live, Some((epoch.parse().unwrap(), number.parse().unwrap()))))
        };
        assert!(!live.has_readers());
        let first = live.place();
        assert!(live.has_readers() && join(&first).is_empty());
        live.send(Audience::Everybody, Kind::Home, "1", String::new());
        assert_eq!(join(&first), [(Kind::Home, 1)]);
        let second = live.place();
        clock.advance(OPENING);
        assert!(!live.has_readers());
        live.skip();
        assert_eq!([join(&first), join(&second)], [[(Kind::Resync, 2)], [(Kind::Resync, 2)]]);
        live.send(Audience::Everybody, Kind::Home, "2", String::new());
        assert_eq!(join(&second), [(Kind::Resync, 3)]);
        assert_eq!(join("0-2"), [(Kind::Home, 3)], "read after the gap");
    }

    #[test]
    fn a_reader_that_comes_back_gets_what_it_missed_or_loads_the_page_again() {
        let live = live();
        let joined = join(&live, None);
        assert_eq!((joined.epoch, numbers(&joined)), (0, vec![]));
        for number in 1..=KEPT + 10 {
            live.send(Audience::Everybody, Kind::Home, &number.to_string(), String::new());
        }
        let (first, last) = (11, KEPT as u64 + 10);
        assert_eq!(numbers(&join(&live, Some((0, last)))), []);
        assert_eq!(numbers(&join(&live, Some((0, last - 1)))), [(Kind::Home, last)]);
        assert_eq!(numbers(&join(&live, Some((0, first - 1)))).len(), KEPT);
        let resync = vec![(Kind::Resync, last)];
        assert_eq!(numbers(&join(&live, Some((0, first - 2)))), resync);
        assert_eq!(numbers(&join(&live, Some((1, last)))), resync, "of another process");
        assert_eq!(numbers(&join(&live, Some((0, last + 1)))), resync, "not sent yet");
    }
}
