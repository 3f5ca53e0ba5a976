//! The listener, and the end of a run.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use plume::runtime::{Clock, SystemClock};
use tokio::{net::TcpListener, task::JoinSet};

use crate::program::failed::Failed;
use crate::stop::Stop;

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
