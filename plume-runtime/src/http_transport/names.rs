//! Name look-ups: shared, bounded and filtered.
//!
//! The system's look-up blocks a thread until it returns, which can take a minute, and cannot be cancelled. The library
//! would run each on a thread of the runtime's pool, up to 512 of them, and a runtime that shuts down waits for them all.
//! Here a look-up has a thread of its own that no shutdown waits for, and simultaneous look-ups of a name are shared.
//! There are at most [`FOR_ONE`] threads for a name, so a name that hangs does not affect others, and at most [`MOST`] in
//! the process.
//!
//! If all threads are in use, a caller waits for one, within the limit of its connection. If all of them hang, which takes
//! `MOST / FOR_ONE` hanging names, it gets an error at once.

use std::{
    collections::HashMap,
    error::Error,
    fmt, io,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::address::Resolver;
use crate::clock::{Clock, SystemClock};

/// Maximum number of simultaneous look-ups.
const MOST: usize = 64;
/// Maximum number for one name: one that hangs, and one that may succeed after the network is back.
const FOR_ONE: usize = 2;
/// A look-up of this age counts as hanging. It is not shared any more while its name may have another thread.
const OLD: Duration = Duration::from_secs(5);

static SYSTEM: LazyLock<Names> = LazyLock::new(|| {
    let ask: Ask = |host| Ok((host, 0).to_socket_addrs()?.map(|found| found.ip()).collect());
    Names::new(ask, SystemClock::new())
});

/// Resolves names and checks the addresses with the filter.
pub(super) struct Lookup {
    pub(super) allowed: Option<fn(IpAddr) -> bool>,
    pub(super) resolver: Option<Arc<dyn Resolver>>,
}

impl reqwest::dns::Resolve for Lookup {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let allowed = self.allowed;
        let resolver = self.resolver.clone();
        Box::pin(async move {
            let host = name.as_str();
            let found = match resolver {
                Some(resolver) => resolver.resolve(host).await?,
                None => SYSTEM.find(host).await?,
            };
            // One internal address refuses the name, because any of its addresses may be used.
            if allowed.is_some_and(|allowed| !found.iter().copied().all(allowed)) {
                return Err(AddressRefused.into());
            }
            // Port 0 means the port of the URL.
            let addresses = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as reqwest::dns::Addrs)
        })
    }
}

/// The filter refused an address. The text does not name the address, because that would let users probe the network of the
/// service.
#[derive(Debug)]
pub(super) struct AddressRefused;

impl fmt::Display for AddressRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host is refused, because its address is not one that this service may connect to")
    }
}

impl Error for AddressRefused {}

type Found = Result<Vec<IpAddr>, (io::ErrorKind, Arc<str>)>;
type Ask = fn(&str) -> io::Result<Vec<IpAddr>>;

/// Blocking look-ups.
struct Names {
    ask: Ask,
    clock: Box<dyn Clock>,
    permits: Arc<Semaphore>,
    under_way: Table,
}

type Table = Arc<Mutex<HashMap<String, UnderWay>>>;

/// The running look-ups of one name.
struct UnderWay {
    threads: usize,
    /// The time at which the newest of them began.
    started: Duration,
    /// The result of the newest; `None` once it has ended.
    outcome: Option<watch::Receiver<Option<Found>>>,
}

impl Names {
    fn new(ask: Ask, clock: impl Clock + 'static) -> Self {
        Self {
            ask,
            clock: Box::new(clock),
            permits: Arc::new(Semaphore::new(MOST)),
            under_way: Arc::default(),
        }
    }

    async fn find(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let mut outcome = match self.join(host) {
            Some(outcome) => outcome,
            None => {
                let permit = self.permit().await?;
                self.start(host, permit)?
            }
        };
        let lost = || io::Error::other("the look-up of the name ended without an answer");
        let found = outcome.wait_for(Option::is_some).await.map_err(|_| lost())?.clone();
        found.ok_or_else(lost)?.map_err(|(kind, message)| io::Error::new(kind, message.as_ref()))
    }

