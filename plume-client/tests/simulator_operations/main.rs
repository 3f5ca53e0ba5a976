//! The client's operations match the simulator's routes. Both were written independently from the same reference, so a
//! path, a parameter or a form that only one of them has is a mistake in one of them.
//!
//! **Client and simulator are held against each other as tables.** `plume-client/tests/simulator_operations/` goes
//! over `Operation::ALL` and the simulator's route table in both directions, asks every read and makes every change,
//! and compares route, method, base and body with the descriptor; every home and list shape is read in strict mode.
//! Routes that the client lacks are listed there with the reason. What the simulator makes up must
//! not look like a published form that has grown a member: it is raw JSON at the client, or it is left out.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod changes;
mod household;
mod models;
mod parameters;
#[cfg(feature = "record")]
mod sanitized;

use std::collections::BTreeSet;

use http::Method;
use plume_client::{
    Events, Notes, Operation, QoeOptions, Radio, RadioSeries, Safety, Series, Service, operations as op,
};
use plume_sim::{Home, ListShape, Simulator};

use household::Household;

/// The template below a service's prefix, without the names of its placeholders, which may differ.
fn shape(template: &str) -> String {
    let segment =
        |segment: &'_ str| if segment.starts_with('{') { "{}".to_owned() } else { segment.to_owned() };
    template.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// Method and path of an operation as the simulator's table writes them.
fn address(operation: &Operation) -> (Method, String) {
    let prefix = match operation.service {
        Service::Api => "/api",
        Service::Reports => "/reports",
        Service::Lte => "/lteservice",
        _ => panic!("{operation}: a service that this test does not know"),
    };
    // Express answers HEAD wherever it answers GET, and a table of routes does not say so.
    let method = if operation.method == Method::HEAD { Method::GET } else { operation.method.clone() };
    (method, shape(&format!("{prefix}{}", operation.path)))
}

/// Routes of the simulator without an operation of the client, and the reason.
const ONLY_SERVED: &[(&str, &str, &str)] = &[
    ("POST", "/oauth2/{authServerId}/v1/token", "belongs to the token provider"),
    ("POST", "/oauth2/{authServerId}/v1/introspect", "belongs to the token provider"),
    ("POST", "/oauth2/{authServerId}/v1/revoke", "belongs to the token provider"),
    ("GET", "/oauth2/{authServerId}/.well-known/oauth-authorization-server", "for OAuth libraries of others"),
    ("DELETE", "/api/Customers/{id}/locations/{locationId}/nodes", "empties a home, for installers' tools"),
    ("PATCH", "/api/partners/nodes/{nodeId}", "keeps the provider's store, not homes"),
    ("DELETE", "/api/partners/nodes/{nodeId}", "keeps the provider's store, not homes"),
];

#[test]
fn the_tables_of_client_and_simulator_agree() {
    let served: BTreeSet<(String, String)> = Simulator::routes()
        .iter()
        .filter(|route| route.simulated)
        .map(|route| (route.method.to_string(), shape(route.template)))
        .collect();
    let spoken: BTreeSet<(String, String)> = Operation::ALL
        .iter()
        .map(|operation| address(operation))
        .map(|(method, path)| (method.to_string(), path))
        .collect();
    let unserved: Vec<_> = spoken.difference(&served).collect();
    assert!(unserved.is_empty(), "the client has them, the simulator does not: {unserved:#?}");
    let unspoken: BTreeSet<(String, String)> = served.difference(&spoken).cloned().collect();
    let known =
        ONLY_SERVED.iter().map(|(method, template, _)| ((*method).to_owned(), shape(template))).collect();
    assert_eq!(unspoken, known, "left what the client lacks, right what this test gives a reason for");
}

/// Asks a read and compares the answer with the descriptor. What is wrong comes back as text.
async fn ask(household: &Household, operation: &'static Operation) -> Result<(), String> {
    let mut read = household.client.read(operation);
    for name in operation.placeholders() {
        read = read.with(name, household.id(operation, name));
    }
    for (name, value) in household.parameters(operation) {
        read = read.with(name, value);
    }
    if let Err(error) = read.expose_text().await {
        return Err(format!("{}: {error}", error.status().unwrap_or_default()));
    }
    compare(household, operation)
}

/// Compares the last exchange with the descriptor.
fn compare(household: &Household, operation: &'static Operation) -> Result<(), String> {
    let last = household.last();
    if last.method != operation.method || !last.url.starts_with(&household.base(operation.service)) {
        return Err(format!("sent as {} {}", last.method, last.url));
    }
    let record = household.simulator.requests().pop().unwrap();
    let route = record.route.map(shape).unwrap_or_default();
    if route != address(operation).1 {
        return Err(format!("answered as {route}"));
    }
    let drift = models::drift(operation.response, &last.body).map_err(|error| error.to_string())?;
    if drift.is_empty() { Ok(()) } else { Err(format!("{drift:?}")) }
}

fn reads() -> impl Iterator<Item = &'static Operation> {
    Operation::ALL.iter().copied().filter(|operation| operation.safety == Safety::Safe)
}

#[tokio::test]
async fn every_read_matches_its_descriptor() {
    let household = Household::explored(Home::Healthy, ListShape::default()).await;
    let mut wrong = Vec::new();
    for operation in reads() {
        if let Err(why) = ask(&household, operation).await {
            wrong.push(format!("{operation}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{} operations: {wrong:#?}", wrong.len());
    household.simulator.verdict().assert_clean();
}

/// Parts that homes may lack: a modem, nodes, a speed test, the state of the network, a full service level.
const LACKING: [u16; 3] = [404, 412, 501];

#[tokio::test]
async fn no_home_and_no_list_shape_is_strange_to_the_models() {
    let mut wrong = Vec::new();
    for shape in [ListShape::Bare, ListShape::Wrapped, ListShape::DoubleWrapped] {
        for home in Home::ALL {
            let household = Household::explored(home, shape).await;
            // Only two lists have an envelope; everything else is the same in all three.
            let shaped = [&op::NODES, &op::DEVICES, &op::APP_FACADE_HOME, &op::APP_FACADE_DASHBOARD];
            let all = shape == ListShape::default();
            for operation in reads().filter(|operation| all || shaped.contains(operation)) {
                match ask(&household, operation).await {
                    Err(why) if !LACKING.iter().any(|status| why.starts_with(&format!("{status}:"))) => {
                        wrong.push(format!("{home}, {shape:?}: {operation}: {why}"));
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} answers: {wrong:#?}", wrong.len());
}

#[tokio::test]
async fn typed_reads_of_settings_and_series_decode() {
    let household = Household::new(Home::OnePodDown, ListShape::default());
    let client = &household.client;
    let home = household.location();
    let node = home.nodes().await.unwrap()[0].id.clone();
    let other = home.nodes().await.unwrap()[1].id.clone();
    let mac = home.devices().await.unwrap()[0].mac.clone();
    assert!(home.exists().await.unwrap());
    assert!(
        !client.customer(home.customer_id()).location("5ca1ab1e00000000ffffffff").exists().await.unwrap()
    );
    assert!(home.app_facade_home().await.unwrap().nodes.known().is_some_and(|nodes| !nodes.is_empty()));
    assert!(home.get_with_summary().await.unwrap().summary.is_some());
    home.audit_trail().await.unwrap();
    home.network_mode().await.unwrap().network_mode.unwrap();
    home.control_mode().await.unwrap();
    home.wan_configuration().await.unwrap();
    home.ipv6().await.unwrap();
    home.dns_servers().await.unwrap();
    home.upnp().await.unwrap();
    home.dhcp_reservations().await.unwrap();
    home.wifi_ssid().await.unwrap().ssid.unwrap();
    // A home without LTE says so.
    assert!(home.lte_networks().await.unwrap_err().is_not_found());
    let reports = home.reports();
    reports.node_qoe(&node, &QoeOptions::default()).await.unwrap();
    reports.device_qoe(&mac, &QoeOptions { limit: Some(4), ..QoeOptions::default() }).await.unwrap();
    reports.device_rssi(&mac, &Series { limit: Some(3), ..Series::default() }).await.unwrap();
    reports.device_bandwidth(&mac, &Series::default()).await.unwrap();
    reports.radio(&node, Radio::Band5g, RadioSeries::Utilization, &Series::default()).await.unwrap();
    reports.link_rate(&other, &node, &Series::default()).await.unwrap();
    reports.firmware_upgrades(&Events::default()).await.unwrap();
    let partner = client.partner();
    let id = client.partner_id().unwrap().clone();
    let all = partner.customers_count(&id).await.unwrap().unwrap();
    assert_eq!(partner.group_customers(id.as_str()).count().await.unwrap(), Some(all));
    partner.groups().list().await.unwrap();
    let mut fleet = client.fleet().locations();
    let mut customers = BTreeSet::new();
    while let Some(location) = fleet.next().await {
        customers.insert(location.unwrap().customer_id);
    }
    assert_eq!(customers.len() as u64, all);
    assert_eq!((fleet.progress().customers_done, fleet.progress().customers_total), (all, Some(all)));
    assert_eq!(fleet.notes(), Notes::default());
    household.simulator.verdict().assert_clean();
}
