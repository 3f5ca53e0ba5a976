//! The route table is complete: every documented read has an endpoint with a valid response.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends there and then, also in its helpers"
)]

mod common;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use plume_sim::{Home, Simulator};
use serde_json::Value;

use common::{Client, builder, clock, encode};

/// The documented endpoints with their parameters. `L` is the path of a location. A template with `<` and `>` is short
/// for several.
const API: &str = "
GET Customers
GET Customers/count
GET Customers/{id}
GET Customers/exists ? email=healthy@example.com
GET Customers/search/{keyword} ? field=name
GET Customers/v2/search ? searchString=healthy&searchEntities=name
GET Customers/findByEmail/{email}
GET Customers/{id}/roles
GET Customers/{id}/userInfo
GET Customers/{id}/nodePlacement/mobile-active
GET Customers/{id}/nodes/{nodeId}
GET partners/customers/search/{keyword} ? field=name
GET partners/{partnerId}/customers/search/{keyword} ? field=name
GET partners/{partner}/customers/<count|recent>
GET partners/locations/{location}
GET partners/nodes/{nodeId}
GET partners/{partnerId}/nodes/{nodeId}
GET Groups
GET Groups/count
GET Groups/{partner}
GET Groups/{partner}/customers
GET Groups/{partner}/customers/<count|recent>
GET Groups/customers/search/{keyword} ? field=name
GET Groups/customers/{keyword}
GET Groups/locations/{location}
GET Groups/nodes/{nodeId}
GET Nodes
GET Nodes/count
GET Nodes/{nodeId}
GET Locations/{locationId}/nodes
GET Customers/{id}/locations
GET L
GET L/<serviceLevel|uplink-status|capabilities|alerts|summary|topology|forceGraph|firmware|networkMode|controlMode>
GET L/<appFacade/home|appFacade/dashboard|appFacade/wifiDashboard|wanConfiguration|wanSettings|ipv6|subscription>
GET L/networkConfiguration/<home|dnsServers|upnp|dhcp|dhcpReservations>
GET L/networkConfiguration/dhcpReservations/{wired}
GET L/<authorizations|nodePlacement/state|nodeLogs|proximity>
GET L/configAudit/events ? includes=all&startTime=2024-01-01T00:00:00.000Z
GET L/marketingExport ? subscription=true
GET L/nodes
GET L/nodes/{nodeId}
GET L/nodes/{nodeId}/speedTestResults ? granularity=days&limit=2
GET L/nodes/{nodeId}/speedTestResults/{requestId}
GET L/nodes/{nodeId}/<kvConfigs|kvStates>
GET L/<vapStates|backhauls>
GET L/devices
GET L/devices/{mac}
GET L/devices/{mac}/appTime/<categories|apps>/<dataUsage|onlineTime> ? timePeriod=weekly
GET L/<wifiNetwork|wifiNetwork/ssid|wifiNetworks|wifiNetworksWithWpaMode|wlans|backhaul>
GET L/secondaryNetworks/<fronthauls|captivePortals>
GET L/secondaryNetworks/captivePortals/{networkId}/guests
POST L/appqoe/<AppQoeStatsByTrafficClass|AppQoeStatsByTrafficClassApps|AppQoeStatsByProfile> ? timePeriod=last24Hours
GET L/appqoe/traffic_class_stats ? granularity=1+hour&startTime=2026-01-15T00:00:00.000Z&endTime=2026-01-15T06:00:00.000Z
POST L/appqoe/traffic_class_stats ? granularity=1+hour&startTime=2026-01-15T00:00:00.000Z&endTime=2026-01-15T06:00:00.000Z
POST L/qos/appPrioritization/monitoring ? startTime=2026-01-15T00:00:00.000Z&endTime=2026-01-15T06:00:00.000Z";

