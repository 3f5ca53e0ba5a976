//! The listeners, and the end of a run.

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{Router, middleware};
use plume::runtime::{Clock, SystemClock};
use tokio::net::TcpListener;

use crate::config::Metrics;
use crate::metrics::{Exporter, MetricsToken, count_requests, router};
use crate::program::connections::{self, ConnectionLimits};
use crate::program::failed::{Failed, METRICS};
use crate::program::tasks::Tasks;
use crate::stop::{Stop, Stopping};

/// Maximum time for open requests and running checks after the request to stop.
const GRACE: Duration = Duration::from_secs(3);

/// Connections to the listener of the metrics.
const SCRAPES: usize = 64;

/// A listener with its address.
#[derive(Debug)]
pub(super) struct Listener {
    listener: TcpListener,
    pub(super) address: SocketAddr,
}

impl Listener {
    /// Binds the address of a key of the configuration.
    pub(super) async fn bind(key: &'static str, address: SocketAddr) -> Result<Self, Failed> {
        let listen = |source| Failed::Listen { key, address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        Ok(Self { listener, address })
    }

    /// Serves until `end`, then lets open requests and tasks finish for up to 3 s. A task that ends before is the end, too,
    /// and an error: without one of them, checks or messages stop while the dashboard looks well.
    pub(super) async fn serve(
        self,
        routes: Router,
        mut tasks: Tasks,
        stop: Stop,
        limits: ConnectionLimits,
        end: impl Future<Output = ()>,
    ) -> Result<(), Failed> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let (stopping, mut late) = (stop.stopping(), stop.stopping());
        let served = connections::serve(self.listener, routes, limits.fitting(), stopping);
        let failed = OnceLock::new();
        let all = async {
            let (stopping, mut is_served) = (stop.stopping(), false);
            tokio::pin!(served);
            loop {
                let failure = tokio::select! {
                    served = &mut served, if !is_served => {
                        is_served = true;
                        served.err().map(Failed::Serve)
                    }
                    Some((ended, is_failure)) = tasks.next() => {
                        (is_failure || !stopping.is_requested()).then_some(ended)
                    }
                    else => return,
                };
                if let Some(failure) = failure {
                    tracing::error!("{failure}");
                    // The first one is the cause of the others.
                    let _ = failed.set(failure);
                    stop.stop();
                }
            }
        };
        let deadline = async {
            late.requested().await;
            clock.limit(GRACE).await;
        };
        let ended = async {
            end.await;
            tracing::info!("the server stops");
            stop.stop();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = all => {}
            () = deadline => {}
            () = ended => {}
        }
        failed.into_inner().map_or(Ok(()), Err)
    }
}

/// The places of the metrics: a listener of their own, the one of the dashboard with a token, both or none.
#[derive(Debug)]
pub(super) struct Exposure {
    listener: Option<Listener>,
    token: Option<MetricsToken>,
}

impl Exposure {
    pub(super) async fn bind(metrics: &Metrics) -> Result<Self, Failed> {
        let listener = match metrics.listen {
            Some(address) => Some(Listener::bind(METRICS, address).await?),
            None => None,
        };
        let token = metrics.token.as_ref().map(|token| MetricsToken::new(token.expose()));
        Ok(Self { listener, token })
    }

    /// Serves the metrics until the request to stop. Returns the routes of the dashboard, whose requests are counted.
    pub(super) fn add(
        self,
        exporter: Exporter,
        routes: Router,
        tasks: &mut Tasks,
        stopping: Stopping,
    ) -> Router {
        let Self { listener, token } = self;
        let meters = exporter.meters().clone();
        let routes = match &token {
            Some(token) => routes.merge(router(exporter.clone(), Some(token.clone()))),
            None => routes,
        };
        if let Some(Listener { listener, address }) = listener {
            tracing::info!("metrics on http://{address}/metrics");
            let limits =
                ConnectionLimits { all: SCRAPES, of_network: SCRAPES, ..ConnectionLimits::default() };
            let served = connections::serve(listener, router(exporter, token), limits, stopping);
            tasks.spawn("the listener of the metrics", async move {
                if let Err(error) = served.await {
                    tracing::error!("failed to serve the metrics: {error}");
                }
            });
        }
        routes.layer(middleware::from_fn_with_state(meters, count_requests))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn serve(tasks: Tasks, stop: Stop, end: impl Future<Output = ()>) -> Result<(), Failed> {
        let listener = Listener::bind("listen", SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        listener.serve(Router::new(), tasks, stop, ConnectionLimits::default(), end).await
    }

    #[tokio::test]
    async fn a_task_that_ends_before_the_request_to_stop_ends_the_server() {
        for is_panic in [true, false] {
            let (stop, mut tasks) = (Stop::default(), Tasks::default());
            let mut other = stop.stopping();
            tasks.spawn("the sender", async move { other.requested().await });
            tasks.spawn("the leader", async move { assert!(!is_panic, "not-a-real-failure") });
            let failed = serve(tasks, stop, std::future::pending()).await.unwrap_err().to_string();
            let cause = if is_panic { "not-a-real-failure" } else { "the leader ended: it returned" };
            assert!(failed.starts_with("the leader ended: ") && failed.contains(cause), "{failed}");
        }
    }

    #[tokio::test]
    async fn tasks_that_end_after_the_request_to_stop_are_no_failure() {
        let (stop, mut tasks) = (Stop::default(), Tasks::default());
        let mut stopping = stop.stopping();
        tasks.spawn("the leader", async move { stopping.requested().await });
        serve(tasks, stop, std::future::ready(())).await.unwrap();
    }
}
