//! The API: routing, lists, searches, lookups.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends there and then, also in its helpers"
)]

mod common;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use plume_sim::Home;
use serde_json::{Value, json};

use common::{Client, api, builder, clock, encode, has_keys, names};

fn filter(filter: &Value) -> String {
    format!("/api/Customers?filter={}", encode(&filter.to_string()))
}

#[test]
fn unknown_customers_are_401_and_unknown_locations_404() {
    let client = Client::default();
    let known = Home::Healthy.customer_id();
    for path in [
        "/api/Customers/unknown".to_owned(),
        "/api/Customers/unknown/locations".to_owned(),
        format!("/api/Customers/unknown/locations/{}", Home::Healthy.location_id()),
        format!("/reports/Customers/unknown/locations/{}/wanStats?period=daily", Home::Healthy.location_id()),
    ] {
        assert_eq!(client.status(&path), 401, "{path}");
    }
    let other = Home::Empty.location_id();
    let (status, body) = client.get(&format!("/api/Customers/{known}/locations/{other}"));
    assert_eq!(status, StatusCode::NOT_FOUND, "of another customer");
    assert_eq!(
        body,
        json!({ "error": {
            "statusCode": 404,
            "name": "Error",
            "message": format!("There are no locations with the ID \"{other}\""),
            "code": "MODEL_NOT_FOUND",
        } })
    );
    for part in ["nodes/none", "devices/none", "nodes", "serviceLevel", "backhaul"] {
        assert_eq!(client.status(&format!("/api/Customers/{known}/locations/none/{part}")), 404, "{part}");
    }
    assert_eq!(client.status(&format!("{}/nodes/none", api(Home::Healthy))), 404);
    assert_eq!(client.status(&format!("{}/devices/none", api(Home::Healthy))), 404);
}

