//! The operations of the API as data.

use std::fmt;

use http::Method;

use crate::Error;

/// One operation of the API: what it is called, where it lives, and whether it may be repeated.
///
/// [`Operation::ALL`] lists those this version speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// A short name, for logs and metrics.
    pub name: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The service it belongs to.
    pub service: Service,
    /// The path below the service's base, with `{placeholders}`.
    pub path: &'static str,
    /// Whether it may be repeated.
    pub safety: Safety,
}

/// The services of a Plume Cloud. Each has a base URL of its own; none is derived from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Service {
    /// Customers, locations, nodes, devices. `PLUME_API_BASE`.
    Api,
    /// Series over time. `PLUME_REPORTS_BASE`.
    Reports,
}

/// Whether an operation may be repeated. It belongs to the operation, not to the HTTP method: some `POST`s of
/// this API only read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Safety {
    /// Changes nothing. Repeated freely.
    Safe,
    /// Changes something, and twice is the same as once.
    Idempotent,
    /// Twice is not once. Never repeated when the first try can have reached the server.
    Neither,
}

impl Safety {
    pub(crate) fn may_repeat(self) -> bool {
        matches!(self, Self::Safe | Self::Idempotent)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

macro_rules! operations {
    ($( $constant:ident = $name:literal $method:ident $service:ident $path:literal, )+) => {
        $( pub(crate) const $constant: Operation = Operation {
            name: $name,
            method: Method::$method,
            service: Service::$service,
            path: $path,
            // Every operation of this version only reads.
            safety: Safety::Safe,
        }; )+

        impl Operation {
            /// All operations that this version has typed methods for.
            pub const ALL: &'static [Self] = &[$( $constant, )+];
        }
    };
}

operations! {
    CUSTOMERS_LIST = "customers.list" GET Api "/Customers",
    CUSTOMERS_COUNT = "customers.count" GET Api "/Customers/count",
    CUSTOMERS_GET = "customers.get" GET Api "/Customers/{id}",
    CUSTOMERS_SEARCH = "customers.search" GET Api "/Customers/v2/search",
    PARTNER_CUSTOMERS_SEARCH = "partner.customers.search" GET Api "/partners/customers/search/{keyword}",
    PARTNER_LOCATION = "partner.location" GET Api "/partners/locations/{keyword}",
    PARTNER_NODE = "partner.node" GET Api "/partners/nodes/{nodeId}",
    GROUP_CUSTOMERS = "group.customers" GET Api "/Groups/{id}/customers",
    CUSTOMER_NODE = "customer.node" GET Api "/Customers/{id}/nodes/{nodeId}",
    LOCATIONS_LIST = "locations.list" GET Api "/Customers/{id}/locations",
    LOCATION_GET = "location.get" GET Api "/Customers/{id}/locations/{locationId}",
    SERVICE_LEVEL = "location.serviceLevel" GET Api "/Customers/{id}/locations/{locationId}/serviceLevel",
    NODES = "location.nodes" GET Api "/Customers/{id}/locations/{locationId}/nodes",
    NODE = "location.node" GET Api "/Customers/{id}/locations/{locationId}/nodes/{nodeId}",
    DEVICES = "location.devices" GET Api "/Customers/{id}/locations/{locationId}/devices",
    DEVICE = "location.device" GET Api "/Customers/{id}/locations/{locationId}/devices/{mac}",
    WIFI_NETWORK = "location.wifiNetwork" GET Api "/Customers/{id}/locations/{locationId}/wifiNetwork",
    WIFI_NETWORKS = "location.wifiNetworks" GET Api "/Customers/{id}/locations/{locationId}/wifiNetworks",
    BACKHAUL = "location.backhaul" GET Api "/Customers/{id}/locations/{locationId}/backhaul",
    CAPABILITIES = "location.capabilities" GET Api "/Customers/{id}/locations/{locationId}/capabilities",
    ALERTS = "location.alerts" GET Api "/Customers/{id}/locations/{locationId}/alerts",
    UPLINK_STATUS = "location.uplinkStatus" GET Api "/Customers/{id}/locations/{locationId}/uplink-status",
    APP_QOE = "location.appQoe" POST Api
        "/Customers/{id}/locations/{locationId}/appqoe/AppQoeStatsByTrafficClass",
    TRAFFIC_CLASS_STATS = "location.trafficClassStats" GET Api
        "/Customers/{id}/locations/{locationId}/appqoe/traffic_class_stats",
    WAN_STATS = "reports.wanStats" GET Reports "/Customers/{id}/locations/{locationId}/wanStats",
    ONLINE_STATS = "reports.onlineStats" GET Reports "/Customers/{id}/locations/{locationId}/onlineStats",
    REBOOTS = "reports.reboots" GET Reports "/Customers/{id}/locations/{locationId}/reboots",
    SPEED_TEST_RESULTS = "reports.speedTestResults" GET Reports
        "/Customers/{id}/locations/{locationId}/nodes/{nodeId}/results",
    GATEWAY_DEVICE_QOE_HISTORY = "gateway.device.qoeHistory" GET Reports "/gateway/devices/{id}/qoe/history",
    GATEWAY_NODE_QOE_HISTORY = "gateway.node.qoeHistory" GET Reports "/gateway/nodes/{serial}/qoe/history",
    GATEWAY_LOCATION_QOE = "gateway.location.qoe" GET Reports "/gateway/locations/{id}/qoe",
    GATEWAY_DEVICE_BANDWIDTH = "gateway.device.bandwidth" GET Reports "/gateway/devices/{id}/bandwidth",
    GATEWAY_DEVICE_BANDWIDTH_HISTORY = "gateway.device.bandwidthHistory" GET Reports
        "/gateway/devices/{id}/bandwidth/history",
    GATEWAY_LOCATION_BANDWIDTH = "gateway.location.deviceBandwidth" GET Reports
        "/gateway/locations/{id}/devices/bandwidth",
    GATEWAY_OPTIMIZATION = "gateway.location.optimization" GET Reports "/gateway/locations/{id}/optimization",
    GATEWAY_REBOOT_HISTORY = "gateway.location.rebootHistory" GET Reports
        "/gateway/locations/{id}/reboot/history",
    GATEWAY_LAN_HISTORY = "gateway.device.lanConnectivityHistory" GET Reports
        "/gateway/devices/{id}/lan-connectivity/history",
    GATEWAY_WAN_STATS_HISTORY = "gateway.location.wanStatsHistory" GET Reports
        "/gateway/locations/{id}/wan-stats/history",
    GATEWAY_WAN_SATURATION = "gateway.location.wanSaturation" GET Reports
        "/gateway/locations/{id}/wan-saturation",
    GATEWAY_WAN_SATURATION_HISTORY = "gateway.location.wanSaturationHistory" GET Reports
        "/gateway/locations/{id}/wan-saturation/history",
}

/// The operation that stands for a `GET` of the caller's own making.
pub(crate) fn raw(service: Service) -> Operation {
    Operation { name: "raw.get", method: Method::GET, service, path: "(raw path)", safety: Safety::Safe }
}

/// Fills a path template: each value becomes exactly one encoded segment.
pub(crate) fn fill(operation: &Operation, values: &[&str]) -> Result<String, Error> {
    let mut path = String::with_capacity(operation.path.len() + 64);
    let mut values = values.iter();
    for segment in operation.path.split('/').skip(1) {
        path.push('/');
        match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => {
                let value = values.next().copied().unwrap_or_default();
                path.push_str(&encode_segment(value).map_err(|why| Error::argument(operation, name, why))?);
            }
            None => path.push_str(segment),
        }
    }
    Ok(path)
}

/// Everything but RFC 3986's unreserved characters is encoded.
const SEGMENT: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// Longer than any id, name or keyword the API knows.
const MAX_SEGMENT: usize = 512;

/// One path segment that stays one segment. Servers and URL libraries resolve `.` and `..`, and an empty
/// value would call another operation.
pub(crate) fn encode_segment(value: &str) -> Result<String, &'static str> {
    if value.trim().is_empty() {
        return Err("is empty");
    }
    if value.len() > MAX_SEGMENT {
        return Err("is longer than 512 bytes");
    }
    // The encoded forms count as well: something on the way may decode once more.
    let decoded = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
    if [value, decoded.as_ref()].iter().any(|text| matches!(*text, "." | "..")) {
        return Err("must not be `.` or `..`");
    }
    Ok(percent_encoding::utf8_percent_encode(value, SEGMENT).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_one_segment() {
        for value in ["a/b", "?x", "#x", "a b", "%2F", "ä", "😀", "a;b", "AA:BB:CC:00:11:22", "a\\b", "\u{0}"]
        {
            let path = fill(&PARTNER_NODE, &[value]).unwrap();
            assert_eq!(path.matches('/').count(), 3, "{value}: {path}");
            let last = path.rsplit('/').next().unwrap();
            assert!(
                last.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte)),
                "{path}"
            );
            assert_eq!(percent_encoding::percent_decode_str(last).decode_utf8().unwrap(), value);
        }
        let long = "x".repeat(513);
        for value in ["", " ", ".", "..", "%2e%2e", "%2E.", &long] {
            assert!(fill(&PARTNER_NODE, &[value]).is_err(), "{value}");
        }
    }

    #[test]
    fn names_and_paths_are_unique() {
        let mut names: Vec<_> = Operation::ALL.iter().map(|operation| operation.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Operation::ALL.len());
    }
}
