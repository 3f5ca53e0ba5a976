//! The connections of a listener, with limits: slow or idle ones end, and no network has all of them.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use plume::runtime::{Clock, SystemClock};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tower::ServiceExt;

use crate::access::{Proxies, network};
use crate::stop::Stopping;

/// Time after which the listener tries again when the process has no more descriptors.
const PAUSE: Duration = Duration::from_millis(100);
/// Maximum size of the head of a request in bytes.
const HEAD: usize = 32 * 1024;
/// Descriptors for everything but connections of browsers: the database, the cloud, and receivers.
const OTHER: usize = 512;

/// The limits of connections.
#[derive(Debug, Clone)]
pub struct ConnectionLimits {
    /// Connections at the same time.
    pub all: usize,
    /// Connections at the same time from one network that is no trusted proxy.
    pub of_network: usize,
    /// Maximum time for the head of a request, and between two requests.
    pub head: Duration,
    /// Maximum time in which a client takes nothing of a response.
    pub stalled: Duration,
    /// Networks of proxies, which have no limit of their own.
    pub proxies: Proxies,
}

impl Default for ConnectionLimits {
    /// 4,096 connections, 1,024 from one network, 15 s for a head, 30 s without progress of a response.
    fn default() -> Self {
        Self {
            all: 4_096,
            of_network: 1_024,
            head: Duration::from_secs(15),
            stalled: Duration::from_secs(30),
            proxies: Proxies::default(),
        }
    }
}

impl ConnectionLimits {
    /// Raises the process's limit of descriptors if it may, and lowers the number of connections to what it allows.
    #[must_use]
    pub fn fitting(self) -> Self {
        match descriptors(self.all.saturating_add(OTHER)) {
            Some(most) => self.within(most),
            None => self,
        }
    }

    fn within(self, descriptors: usize) -> Self {
        let all = self.all.min(descriptors.saturating_sub(OTHER).max(descriptors / 2)).max(1);
        Self { all, of_network: self.of_network.min((all / 2).max(1)), ..self }
    }
}

/// The number of descriptors that the process may open, after an attempt to raise it to `wanted`. `None` for no limit.
#[cfg(unix)]
fn descriptors(wanted: usize) -> Option<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let found = getrlimit(Resource::Nofile);
    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
    let current = found.current?;
    let raised = wanted.min(found.maximum.unwrap_or(u64::MAX));
    let is_raised = raised > current
        && setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum: found.maximum }).is_ok();
    usize::try_from(if is_raised { raised } else { current }).ok()
}

#[cfg(not(unix))]
fn descriptors(_: usize) -> Option<usize> {
    None
}

/// The number of connections by network.
#[derive(Debug, Default)]
struct Counts(Mutex<HashMap<IpAddr, usize>>);

/// A place among the connections.
struct Taken {
    counts: Arc<Counts>,
    network: IpAddr,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut counts = self.counts.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.network) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.network);
            }
        }
    }
}

/// Serves until the request to stop, and lets open requests end.
///
/// # Errors
///
/// None today: a listener that fails is retried.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    limits: ConnectionLimits,
    mut stopping: Stopping,
) -> io::Result<()> {
    let clock = SystemClock::new();
    let (places, counts) = (Arc::new(Semaphore::new(limits.all)), Arc::new(Counts::default()));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = stopping.requested() => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, peer)) = accepted else {
            clock.sleep(PAUSE).await;
            continue;
        };
        // A connection beyond a limit is closed at once; a browser tries again.
        if let Some(taken) = take(&places, &counts, peer.ip(), &limits) {
            let (routes, watcher) = (routes.clone(), graceful.watcher());
            tokio::spawn(connection(stream, peer, routes, limits.clone(), watcher, taken));
        }
    }
    graceful.shutdown().await;
    Ok(())
}

fn take(
    places: &Arc<Semaphore>,
    counts: &Arc<Counts>,
    address: IpAddr,
    limits: &ConnectionLimits,
) -> Option<Taken> {
    let permit = Arc::clone(places).try_acquire_owned().ok()?;
    let network = network(address);
    let mut all = counts.0.lock().unwrap_or_else(PoisonError::into_inner);
    let count = all.entry(network).or_default();
    if *count >= limits.of_network && !limits.proxies.has(address) {
        return None;
    }
    *count = count.saturating_add(1);
    Some(Taken { counts: Arc::clone(counts), network, _permit: permit })
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    routes: Router,
    limits: ConnectionLimits,
    watcher: Watcher,
    taken: Taken,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        routes.clone().oneshot(request)
    });
    // Small parts of a stream are sent at once.
    let _ = stream.set_nodelay(true);
    end_if_stalled(&stream, limits.stalled);
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.head).max_buf_size(HEAD);
    // A client that went away is no failure of the server.
    let _ = watcher.watch(builder.serve_connection(TokioIo::new(stream), service)).await;
    drop(taken);
}

/// Lets the system end the connection of a client that reads nothing.
#[cfg(target_os = "linux")]
fn end_if_stalled(stream: &TcpStream, limit: Duration) {
    let millis = u32::try_from(limit.as_millis()).unwrap_or(u32::MAX);
    let _ = rustix::net::sockopt::set_tcp_user_timeout(stream, millis);
}

#[cfg(not(target_os = "linux"))]
fn end_if_stalled(_: &TcpStream, _: Duration) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_with_few_descriptors_keeps_some_for_its_own_work() {
        let within = |descriptors| {
            let limits = ConnectionLimits::default().within(descriptors);
            (limits.all, limits.of_network)
        };
        assert_eq!(within(20_000), (4_096, 1_024));
        assert_eq!(within(1_024), (512, 256));
        assert_eq!(within(256), (128, 64));
        assert_eq!(within(1), (1, 1));
    }
}