#[test]
fn unknown_routes_get_a_response_and_are_recorded() {
    let client = Client::default();
    let known = client.simulator.request_count();
    let (status, body) = client.get("/api/Customers/a/b/c?d=e");
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(body["error"]["message"], "There is no method to handle GET /api/Customers/a/b/c");
    let (status, _) = client.send("POST", "/api/Customers", "{}");
    assert_eq!(status, StatusCode::NOT_FOUND, "a known path with another method");
    client.ok(&api(Home::Healthy));
    assert_eq!(client.simulator.request_count(), known + 3);
    let log = client.simulator.requests();
    assert_eq!(log.iter().map(|record| record.route.is_some()).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!(log[0].path, "/api/Customers/a/b/c");
    assert_eq!((&log[1].method, log[1].status), (&Method::POST, StatusCode::NOT_FOUND));
    assert_eq!(log[2].route, Some("/api/Customers/{id}/locations/{locationId}"));
}

#[test]
fn head_is_get_without_a_body() {
    let client = Client::default();
    let request = |method: &str| {
        let request = Request::builder().method(method).uri(api(Home::Healthy));
        let request = request.header("authorization", format!("Bearer {}", client.token));
        client.simulator.handle(request.body(Bytes::new()).unwrap())
    };
    let (head, get) = (request("HEAD"), request("GET"));
    assert_eq!((head.status(), head.headers()), (get.status(), get.headers()));
    assert!(head.body().is_empty() && !get.body().is_empty());
}

#[test]
fn customers_are_listed_by_the_filter_only() {
    let client = Client::new(builder().customers(30));
    assert_eq!(client.ok("/api/Customers").as_array().unwrap().len(), 38);
    assert_eq!(client.ok("/api/Customers?limit=5").as_array().unwrap().len(), 38, "no such parameter");
    let all = client.ok("/api/customers");
    let page = client.ok(&filter(&json!({ "limit": 4, "offset": 7 })));
    assert_eq!(page.as_array().unwrap()[..], all.as_array().unwrap()[7..11]);
    let last = client.ok(&filter(&json!({ "limit": 10, "skip": 35 })));
    assert_eq!(last.as_array().unwrap().len(), 3, "fewer rows than the limit end the list");

    let wanted = &all[9];
    for field in ["id", "accountId", "email"] {
        let rows = client.ok(&filter(&json!({ "where": { field: wanted[field] } })));
        assert_eq!(rows, json!([wanted]), "{field}");
    }
    let rows = client.ok(&filter(&json!({ "where": { "id": wanted["id"] }, "fields": ["id", "name"] })));
    assert_eq!(rows, json!([{ "id": wanted["id"], "name": wanted["name"] }]));
    let sorted = client.ok(&filter(&json!({ "order": "createdAt DESC", "limit": 38 })));
    let dates =
        names(sorted.as_array().unwrap(), "createdAt").into_iter().map(str::to_owned).collect::<Vec<_>>();
    assert!(dates.is_sorted_by(|a, b| a >= b));

    for bad in ["{", "[]", "%7B%22limit%22%3A%22x%22%7D"] {
        assert_eq!(client.status(&format!("/api/Customers?filter={}", encode(bad))), 400, "{bad}");
    }
    assert_eq!(client.status(&filter(&json!({ "where": { "name": { "alike": "A" } } }))), 400);
}

#[test]
fn lists_are_filtered_in_json_and_in_brackets() {
    let client = Client::default();
    let homes =
        json!({ "or": [{ "accountId": { "like": "^SIM-.*DOWN$" } }, { "name": { "ilike": "(EMPTY)" } }] });
    let counted = client.ok(&format!("/api/Customers/count?where={}", encode(&homes.to_string())));
    assert_eq!(counted, json!({ "count": 4 }));
    let query = "filter%5Bwhere%5D%5BaccountId%5D%5Blike%5D=DOWN%24&filter[fields][]=accountId&filter[order]=accountId%20DESC\
        &filter[limit]=2";
    assert_eq!(
        client.ok(&format!("/api/Customers?{query}")),
        json!([{ "accountId": "SIM-TWO-PODS-DOWN" }, { "accountId": "SIM-ONE-POD-DOWN" }])
    );
    let query = "where[and][0][createdAt][gte]=2000-01-01&where[and][1][id]=unknown";
    assert_eq!(client.ok(&format!("/api/Customers/count?{query}")), json!({ "count": 0 }));
}

#[test]
fn customers_are_counted() {
    let client = Client::new(builder().customers(5_000));
    assert_eq!(client.ok("/api/Customers/count"), json!({ "count": 5_008 }));
    let condition = json!({ "id": Home::Empty.customer_id() }).to_string();
    let path = format!("/api/Customers/count?where={}", encode(&condition));
    assert_eq!(client.ok(&path), json!({ "count": 1 }));
    assert_eq!(client.status("/api/Customers/count?where=nonsense"), 400);
}

#[test]
fn groups_page_at_500() {
    let client = Client::new(builder().customers(600));
    let path = format!("/api/Groups/{}/customers", client.simulator.endpoints().partner_id());
    assert_eq!(client.ok(&path).as_array().unwrap().len(), 500);
    let rest = format!("{path}?filter={}", encode(r#"{"offset":500,"limit":500}"#));
    assert_eq!(client.ok(&rest).as_array().unwrap().len(), 108);
    assert_eq!(client.status("/api/Groups/other/customers"), 404);
}

#[test]
fn generated_customers_have_whole_homes() {
    let client = Client::new(builder().homes([]).customers(60));
    let mut connected = 0;
    for customer in client.ok("/api/Customers").as_array().unwrap() {
        let id = customer["id"].as_str().unwrap();
        let locations = client.ok(&format!("/api/Customers/{id}/locations"));
        for location in locations.as_array().unwrap() {
            let path = format!("/api/Customers/{id}/locations/{}", location["id"].as_str().unwrap());
            let nodes = client.ok(&format!("{path}/nodes"));
            for node in nodes["nodes"].as_array().unwrap() {
                connected += u32::from(node["connectionState"] == "connected");
                let serial = node["id"].as_str().unwrap();
                let record = client.ok(&format!("/api/partners/nodes/{serial}"));
                assert_eq!(
                    (&record["customerId"], &record["locationId"]),
                    (&customer["id"], &location["id"])
                );
            }
            for device in client.ok(&format!("{path}/devices"))["devices"].as_array().unwrap() {
                let mac = encode(device["mac"].as_str().unwrap());
                client.ok(&format!("/reports/gateway/devices/{mac}/bandwidth"));
            }
        }
    }
    assert!(connected > 60);
}

#[test]
fn searches_find_by_field() {
    let client = Client::default();
    let search = |rest: &str| client.ok(&format!("/api/Customers/search/{rest}")).as_array().unwrap().len();
    assert_eq!(search("healthy@example.com?field=email&exactMatch=true"), 1);
    assert_eq!(search("SIM-?field=accountId&startsWith=true"), 8);
    assert_eq!(search("pod-down?field=name"), 1);
    assert_eq!(search("nothing-like-it?field=name"), 0);
    assert_eq!(client.status("/api/Customers/search/x?field=phone"), 422);
    assert_eq!(client.status("/api/Customers/search/x"), 422);

    let path = "/api/partners/customers/search";
    let hit = client.ok(&format!("{path}/sim-empty?field=accountId"));
    assert_eq!(
        hit,
        json!([{
            "id": Home::Empty.customer_id(),
            "accountId": "SIM-EMPTY",
            "name": "Example Household (empty)",
            "locations": [{ "id": Home::Empty.location_id() }],
            "email": "empty@example.com",
        }])
    );
    let rows = |rest: &str| client.ok(&format!("{path}/{rest}")).as_array().unwrap().len();
    assert_eq!(rows(&format!("{}?field=locationId", Home::Empty.location_id())), 1);
    assert_eq!(rows("SIM?field=accountId"), 0, "exact by default");
    assert_eq!(rows("SIM?field=accountId&exactMatch=false"), 8);
    assert_eq!(rows("SIM?field=accountId&exactMatch=false&skip=2&limit=5"), 5);
    assert_eq!(client.status(&format!("{path}/x?field=phone")), 422);
    assert_eq!(client.status(&format!("{path}/null?field=name")), 422);
}

#[test]
fn v2_search_names_the_field_of_each_hit() {
    let client = Client::default();
    let node = client.nodes(Home::OnePodDown)[1]["id"].as_str().unwrap().to_owned();
    let path = "/api/Customers/v2/search";
    let hits = client.ok(&format!("{path}?searchString={node}&searchEntities=nodeId,locationId"));
    assert_eq!(hits.as_array().unwrap().len(), 1);
    assert_eq!(hits[0]["customerId"], Home::OnePodDown.customer_id());
    assert_eq!(hits[0]["locationIdToSelect"], Home::OnePodDown.location_id());
    has_keys(&hits[0], &["matchingString", "matchedValue", "customerName", "customerEmail", "locations"]);
    let many = client.ok(&format!("{path}?searchString=a&searchEntities=email"));
    assert_eq!(many.as_array().unwrap().len(), 10, "at most ten");
    for bad in ["searchString=x", "searchEntities=name", "searchString=x&searchEntities=shoe"] {
        assert_eq!(client.status(&format!("{path}?{bad}")), 400, "{bad}");
    }
}

#[test]
fn partners_look_up_locations_and_nodes() {
    let client = Client::default();
    let location = client.ok(&format!("/api/partners/locations/{}", Home::PoorQoe.location_id()));
    assert_eq!(location["customer"]["id"], Home::PoorQoe.customer_id());
    let service = location["serviceId"].as_str().unwrap();
    assert_eq!(client.ok(&format!("/api/Partners/locations/{service}")), location);
    assert_eq!(client.status("/api/partners/locations/none"), 404);
    assert_eq!(client.status("/api/partners/nodes/none"), 404);
    let unclaimed = client.ok("/api/partners/nodes/SIMUNCLAIMED1");
    assert_eq!(unclaimed.get("customerId"), None);
    assert_eq!(client.status("/api/partners/nodes/SIMUNCLAIMED1?excludeUnclaimed=true"), 404);
}

#[test]
fn nodes_and_devices_one_by_one() {
    let client = Client::default();
    let nodes = client.nodes(Home::DeviceGone);
    let living_room = nodes[1]["id"].as_str().unwrap();
    let node = client.ok(&format!("{}/nodes/{living_room}", api(Home::DeviceGone)));
    assert_eq!(names(node["devices"].as_array().unwrap(), "nickname"), ["Game Console"]);
    let of_customer =
        client.ok(&format!("/api/Customers/{}/nodes/{living_room}", Home::DeviceGone.customer_id()));
    assert_eq!(of_customer["locationId"], Home::DeviceGone.location_id());
    let other = format!("/api/Customers/{}/nodes/{living_room}", Home::Healthy.customer_id());
    assert_eq!(client.status(&other), 404);

    for mac in ["AA:BB:CC:00:11:22", "aa%3Abb%3acc%3A00%3A11%3A22", "aabbcc001122", "AA-BB-CC-00-11-22"] {
        let device = client.ok(&format!("{}/devices/{mac}", api(Home::DeviceGone)));
        assert_eq!(device["nickname"], "Alexa", "{mac}");
        assert_eq!(device.get("bandwidthData"), None);
    }
    let with = client.ok(&format!("{}/devices/aabbcc001122?include=bandwidthData", api(Home::DeviceGone)));
    has_keys(&with["bandwidthData"]["daily"], &["downloadMb", "uploadMb"]);
}

#[test]
fn days_offline_omits_devices_that_left_earlier() {
    let clock = clock();
    let client = Client::new(
        builder()
            .clock(std::sync::Arc::new(clock.clone()))
            .token_lifetime(std::time::Duration::from_secs(1 << 30)),
    );
    let count = |query: &str| {
        let body = client.ok(&format!("{}/devices{query}", api(Home::DeviceGone)));
        body["devices"].as_array().unwrap().len()
    };
    assert_eq!((count(""), count("?daysOffline=1")), (7, 7));
    clock.advance(std::time::Duration::from_secs(3 * 24 * 3600));
    assert_eq!((count(""), count("?daysOffline=1"), count("?daysOffline=4")), (7, 6, 7));
    assert_eq!(client.status(&format!("{}/devices?daysOffline=x", api(Home::DeviceGone))), 400);
}

#[test]
fn locations_with_summary_and_their_parts() {
    let client = Client::default();
    let path = api(Home::OnePodDown);
    let summary = &client.ok(&format!("{path}?include=summary"))["summary"];
    assert_eq!(summary["nodeConnectedCount"], 2);
    assert_eq!(summary["nodeClaimedCount"], 3);
    assert_eq!(summary["gatewayConnectionState"], "connected");
    assert_eq!(summary["topology"].as_array().unwrap().len(), 3);
    assert_eq!(client.ok(&path).get("summary"), None);

    let network = &client.ok(&format!("{path}/wifiNetwork"))["wifiNetwork"];
    assert_eq!(network["encryptionKey"], "not-a-real-key");
    has_keys(network, &["id", "locationId", "ssid", "wpaMode", "keys", "accessZones", "encrypted"]);
    assert_eq!(client.ok(&format!("{path}/wifiNetwork/ssid")), json!({ "ssid": network["ssid"] }));
    has_keys(&client.ok(&format!("{path}/wifiNetworks"))[0], &["networkId", "ssid", "enable", "wpaMode"]);
    has_keys(&client.ok(&format!("{path}/backhaul")), &["mode", "wpaKey", "wpaMode", "wpaModeRealized"]);
    has_keys(
        &client.ok(&format!("{path}/capabilities")),
        &["networkConfiguration", "security", "wifiMotion"],
    );
    assert_eq!(client.ok(&format!("{path}/alerts")), json!({ "nodes": [], "devices": [] }));
    let uplink = client.ok(&format!("{path}/uplink-status"));
    assert_eq!(uplink["gatewayConnectionState"], "connected");
    assert_eq!(uplink["speedTest"]["status"], "succeeded");
    assert!(client.ok(&format!("{}/uplink-status", api(Home::Empty)))["speedTest"].is_null());
}
