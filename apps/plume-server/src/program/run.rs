//! A run from the listener to the end of the last request.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use plume::{Client, runtime::Clock};
use tokio::net::TcpListener;

use crate::config::Config;
use crate::program::assemble::{Monitor, import_homes, open_store, policies};
use crate::program::failed::Failed;
use crate::stop::Stop;
use crate::web;
use crate::worker::Log;

/// Maximum time for open requests and running checks after the request to stop.
const GRACE: Duration = Duration::from_secs(3);

/// Runs until `end`, then lets open requests and running checks finish for up to 3 s. `started` receives the address of the
/// listener.
///
/// # Errors
///
/// [`Failed`] with the cause.
pub async fn run(
    config: &Config,
    clock: Arc<dyn Clock>,
    log: Log,
    started: impl FnOnce(SocketAddr),
    end: impl Future<Output = ()>,
) -> Result<(), Failed> {
    let address = config.server.listen;
    let listen = |source| Failed::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listen)?;
    let bound = listener.local_addr().map_err(listen)?;
    let stop = Stop::default();
    let mut monitor = match &config.cloud {
        Some(settings) => {
            let store = open_store(config, Arc::clone(&clock))?;
            import_homes(config, &store, clock.as_ref(), &log).await?;
            let client = Client::builder().settings(settings.clone()).clock(Arc::clone(&clock)).build()?;
            let (policies, stopping) = (policies(config), stop.stopping());
            Some(Monitor::start(&store, &client, policies, Arc::clone(&clock), log, &stopping).await?)
        }
        None => None,
    };
    let mut stopping = stop.stopping();
    let mut late = stop.stopping();
    let served = async move {
        let server = axum::serve(listener, web::router());
        server.with_graceful_shutdown(async move { stopping.requested().await }).await
    };
    let all = async {
        let served = served.await;
        if let Some(monitor) = &mut monitor {
            while monitor.tasks.join_next().await.is_some() {}
        }
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
    started(bound);
    tokio::select! {
        served = all => served.map_err(Failed::Serve),
        () = deadline => Ok(()),
        () = ended => Ok(()),
    }
}