    fn is_old(&self, look_up: &UnderWay) -> bool {
        self.clock.monotonic().saturating_sub(look_up.started) >= OLD
    }

    /// Returns a running look-up of this name that can be shared.
    fn join(&self, host: &str) -> Option<watch::Receiver<Option<Found>>> {
        self.shared(&lock(&self.under_way), host)
    }

    fn shared(
        &self,
        table: &HashMap<String, UnderWay>,
        host: &str,
    ) -> Option<watch::Receiver<Option<Found>>> {
        let look_up =
            table.get(host).filter(|look_up| look_up.threads >= FOR_ONE || !self.is_old(look_up))?;
        look_up.outcome.clone()
    }

    async fn permit(&self) -> io::Result<OwnedSemaphorePermit> {
        let permits = Arc::clone(&self.permits);
        if permits.available_permits() == 0
            && lock(&self.under_way).values().all(|look_up| self.is_old(look_up))
        {
            let message = format!("all {MOST} concurrent look-ups of names hang");
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, message));
        }
        permits.acquire_owned().await.map_err(io::Error::other)
    }

    /// Starts a look-up, unless another caller has started one meanwhile.
    fn start(&self, host: &str, permit: OwnedSemaphorePermit) -> io::Result<watch::Receiver<Option<Found>>> {
        let (tell, outcome) = watch::channel(None);
        let started = self.clock.monotonic();
        // Counted first, so that the thread can remove its count.
        {
            let mut table = lock(&self.under_way);
            // Under the same lock as the count, or many callers could start one each.
            if let Some(outcome) = self.shared(&table, host) {
                return Ok(outcome);
            }
            let look_up =
                table.entry(host.to_owned()).or_insert(UnderWay { threads: 0, started, outcome: None });
            look_up.threads += 1;
            (look_up.started, look_up.outcome) = (started, Some(outcome.clone()));
        }
        let mut counted = Counted {
            table: Arc::clone(&self.under_way),
            name: host.to_owned(),
            outcome: outcome.clone(),
            permit: Some(permit),
            found: None,
            tell,
        };
        let ask = self.ask;
        // If no thread can be started, the closure is dropped, and the count with it.
        std::thread::Builder::new().name("plume-names".to_owned()).spawn(move || {
            let found = ask(&counted.name).map_err(|error| (error.kind(), error.to_string().into()));
            counted.found = Some(found);
            drop(counted);
        })?;
        Ok(outcome)
    }
}

fn lock(table: &Table) -> MutexGuard<'_, HashMap<String, UnderWay>> {
    // Every change under the lock is complete, so a poisoned lock is still valid.
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A thread that counts for its name until it ends, and then publishes its result.
struct Counted {
    table: Table,
    name: String,
    outcome: watch::Receiver<Option<Found>>,
    permit: Option<OwnedSemaphorePermit>,
    /// `None` if the look-up panicked.
    found: Option<Found>,
    tell: watch::Sender<Option<Found>>,
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut table = lock(&self.table);
        if let Some(look_up) = table.get_mut(&self.name) {
            look_up.threads = look_up.threads.saturating_sub(1);
            // A newer look-up keeps its place.
            look_up.outcome.take_if(|outcome| outcome.same_channel(&self.outcome));
            if look_up.threads == 0 {
                table.remove(&self.name);
            }
        }
        drop(table);
        drop(self.permit.take());
        // Last: the result is shared by waiting callers and not cached.
        if let Some(found) = self.found.take() {
            let _ = self.tell.send(Some(found));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::poll_fn,
        pin::pin,
        sync::atomic::{AtomicUsize, Ordering},
        task::Poll,
    };

    use super::*;
    use crate::clock::ManualClock;

