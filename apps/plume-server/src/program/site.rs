//! The dashboard of a monitor, with the tasks that it needs.

use std::{net::SocketAddr, sync::Arc};

use plume::{
    Client,
    runtime::{Clock, SystemClock},
};

use crate::metrics::{Exporter, ExporterParts, Meters};
use crate::program::assemble::Monitor;
use crate::program::failed::Failed;
use crate::program::pulse::{Meter, present};
use crate::stop::Stopping;
use crate::store::SqliteStore;
use crate::web::{Dashboard, DashboardParts, Live, Notice, follow};

/// Adds the dashboard and its metrics to a monitor. `clock` is that of the monitor.
pub(super) fn dashboard(
    monitor: &mut Monitor,
    store: &SqliteStore,
    client: Client,
    clock: Arc<dyn Clock>,
    notice: Notice,
    meters: Meters,
    stopping: &Stopping,
) -> (Dashboard, Exporter) {
    let machine: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let meter = Meter::default();
    let live = Live::new(machine.as_ref());
    let exporter = Exporter::new(ExporterParts {
        store: Arc::new(store.clone()),
        clock: Arc::clone(&clock),
        meters,
        present: present(Arc::clone(&monitor.fleet), client.clone(), live.clone(), Arc::clone(&clock)),
    });
    let dashboard = Dashboard::new(DashboardParts {
        store: Arc::new(store.clone()),
        clock: Arc::clone(&clock),
        announcer: monitor.notifier.clone(),
        client: Some(client),
        pulse: meter.source(Arc::clone(&monitor.fleet), Arc::clone(&clock)),
        live: live.clone(),
        stopping: stopping.clone(),
        notice,
    });
    monitor.tasks.spawn(follow(live, dashboard.clone(), machine, stopping.clone()));
    monitor.tasks.spawn(meter.run(Arc::clone(&monitor.fleet), clock, stopping.clone()));
    (dashboard, exporter)
}

/// Refuses an address that other machines reach, because there is no sign-in.
///
/// # Errors
///
/// [`Failed::Exposed`].
pub(super) fn check(address: SocketAddr) -> Result<(), Failed> {
    match address.ip().is_loopback() {
        true => Ok(()),
        false => Err(Failed::Exposed { address }),
    }
}
