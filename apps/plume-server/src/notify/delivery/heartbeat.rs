//! The ping of a monitor that works. Its receiver alarms when pings stay away, so a dead monitor is noticed.

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use http::Request;
use plume::runtime::{Clock, Limits, Transport};

use crate::notify::delivery::classify::in_words;
use crate::stop::Stopping;

/// Time between two pings.
const EVERY: Duration = Duration::from_secs(60);
/// Maximum time of a ping.
const LIMIT: Duration = Duration::from_secs(10);

/// Returns whether all parts of the server work.
pub type Wellness = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// Sends a ping once a minute while all parts of the server work.
pub struct Heartbeat {
    url: String,
    http: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    is_well: Wellness,
    /// Whether the last ping was not taken.
    is_failing: bool,
    /// Whether the last ping was not sent, because a part of the server does not work.
    is_silent: bool,
}

impl fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heartbeat").field("is_failing", &self.is_failing).finish_non_exhaustive()
    }
}

impl Heartbeat {
    /// Creates the ping of an address over a transport, which has to be a [`Guard`](crate::guard::Guard) outside of tests.
    #[must_use]
    pub fn new(url: &str, http: Arc<dyn Transport>, clock: Arc<dyn Clock>, is_well: Wellness) -> Self {
        Self { url: url.to_owned(), http, clock, is_well, is_failing: false, is_silent: false }
    }

    /// Sends pings until the request to stop.
    pub async fn run(mut self, mut stopping: Stopping) {
        loop {
            let clock = Arc::clone(&self.clock);
            tokio::select! {
                () = self.beat() => {}
                () = stopping.requested() => return,
            }
            tokio::select! {
                () = clock.sleep(EVERY) => {}
                () = stopping.requested() => return,
            }
        }
    }

    async fn beat(&mut self) {
        let was_silent = std::mem::replace(&mut self.is_silent, !(self.is_well)().await);
        match (was_silent, self.is_silent) {
            (false, true) => {
                tracing::warn!(
                    "no heartbeats are sent: a part of the server does not work; /health names it"
                );
            }
            (true, false) => tracing::info!("heartbeats are sent again"),
            _ => {}
        }
        if self.is_silent {
            return;
        }
        let sent = self.send().await;
        match (&sent, self.is_failing) {
            // The address is a secret.
            (Err(cause), false) => tracing::warn!("the receiver of heartbeats fails: {cause}"),
            (Ok(()), true) => tracing::info!("the receiver of heartbeats works again"),
            _ => {}
        }
        self.is_failing = sent.is_err();
    }

    async fn send(&self) -> Result<(), String> {
        let request =
            Request::get(&self.url).body(Bytes::new()).map_err(|_| "its address is not a URL".to_owned())?;
        let limits = Limits::default();
        let sent = self.http.send(request, &limits);
        let answered = tokio::select! {
            answered = sent => answered.map(|answer| answer.status()),
            () = self.clock.limit(LIMIT) => return Err("no response within 10 s".to_owned()),
        };
        // A receiver decides by the status, whatever the body.
        let status = answered.or_else(|error| error.status().ok_or_else(|| error.to_string()))?;
        if status.is_success() { Ok(()) } else { Err(format!("status {}", in_words(status))) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU16, Ordering},
    };

    use http::Response;
    use plume::runtime::{InProcess, ManualClock, SystemClock};

    use super::*;
    use crate::guard::Guard;
    use crate::stop::Stop;

    struct Bed {
        clock: ManualClock,
        /// The seconds at which pings arrived.
        pings: Arc<Mutex<Vec<u64>>>,
        status: Arc<AtomicU16>,
        is_well: Arc<AtomicBool>,
        stop: Stop,
    }