const REPORTS: &str = "
GET L/wanStats ? period=daily
GET L/onlineStats ? granularity=hours&limit=24
GET L/<wanSaturation|reboots|appResults|qoe|qoe/liveMode|edgesHistory|dashboard|monthlyReport|neighborReport>
GET L/nodes/wanStatsLiveModeStream ? startTime=1768471170000
GET L/networkOutages/stats ? startTimestamp=1767225600000&endTimestamp=1768471200000&type=monthly
GET L/nodes/health ? startDate=2026-01-13&endDate=2026-01-14&granularity=3h
GET L/lanConnectivityHistory ? macs={mac}&granularity=3h&limit=8
GET L/nodes/{nodeId}/results ? granularity=days&limit=2&showFailedSpeedTests=true
GET L/nodes/{nodeId}/results/{requestId}
GET L/nodes/{nodeId}/qoe
GET L/nodes/v2/{nodeId}/qoe
GET L/devices/{mac}/qoe
GET L/devices/v2/{mac}/qoe
GET L/nodes/{nodeId}/<qoeMetrics|qoeMetricsV2> ? granularity=hours&limit=2&timestampISOFormat=true
GET L/devices/{mac}/<qoeMetrics|qoeMetricsV2> ? granularity=hours&limit=2&timestampISOFormat=true
POST L/qoeMetrics ? nodeIds={nodeId}
GET L/nodes/{nodeId}/qoe/<liveModeStream|liveModeStreamV2|superLiveModeStream|superLiveModeStreamV2>
GET L/devices/{mac}/qoe/<liveModeStream|liveModeStreamV2|superLiveModeStream|superLiveModeStreamV2>
GET L/nodes/{nodeId}/utilizationMetrics ? granularity=hours&limit=4
GET L/nodes/{nodeId}/radio/{radio}/<bandwidth|alarms|wifiCapacity|channelUtilization> ? granularity=hours&limit=4
GET L/nodes/{nodeId}/edges/{mac}/edgePhy
GET L/devices/{mac}/<rssi|bandwidth|chartData|deviceTypeDetails|stitchHistory|alarms>
GET L/<alarm|alarmSummary|nodeDevice/alarms|bandSteeringStats|clientSteeringStats>
GET L/node/{nodeId}/alarms
GET L/devices/{mac}/<bandSteeringStats|bandSteeringSummary|clientSteeringStats|clientSteeringSummary|clientSteeringTriggers>
GET L/<optimizationSummary|broadbandEfficiencyAlert|optimizeRequests|optimizeResponses|topologyChanges|topologyChangeResults>
GET L/<optimizeRequests|optimizeResponses>/{optimization}
GET L/topologyChangeResults/{topologyChange}
GET L/<firmwareUpgrades|hotspotSteeringEvents|hotspotDailyStats>
GET L/nodes/{nodeId}/firmwareUpgrades
GET L/devices/{mac}/hotspotDailyStats
GET L/placement-recommendations ? startAt=2026-01-01T00:00:00.000Z
GET gateway/devices/{deviceId}/<qoe/history|bandwidth|bandwidth/history|lan-connectivity/history>
GET gateway/nodes/{nodeId}/qoe/history
GET gateway/locations/{locationId}/<qoe|devices/bandwidth|optimization|reboot/history|wan-stats/history>
GET gateway/locations/{locationId}/<wan-saturation|wan-saturation/history>";

const GATEWAY: &str = "
GET nodes/{nodeId} ? fields=(*,interfaces)
GET locations/{locationId}
GET locations/{locationId}/<nodes|devices|wans|wlans|networks|features|capabilities|nat-config>
GET devices/{deviceId}
GET wans/{wanId}
GET wans/{wanId}/speed-tests/latest
GET networks/{gatewayNetworkId}
GET networks/{gatewayNetworkId}/<ipv4/dhcp-reservations|ipv4/dhcp-leases|authorized-clients>
GET wlans/{wlanId}
GET users/search ? email=healthy@example.com
GET users/{id}/locations";

const LTE: &str = "
GET <health|version|metrics>
GET locations/{locationId}/<currentState|supported|signalStrength|configuration|networkConfiguration|hardwareInfo>
GET locations/{locationId}/liveMetrics
GET locations/{locationId}/metrics ? limitDays=3
GET locations/{locationId}/<dataUsage|ispOutageInfo> ? startDate=2026-01-01&endDate=2026-01-14&type=monthly
GET locations/{locationId}/speedTests ? limit=3&granularity=days
GET locations/{locationId}/speedTests/{lteRequestId}";

/// One documented request about a healthy home.
#[derive(Debug)]
struct Question {
    method: &'static str,
    /// The documented template.
    template: String,
    path: String,
    query: String,
}

/// Returns the texts that one with `<a|b>` abbreviates.
fn spread(text: &str) -> Vec<String> {
    let Some((before, rest)) = text.split_once('<') else { return vec![text.to_owned()] };
    let (choices, after) = rest.split_once('>').unwrap();
    let after = spread(after);
    choices
        .split('|')
        .flat_map(|choice| after.iter().map(move |after| format!("{before}{choice}{after}")))
        .collect()
}

