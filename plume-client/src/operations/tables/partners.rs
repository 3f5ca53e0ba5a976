//! Look-ups by the provider's own keys, and groups. (`plume-api` endpoints §2)

use crate::operations::macros::operations;

operations! { PARTNERS_TABLE, Partners, Api, "/partners", "§2";
    PARTNER_CUSTOMERS_SEARCH = "partner.customers.search": GET "/customers/search/{keyword}" A {query [
            "field" = "accountId" | "locationId" | "name" | "email" : required,
            "exactMatch", "startsWith", "limit", "skip"]} pages LimitSkip -> List(PartnerCustomerHit),
        "The provider's customers by one field";
    PARTNER_OTHER_CUSTOMERS_SEARCH = "partner.other.customers.search": GET "/{partnerId}/customers/search/{keyword}" A
        {query ["field" = "accountId" | "locationId" | "name" | "email" : required,
            "exactMatch", "startsWith", "limit", "skip"]} pages LimitSkip -> List(PartnerCustomerHit),
        "The same for integration users of several partners";
    PARTNER_CUSTOMERS_COUNT = "partner.customers.count": GET "/{partnerId}/customers/count" A -> Model(Count),
        "Number of a partner's customers";
    PARTNER_CUSTOMERS_RECENT = "partner.customers.recent": GET "/{partnerId}/customers/recent" A -> List(Customer),
        "The 100 newest customers of a partner";
    PARTNER_LOCATION = "partner.location": GET "/locations/{keyword}" A -> Model(PartnerLocation),
        "The location with an id or contract key";
    PARTNER_NODE = "partner.node": GET "/nodes/{nodeId}" A {query ["excludeUnclaimed"]} -> Model(PartnerNode),
        "A node of the inventory, with its owner if it is claimed";
    PARTNER_OTHER_NODE = "partner.other.node": GET "/{partnerId}/nodes/{nodeId}" A {query ["excludeUnclaimed"]}
        -> Model(PartnerNode), "The same for integration users of several partners";
}

operations! { GROUPS_TABLE, Groups, Api, "/Groups", "§2";
    GROUPS_LIST = "groups.list": GET "" A {query ["filter"]} pages Filter -> List(Group),
        "Groups by a filter, 500 without one";
    GROUPS_COUNT = "groups.count": GET "/count" A {query ["where"]} -> Model(Count), "Number of groups";
    GROUP_GET = "group.get": GET "/{groupId}" A -> Model(Group), "One group";
    GROUP_CUSTOMERS = "group.customers": GET "/{groupId}/customers" A {query ["filter"]} pages Filter -> List(Customer),
        "Customers of a group; a partner's id works as a group's";
    GROUP_CUSTOMERS_COUNT = "group.customers.count": GET "/{groupId}/customers/count" A -> Model(Count),
        "Number of a group's customers";
    GROUP_CUSTOMERS_RECENT = "group.customers.recent": GET "/{groupId}/customers/recent" A -> List(Customer),
        "The newest customers of a group, at most 100";
    GROUPS_CUSTOMERS_SEARCH = "groups.customers.search": GET "/customers/search/{keyword}" A [deprecated] {query [
            "field" = "accountId" | "locationId" | "name" | "email" : required, "exactMatch", "startsWith"]} -> Json,
        "Customers by a keyword, at most ten";
    GROUPS_CUSTOMERS_FIND = "groups.customers.find": GET "/customers/{keyword}" A [deprecated] -> Json,
        "Customers by a key, at most ten";
    GROUPS_LOCATION = "groups.location": GET "/locations/{keyword}" A [deprecated] -> Model(PartnerLocation),
        "The location with an id or contract key";
    GROUPS_NODE = "groups.node": GET "/nodes/{nodeId}" A [deprecated] -> Model(PartnerNode), "A node of the inventory";
}
