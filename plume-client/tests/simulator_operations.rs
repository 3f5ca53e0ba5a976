//! Every read that the client describes is answered by the simulator, which was written from the same reference by
//! itself: a path or a required parameter that only one of them knows is a mistake of one of them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use plume_client::{
    Client, CustomerUpdate, Events, Filter, LedMode, LocationDetails, NewCustomer, NodeToClaim, Notes,
    Operation, QoeOptions, Radio, RadioSeries, RateLimiter, Safety, Series, Settings, WifiDetails,
    operations as op,
};
use plume_runtime::{Clock, ManualClock};
use plume_sim::{Home, Simulator};
use plume_types::ServiceTier;

fn setup() -> (Simulator, Client) {
    let clock = ManualClock::skipping(SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000));
    let shared: Arc<dyn Clock> = Arc::new(clock);
    let simulator = Simulator::builder().seed(7).customers(3).clock(Arc::clone(&shared)).build();
    let api = simulator.environment().into_iter().find(|(name, _)| *name == "PLUME_API_BASE").unwrap().1;
    let lte = plume_auth::SecureUrl::parse(&api.replace("/api", "/lteservice")).unwrap();
    let client = Client::builder()
        .settings(Settings::from_variables(simulator.environment()).unwrap())
        .lte_base(lte)
        .transport(simulator.transport())
        .rate_limiter(RateLimiter::unlimited(Arc::clone(&shared)))
        .clock(shared)
        .build()
        .unwrap();
    (simulator, client)
}

#[tokio::test]
async fn every_read_is_answered_by_the_simulator() {
    let (_simulator, client) = setup();
    let home = client.customer(Home::Healthy.customer_id()).location(Home::Healthy.location_id());
    let node = home.nodes().await.unwrap()[0].id.to_string();
    let device = home.devices().await.unwrap()[0].mac.to_string();
    let partner = client.partner_id().unwrap().to_string();
    let mut unknown = Vec::new();
    for operation in Operation::ALL.iter().filter(|operation| operation.safety == Safety::Safe) {
        let mut read = client.read(operation);
        for name in operation.placeholders() {
            let value = match name {
                "id" => home.customer_id().to_string(),
                "locationId" => home.id().to_string(),
                "nodeId" | "sourceId" | "targetId" => node.clone(),
                "mac" | "deviceId" => device.clone(),
                "partnerId" | "groupId" => partner.clone(),
                "radio" => "5G".to_owned(),
                _ => "x".to_owned(),
            };
            read = read.with(name, value);
        }
        for parameter in operation.parameters.iter().filter(|parameter| parameter.required) {
            let value = match (parameter.values, parameter.name) {
                ([first, ..], _) => *first,
                (_, "startTime") => "2026-01-14T00:00:00.000Z",
                (_, "endTime") => "2026-01-15T00:00:00.000Z",
                (_, "startDate") => "2026-01-14",
                (_, "endDate") => "2026-01-15",
                (_, "macs") => device.as_str(),
                (_, "email") => "customer@example.com",
                _ => "5",
            };
            read = read.with(parameter.name, value);
        }
        // What the reference leaves open and a server has to decide.
        for (special, name, value) in [
            (&op::QOE_METRICS, "deviceIds", device.as_str()),
            (&op::NODE_SPEED_TESTS, "granularity", "days"),
            (&op::NODE_SPEED_TESTS, "limit", "5"),
            (&op::GATEWAY_USERS_SEARCH, "name", "Sample"),
        ] {
            if *operation == special {
                read = read.with(name, vec![value]);
            }
        }
        let error = match read.expose_text().await {
            Ok(_) => continue,
            Err(error) => error,
        };
        // That a made-up id is not found is no disagreement about the operation.
        let message = error.server_message().unwrap_or_default();
        let unmade = message.is_empty() || message.to_ascii_lowercase().contains("no method");
        if unmade || error.status() != Some(404) {
            unknown.push(format!("{operation}: {error}"));
        }
    }
    assert!(unknown.is_empty(), "{} operations: {unknown:#?}", unknown.len());
}

