//! Routes of the gateway group.

use crate::api::gateway::{network, resources};
use crate::api::locations::location as api_location;
use crate::http::{RouteRow, get, of_device, of_location, of_node};

pub(crate) const ROUTES: &[RouteRow] = &[
    of_node("/api/gateway/nodes/{nodeId}", resources::node).made_up(),
    of_location("/api/gateway/locations/{locationId}", resources::location).made_up(),
    of_location("/api/gateway/locations/{locationId}/nodes", resources::nodes).made_up(),
    of_location("/api/gateway/locations/{locationId}/devices", resources::devices).made_up(),
    of_location("/api/gateway/locations/{locationId}/wans", network::wans).made_up(),
    of_location("/api/gateway/locations/{locationId}/wlans", network::wlans).made_up(),
    of_location("/api/gateway/locations/{locationId}/networks", network::networks).made_up(),
    of_location("/api/gateway/locations/{locationId}/features", resources::features).made_up(),
    of_location("/api/gateway/locations/{locationId}/capabilities", api_location::capabilities).made_up(),
    of_location("/api/gateway/locations/{locationId}/nat-config", network::nat).made_up(),
    of_device("/api/gateway/devices/{mac}", resources::device).made_up(),
    get("/api/gateway/wans/{wanId}", network::wan).made_up(),
    get("/api/gateway/wans/{wanId}/speed-tests/latest", network::latest_speed_test).made_up(),
    get("/api/gateway/networks/{networkId}", network::network).made_up(),
    get("/api/gateway/networks/{networkId}/ipv4/dhcp-reservations", network::reservations).made_up(),
    get("/api/gateway/networks/{networkId}/ipv4/dhcp-leases", network::leases).made_up(),
    get("/api/gateway/networks/{networkId}/authorized-clients", network::authorized_clients).made_up(),
    get("/api/gateway/wlans/{wlanId}", network::wlan).made_up(),
    get("/api/gateway/users/search", resources::search_users).made_up(),
    get("/api/gateway/users/{userId}/locations", resources::locations_of_user).made_up(),
];
