//! A run from the listener to the end of the last request.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use plume::runtime::Clock;
use tokio::net::TcpListener;

use crate::config::Config;
use crate::stop::Stop;
use crate::web;

/// Maximum time for open requests after the request to stop.
const GRACE: Duration = Duration::from_secs(3);

/// The reason why the program could not start or continue.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failed {
    /// The address is in use, or not one of this machine.
    #[error("failed to listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// The listener failed.
    #[error("failed to serve: {0}")]
    Serve(#[source] io::Error),
}

/// Runs until `end`, then lets open requests finish for up to 3 s. `started` receives the address of the listener.
///
/// # Errors
///
/// [`Failed`] with the cause.
pub async fn run(
    config: &Config,
    clock: Arc<dyn Clock>,
    started: impl FnOnce(SocketAddr),
    end: impl Future<Output = ()>,
) -> Result<(), Failed> {
    let address = config.server.listen;
    let listen = |source| Failed::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listen)?;
    let bound = listener.local_addr().map_err(listen)?;
    let stop = Stop::default();
    let mut stopping = stop.stopping();
    let mut late = stop.stopping();
    let served = async move {
        let server = axum::serve(listener, web::router());
        server.with_graceful_shutdown(async move { stopping.requested().await }).await
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
    started(bound);
    tokio::select! {
        served = served => served.map_err(Failed::Serve),
        () = deadline => Ok(()),
        () = ended => Ok(()),
    }
}
