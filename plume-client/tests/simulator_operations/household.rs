//! A home of the simulator, a client of it in strict mode, and the last exchange between them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use chrono::DateTime;
use http::{Method, Request, Response};
use plume_client::{
    Client, LocationDetails, LocationHandle, Operation, RateLimiter, Service, Settings, operations as op,
};
use plume_runtime::{Clock, InProcess, Limits, ManualClock};
use plume_sim::{Home, ListShape, Simulator};
use serde_json::Value;

/// A question and its answer as they went over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) method: Method,
    /// Scheme, host and path.
    pub(crate) url: String,
    pub(crate) body: Bytes,
}

pub(crate) struct Household {
    pub(crate) simulator: Simulator,
    pub(crate) client: Client,
    pub(crate) clock: ManualClock,
    pub(crate) home: Home,
    last: Arc<Mutex<Option<Exchange>>>,
    ids: BTreeMap<&'static str, String>,
}

impl Household {
    /// Without the ids of what is in the home.
    pub(crate) fn new(home: Home, shape: ListShape) -> Self {
        Self::build(home, shape, 7, 3)
    }

    /// With another seed and number of generated customers.
    #[cfg(feature = "record")]
    pub(crate) fn seeded(seed: u64, customers: u32) -> Self {
        Self::build(Home::Healthy, ListShape::default(), seed, customers)
    }

    fn build(home: Home, shape: ListShape, seed: u64, customers: u32) -> Self {
        // 2026-01-15T10:00:00Z.
        let clock = ManualClock::skipping(DateTime::UNIX_EPOCH + Duration::from_secs(1_768_471_200));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let simulator = Simulator::builder()
            .seed(seed)
            .customers(customers)
            .clock(Arc::clone(&shared))
            .list_shape(shape)
            .build();
        let last = Arc::new(Mutex::new(None));
        let (inner, seen) = (simulator.transport(), Arc::clone(&last));
        let transport = InProcess::new(move |request: Request<Bytes>| {
            let (inner, seen) = (Arc::clone(&inner), Arc::clone(&seen));
            async move {
                let (method, url) = (request.method().clone(), request.uri().to_string());
                let answer: Response<Bytes> = inner.send(request, &Limits::default()).await?;
                *seen.lock().unwrap() = Some(Exchange {
                    method,
                    url: url.split('?').next().unwrap().to_owned(),
                    body: answer.body().clone(),
                });
                Ok(answer)
            }
        });
        let client = Client::builder()
            .settings(Settings::from_variables(simulator.environment()).unwrap())
            .transport(Arc::new(transport))
            .rate_limiter(RateLimiter::unlimited(Arc::clone(&shared)))
            .clock(shared)
            .strict(true)
            .build()
            .unwrap();
        Self { simulator, client, clock, home, last, ids: BTreeMap::new() }
    }

    /// With the ids of what is in the home, as far as it has such things.
    pub(crate) async fn explored(home: Home, shape: ListShape) -> Self {
        let mut household = Self::new(home, shape);
        let place = household.location();
        let first = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
        let nodes = place.nodes().await.unwrap();
        let devices = place.devices().await.unwrap();
        let node = first(nodes.first().map(|node| node.id.to_string()));
        let mac = first(devices.first().map(|device| device.mac.to_string()));
        let wired = devices.iter().find(|device| device.freq_band.is_none());
        let mut ids = BTreeMap::from([
            ("id", home.customer_id().to_owned()),
            ("locationId", home.location_id().to_owned()),
            ("userId", home.customer_id().to_owned()),
            ("sourceId", node.clone()),
            ("targetId", mac.clone()),
            ("mac", mac.clone()),
            ("wired", wired.map_or(mac, |device| device.mac.to_string())),
            ("partnerId", household.client.partner_id().unwrap().to_string()),
            ("groupId", household.client.partner_id().unwrap().to_string()),
            ("radio", "5G".to_owned()),
            ("keyword", home.name().to_owned()),
            ("email", format!("{home}@example.com")),
            ("networkId", "captive-1".to_owned()),
        ]);
        let test = household.client.change(&op::NODE_SPEED_TEST);
        let test = test.with("id", home.customer_id()).with("locationId", home.location_id());
        let test = test.with("nodeId", node.as_str()).send().await;
        let request = test.ok().and_then(|test| test.response?.text("requestId"));
        household.clock.advance(Duration::from_secs(180));
        ids.insert("requestId", first(request));
        ids.insert("nodeId", node);
        for (name, operation, pointer) in [
            ("optimization", &op::OPTIMIZE_REQUESTS, "/0"),
            ("topologyChange", &op::TOPOLOGY_CHANGE_RESULTS, "/0"),
            ("deviceId", &op::GATEWAY_LOCATION_DEVICES, "/items/0/id"),
            ("wanId", &op::GATEWAY_LOCATION_WANS, "/items/0/id"),
            ("wlanId", &op::GATEWAY_LOCATION_WLANS, "/items/0/id"),
            ("gatewayNetworkId", &op::GATEWAY_LOCATION_NETWORKS, "/items/0/id"),
            ("lteRequestId", &op::LTE_SPEED_TESTS, "/speedTests/0/requestId"),
        ] {
            let mut read = place.read(operation);
            if operation.name == op::LTE_SPEED_TESTS.name {
                read = read.with("limit", 3).with("granularity", "days");
            }
            let body: Value = read.json_as().await.unwrap_or_default();
            ids.insert(name, first(body.pointer(pointer).and_then(Value::as_str).map(str::to_owned)));
        }
        household.ids = ids;
        household
    }

