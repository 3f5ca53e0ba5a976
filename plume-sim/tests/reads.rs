//! Settings, overviews, accounts, the gateway group and the LTE service: parameters, limits, and agreement with the
//! plain responses.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends there and then, also in its helpers"
)]

mod common;

use std::collections::BTreeSet;

use bytes::Bytes;
use http::{Request, StatusCode};
use plume_sim::Home;
use serde_json::{Value, json};

use common::{Client, api, builder, encode, names};

fn gateway(home: Home, rest: &str) -> String {
    format!("/api/gateway/locations/{}{rest}", home.location_id())
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn rows(value: &Value) -> Vec<Value> {
    value.as_array().unwrap().clone()
}

#[test]
fn addresses_are_validated_before_the_lookup() {
    let client = Client::default();
    for (query, status) in
        [("", 400), ("?email=", 400), ("?email=unknown", 422), ("?email=no%40example.com", 404)]
    {
        assert_eq!(client.status(&format!("/api/Customers/exists{query}")), status, "{query}");
    }
    let body = client.ok("/api/Customers/exists?email=HEALTHY%40example.com");
    assert_eq!(body, json!({ "emailVerified": true }));
    assert_eq!(
        client.ok("/api/Customers/findByEmail/healthy%40example.com")["id"],
        Home::Healthy.customer_id()
    );
    assert_eq!(client.status("/api/Customers/findByEmail/unknown"), 404);
}

#[test]
fn groups_show_their_newest_and_search_no_further_than_ten() {
    let client = Client::new(builder().customers(150));
    let partner = client.simulator.endpoints().partner_id();
    for owner in ["Groups", "partners"] {
        let all = client.ok(&format!("/api/{owner}/{partner}/customers/count"));
        assert_eq!(all, json!({ "count": 158 }), "{owner}");
        let recent = rows(&client.ok(&format!("/api/{owner}/{partner}/customers/recent")));
        assert_eq!(recent.len(), 100);
        let created = names(&recent, "createdAt");
        assert!(created.is_sorted_by(|a, b| a >= b), "{created:?}");
        assert_eq!(client.status(&format!("/api/{owner}/other/customers/count")), 404);
        assert_eq!(client.status(&format!("/api/{owner}/other/customers/recent")), 404);
    }
    let search = "/api/Groups/customers/search/a?field=name&exactMatch=false&startsWith=false";
    assert_eq!(rows(&client.ok(search)).len(), 10);
    assert_eq!(rows(&client.ok("/api/Groups/customers/a")).len(), 10);
    assert_eq!(client.status("/api/Groups/customers/search/a?field=phone"), 422);
    assert_eq!(client.status("/api/partners/other/customers/search/a?field=name"), 404);
    assert_eq!(client.ok("/api/Groups/count"), json!({ "count": 1 }));
    assert_eq!(rows(&client.ok("/api/Nodes")).len(), 500);
    assert_eq!(client.ok("/api/Groups?filter=%7B%22where%22%3A%7B%22name%22%3A%22x%22%7D%7D"), json!([]));
    assert_eq!(client.status("/api/Groups/other"), 404);
}

#[test]
fn the_graph_is_html_unless_json_is_accepted() {
    let client = Client::default();
    let get = |accept: Option<&str>| {
        let mut request = Request::get(format!("{}/forceGraph", api(Home::OnePodDown)))
            .header("authorization", format!("Bearer {}", client.token));
        if let Some(accept) = accept {
            request = request.header("accept", accept);
        }
        client.simulator.handle(request.body(Bytes::new()).unwrap())
    };
    for accept in [None, Some("*/*"), Some("text/html")] {
        let page = get(accept);
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8", "{accept:?}");
        assert!(page.body().starts_with(b"<!DOCTYPE html>"));
    }
    let (_, graph) = common::parsed(&get(Some("text/html, application/json;q=0.9")));
    let vertices = rows(&graph["vertices"]);
    let ids: BTreeSet<&str> = names(&vertices, "id").into_iter().collect();
    let home = Home::OnePodDown;
    assert_eq!(ids.len(), client.nodes(home).len() + client.devices(home).len());
    let edges = rows(&graph["edges"]);
    assert!(edges.iter().all(|edge| ids.contains(edge["source"].as_str().unwrap())));
    assert!(edges.iter().all(|edge| ids.contains(edge["target"].as_str().unwrap())));
    // A vertex is connected if and only if it has an edge to its parent, except the gateway.
    let connected = vertices.iter().filter(|vertex| vertex["connectionState"] == "connected").count();
    assert_eq!(edges.len(), connected - 1);
}

#[test]
fn overviews_consist_of_the_plain_responses() {
    let client = Client::default();
    for home in Home::ALL {
        let base = api(home);
        let view = client.ok(&format!("{base}/appFacade/home"));
        assert_eq!(view["nodes"], json!(client.nodes(home)), "{home}");
        assert_eq!(view["devices"], json!(client.devices(home)), "{home}");
        assert_eq!(view["wifiNetwork"], client.ok(&format!("{base}/wifiNetwork"))["wifiNetwork"]);
        let summary = client.ok(&format!("{base}?include=summary"))["summary"].clone();
        assert_eq!(view["summary"], summary);
        assert_eq!(client.ok(&format!("{base}/summary")), summary);
        let topology = client.ok(&format!("{base}/topology"));
        assert_eq!(topology["topology"], json!(client.nodes(home)));
        assert!(topology.get("onboardingStatus").is_none());
        assert_eq!(
            keys(&client.ok(&format!("{base}/appFacade/home?filters=nodes,%20alerts"))),
            ["alerts", "nodes"].into()
        );
        assert_eq!(keys(&client.ok(&format!("{base}/marketingExport"))), BTreeSet::new());
    }
    let dashboard = |query: &str| client.ok(&format!("{}/appFacade/dashboard{query}", api(Home::Healthy)));
    assert_eq!(rows(&dashboard("")["mostActiveDevices"]).len(), 5);
    assert!(dashboard("?excludeDevices=true").get("mostActiveDevices").is_none());
    let shapes = [plume_sim::ListShape::Bare, plume_sim::ListShape::DoubleWrapped];
    for shape in shapes {
        let client = Client::new(builder().list_shape(shape));
        assert!(
            client.ok(&format!("{}/appFacade/home", api(Home::Healthy)))["nodes"].is_array(),
            "{shape:?}"
        );
    }
}

#[test]
fn reservations_require_the_subnet() {
    let client = Client::default();
    let path = |home: Home, rest: &str| format!("{}/networkConfiguration{rest}", api(home));
    let (status, body) = client.get(&path(Home::Empty, "/dhcpReservations"));
    assert_eq!(status, StatusCode::PRECONDITION_FAILED, "{body}");
    assert_eq!(client.status(&path(Home::Empty, "/dhcp")), 404);
    let reserved = rows(&client.ok(&path(Home::Healthy, "/dhcpReservations")));
    let devices = client.devices(Home::Healthy);
    let wired: Vec<&Value> = devices.iter().filter(|device| device["medium"] == "ethernet").collect();
    assert_eq!(reserved.len(), wired.len());
    assert_eq!((&reserved[0]["mac"], &reserved[0]["ip"]), (&wired[0]["mac"], &wired[0]["ip"]));
    let one =
        |mac: &Value| path(Home::Healthy, &format!("/dhcpReservations/{}", encode(mac.as_str().unwrap())));
    assert_eq!(client.ok(&one(&wired[0]["mac"])), reserved[0]);
    let wireless = devices.iter().find(|device| device["medium"] == "wifi").unwrap();
    assert_eq!(client.status(&one(&wireless["mac"])), 404, "known, but without a reservation");
}

#[test]
fn uplinks_differ_between_homes_and_have_false_secrets() {
    let client = Client::default();
    let wan = |home: Home| client.ok(&format!("{}/wanConfiguration", api(home)));
    let settings = |home: Home| client.ok(&format!("{}/wanSettings", api(home)));
    assert_eq!(wan(Home::Healthy)["pppoe"], json!({ "enabled": null, "username": null, "password": "" }));
    assert_eq!(settings(Home::Healthy)["connectionType"], "dynamic");
    assert_eq!(wan(Home::OnePodDown)["staticIPv4"]["enabled"], "true", "a flag that is a text");
    assert_eq!(settings(Home::OnePodDown)["static"]["ipAddress"], wan(Home::OnePodDown)["staticIPv4"]["ip"]);
    assert_eq!(wan(Home::TwoPodsDown)["pppoe"]["password"], "not-a-real-password");
    assert_eq!(settings(Home::TwoPodsDown)["pppoe"]["name"], wan(Home::TwoPodsDown)["pppoe"]["username"]);
}

#[test]
fn nodes_of_other_locations_are_425() {
    let client = Client::default();
    let foreign = client.nodes(Home::PoorQoe)[0]["id"].as_str().unwrap().to_owned();
    for part in ["kvConfigs", "kvStates"] {
        let path = |node: &str| format!("{}/nodes/{node}/{part}", api(Home::Healthy));
        assert_eq!(client.status(&path(&foreign)), 425);
        assert_eq!(client.status(&path("none")), 404);
    }
    let vaps = client.ok(&format!("{}/vapStates", api(Home::OnePodDown)));
    assert_eq!(rows(&vaps["vapStates"]).len(), 2, "the lost pod sends nothing");
}

#[test]
fn all_wlans_are_listed_where_the_feature_is_enabled() {
    let client = Client::default();
    assert_eq!(client.status(&format!("{}/wlans", api(Home::ReducedService))), 501);
    let all = rows(&client.ok(&format!("{}/wlans", api(Home::Healthy))));
    assert_eq!(names(&all, "networkId"), ["home", "fronthaul-1", "captive-1"]);
    let guests = |id: &str| format!("{}/secondaryNetworks/captivePortals/{id}/guests", api(Home::Healthy));
    assert_eq!(client.ok(&guests("captive-1")), json!([]));
    assert_eq!(client.status(&guests("fronthaul-1")), 404);
}

#[test]
fn times_of_applications_add_up() {
    let client = Client::default();
    let mac = encode(client.devices(Home::Healthy)[0]["mac"].as_str().unwrap());
    let path =
        |what: &str, query: &str| format!("{}/devices/{mac}/appTime/{what}?{query}", api(Home::Healthy));
    let sum = |rows: &Value, key: &str| {
        rows.as_array().unwrap().iter().map(|row| row[key].as_f64().unwrap()).sum::<f64>()
    };
    for (measure, key) in [("dataUsage", "dataUsageMb"), ("onlineTime", "onlineTimeMinutes")] {
        let ask = |by: &str, more: &str| {
            client.ok(&path(&format!("{by}/{measure}"), &format!("timePeriod=dailyYesterday{more}")))
        };
        let (apps, categories) = (ask("apps", ""), ask("categories", ""));
        assert!((sum(&apps, key) - sum(&categories, key)).abs() < 0.1, "{measure}");
        assert!(sum(&apps, key) > 0.0);
        let slots: f64 =
            rows(&ask("apps", "&grouping=perTimeSlot")).iter().map(|slot| sum(&slot["usage"], key)).sum();
        assert!((sum(&apps, key) - slots).abs() < 1.0, "{measure}: {slots}");
        assert_eq!(rows(&ask("apps", "&limit=2")), rows(&apps)[..2]);
    }
    for (query, status) in [
        ("", 400),
        ("timePeriod=daily", 422),
        ("timePeriod=weekly&grouping=x", 422),
        ("timePeriod=weekly&limit=0", 422),
    ] {
        assert_eq!(client.status(&path("apps/dataUsage", query)), status, "{query}");
    }
}

#[test]
fn parameters_about_applications_are_validated() {
    let client = Client::default();
    let post = |path: &str, body: &Value| {
        client.send("POST", &format!("{}/{path}", api(Home::Healthy)), &body.to_string())
    };
    let apps = json!({ "timePeriod": "lastHour", "trafficClassNames": ["game", "video", "other"] });
    let (_, body) = post("appqoe/AppQoeStatsByTrafficClassApps", &apps);
    assert_eq!(names(&rows(&body["trafficClasses"]), "trafficClassName"), ["game", "video"]);
    let persons = json!({ "timePeriod": "lastHour", "persons": ["p1"] });
    let (_, body) = post("appqoe/AppQoeStatsByProfile", &persons);
    assert_eq!(names(&rows(&body["persons"]), "id"), ["p1"]);
    for path in ["appqoe/AppQoeStatsByTrafficClassApps", "appqoe/AppQoeStatsByProfile"] {
        assert_eq!(post(path, &json!({ "timePeriod": "yesterday" })).0, 422, "{path}");
    }
    let monitoring = |more: Value| {
        let mut body =
            json!({ "startTime": "2026-01-14T00:00:00.000Z", "endTime": "2026-01-15T00:00:00.000Z" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        post("qos/appPrioritization/monitoring", &body)
    };
    let (_, body) = monitoring(json!({ "sortOrder": "TxBytes", "limit": 3 }));
    let sent: Vec<f64> = rows(&body["devices"]).iter().map(|row| row["txMbytes"].as_f64().unwrap()).collect();
    assert!(sent.len() == 3 && sent.is_sorted_by(|a, b| a >= b), "{sent:?}");
    assert_eq!(monitoring(json!({ "sortOrder": "Bytes" })).0, 422);
    assert_eq!(monitoring(json!({ "granularity": "1 week" })).0, 422);
    assert_eq!(monitoring(json!({ "startTime": "today" })).0, 422);
    assert_eq!(post("qos/appPrioritization/monitoring", &json!({})).0, 400);
}

#[test]
fn the_configuration_audit_is_ordered_and_cut() {
    let client = Client::default();
    let ask = |query: &str| client.get(&format!("{}/configAudit/events?{query}", api(Home::DeviceGone)));
    let all = rows(&ask("includes=all&startTime=0").1);
    assert_eq!(names(&all, "type"), ["location", "nodes", "nodes", "nodes", "wifiNetwork"]);
    let mut reversed = all.clone();
    reversed.reverse();
    assert_eq!(rows(&ask("includes=all&startTime=0&direction=desc").1), reversed);
    assert_eq!(rows(&ask("includes=nodes&startTime=0&limit=2").1), all[1..3]);
    assert_eq!(rows(&ask("includes=all&startTime=2026-01-01T00:00:00.000Z").1).len(), 0);
    for (query, status) in [("startTime=0", 400), ("includes=all", 400), ("includes=all&startTime=soon", 422)]
    {
        assert_eq!(ask(query).0.as_u16(), status, "{query}");
    }
}

#[test]
fn fields_select_members() {
    let client = Client::default();
    let node = client.nodes(Home::DeviceGone)[0]["id"].as_str().unwrap().to_owned();
    let ask = |fields: &str| client.ok(&format!("/api/gateway/nodes/{node}{fields}"));
    let plain = ask("");
    assert!(plain.as_object().unwrap().values().all(|value| !value.is_object() && !value.is_array()));
    assert_eq!((&plain["id"], &plain["locationId"]), (&json!(node), &json!(Home::DeviceGone.location_id())));
    assert_eq!(ask("?fields=*"), plain);
    let more = ask("?fields=(*,interfaces,firmware,mesh,wlan,wan)");
    let groups: BTreeSet<&str> = keys(&more).difference(&keys(&plain)).copied().collect();
    assert_eq!(groups, ["interfaces", "firmware", "mesh", "wlan", "wan"].into());
    assert_eq!(more["firmware"]["firmwareVersion"], client.nodes(Home::DeviceGone)[0]["firmwareVersion"]);
    assert_eq!(keys(&ask("?fields=(id,wan)")), ["id", "wan"].into());
}

#[test]
fn opaque_ids_contain_location_and_device() {
    let client = Client::default();
    let listed = rows(&client.ok(&gateway(Home::DeviceGone, "/devices"))["items"]);
    let devices = client.devices(Home::DeviceGone);
    assert_eq!(names(&listed, "mac"), names(&devices, "mac"));
    for row in &listed {
        let (id, mac) = (row["id"].as_str().unwrap(), row["mac"].as_str().unwrap());
        assert!(!id.contains(':') && !id.contains(mac), "{id}");
        assert_eq!(&client.ok(&format!("/api/gateway/devices/{id}")), row);
        for report in ["qoe/history", "bandwidth", "bandwidth/history", "lan-connectivity/history"] {
            let report = |id: &str| client.ok(&format!("/reports/gateway/devices/{id}/{report}"));
            assert_eq!(report(id), report(&encode(mac)));
        }
    }
    assert_eq!(client.status("/api/gateway/devices/none"), 404);
    // An id of another kind is invalid here.
    let wan = client.ok(&gateway(Home::DeviceGone, "/wans"))["items"][0]["id"].as_str().unwrap().to_owned();
    for kind in ["devices", "networks", "wlans"] {
        assert_eq!(client.status(&format!("/api/gateway/{kind}/{wan}")), 404, "{kind}");
    }
    assert_eq!(client.status(&format!("/api/gateway/wans/{wan}")), 200);
}

#[test]
fn gateway_devices_are_filtered_and_have_traffic() {
    let client = Client::default();
    let ask = |query: &str| client.get(&gateway(Home::DeviceGone, &format!("/devices?{query}")));
    let filter = |filter: Value| format!("filter={}", encode(&filter.to_string()));
    let lost = ask(&filter(json!({ "where": { "connectionState": "disconnected" } }))).1;
    assert_eq!(names(&rows(&lost["items"]), "mac"), ["AA:BB:CC:00:11:22"]);
    assert_eq!(rows(&ask(&filter(json!({ "limit": 2, "offset": 1 }))).1["items"]).len(), 2);
    assert_eq!(ask("filter=nonsense").0, 400);
    let embedded = rows(&ask("embed=bandwidth").1["items"]);
    for row in embedded {
        let id = row["id"].as_str().unwrap();
        assert_eq!(row["bandwidth"], client.ok(&format!("/reports/gateway/devices/{id}/bandwidth")));
    }
    assert!(ask("").1["items"][0].get("bandwidth").is_none());
}

#[test]
fn users_are_found_by_their_keys() {
    let client = Client::default();
    let found = client.ok("/api/gateway/users/search?accountId=sim-healthy");
    assert_eq!(names(&rows(&found["items"]), "id"), [Home::Healthy.customer_id()]);
    assert_eq!(client.ok("/api/gateway/users/search?email=unknown"), json!({ "items": [] }));
    assert_eq!(client.status("/api/gateway/users/search"), 422);
    let locations = client.ok(&format!("/api/gateway/users/{}/locations", Home::Healthy.customer_id()));
    assert_eq!(locations["items"][0], client.ok(&gateway(Home::Healthy, "")));
    assert_eq!(client.status("/api/gateway/users/none/locations"), 404);
}

#[test]
fn only_some_homes_have_a_modem() {
    let client = Client::default();
    let lte = |home: Home, rest: &str| format!("/lteservice/locations/{}/{rest}", home.location_id());
    for home in Home::ALL {
        let supported = client.ok(&lte(home, "supported"))["supported"].as_bool().unwrap();
        assert_eq!(
            supported,
            [Home::Healthy, Home::GatewayDown, Home::ReducedService].contains(&home),
            "{home}"
        );
        assert_eq!(client.status(&lte(home, "configuration")), if supported { 200 } else { 404 }, "{home}");
    }
    assert_eq!(client.ok(&lte(Home::Healthy, "currentState"))["state"], "standby");
    assert_eq!(client.ok(&lte(Home::GatewayDown, "currentState"))["state"], "disconnected");
    let usage = |kind: &str| {
        rows(
            &client.ok(&lte(
                Home::Healthy,
                &format!("dataUsage?startDate=2025-11-10&endDate=2026-01-14&type={kind}"),
            ))["dataUsage"],
        )
    };
    assert_eq!((usage("monthly").len(), usage("yearly").len()), (3, 2));
    let sum = |rows: Vec<Value>| rows.iter().map(|row| row["rxMbytes"].as_f64().unwrap()).sum::<f64>();
    assert!((sum(usage("monthly")) - sum(usage("yearly"))).abs() < 0.1);
    let outages = client
        .ok(&lte(Home::GatewayDown, "ispOutageInfo?startDate=2026-01-15&endDate=2026-01-15&type=monthly"));
    assert_eq!(outages["outages"][0]["durationSeconds"], 7_200, "lost two hours ago");
    for (rest, status) in [
        ("metrics", 400),
        ("metrics?limitDays=0", 422),
        ("dataUsage?startDate=2026-01-01&endDate=2026-01-02", 400),
        ("dataUsage?startDate=2026-1-1&endDate=2026-01-02&type=monthly", 422),
        ("dataUsage?startDate=2026-01-03&endDate=2026-01-02&type=monthly", 422),
        ("dataUsage?startDate=2026-01-01&endDate=2026-01-02&type=daily", 422),
        ("speedTests?limit=3", 400),
        ("speedTests?limit=3&granularity=hours", 422),
        ("speedTests/none", 404),
    ] {
        assert_eq!(client.status(&lte(Home::Healthy, rest)), status, "{rest}");
    }
    let tests = rows(&client.ok(&lte(Home::Healthy, "speedTests?limit=3&granularity=days"))["speedTests"]);
    assert_eq!(tests.len(), 3);
    let id = tests[1]["requestId"].as_str().unwrap();
    assert_eq!(client.ok(&lte(Home::Healthy, &format!("speedTests/{id}"))), tests[1]);
}

#[test]
fn writes_show_in_every_view() {
    let client = Client::default();
    let home = Home::Healthy;
    let node = client.nodes(home)[0]["id"].as_str().unwrap().to_owned();
    let put = |method: &str, rest: &str, body: Value| {
        let (status, body) = client.send(method, &format!("{}/{rest}", api(home)), &body.to_string());
        assert!(status.is_success(), "{rest}: {status} {body}");
    };
    put("PUT", &format!("nodes/{node}"), json!({ "nickname": "Attic" }));
    put("PATCH", "wifiNetwork", json!({ "ssid": "Renamed" }));
    put("PATCH", "serviceLevel", json!({ "status": "basicService" }));
    assert_eq!(client.ok(&format!("/api/gateway/nodes/{node}"))["nickname"], "Attic");
    assert_eq!(client.ok(&format!("{}/appFacade/wifiDashboard", api(home)))["ssid"], "Renamed");
    let networks = rows(&client.ok(&format!("{}/wifiNetworksWithWpaMode", api(home))));
    assert_eq!(names(&networks, "ssid"), ["Renamed", "Renamed-IoT", "Renamed-Guest"]);
    assert_eq!(client.ok(&format!("{}/subscription", api(home)))["serviceLevel"], "basicService");
    assert_eq!(client.status(&format!("{}/wlans", api(home))), 501, "the feature went with the service");
    let audit =
        rows(&client.ok(&format!("{}/configAudit/events?includes=all&startTime=1768471200000", api(home))));
    assert_eq!(audit.len(), 3, "{audit:?}");
    assert!(!json!(audit).to_string().contains("encryptionKey"));
}