    async fn begin<F: Future>(future: std::pin::Pin<&mut F>) -> bool {
        let mut future = future;
        poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_ready())).await
    }

    /// Returns the name of a look-up that hangs.
    fn hanging(number: usize) -> String {
        format!("{number}.hangs.example.net")
    }

    /// Look-ups of names that never return, and of others that return at once.
    fn names(clock: &ManualClock) -> Names {
        let ask: Ask = |host| {
            while host.ends_with(".hangs.example.net") {
                std::thread::park();
            }
            Ok(vec![IpAddr::from([127, 0, 0, 1])])
        };
        Names::new(ask, clock.clone())
    }

    fn clock() -> ManualClock {
        ManualClock::new(chrono::DateTime::UNIX_EPOCH)
    }

    fn threads(names: &Names) -> usize {
        let in_table: usize = lock(&names.under_way).values().map(|look_up| look_up.threads).sum();
        assert_eq!(in_table, MOST - names.permits.available_permits());
        in_table
    }

    #[tokio::test]
    async fn hanging_name_uses_two_threads_and_blocks_no_other_name() {
        let clock = clock();
        let names = names(&clock);
        // Dropped each time, as by the limit of a connection, and requested again.
        for round in 0..100 {
            assert!(!begin(pin!(names.find(&hanging(0)))).await);
            assert!(!begin(pin!(names.find(&hanging(0)))).await, "one is joined");
            assert_eq!(threads(&names), 2.min(round + 1));
            assert_eq!(names.find("api.example.net").await.unwrap().len(), 1);
            clock.advance(OLD);
        }
    }

    #[tokio::test]
    async fn concurrent_callers_share_a_thread() {
        let names = names(&clock());
        let permits: Vec<_> =
            (0..10).map(|_| Arc::clone(&names.permits).try_acquire_owned().unwrap()).collect();
        // None of them has found a look-up of the name.
        for permit in permits {
            names.start(&hanging(0), permit).unwrap();
        }
        assert_eq!(threads(&names), 1);
    }

    #[tokio::test]
    async fn many_hanging_names_block_others_only_when_every_thread_hangs() {
        let clock = clock();
        let names = names(&clock);
        for number in 0..MOST - 1 {
            assert!(!begin(pin!(names.find(&hanging(number)))).await);
        }
        clock.advance(OLD);
        assert_eq!(names.find("api.example.net").await.unwrap().len(), 1);
        // The last thread is in use but may return: one caller waits for it.
        assert!(!begin(pin!(names.find(&hanging(MOST)))).await);
        assert!(!begin(pin!(names.find("api.example.net"))).await);
        clock.advance(OLD);
        let error = names.find("api.example.net").await.unwrap_err();
        assert!(error.to_string().contains("hang"), "{error}");
        assert_eq!(threads(&names), MOST);
    }

    #[tokio::test]
    async fn an_answer_is_shared_and_not_kept() {
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        let ask: Ask = |host| match ASKED.fetch_add(1, Ordering::SeqCst) {
            2 => Err(io::Error::new(io::ErrorKind::NotFound, format!("no {host}"))),
            number => Ok(vec![IpAddr::from([127, 0, 0, number as u8])]),
        };
        let names = Names::new(ask, clock());
        assert_eq!(names.find("a").await.unwrap(), [IpAddr::from([127, 0, 0, 0])]);
        assert_eq!(names.find("a").await.unwrap(), [IpAddr::from([127, 0, 0, 1])]);
        let error = names.find("a").await.unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::NotFound, "no a"));
        assert!(lock(&names.under_way).is_empty());
    }

    #[tokio::test]
    async fn a_look_up_that_panics_is_an_error() {
        let names = Names::new(|_| panic!("planted"), clock());
        assert!(names.find("a").await.is_err());
        assert!(lock(&names.under_way).is_empty());
        assert_eq!(names.find("a").await.unwrap_err().kind(), io::ErrorKind::Other);
    }
}
