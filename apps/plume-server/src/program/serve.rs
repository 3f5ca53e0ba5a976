//! The listeners, and the end of a run.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, middleware};
use plume::runtime::{Clock, SystemClock};
use tokio::{net::TcpListener, task::JoinSet};

use crate::config::Metrics;
use crate::metrics::{Exporter, MetricsToken, count_requests, router};
use crate::program::failed::Failed;
use crate::stop::{Stop, Stopping};
use crate::worker::Log;

/// Maximum time for open requests and running checks after the request to stop.
const GRACE: Duration = Duration::from_secs(3);

/// A listener with its address.
#[derive(Debug)]
pub(super) struct Listener {
    listener: TcpListener,
    pub(super) address: SocketAddr,
}

impl Listener {
    pub(super) async fn bind(address: SocketAddr) -> Result<Self, Failed> {
        let listen = |source| Failed::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        Ok(Self { listener, address })
    }

    /// Serves until `end`, then lets open requests and tasks finish for up to 3 s.
    pub(super) async fn serve(
        self,
        routes: Router,
        mut tasks: JoinSet<()>,
        stop: Stop,
        end: impl Future<Output = ()>,
    ) -> Result<(), Failed> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let (mut stopping, mut late) = (stop.stopping(), stop.stopping());
        let listener = self.listener;
        let served = async move {
            // The address of the browser is for the limit of sign-ins.
            let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
            let server = axum::serve(listener, routes);
            server.with_graceful_shutdown(async move { stopping.requested().await }).await
        };
        let all = async {
            let served = served.await;
            while tasks.join_next().await.is_some() {}
            served
        };
        let deadline = async {
            late.requested().await;
            clock.limit(GRACE).await;
        };
        let ended = async {
            end.await;
            stop.stop();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            served = all => served.map_err(Failed::Serve),
            () = deadline => Ok(()),
            () = ended => Ok(()),
        }
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
            Some(address) => Some(Listener::bind(address).await?),
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
        tasks: &mut JoinSet<()>,
        log: &Log,
        mut stopping: Stopping,
    ) -> Router {
        let Self { listener, token } = self;
        let meters = exporter.meters().clone();
        let routes = match &token {
            Some(token) => routes.merge(router(exporter.clone(), Some(token.clone()))),
            None => routes,
        };
        if let Some(Listener { listener, address }) = listener {
            log(&format!("metrics on http://{address}/metrics"));
            let server = axum::serve(listener, router(exporter, token));
            tasks.spawn(async move {
                let ended = server.with_graceful_shutdown(async move { stopping.requested().await });
                // A listener that fails ends the scrapes, which the monitoring of the monitor reports.
                let _ = ended.await;
            });
        }
        routes.layer(middleware::from_fn_with_state(meters, count_requests))
    }
}
