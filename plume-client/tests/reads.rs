//! Each typed read: the operation it calls, what it sends, and that its type is the one the table names.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use plume_client::{
    Client, CustomerHandle, CustomerSearch, Error, Events, Filter, Granularity, LocationHandle,
    LocationReports, Operation, QoeGranularity, QoeOptions, QoePeriod, Radio, RadioSeries, ResponseShape,
    SearchEntity, SearchField, Series, WanPeriod, operations as op,
};
use plume_types::PartnerId;

/// A body that every model can be read from: ids for those that need one, and a field of each of the others.
const ANY: &str = r#"{"id":"x","mac":"02:00:00:00:00:01","count":1,"status":"x","ssid":"x","networkMode":"auto","mode":"auto",
    "enabled":true,"data":[],"items":[],"fifteenMins":[],"statsDateRange":{},"nodes":[],"devices":[],"daily":{},
    "total":1,"rxMaxPercentage":1,"networkStatus":{},"capabilities":{},"ispSpeedTest":{},"gatewayConnectionState":"connected",
    "wpaMode":"auto","secondaryNetworks":[],"pppoe":{},"nodeConnectedCount":1}"#;
const LIST: &str =
    r#"[{"id":"x","mac":"02:00:00:00:00:01","ssid":"x","event":"NodeClaimed","customerId":"c"}]"#;