#[tokio::test]
async fn typed_reads_of_settings_and_series_decode() {
    let (_simulator, client) = setup();
    let home = client.customer(Home::OnePodDown.customer_id()).location(Home::OnePodDown.location_id());
    let node = home.nodes().await.unwrap()[0].id.clone();
    let other = home.nodes().await.unwrap()[1].id.clone();
    let mac = home.devices().await.unwrap()[0].mac.clone();
    assert!(home.exists().await.unwrap());
    assert!(
        !client.customer(home.customer_id()).location("5ca1ab1e00000000ffffffff").exists().await.unwrap()
    );
    assert!(home.app_facade_home().await.unwrap().nodes.is_some_and(|nodes| !nodes.is_empty()));
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
    reports.device_qoe(&mac, &QoeOptions::default().limit(4)).await.unwrap();
    reports.device_rssi(&mac, &Series::default().limit(3)).await.unwrap();
    reports.device_bandwidth(&mac, &Series::default()).await.unwrap();
    reports.radio(&node, Radio::Band5g, RadioSeries::Utilization, &Series::default()).await.unwrap();
    reports.link_rate(&other, &node, &Series::default()).await.unwrap();
    reports.firmware_upgrades(&Events::default()).await.unwrap();
    let partner = client.partner();
    let id = client.partner_id().unwrap().clone();
    let all = partner.customers_count(&id).await.unwrap().unwrap();
    assert_eq!(partner.group_customers_count(id.as_str()).await.unwrap(), Some(all));
    partner.groups(&Filter::new()).await.unwrap();
    let mut fleet = partner.fleet(id.as_str());
    let mut customers = 0;
    while let Some(item) = fleet.next().await {
        assert!(item.unwrap().locations.is_ok());
        customers += 1;
    }
    assert_eq!(customers, all);
    assert_eq!(fleet.notes(), Notes::default());
    assert!(client.drift().is_empty(), "{:#?}", client.drift());
}

#[tokio::test]
async fn changes_are_made_as_they_were_shown() {
    let (_simulator, client) = setup();
    let home = client.customer(Home::OnePodDown.customer_id()).location(Home::OnePodDown.location_id());
    let node = home.nodes().await.unwrap()[1].id.clone();
    let change = home.rename_node(&node, "Attic");
    change.dry_run().unwrap();
    assert_ne!(home.node(&node).await.unwrap().nickname.as_deref(), Some("Attic"));
    change.send().await.unwrap();
    assert_eq!(home.node(&node).await.unwrap().nickname.as_deref(), Some("Attic"));
    let mac = home.devices().await.unwrap()[0].mac.clone();
    home.rename_device(&mac, "Sofa").send().await.unwrap();
    home.set_device_favorite(&mac, true).send().await.unwrap();
    home.reboot_node(&node, Duration::from_secs(1)).send().await.unwrap();
    home.set_node_led(&node, LedMode::Locate).send().await.unwrap();
    let gateway = home.nodes().await.unwrap()[0].id.clone();
    home.start_speed_test(&gateway).send().await.unwrap();
    home.optimize().send().await.unwrap();
    home.rename("Cabin").send().await.unwrap();
    assert_eq!(home.get().await.unwrap().name.as_deref(), Some("Cabin"));
    home.set_service_level(&ServiceTier::BasicService).send().await.unwrap();
    assert_eq!(home.service_level().await.unwrap().status, Some(ServiceTier::BasicService));
    let network = WifiDetails::default().ssid("Sample").encryption_key("not-a-real-key-2");
    assert!(home.create_wifi_network(&network).send().await.is_err(), "there is one already");
    home.replace_wifi_network(&network).send().await.unwrap();
    assert_eq!(home.wifi_network().await.unwrap().ssid.as_deref(), Some("Sample"));
    let new = NewCustomer::default().name("Sample Customer");
    let made = client.customers().register("ACCT-SAMPLE-1", &new).send().await.unwrap().answer.unwrap();
    assert!(
        client.customers().register("ACCT-SAMPLE-1", &new).send().await.is_err(),
        "the account id is taken"
    );
    let customer = client.customer(&made.id);
    customer.update(&CustomerUpdate::default().name("Another")).send().await.unwrap();
    assert_eq!(customer.get().await.unwrap().name.as_deref(), Some("Another"));
    let place = customer.create_location(&LocationDetails::default().name("Second")).send().await.unwrap();
    let place = customer.location(place.answer.unwrap().id);
    let claimed =
        place.claim_node(&NodeToClaim::default().serial_number("SIMUNCLAIMED1")).send().await.unwrap();
    assert_eq!(claimed.answer.unwrap().claimed.unwrap().len(), 1);
    place.unclaim_node("SIMUNCLAIMED1").send().await.unwrap();
    place.archive().send().await.unwrap();
    assert_eq!(customer.delete().send().await.unwrap().answer.unwrap().count, Some(1));
    assert!(client.drift().is_empty(), "{:#?}", client.drift());
}