    /// Brings the home into a state in which `operation` is not refused.
    pub(crate) async fn prepare(&mut self, operation: &Operation) {
        if operation.name == op::WIFI_NETWORK_CREATE.name {
            // A home that has a network refuses another one.
            self.move_to_a_new_location().await;
        } else if operation.name == op::NODE_UNCLAIM.name {
            // Only a node that is away can be unclaimed.
            let node = self.id(operation, "nodeId");
            self.location().reboot_node(node.as_str(), Duration::ZERO).send().await.unwrap();
            self.clock.advance(Duration::from_secs(1));
        }
    }

    /// Uses a location of the same customer that was just made and has nothing in it.
    async fn move_to_a_new_location(&mut self) {
        let customer = self.client.customer(self.home.customer_id());
        let made = customer
            .create_location(&LocationDetails { name: Some("New".into()), ..LocationDetails::default() })
            .send()
            .await
            .unwrap();
        self.ids.insert("locationId", made.response.unwrap().id.to_string());
    }

    pub(crate) fn location(&self) -> LocationHandle {
        self.client.customer(self.home.customer_id()).location(self.home.location_id())
    }

    /// The last question and its answer.
    pub(crate) fn last(&self) -> Exchange {
        self.last.lock().unwrap().clone().unwrap()
    }

    /// Returns the value of a placeholder of an operation's path in this home.
    pub(crate) fn id(&self, operation: &Operation, placeholder: &'static str) -> String {
        let name = match (operation.name, placeholder) {
            ("partner.location" | "groups.location", "keyword") => "locationId",
            ("location.dhcpReservation", "mac") => "wired",
            (name, "networkId") if name.starts_with("gateway.") => "gatewayNetworkId",
            (name, "requestId") if name.starts_with("lte.") => "lteRequestId",
            ("reports.optimizeRequest", "requestId") | ("reports.optimizeResponse", "responseId") => {
                "optimization"
            }
            ("reports.topologyChangeResult", "resultId") => "topologyChange",
            (_, placeholder) => placeholder,
        };
        self.ids.get(name).cloned().unwrap_or_else(|| panic!("{operation}: nothing for {placeholder}"))
    }

    /// A value that the reference allows for a parameter of a read; the smallest set that the API takes.
    pub(crate) fn parameters(&self, operation: &Operation) -> Vec<(&'static str, Value)> {
        let value = |name: &str, values: &[&str]| match (values, name) {
            ([first, ..], _) => (*first).to_owned(),
            (_, "startTime" | "startTimestamp" | "startAt") => "2026-01-14T00:00:00.000Z".to_owned(),
            (_, "endTime" | "endTimestamp") => "2026-01-15T00:00:00.000Z".to_owned(),
            (_, "startDate") => "2026-01-13".to_owned(),
            (_, "endDate") => "2026-01-14".to_owned(),
            (_, "limit" | "limitDays") => "5".to_owned(),
            (_, "searchString") => self.home.name().to_owned(),
            (_, "includes") => "all".to_owned(),
            (_, "macs") => self.ids["mac"].clone(),
            (_, "email") => self.ids["email"].clone(),
            (_, other) => panic!("{operation}: nothing for {other}"),
        };
        let required = operation.parameters.iter().filter(|parameter| parameter.required);
        let mut given: Vec<(&'static str, Value)> = required
            .map(|parameter| (parameter.name, value(parameter.name, parameter.values).into()))
            .collect();
        // What the reference leaves open and a server has to decide.
        given.extend(match operation.name {
            "reports.qoeMetrics" => vec![("nodeIds", vec![self.ids["nodeId"].clone()].into())],
            "location.node.speedTests" => vec![("granularity", "days".into()), ("limit", 5.into())],
            "gateway.users.search" => vec![("email", self.ids["email"].clone().into())],
            _ => Vec::new(),
        });
        given
    }

    /// Returns the base of a service from the simulator.
    pub(crate) fn base(&self, service: Service) -> String {
        let endpoints = self.simulator.endpoints();
        match service {
            Service::Api => endpoints.api_base(),
            Service::Reports => endpoints.reports_base(),
            Service::Lte => endpoints.lte_base(),
            _ => panic!("a service that this test does not know"),
        }
    }
}
