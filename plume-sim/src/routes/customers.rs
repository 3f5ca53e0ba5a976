//! Routes of customers, partners, groups and the inventory.

use crate::api::customers::{accounts, customer, partners};
use crate::api::locations::nodes;
use crate::api::writes;
use crate::http::{RouteRow, Verb, get, of_location, of_node, write};

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
    get("/api/Groups/customers/search/{keyword}", |ask| {
        partners::search_customers(ask).map(accounts::first_hits)
    }),
    get("/api/Groups/customers/{keyword}", accounts::any_field),
    get("/api/Groups/locations/{keyword}", partners::location),
    get("/api/Groups/nodes/{nodeId}", partners::node),
    get("/api/Nodes", accounts::inventory),
    get("/api/Nodes/count", accounts::count_inventory),
    get("/api/Nodes/{nodeId}", partners::node),
    of_location("/api/Locations/{locationId}/nodes", accounts::nodes_of_location),
    // What changes something
    write(Verb::Post, "/api/Customers/register", writes::customers::register),
    write(Verb::Post, "/api/Customers/registerWithGroups", writes::customers::register_with_groups),
    write(Verb::Put, "/api/Customers/{id}", writes::customers::update),
    write(Verb::Patch, "/api/Customers/{id}", writes::customers::update),
    write(Verb::Delete, "/api/Customers/{id}", writes::customers::delete),
    write(Verb::Patch, "/api/partners/nodes/{nodeId}", writes::nodes::update_stored),
    write(Verb::Delete, "/api/partners/nodes/{nodeId}", writes::nodes::delete_stored),
    write(Verb::Post, "/api/Customers/{id}/locations", writes::locations::create),
    write(Verb::Put, "/api/Customers/{id}/devices/{mac}", writes::devices::rename),
    get("/api/Customers/{id}/auditTrail", writes::trail::customer_trail),
];
