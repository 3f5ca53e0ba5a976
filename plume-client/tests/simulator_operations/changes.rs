//! Every change that the client describes is made by the simulator, seen by later reads and kept in the trail.

use std::time::Duration;

use plume_client::{
    CustomerUpdate, LedMode, LocationDetails, NewCustomer, NodeToClaim, Operation, Safety, WifiDetails,
    WifiUpdate,
};
use plume_sim::{Home, ListShape};
use plume_types::{ConnectionState, ServiceTier};
use serde_json::{Value, json};

use crate::{compare, household::Household, shape};

/// The parameters of a change in the reference.
pub(crate) fn body(operation: &Operation) -> Value {
    match operation.name {
        "customers.register" | "customers.registerWithGroups" => {
            json!({ "accountId": "ACCT-SAMPLE-1", "name": "Sample Customer", "email": "sample@example.com" })
        }
        "customer.update" | "customer.replace" => json!({ "name": "Another" }),
        "location.create" => json!({ "name": "Second", "profile": "smallbusiness", "serviceId": "LINE-2" }),
        "location.rename" | "location.update" => json!({ "name": "Cabin" }),
        "location.serviceLevel.set" => json!({ "status": "basicService" }),
        "location.reboot" | "location.node.reboot" => json!({ "delay": 5 }),
        "location.optimize" => json!({ "forcePcs": true }),
        "location.node.claim" => json!({ "serialNumber": "SIMUNCLAIMED1", "nickname": "Attic" }),
        "location.node.rename" => json!({ "nickname": "Attic", "emitMessage": "off" }),
        "location.node.led" => json!({ "mode": "locate" }),
        "location.device.update" | "customer.device.rename" => json!({ "nickname": "Sofa" }),
        "location.wifiNetwork.create" | "location.wifiNetwork.replace" => {
            json!({ "ssid": "Sample", "encryptionKey": "not-a-real-key-2", "wpaMode": "psk2" })
        }
        "location.wifiNetwork.update" => json!({ "ssid": "Sample" }),
        "customer.delete" | "location.archive" | "location.node.unclaim" | "location.node.speedTest" => {
            json!({})
        }
        other => panic!("nothing to send to {other}"),
    }
}

#[tokio::test]
async fn every_change_matches_its_descriptor() {
    let mut wrong = Vec::new();
    let changes = Operation::ALL.iter().copied().filter(|operation| operation.safety != Safety::Safe);
    for operation in changes {
        let mut household = Household::explored(Home::Healthy, ListShape::default()).await;
        household.prepare(operation).await;
        let before = household.simulator.audit().len();
        let mut change = household.client.change(operation);
        for name in operation.placeholders() {
            change = change.with(name, household.id(operation, name));
        }
        for (name, value) in body(operation).as_object().unwrap() {
            change = change.with(name, value.clone());
        }
        let shown = change.dry_run().unwrap();
        if let Err(error) = change.send().await {
            wrong.push(format!("{operation}: {error}"));
            continue;
        }
        if let Err(why) = compare(&household, operation) {
            wrong.push(format!("{operation}: {why}"));
        }
        assert_eq!(household.last().url, shown.url, "{operation}: sent as it was shown");
        let trail = household.simulator.audit();
        let route = household.simulator.requests().pop().unwrap().route;
        if trail.len() == before || trail.last().map(|row| shape(row.template)) != route.map(shape) {
            wrong.push(format!("{operation}: left no trace in the trail"));
        }
        household.simulator.verdict().assert_clean();
    }
    assert!(wrong.is_empty(), "{} changes: {wrong:#?}", wrong.len());
}

