//! The dashboard of a monitor, with the tasks that it needs.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use plume::{
    Client,
    monitor::{notify::Route, sla::SlaPolicy},
    runtime::{Clock, HttpTransport, SystemClock},
};

use crate::access::SignIn;
use crate::config::{Config, Origin, Row};
use crate::journal::Journal;
use crate::metrics::{Exporter, ExporterParts, Meters};
use crate::notify::routing;
use crate::program::assemble::Monitor;
use crate::program::failed::Failed;
use crate::program::pulse::{Meter, present};
use crate::stop::Stopping;
use crate::store::SqliteStore;
use crate::traffic::Traffic;
use crate::web::{Dashboard, DashboardParts, Gate, Live, Notice, Process, Provider, follow};

/// The parts of a dashboard that are not those of its monitor.
pub(super) struct Site {
    pub(super) client: Client,
    /// The clock of the monitor.
    pub(super) clock: Arc<dyn Clock>,
    pub(super) notice: Notice,
    pub(super) sign_in: Option<SignIn>,
    pub(super) process: Process,
}

/// Adds the dashboard and its metrics to a monitor.
pub(super) fn dashboard(
    monitor: &mut Monitor,
    store: &SqliteStore,
    site: Site,
    meters: Meters,
    stopping: &Stopping,
) -> (Dashboard, Exporter) {
    let Site { client, clock, notice, sign_in, process } = site;
    let gate = match sign_in {
        Some(sign_in) => {
            let provider = provider(&sign_in, Arc::clone(&clock));
            Gate::closed(sign_in, provider, monitor.suspended.clone())
        }
        None => Gate::open(monitor.suspended.clone()),
    };
    let machine: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let (meter, traffic) = (Meter::default(), process.traffic.clone());
    let live = Live::new(Arc::clone(&machine));
    let exporter = Exporter::new(ExporterParts {
        store: Arc::new(store.clone()),
        clock: Arc::clone(&clock),
        meters: meters.clone(),
        present: {
            let counters = (Arc::clone(&monitor.fleet), process.traffic.clone());
            present(meter.clone(), counters, client.clone(), live.clone(), Arc::clone(&clock))
        },
    });
    let dashboard = Dashboard::new(DashboardParts {
        store: Arc::new(store.clone()),
        clock: Arc::clone(&clock),
        announcer: monitor.notifier.clone(),
        client: Some(client),
        pulse: meter.source(Arc::clone(&monitor.fleet), meters.clone(), Arc::clone(&monitor.trouble)),
        check_now: {
            let fleet = Arc::clone(&monitor.fleet);
            Arc::new(move |home, now| fleet.check_now(home, now))
        },
        live: live.clone(),
        stopping: stopping.clone(),
        notice,
        gate,
        process,
        outlook: monitor.outlook.clone(),
    });
    monitor
        .tasks
        .spawn("the task for live pages", follow(live, dashboard.clone(), machine, stopping.clone()));
    let counters = (Arc::clone(&monitor.fleet), traffic);
    monitor.tasks.spawn("the meter", meter.run(counters, clock, stopping.clone()));
    (dashboard, exporter)
}

/// The client of the identity provider, if there is one.
fn provider(sign_in: &SignIn, clock: Arc<dyn Clock>) -> Option<Provider> {
    let (settings, origin) = (sign_in.provider.clone()?, sign_in.public_origin.as_deref()?);
    let transport = Arc::new(HttpTransport::builder().build());
    Some(Provider::new(settings, origin, transport, clock))
}

/// Refuses an address that other machines reach if there is no sign-in, or if browsers may send passwords and sessions
/// without https.
///
/// # Errors
///
/// [`Failed::Exposed`] and [`Failed::Plain`].
pub(super) fn check(address: SocketAddr, sign_in: Option<&SignIn>) -> Result<(), Failed> {
    match sign_in {
        _ if address.ip().is_loopback() => Ok(()),
        None => Err(Failed::Exposed { address }),
        // A public origin is https, or this machine.
        Some(sign_in) if sign_in.public_origin.is_none() => Err(Failed::Plain { address }),
        Some(_) => Ok(()),
    }
}

/// Returns the values of a configuration with their origins, and the channels of messages by their routes. Routes with problems
/// are `None`.
#[must_use]
pub fn explained(config: &Config, routes: Option<&[Route]>) -> Vec<Row> {
    let mut rows = config.rows.clone();
    if let Some(routes) = routes {
        rows.extend(routing(routes).into_iter().map(|one| Row {
            key: format!("messages.{}", one.status),
            shown: one.shown,
            origin: Origin::Route(one.route),
        }));
        // Those of the homes can be others by their tags and groups only.
        if routes.iter().any(|route| !route.tags.is_empty() || !route.groups.is_empty()) {
            let shown = "to the channels of the routes of its homes, too".to_owned();
            rows.push(Row { key: "messages.fleet_incident".to_owned(), shown, origin: Origin::Fixed });
        }
    }
    rows
}

/// Returns the state of this process that pages show.
pub(super) fn process(
    config: &Config,
    routes: &[Route],
    terms: SlaPolicy,
    journal: Journal,
    traffic: Traffic,
    data: PathBuf,
) -> Process {
    Process {
        sla: terms,
        journal,
        traffic,
        settings: explained(config, Some(routes)).into(),
        data: Some(data),
    }
}

#[cfg(test)]
mod tests {
    use plume::monitor::notify::NotifyPolicy;

    use super::*;

    #[test]
    fn the_channels_of_messages_are_beside_the_values() {
        let config = Config::inspect(None, [].into()).unwrap().0;
        let rows = |routes: &str| -> Vec<String> {
            let policy: NotifyPolicy = serde_json::from_str(&format!("{{\"routes\": {routes}}}")).unwrap();
            let rows = explained(&config, Some(&policy.routes)).into_iter().skip(config.rows.len());
            rows.map(|row| format!("{}: {} ({})", row.key, row.shown, row.origin)).collect()
        };
        assert_eq!(explained(&config, None), config.rows);
        let fleet = "messages.fleet_incident: to the channels of the routes of its homes, too (always)";
        let tagged = rows(r#"[{"tags": ["vip"], "channels": ["a"]}]"#);
        assert_eq!(
            tagged[..2],
            [
                "messages.red: tag vip: a (notify.routes[0])",
                "messages.red: all others: no message (no route)"
            ]
        );
        assert_eq!(tagged.last().map(String::as_str), Some(fleet));
        assert!(
            !rows(r#"[{"tenants": ["north"], "channels": ["a"]}, {"channels": ["b"]}]"#)
                .contains(&fleet.to_owned())
        );
    }

    #[test]
    fn other_machines_reach_a_server_with_sign_in_and_https_only() {
        let (inside, outside) =
            (SocketAddr::from(([127, 0, 0, 1], 80)), SocketAddr::from(([0, 0, 0, 0], 80)));
        let plain = SignIn::default();
        let secure =
            SignIn { public_origin: Some("https://monitor.example.net".to_owned()), ..plain.clone() };
        assert!(check(inside, None).is_ok() && check(inside, Some(&plain)).is_ok());
        assert!(matches!(check(outside, None), Err(Failed::Exposed { .. })));
        assert!(matches!(check(outside, Some(&plain)), Err(Failed::Plain { .. })));
        assert!(check(outside, Some(&secure)).is_ok());
    }
}
