//! Customers. (`plume-api` endpoints §1)

use crate::operations::macros::operations;

operations! { CUSTOMERS_TABLE, Customers, Api, "/Customers", "§1";
    CUSTOMERS_LIST = "customers.list": GET "" A {query ["filter"]} pages Filter -> List(Customer),
        "Customers by a filter";
    CUSTOMERS_COUNT = "customers.count": GET "/count" A {query ["where"]} -> Model(Count),
        "Number of customers that match a condition";
    CUSTOMERS_GET = "customers.get": GET "/{id}" A {query ["filter"]} -> Model(Customer), "One customer";
    CUSTOMERS_EXISTS = "customers.exists": GET "/exists" A {query ["email": required]} -> Json,
        "Whether an e-mail address is in use, and verified";
    CUSTOMERS_SEARCH_FIELD = "customers.searchField": GET "/search/{keyword}" A
        {query ["field" = "accountId" | "name" | "email" : required, "exactMatch", "startsWith"]} -> Json,
        "Customers by one field";
    CUSTOMERS_SEARCH = "customers.search": GET "/v2/search" A {query ["searchString": required,
            "searchEntities" = "nodeId" | "locationId" | "customerId" | "name" | "email" | "accountId" | "serviceId"
                : required, "exactMatch", "partnerId"]} -> List(CustomerSearchHit),
        "Customers by several kinds of keys at once, at most ten of each kind";
    CUSTOMERS_BY_EMAIL = "customers.byEmail": GET "/findByEmail/{email}" A -> Model(Customer),
        "The customer with an e-mail address";
    CUSTOMER_ROLES = "customer.roles": GET "/{id}/roles" A {query ["filter"]} -> Json,
        "The roles of a customer's account";
    CUSTOMER_USER_INFO = "customer.userInfo": GET "/{id}/userInfo" A -> Model(Customer), "A customer's account";
    CUSTOMER_AUDIT_TRAIL = "customer.auditTrail": GET "/{id}/auditTrail" B -> List(AuditTrail),
        "Changes to a customer, with their authors";
    CUSTOMER_MOBILE_ACTIVE = "customer.mobileActive": GET "/{id}/nodePlacement/mobile-active" A -> Json,
        "Whether the mobile app was used in the last 30 days";
    CUSTOMERS_REGISTER = "customers.register": POST (Neither) "/register" A {body ["accountId": required, "partnerId",
            "name", "email", "acceptLanguage", "profile" = "auto" | "smallbusiness",
            "onboardingCheckpoint" = "PodsAdded" | "OnboardingComplete"]} -> Model(Customer),
        "Registers a customer with a first location";
    CUSTOMERS_REGISTER_WITH_GROUPS = "customers.registerWithGroups": POST (Neither) "/registerWithGroups" A {body [
            "accountId": required, "partnerId", "name", "email", "acceptLanguage", "profile" = "auto" | "smallbusiness",
            "onboardingCheckpoint" = "PodsAdded" | "OnboardingComplete", "password", "groupIds"]} -> Model(Customer),
        "Registers a customer with a password, in groups";
    CUSTOMER_UPDATE = "customer.update": PATCH (Idempotent) "/{id}" A
        {body ["accountId", "name", "email", "emailVerified", "acceptLanguage", "preferredLanguage", "locked"]}
        -> Model(Customer), "Changes properties of a customer";
    CUSTOMER_REPLACE = "customer.replace": PUT (Idempotent) "/{id}" A
        {body ["accountId", "name", "email", "emailVerified", "acceptLanguage", "preferredLanguage", "locked"]}
        -> Model(Customer), "Sets the properties of a customer";
    CUSTOMER_DELETE = "customer.delete": DELETE (Idempotent) "/{id}" A -> Model(Count),
        "Deletes a customer; a count of 0 means that there was none";
}
