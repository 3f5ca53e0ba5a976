//! How names become addresses: asked, bounded and filtered.
//!
//! The system's look-up blocks a thread until it answers, which can take a minute, and cannot be stopped. The library would
//! run each on a thread of the runtime's pool, up to 512 of them, and a runtime that shuts down waits for them all. Here a
//! look-up has a thread of its own that nobody waits for, callers who ask for the same name share one, and there are at
//! most [`MOST`] in the process.

use std::{
    collections::HashMap,
    error::Error,
    fmt, io,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::{Clock, Resolver, SystemClock};

/// The most look-ups at a time.
const MOST: usize = 16;
/// A look-up of this age is not joined any more: a new one may find a network that is back.
const OLD: Duration = Duration::from_secs(5);

static SYSTEM: LazyLock<Names> =
    LazyLock::new(|| Names::new(|host| Ok((host, 0).to_socket_addrs()?.map(|found| found.ip()).collect())));

/// Finds the addresses of a name and lets the filter see them before they are dialled.
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
            // A name with one foot inside is a name that points inside: which foot is dialled would be luck.
            if allowed.is_some_and(|allowed| !found.iter().copied().all(allowed)) {
                return Err(AddressRefused.into());
            }
            // Port 0 stands for the port of the URL.
            let addresses = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as reqwest::dns::Addrs)
        })
    }
}

/// The filter said no. It does not say which address: that would make the service a probe of the network it
/// stands in.
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

/// Look-ups that block.
struct Names {
    ask: Ask,
    clock: SystemClock,
    permits: Arc<Semaphore>,
    under_way: Arc<Mutex<HashMap<String, UnderWay>>>,
}

struct UnderWay {
    started: Duration,
    outcome: watch::Receiver<Option<Found>>,
}

impl Names {
    fn new(ask: Ask) -> Self {
        let permits = Arc::new(Semaphore::new(MOST));
        Self { ask, clock: SystemClock::new(), permits, under_way: Arc::default() }
    }

    async fn find(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let mut outcome = match self.join(host) {
            Some(outcome) => outcome,
            None => {
                let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(io::Error::other)?;
                match self.join(host) {
                    Some(outcome) => outcome,
                    None => self.start(host, permit)?,
                }
            }
        };
        let lost = || io::Error::other("the look-up of the name ended without an answer");
        let found = outcome.wait_for(Option::is_some).await.map_err(|_| lost())?.clone();
        found.ok_or_else(lost)?.map_err(|(kind, message)| io::Error::new(kind, message.as_ref()))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, UnderWay>> {
        lock(&self.under_way)
    }

    fn join(&self, host: &str) -> Option<watch::Receiver<Option<Found>>> {
        let now = self.clock.monotonic();
        let table = self.lock();
        let look_up = table.get(host).filter(|look_up| now.saturating_sub(look_up.started) < OLD)?;
        Some(look_up.outcome.clone())
    }

    fn start(&self, host: &str, permit: OwnedSemaphorePermit) -> io::Result<watch::Receiver<Option<Found>>> {
        let (tell, outcome) = watch::channel(None);
        let (ask, table, name) = (self.ask, Arc::clone(&self.under_way), host.to_owned());
        let same = outcome.clone();
        let thread = std::thread::Builder::new().name("plume-names".to_owned());
        // Filed first, so that the thread finds it to take it out.
        let look_up = UnderWay { started: self.clock.monotonic(), outcome: outcome.clone() };
        self.lock().insert(name.clone(), look_up);
        let started = thread.spawn(move || {
            let _permit = permit;
            let found = ask(&name).map_err(|error| (error.kind(), error.to_string().into()));
            remove(&table, &name, &same);
            let _ = tell.send(Some(found));
        });
        if let Err(error) = started {
            remove(&self.under_way, host, &outcome);
            return Err(error);
        }
        Ok(outcome)
    }
}

fn lock(table: &Mutex<HashMap<String, UnderWay>>) -> MutexGuard<'_, HashMap<String, UnderWay>> {
    // Every change under the lock is complete in itself, so a poisoned lock is still good.
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes a look-up out, unless a newer one has its place.
fn remove(table: &Mutex<HashMap<String, UnderWay>>, name: &str, outcome: &watch::Receiver<Option<Found>>) {
    let mut table = lock(table);
    if table.get(name).is_some_and(|look_up| look_up.outcome.same_channel(outcome)) {
        table.remove(name);
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

    async fn begin<F: Future>(future: std::pin::Pin<&mut F>) -> bool {
        let mut future = future;
        poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_ready())).await
    }

    #[tokio::test]
    async fn look_ups_that_hang_share_a_thread_for_each_name_and_are_bounded() {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let names = Names::new(|_| {
            STARTED.fetch_add(1, Ordering::SeqCst);
            loop {
                std::thread::park();
            }
        });
        // Given up at once, as by the limit of a connection, and asked for again.
        for number in 0..10 * MOST {
            assert!(!begin(pin!(names.find("api.example.net"))).await);
            assert!(!begin(pin!(names.find(&format!("{number}.example.net")))).await);
        }
        while STARTED.load(Ordering::SeqCst) < MOST {
            tokio::task::yield_now().await;
        }
        assert_eq!(names.lock().len(), MOST);
        assert_eq!(names.permits.available_permits(), 0);
        assert_eq!(STARTED.load(Ordering::SeqCst), MOST);
    }

    #[tokio::test]
    async fn an_answer_is_shared_and_not_kept() {
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        let names = Names::new(|host| match ASKED.fetch_add(1, Ordering::SeqCst) {
            2 => Err(io::Error::new(io::ErrorKind::NotFound, format!("no {host}"))),
            number => Ok(vec![IpAddr::from([127, 0, 0, number as u8])]),
        });
        assert_eq!(names.find("a").await.unwrap(), [IpAddr::from([127, 0, 0, 0])]);
        assert_eq!(names.find("a").await.unwrap(), [IpAddr::from([127, 0, 0, 1])]);
        let error = names.find("a").await.unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::NotFound, "no a"));
        assert!(names.lock().is_empty());
    }

    #[tokio::test]
    async fn a_look_up_that_panics_is_an_error() {
        let names = Names::new(|_| panic!("planted"));
        assert!(names.find("a").await.is_err());
        assert_eq!(names.find("a").await.unwrap_err().kind(), io::ErrorKind::Other);
    }
}