struct Checked(BTreeSet<&'static str>);

impl Checked {
    async fn call<T, F: Future<Output = Result<T, Error>>>(
        &mut self,
        operation: &'static Operation,
        call: impl FnOnce(Client) -> F,
        sent: &str,
    ) {
        let list = matches!(operation.response, ResponseShape::List(_));
        let (client, requests) =
            support::client(move |_| (200, if list { LIST.to_owned() } else { ANY.to_owned() }));
        if let Err(error) = call(client).await {
            panic!("{operation}: {error}");
        }
        assert_eq!(support::line(&requests.lock().unwrap()[0]), sent, "{operation}");
        let name = std::any::type_name::<T>();
        let last = |name: &str| name.trim_end_matches('>').rsplit("::").next().unwrap().to_owned();
        match operation.response {
            ResponseShape::Model("Count") => assert!(name.contains("Option<u64>"), "{operation}: {name}"),
            ResponseShape::Model(model) => assert_eq!(last(name), model, "{operation}"),
            ResponseShape::List(model) => {
                assert!(name.contains("List<"), "{operation}: {name}");
                assert_eq!(last(name), model, "{operation}");
            }
            ResponseShape::Nothing => assert_eq!(name, "bool", "{operation}"),
            _ => assert_eq!(last(name), "FreeForm", "{operation}"),
        }
        self.0.insert(operation.name);
    }

    async fn location<T, F: Future<Output = Result<T, Error>>>(
        &mut self,
        operation: &'static Operation,
        call: impl FnOnce(LocationHandle) -> F,
        sent: &str,
    ) {
        let sent = sent.replacen(" /", " /api/Customers/c1/locations/l1/", 1);
        let sent = sent.trim_end_matches('/').to_owned();
        self.call(operation, |client| call(client.customer("c1").location("l1")), &sent).await;
    }

    async fn reports<T, F: Future<Output = Result<T, Error>>>(
        &mut self,
        operation: &'static Operation,
        call: impl FnOnce(LocationReports) -> F,
        sent: &str,
    ) {
        let sent = sent.replacen(" /", " /reports/Customers/c1/locations/l1/", 1);
        self.call(operation, |client| call(client.customer("c1").location("l1").reports()), &sent).await;
    }

    async fn customer<T, F: Future<Output = Result<T, Error>>>(
        &mut self,
        operation: &'static Operation,
        call: impl FnOnce(CustomerHandle) -> F,
        sent: &str,
    ) {
        self.call(operation, |client| call(client.customer("c1")), sent).await;
    }
}

const MAC: &str = "02:00:00:00:00:01";

fn day(day: u32) -> DateTime<Utc> {
    format!("2026-01-{day:02}T00:00:00Z").parse().unwrap()
}

#[tokio::test]
async fn every_typed_read_calls_its_operation() {
    let mut all = Checked(BTreeSet::new());
    let isp = PartnerId::slug("example-isp").unwrap();

    all.call(&op::CUSTOMERS_LIST, async |c| c.customers().list().await, "GET /api/Customers").await;
    all.call(
        &op::CUSTOMERS_COUNT,
        async |c| c.customers().filter(Filter::new().equals("a", 1).limit(5)).count().await,
        "GET /api/Customers/count?where=%7B%22a%22%3A1%7D",
    )
    .await;
    all.call(
        &op::CUSTOMERS_SEARCH,
        async |c| c.customers().search("x", &[SearchEntity::Name, SearchEntity::Email], true).await,
        "GET /api/Customers/v2/search?searchString=x&exactMatch=true&searchEntities=name&searchEntities=email",
    )
    .await;
    all.call(
        &op::CUSTOMERS_BY_EMAIL,
        async |c| c.customers().find_by_email("a@example.com").await,
        "GET /api/Customers/findByEmail/a%40example.com",
    )
    .await;
    all.customer(&op::CUSTOMERS_GET, async |c| c.get().await, "GET /api/Customers/c1").await;
    all.customer(&op::CUSTOMER_USER_INFO, async |c| c.user_info().await, "GET /api/Customers/c1/userInfo")
        .await;
    all.customer(
        &op::CUSTOMER_AUDIT_TRAIL,
        async |c| c.audit_trail().await,
        "GET /api/Customers/c1/auditTrail",
    )
    .await;
    all.customer(&op::LOCATIONS_LIST, async |c| c.locations().await, "GET /api/Customers/c1/locations").await;
    all.customer(
        &op::LOCATIONS_LIST,
        async |c| c.locations_with_summary().await,
        "GET /api/Customers/c1/locations?include=summary",
    )
    .await;
    all.customer(&op::CUSTOMER_NODE, async |c| c.node("T1").await, "GET /api/Customers/c1/nodes/T1").await;

    let search = CustomerSearch::exact(SearchField::AccountId, "a b").page(10, 5);
    all.call(
        &op::PARTNER_CUSTOMERS_SEARCH,
        async |c| c.partner().search_customers(&search).await,
        "GET /api/partners/customers/search/a%20b?field=accountId&exactMatch=true&startsWith=true&limit=5&skip=10",
    )
    .await;
    all.call(
        &op::PARTNER_CUSTOMERS_COUNT,
        async |c| c.partner().customers_count(&isp).await,
        "GET /api/partners/example-isp/customers/count",
    )
    .await;
    all.call(
        &op::PARTNER_CUSTOMERS_RECENT,
        async |c| c.partner().recent_customers(&isp).await,
        "GET /api/partners/example-isp/customers/recent",
    )
    .await;
    all.call(
        &op::PARTNER_LOCATION,
        async |c| c.partner().location("S1").await,
        "GET /api/partners/locations/S1",
    )
    .await;
    all.call(&op::PARTNER_NODE, async |c| c.partner().node("T1").await, "GET /api/partners/nodes/T1").await;
    all.call(
        &op::GROUPS_LIST,
        async |c| c.partner().groups().filter(Filter::new().limit(2)).list().await,
        "GET /api/Groups?filter=%7B%22limit%22%3A2%7D",
    )
    .await;
    all.call(&op::GROUPS_COUNT, async |c| c.partner().groups().count().await, "GET /api/Groups/count").await;
    all.call(&op::GROUP_GET, async |c| c.partner().group("g1").await, "GET /api/Groups/g1").await;
    all.call(
        &op::GROUP_CUSTOMERS,
        async |c| c.partner().group_customers("g1").list().await,
        "GET /api/Groups/g1/customers",
    )
    .await;
    all.call(
        &op::GROUP_CUSTOMERS_COUNT,
        async |c| c.partner().group_customers("g1").count().await,
        "GET /api/Groups/g1/customers/count",
    )
    .await;

    all.location(&op::LOCATION_GET, async |l| l.get().await, "GET /").await;
    all.call(
        &op::LOCATION_GET,
        async |c| c.customer("c1").location("l1").get_with_summary().await,
        "GET /api/Customers/c1/locations/l1?include=summary",
    )
    .await;
    all.location(&op::LOCATION_EXISTS, async |l| l.exists().await, "HEAD /").await;
    all.location(&op::LOCATION_AUDIT_TRAIL, async |l| l.audit_trail().await, "GET /auditTrail").await;
    all.location(&op::SERVICE_LEVEL, async |l| l.service_level().await, "GET /serviceLevel").await;
    all.location(&op::UPLINK_STATUS, async |l| l.uplink_status().await, "GET /uplink-status").await;
    all.location(&op::CAPABILITIES, async |l| l.capabilities().await, "GET /capabilities").await;
    all.location(&op::ALERTS, async |l| l.alerts().await, "GET /alerts").await;
    all.location(&op::APP_FACADE_HOME, async |l| l.app_facade_home().await, "GET /appFacade/home").await;
    all.location(&op::LOCATION_SUMMARY, async |l| l.summary().await, "GET /summary").await;
    all.location(&op::NETWORK_MODE, async |l| l.network_mode().await, "GET /networkMode").await;
    all.location(&op::CONTROL_MODE, async |l| l.control_mode().await, "GET /controlMode").await;
    all.location(&op::WAN_CONFIGURATION, async |l| l.wan_configuration().await, "GET /wanConfiguration")
        .await;
    all.location(&op::IPV6, async |l| l.ipv6().await, "GET /ipv6").await;
    all.location(&op::DNS_SERVERS, async |l| l.dns_servers().await, "GET /networkConfiguration/dnsServers")
        .await;
    all.location(&op::UPNP, async |l| l.upnp().await, "GET /networkConfiguration/upnp").await;
    let reservations = "GET /networkConfiguration/dhcpReservations";
    all.location(&op::DHCP_RESERVATIONS, async |l| l.dhcp_reservations().await, reservations).await;
    all.location(
        &op::DHCP_RESERVATION,
        async |l| l.dhcp_reservation(MAC).await,
        "GET /networkConfiguration/dhcpReservations/02%3A00%3A00%3A00%3A00%3A01",
    )
    .await;
    all.call(
        &op::LTE_NETWORKS,
        async |c| c.customer("c1").location("l1").lte_networks().await,
        "GET /lteservice/locations/l1/networkConfiguration",
    )
    .await;
    all.location(&op::NODES, async |l| l.nodes().await, "GET /nodes").await;
    all.location(&op::NODE, async |l| l.node("T1").await, "GET /nodes/T1").await;
    all.location(
        &op::NODE_SPEED_TEST_RESULT,
        async |l| l.speed_test_result("T1", "r1").await,
        "GET /nodes/T1/speedTestResults/r1",
    )
    .await;
    all.location(&op::DEVICES, async |l| l.devices().await, "GET /devices").await;
    all.location(
        &op::DEVICE,
        async |l| l.device("02-00-00-00-00-AB").await,
        "GET /devices/02%3A00%3A00%3A00%3A00%3Aab",
    )
    .await;
    all.location(&op::WIFI_NETWORK, async |l| l.wifi_network().await, "GET /wifiNetwork").await;
    all.location(&op::WIFI_SSID, async |l| l.wifi_ssid().await, "GET /wifiNetwork/ssid").await;
    all.location(&op::WIFI_NETWORKS, async |l| l.wifi_networks().await, "GET /wifiNetworks").await;
    all.location(&op::BACKHAUL, async |l| l.backhaul().await, "GET /backhaul").await;
    all.location(
        &op::APP_QOE,
        async |l| l.app_qoe(QoePeriod::Last7Days).await,
        r#"POST /appqoe/AppQoeStatsByTrafficClass {"timePeriod":"last7Days"}"#,
    )
    .await;
    all.location(
        &op::TRAFFIC_CLASS_STATS,
        async |l| l.traffic_class_stats(QoeGranularity::QuarterHour, day(1), day(2)).await,
        "GET /appqoe/traffic_class_stats?granularity=15+minutes&startTime=2026-01-01T00%3A00%3A00.000Z&endTime=2026-01-02T00%3A00%3A00.000Z",
    )
    .await;

    all.reports(
        &op::WAN_STATS,
        async |r| r.wan_stats(WanPeriod::Weekly).await,
        "GET /wanStats?period=weekly",
    )
    .await;
    all.reports(
        &op::ONLINE_STATS,
        async |r| r.online_stats(Granularity::Hours, Some(24)).await,
        "GET /onlineStats?granularity=hours&limit=24",
    )
    .await;
    let events = Events { newest_first: Some(true), limit: Some(9), start: Some(day(1)), end: Some(day(2)) };
    let sent = "order=desc&limit=9&startAt=2026-01-01T00%3A00%3A00.000Z&endAt=2026-01-02T00%3A00%3A00.000Z";
    all.reports(&op::REBOOTS, async |r| r.reboots(&events).await, &format!("GET /reboots?{sent}")).await;
    all.reports(
        &op::FIRMWARE_UPGRADES,
        async |r| r.firmware_upgrades(&Events::default()).await,
        "GET /firmwareUpgrades",
    )
    .await;
    all.reports(
        &op::SPEED_TEST_RESULTS,
        async |r| r.speed_test_results("T1", Granularity::Days, 7).await,
        "GET /nodes/T1/results?granularity=days&limit=7&showFailedSpeedTests=true",
    )
    .await;
    all.reports(
        &op::SPEED_TEST_RESULT,
        async |r| r.speed_test_result("T1", "r1").await,
        "GET /nodes/T1/results/r1",
    )
    .await;
    let points = QoeOptions { granularity: Some(Granularity::Minutes), limit: Some(3) };
    all.reports(
        &op::NODE_QOE_METRICS_V2,
        async |r| r.node_qoe("T1", &points).await,
        "GET /nodes/T1/qoeMetricsV2?granularity=minutes&limit=3&timestampISOFormat=true",
    )
    .await;
    all.reports(
        &op::DEVICE_QOE_METRICS_V2,
        async |r| r.device_qoe(MAC, &QoeOptions::default()).await,
        "GET /devices/02%3A00%3A00%3A00%3A00%3A01/qoeMetricsV2?timestampISOFormat=true",
    )
    .await;
    let series = Series { granularity: Some(Granularity::Days), limit: Some(2), start: Some(day(1)) };
    let sent = "granularity=days&limit=2&start=1767225600000";
    let device = "GET /devices/02%3A00%3A00%3A00%3A00%3A01";
    all.reports(
        &op::DEVICE_RSSI,
        async |r| r.device_rssi(MAC, &series).await,
        &format!("{device}/rssi?{sent}"),
    )
    .await;
    all.reports(
        &op::DEVICE_BANDWIDTH,
        async |r| r.device_bandwidth(MAC, &Series::default()).await,
        &format!("{device}/bandwidth"),
    )
    .await;
    for (what, operation, word) in [
        (RadioSeries::Bandwidth, &op::RADIO_BANDWIDTH, "bandwidth"),
        (RadioSeries::Alarms, &op::RADIO_ALARMS, "alarms"),
        (RadioSeries::Capacity, &op::RADIO_CAPACITY, "wifiCapacity"),
        (RadioSeries::Utilization, &op::RADIO_UTILIZATION, "channelUtilization"),
    ] {
        all.reports(
            operation,
            async |r| r.radio("T1", Radio::Band5g, what, &series).await,
            &format!("GET /nodes/T1/radio/5G/{word}?{sent}"),
        )
        .await;
    }
    all.reports(
        &op::EDGE_PHY,
        async |r| r.link_rate("T1", "T2", &Series::default()).await,
        "GET /nodes/T1/edges/T2/edgePhy",
    )
    .await;

    macro_rules! gateway {
        ($( $operation:ident = $method:ident($id:literal) $sent:literal; )+) => { $(
            all.call(&op::$operation, async |c| c.gateway_reports().$method($id).await, concat!("GET /reports/gateway/", $sent)).await;
        )+ };
    }
    gateway! {
        GATEWAY_DEVICE_QOE_HISTORY = device_qoe_history("d1") "devices/d1/qoe/history";
        GATEWAY_NODE_QOE_HISTORY = node_qoe_history("T1") "nodes/T1/qoe/history";
        GATEWAY_LOCATION_QOE = location_qoe("l1") "locations/l1/qoe";
        GATEWAY_DEVICE_BANDWIDTH = device_bandwidth("d1") "devices/d1/bandwidth";
        GATEWAY_DEVICE_BANDWIDTH_HISTORY = device_bandwidth_history("d1") "devices/d1/bandwidth/history";
        GATEWAY_LOCATION_BANDWIDTH = location_bandwidth("l1") "locations/l1/devices/bandwidth";
        GATEWAY_OPTIMIZATION = optimization("l1") "locations/l1/optimization";
        GATEWAY_REBOOT_HISTORY = reboot_history("l1") "locations/l1/reboot/history";
        GATEWAY_LAN_HISTORY = lan_connectivity_history("d1") "devices/d1/lan-connectivity/history";
        GATEWAY_WAN_STATS_HISTORY = wan_stats_history("l1") "locations/l1/wan-stats/history";
        GATEWAY_WAN_SATURATION = wan_saturation("l1") "locations/l1/wan-saturation";
        GATEWAY_WAN_SATURATION_HISTORY = wan_saturation_history("l1") "locations/l1/wan-saturation/history";
    }
    assert!(all.0.len() >= 70, "{}", all.0.len());
}

#[tokio::test]
async fn missing_location_does_not_exist() {
    let (client, _) = support::client(|_| (404, String::new()));
    assert!(!client.customer("c1").location("l1").exists().await.unwrap());
    let (client, _) = support::client(|_| (500, String::new()));
    assert!(client.customer("c1").location("l1").exists().await.is_err());
}