/// A healthy home and its resources.
struct Household {
    client: Client,
    values: Vec<(&'static str, String)>,
}

impl Household {
    fn new() -> Self {
        let clock = clock();
        let client = Client::new(builder().customers(3).clock(Arc::new(clock.clone())));
        let home = Home::Healthy;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let gateway =
            |rest: &str| client.ok(&format!("/api/gateway/locations/{}/{rest}", home.location_id()));
        let first = |rest: &str| text(&gateway(rest)["items"][0]["id"]);
        let node = text(&client.nodes(home)[0]["id"]);
        let devices = client.devices(home);
        let wired = devices.iter().find(|device| device["medium"] == "ethernet").unwrap();
        let report = |rest: &str| text(&client.ok(&format!("{}/{rest}", common::reports(home)))[0]);
        let tests = client
            .ok(&format!("/lteservice/locations/{}/speedTests?limit=3&granularity=days", home.location_id()));
        let run = |client: &Client| {
            let path = format!("{}/nodes/{node}/speedTest", common::api(home));
            text(&client.send("POST", &path, "").1["requestId"])
        };
        let request = run(&client);
        // Until the speed test is complete.
        clock.advance(Duration::from_secs(60));
        let values = vec![
            ("{id}", home.customer_id().to_owned()),
            ("{locationId}", home.location_id().to_owned()),
            ("{location}", home.location_id().to_owned()),
            ("{nodeId}", node.clone()),
            ("{mac}", encode(devices[0]["mac"].as_str().unwrap())),
            ("{wired}", encode(wired["mac"].as_str().unwrap())),
            ("{keyword}", "healthy".to_owned()),
            ("{email}", "healthy@example.com".to_owned()),
            ("{partner}", client.simulator.endpoints().partner_id()),
            ("{partnerId}", client.simulator.endpoints().partner_id()),
            ("{networkId}", "captive-1".to_owned()),
            ("{radio}", "5G".to_owned()),
            ("{requestId}", request),
            ("{optimization}", report("optimizeRequests")),
            ("{topologyChange}", report("topologyChangeResults")),
            ("{deviceId}", first("devices")),
            ("{wanId}", first("wans")),
            ("{wlanId}", first("wlans")),
            ("{gatewayNetworkId}", first("networks")),
            ("{lteRequestId}", text(&tests["speedTests"][0]["requestId"])),
        ];
        Self { client, values }
    }

    fn fill(&self, text: &str) -> String {
        self.values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    fn questions(&self) -> Vec<Question> {
        let groups =
            [("/api/", API), ("/reports/", REPORTS), ("/api/gateway/", GATEWAY), ("/lteservice/", LTE)];
        let mut questions = Vec::new();
        for (base, list) in groups {
            for line in list.lines().filter(|line| !line.is_empty()).flat_map(spread) {
                let (asked, query) = line.split_once(" ? ").unwrap_or((line.as_str(), ""));
                let (method, rest) = asked.split_once(' ').unwrap();
                let rest = match rest.strip_prefix('L') {
                    Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                        format!("Customers/{{id}}/locations/{{locationId}}{rest}")
                    }
                    _ => rest.to_owned(),
                };
                let template = format!("{base}{rest}");
                questions.push(Question {
                    method: if method == "GET" { "GET" } else { "POST" },
                    path: self.fill(&template),
                    template,
                    query: self.fill(query),
                });
            }
        }
        questions
    }
}

fn send(simulator: &Simulator, token: &str, question: &Question, path: &str) -> Response<Bytes> {
    let (query, body) =
        if question.method == "GET" { (question.query.as_str(), "") } else { ("", question.query.as_str()) };
    let request = Request::builder()
        .method(question.method)
        .uri(format!("{path}?{query}"))
        .header("authorization", format!("Bearer {token}"))
        .header("accept", "application/json")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Bytes::copy_from_slice(body.as_bytes()));
    simulator.handle(request.unwrap())
}

/// Returns the template without the names of its placeholders.
fn shape(template: &str) -> String {
    let segment =
        |segment: &str| if segment.starts_with('{') { "{}".to_owned() } else { segment.to_lowercase() };
    template.split('/').map(segment).collect::<Vec<_>>().join("/")
}

#[test]
fn every_documented_request_succeeds() {
    let home = Household::new();
    let other = Household::new();
    let (one, two, token) = (&home.client.simulator, &other.client.simulator, &other.client.token);
    let questions = home.questions();
    assert!(questions.len() > 180, "{}", questions.len());
    for question in &questions {
        let answer = send(one, &home.client.token, question, &question.path);
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{question:?}: {body}");
        let again = send(two, token, question, &question.path);
        assert_eq!(answer.body(), again.body(), "{question:?}: equal seeds, equal bytes");
        let refused = send(one, "none", question, &question.path);
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "{question:?}");
    }
}