#[tokio::test]
async fn changes_in_a_home_are_seen_by_later_reads() {
    let household = Household::new(Home::DeviceGone, ListShape::default());
    let home = household.location();
    let pod = home.nodes().await.unwrap()[1].id.clone();
    let change = home.rename_node(&pod, "Attic");
    change.dry_run().unwrap();
    assert_ne!(home.node(&pod).await.unwrap().nickname.as_deref(), Some("Attic"), "nothing is sent yet");
    change.send().await.unwrap();
    assert_eq!(home.node(&pod).await.unwrap().nickname.as_deref(), Some("Attic"));
    assert!(home.nodes().await.unwrap().iter().any(|node| node.nickname.as_deref() == Some("Attic")));

    let mac = home.devices().await.unwrap()[0].mac.clone();
    home.rename_device(&mac, "Sofa").send().await.unwrap();
    home.set_device_favorite(&mac, true).send().await.unwrap();
    let device = home.device(&mac).await.unwrap();
    assert_eq!((device.nickname.as_deref(), device.favorite), (Some("Sofa"), true.into()));

    home.rename("Cabin").send().await.unwrap();
    assert_eq!(home.get().await.unwrap().name.as_deref(), Some("Cabin"));
    home.set_service_level(&ServiceTier::BasicService).send().await.unwrap();
    assert_eq!(home.service_level().await.unwrap().status, ServiceTier::BasicService);
    assert_eq!(
        home.get().await.unwrap().service_level.into_known().unwrap().status,
        ServiceTier::BasicService
    );

    let network = WifiDetails {
        ssid: Some("Sample".into()),
        encryption_key: Some("not-a-real-key-2".into()),
        ..WifiDetails::default()
    };
    assert_eq!(home.create_wifi_network(&network).send().await.unwrap_err().status(), Some(409));
    home.replace_wifi_network(&network).send().await.unwrap();
    let read = home.wifi_network().await.unwrap();
    assert_eq!(read.ssid.as_deref(), Some("Sample"));
    assert_eq!(read.encryption_key.unwrap().expose(), "not-a-real-key-2");
    home.update_wifi_network(&WifiUpdate { ssid: Some("Second Sample".into()), ..WifiUpdate::default() })
        .send()
        .await
        .unwrap();
    assert_eq!(home.wifi_ssid().await.unwrap().ssid.as_deref(), Some("Second Sample"));

    let gateway = home.nodes().await.unwrap()[0].id.clone();
    let started = home.start_speed_test(&gateway).send().await.unwrap().response.unwrap();
    let request = started.text("requestId").unwrap();
    assert!(home.speed_test_result(&gateway, &request).await.unwrap_err().is_not_found(), "not yet");
    household.clock.advance(Duration::from_secs(180));
    let test = home.speed_test_result(&gateway, &request).await.unwrap();
    assert_eq!(test.download, home.reports().speed_test_result(&gateway, &request).await.unwrap().download);
    assert!(test.download.is_some());

    let counted =
        async || household.client.gateway_reports().optimization(home.id()).await.unwrap().total.unwrap();
    let before = counted().await;
    home.optimize().send().await.unwrap();
    assert_eq!(counted().await, before + 1);
    home.set_node_led(&pod, LedMode::Locate).send().await.unwrap();

    // The trail that the API serves and the one that a test sees are the same, newest first and oldest first.
    let trail = home.audit_trail().await.unwrap();
    let mut served: Vec<_> = trail.iter().map(|row| row.event.clone().unwrap().to_string()).collect();
    served.reverse();
    let kept: Vec<_> = household.simulator.audit().iter().map(|row| row.event.to_owned()).collect();
    assert_eq!(served, kept);
    assert_eq!(kept.len(), 10, "{kept:?}");
    // The refused network is a change that failed, and nothing that was repeated.
    household.simulator.verdict().assert_clean();
}