    impl Bed {
        fn new() -> (Self, Heartbeat) {
            let clock = ManualClock::new(chrono::DateTime::UNIX_EPOCH);
            let bed = Self {
                clock: clock.clone(),
                pings: Arc::default(),
                status: Arc::new(AtomicU16::new(200)),
                is_well: Arc::new(AtomicBool::new(true)),
                stop: Stop::default(),
            };
            let (pings, status, at) = (Arc::clone(&bed.pings), Arc::clone(&bed.status), clock.clone());
            let http = InProcess::new(move |request: Request<Bytes>| {
                assert_eq!(request.uri(), "https://ping.example.net/not-a-real-secret");
                pings.lock().unwrap().push(at.monotonic().as_secs());
                let status = status.load(Ordering::Relaxed);
                async move {
                    if status == 0 {
                        std::future::pending::<()>().await;
                    }
                    Ok(Response::builder().status(status).body(Bytes::new()).unwrap())
                }
            });
            let well = Arc::clone(&bed.is_well);
            let is_well: Wellness = Arc::new(move || {
                let is_well = well.load(Ordering::Relaxed);
                Box::pin(async move { is_well })
            });
            let url = "https://ping.example.net/not-a-real-secret";
            (bed, Heartbeat::new(url, Arc::new(http), Arc::new(clock), is_well))
        }

        async fn pass(&self, seconds: u64) {
            for _ in 0..seconds {
                for _ in 0..5 {
                    tokio::task::yield_now().await;
                }
                self.clock.advance(Duration::from_secs(1));
            }
        }
    }

    // MO48
    #[tokio::test]
    async fn a_monitor_sends_heartbeats_only_while_all_its_parts_work() {
        let (bed, heartbeat) = Bed::new();
        let running = tokio::spawn(heartbeat.run(bed.stop.stopping()));
        bed.pass(150).await;
        assert_eq!(*bed.pings.lock().unwrap(), [0, 60, 120]);
        bed.is_well.store(false, Ordering::Relaxed);
        bed.pass(600).await;
        assert_eq!(bed.pings.lock().unwrap().len(), 3, "its receiver alarms");
        bed.is_well.store(true, Ordering::Relaxed);
        bed.pass(60).await;
        assert_eq!(bed.pings.lock().unwrap().len(), 4);
        bed.stop.stop();
        running.await.unwrap();
    }

    #[tokio::test]
    async fn a_receiver_that_fails_or_hangs_is_tried_again_and_ends_nothing() {
        let (bed, heartbeat) = Bed::new();
        let running = tokio::spawn(heartbeat.run(bed.stop.stopping()));
        for status in [500, 0, 404, 200] {
            bed.status.store(status, Ordering::Relaxed);
            let before = bed.pings.lock().unwrap().len();
            bed.pass(75).await;
            assert!(bed.pings.lock().unwrap().len() > before, "{status}");
        }
        bed.status.store(0, Ordering::Relaxed);
        bed.pass(65).await;
        bed.stop.stop();
        running.await.unwrap();
    }

    #[tokio::test]
    async fn the_failure_has_no_address() {
        for (status, words) in [
            (200, Ok(())),
            (204, Ok(())),
            (302, Err("status 302 Found (redirects are not followed)")),
            (503, Err("status 503 Service Unavailable")),
        ] {
            let (bed, heartbeat) = Bed::new();
            bed.status.store(status, Ordering::Relaxed);
            assert_eq!(heartbeat.send().await, words.map_err(str::to_owned));
            assert!(!format!("{heartbeat:?}").contains("secret"));
        }
        // Nothing listens there, and the other is no URL.
        let well: Wellness = Arc::new(|| Box::pin(async { true }));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        for url in ["http://127.0.0.1:9/not-a-real-secret", "http://[not-a-real-secret"] {
            let guard = Arc::new(Guard::new(["http://127.0.0.1:9".to_owned()]));
            let failed = Heartbeat::new(url, guard, Arc::clone(&clock), Arc::clone(&well)).send().await;
            assert!(!failed.unwrap_err().contains("secret"), "{url}");
        }
    }
}