#[test]
fn every_request_about_an_unknown_location_is_404() {
    let home = Household::new();
    for question in home.questions().iter().filter(|question| question.template.contains("{locationId}")) {
        let path = question.path.replace(Home::Healthy.location_id(), "5ca1ab1e0000010f0000ffff");
        let answer = send(&home.client.simulator, &home.client.token, question, &path);
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{question:?}");
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(body["error"]["code"], "MODEL_NOT_FOUND", "{question:?}: no such thing, not no such path");
        if question.template.contains("Customers/{id}") {
            let path = question.path.replace(Home::Healthy.customer_id(), "5ca1ab1e0000000c0000ffff");
            let answer = send(&home.client.simulator, &home.client.token, question, &path);
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{question:?}");
        }
    }
}

#[test]
fn every_request_is_valid_for_every_home() {
    let home = Household::new();
    for question in home.questions() {
        for other in Home::ALL {
            let path = question
                .path
                .replace(Home::Healthy.customer_id(), other.customer_id())
                .replace(Home::Healthy.location_id(), other.location_id());
            let status = send(&home.client.simulator, &home.client.token, &question, &path).status();
            let fine = status.is_success() || [404, 412, 425, 501].contains(&status.as_u16());
            assert!(fine, "{other}: {question:?}: {status}");
        }
    }
}

#[test]
fn the_route_table_and_the_documentation_agree() {
    let documented: BTreeSet<(String, String)> = Household::new()
        .questions()
        .iter()
        .map(|question| (question.method.to_owned(), shape(&question.template)))
        .collect();
    let served: BTreeSet<(String, String)> =
        Simulator::routes().iter().map(|route| (route.method.to_string(), shape(route.template))).collect();
    let missing: Vec<_> = documented.difference(&served).collect();
    assert!(missing.is_empty(), "documented, not served: {missing:?}");
}

#[test]
fn the_table_in_the_documentation_is_the_route_table() {
    let mut table = String::from("| method | path | form of the response |\n|---|---|---|\n");
    for route in Simulator::routes() {
        let form = match (route.simulated, route.published) {
            (false, _) => "none: not simulated, 501",
            (true, true) => "published",
            (true, false) => "made up",
        };
        table.push_str(&format!("| {} | `{}` | {form} |\n", route.method, route.template));
    }
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/src/routes/routes.md");
    if std::fs::read_to_string(kept).unwrap() != table {
        let new = concat!(env!("CARGO_TARGET_TMPDIR"), "/routes.md");
        std::fs::write(new, table).unwrap();
        panic!("src/routes/routes.md is out of date; the table of today is in {new}");
    }
}

#[test]
fn an_action_that_is_not_simulated_is_501_and_breaks_no_rule() {
    let home = Household::new();
    let routes = Simulator::routes();
    let unsimulated: Vec<_> = routes.iter().filter(|route| !route.simulated).collect();
    assert_eq!(unsimulated.len(), 48);
    for route in unsimulated {
        let path = home.fill(route.template).replace("{type}", "poorHealth").replace("{userId}", "u1");
        let (status, body) = home.client.send(route.method.as_str(), &path, "{}");
        assert_eq!(status, StatusCode::NOT_IMPLEMENTED, "{} {path}", route.method);
        assert_eq!(body["error"]["code"], "NOT_SIMULATED", "{path}");
    }
    let verdict = home.client.simulator.verdict();
    assert_eq!((verdict.is_clean(), verdict.counts().unsimulated), (true, 48));
    assert!(
        verdict
            .to_string()
            .ends_with("48 requests for documented actions that are not simulated (break no rule)")
    );
    let (status, _) = home.client.send("PUT", "/api/Customers/none/pony", "{}");
    assert_eq!(status, StatusCode::NOT_FOUND, "undocumented routes are still unknown");
    let request = Request::put("/api/gateway/nodes/x/reboot").body(Bytes::new()).unwrap();
    assert_eq!(home.client.simulator.handle(request).status(), StatusCode::UNAUTHORIZED);
}

#[test]
fn unpublished_responses_are_marked() {
    let routes = Simulator::routes();
    let published = |template: &str| {
        let route = routes.iter().find(|route| route.template.ends_with(template));
        route.unwrap_or_else(|| panic!("{template}")).published
    };
    for template in
        ["/devices/{mac}/rssi", "/wanStats", "/wifiNetwork", "/qoeMetricsV2", "/networkConfiguration"]
    {
        assert!(published(template), "{template}");
    }
    for template in
        ["/appqoe/AppQoeStatsByTrafficClass", "/monthlyReport", "/nat-config", "/currentState", "/alerts"]
    {
        assert!(!published(template), "{template}");
    }
}