#[tokio::test]
async fn restarted_node_disconnects_and_reconnects() {
    let household = Household::new(Home::DeviceGone, ListShape::default());
    let home = household.location();
    let pod = home.nodes().await.unwrap()[1].id.clone();
    let state = async || home.node(&pod).await.unwrap().connection_state.into_known().unwrap();
    home.reboot_node(&pod, Duration::from_secs(60)).send().await.unwrap();
    assert_eq!(state().await, ConnectionState::Connected, "not yet");
    household.clock.advance(Duration::from_secs(70));
    assert_eq!(state().await, ConnectionState::Disconnected);
    household.clock.advance(Duration::from_secs(600));
    assert_eq!(state().await, ConnectionState::Connected);
    let restarts = household.client.gateway_reports().reboot_history(home.id()).await.unwrap();
    let last = &restarts.items.known().unwrap()[0];
    assert_eq!(last.node_id.as_ref(), Some(&pod));
    assert_eq!(last.reason.as_deref(), Some("user request"));
    household.simulator.verdict().assert_clean();
}

#[tokio::test]
async fn customers_locations_and_nodes_are_created_and_deleted() {
    let household = Household::new(Home::DeviceGone, ListShape::default());
    let client = &household.client;
    let new = NewCustomer { name: Some("Sample Customer".into()), ..NewCustomer::default() };
    let made = client.customers().register("ACCT-SAMPLE-1", &new).send().await.unwrap().response.unwrap();
    let refused = client.customers().register("ACCT-SAMPLE-1", &new).send().await.unwrap_err();
    assert_eq!(refused.status(), Some(409), "the account id is taken");
    let customer = client.customer(&made.id);
    assert_eq!(customer.get().await.unwrap().name.as_deref(), Some("Sample Customer"));
    customer
        .update(&CustomerUpdate { name: Some("Another".into()), ..CustomerUpdate::default() })
        .send()
        .await
        .unwrap();
    assert_eq!(customer.get().await.unwrap().name.as_deref(), Some("Another"));

    let place = customer
        .create_location(&LocationDetails { name: Some("Second".into()), ..LocationDetails::default() })
        .send()
        .await
        .unwrap();
    let place = customer.location(place.response.unwrap().id);
    assert_eq!(customer.locations().await.unwrap().len(), 2, "the first one comes with the customer");
    let node = NodeToClaim { serial_number: Some("SIMUNCLAIMED1".into()), ..NodeToClaim::default() };
    let claimed = place.claim_node(&node).send().await.unwrap();
    assert_eq!(claimed.response.unwrap().claimed.known().unwrap().len(), 1);
    assert_eq!(place.claim_node(&node).send().await.unwrap().response, None, "claimed here already");
    household.clock.advance(Duration::from_secs(600));
    let nodes = place.nodes().await.unwrap();
    assert_eq!(nodes.len(), 1);
    assert_eq!(nodes[0].connection_state, ConnectionState::Connected, "unpacked and plugged in");
    let owner = client.partner().node("SIMUNCLAIMED1").await.unwrap();
    assert_eq!(owner.customer_id.as_ref(), Some(&made.id));
    let elsewhere = household.location().claim_node(&node).send().await.unwrap_err();
    assert_eq!(elsewhere.status(), Some(409));

    let online = place.unclaim_node("SIMUNCLAIMED1").send().await.unwrap_err();
    assert_eq!(online.status(), Some(403), "it is online");
    place.reboot_node("SIMUNCLAIMED1", Duration::ZERO).send().await.unwrap();
    household.clock.advance(Duration::from_secs(1));
    place.unclaim_node("SIMUNCLAIMED1").send().await.unwrap();
    assert!(place.nodes().await.unwrap().is_empty());
    assert_eq!(client.partner().node("SIMUNCLAIMED1").await.unwrap().customer_id, None);
    place.archive().send().await.unwrap();
    assert!(!place.exists().await.unwrap());
    assert_eq!(customer.delete().send().await.unwrap().response.unwrap().count, Some(1));
    assert!(customer.get().await.is_err());
    assert_eq!(customer.delete().send().await.unwrap_err().status(), Some(401), "the customer is deleted");
    household.simulator.verdict().assert_clean();
}
