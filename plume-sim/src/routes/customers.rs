//! Routes of customers, partners, groups and the inventory.

use crate::api::customers::{accounts, customer, partners};
use crate::api::locations::nodes;
use crate::api::writes;
use crate::http::{Handler, RouteRow, Verb, get, of_location, of_node, row};

pub(crate) const ROUTES: &[RouteRow] = &[
    // Customers
    get("/api/Customers", customer::list),
    get("/api/Customers/count", customer::count),
    get("/api/Customers/v2/search", customer::search_v2),
    get("/api/Customers/search/{keyword}", customer::search),
    get("/api/Customers/{id}", customer::one),
    of_node("/api/Customers/{id}/nodes/{nodeId}", nodes::of_customer),
    // Partners and groups
    get("/api/partners/customers/search/{keyword}", partners::search_customers),
    get("/api/partners/locations/{keyword}", partners::location),
    get("/api/partners/nodes/{nodeId}", partners::node),
    get("/api/Groups/{id}/customers", partners::group_customers),
    get("/api/Customers/exists", accounts::exists).made_up(),
    get("/api/Customers/findByEmail/{email}", accounts::find_by_email),
    get("/api/Customers/{id}/roles", accounts::roles),
    get("/api/Customers/{id}/userInfo", accounts::user_info),
    get("/api/Customers/{id}/nodePlacement/mobile-active", accounts::mobile_active).made_up(),
    get("/api/partners/{partnerId}/customers/search/{keyword}", partners::search_customers),
    get("/api/partners/{partnerId}/nodes/{nodeId}", partners::node),
    get("/api/partners/{id}/customers/count", accounts::count),
    get("/api/partners/{id}/customers/recent", accounts::recent),
    get("/api/Groups", accounts::groups),
    get("/api/Groups/count", accounts::count_groups),
    get("/api/Groups/{id}", accounts::one_group),
    get("/api/Groups/{id}/customers/count", accounts::count),
    get("/api/Groups/{id}/customers/recent", accounts::recent),
    get("/api/Groups/customers/search/{keyword}", |request| {
        partners::search_customers(request).map(accounts::first_hits)
    }),
    get("/api/Groups/customers/{keyword}", accounts::any_field),
    get("/api/Groups/locations/{keyword}", partners::location),
    get("/api/Groups/nodes/{nodeId}", partners::node),
    get("/api/Nodes", accounts::inventory),
    get("/api/Nodes/count", accounts::count_inventory),
    get("/api/Nodes/{nodeId}", partners::node),
    of_location("/api/Locations/{locationId}/nodes", accounts::nodes_of_location),
    // Writes
    row(Verb::Post, "/api/Customers/register", Handler::Write(writes::customers::register)),
    row(
        Verb::Post,
        "/api/Customers/registerWithGroups",
        Handler::Write(writes::customers::register_with_groups),
    ),
    row(Verb::Put, "/api/Customers/{id}", Handler::Write(writes::customers::update)),
    row(Verb::Patch, "/api/Customers/{id}", Handler::Write(writes::customers::update)),
    row(Verb::Delete, "/api/Customers/{id}", Handler::Write(writes::customers::delete)),
    row(Verb::Patch, "/api/partners/nodes/{nodeId}", Handler::Write(writes::nodes::update_stored)),
    row(Verb::Delete, "/api/partners/nodes/{nodeId}", Handler::Write(writes::nodes::delete_stored)),
    row(Verb::Post, "/api/Customers/{id}/locations", Handler::Write(writes::locations::create)),
    row(Verb::Put, "/api/Customers/{id}/devices/{mac}", Handler::WriteDevice(writes::devices::rename)),
    get("/api/Customers/{id}/auditTrail", writes::trail::customer_trail),
];
