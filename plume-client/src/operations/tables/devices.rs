//! Devices in the homes. (`plume-api` endpoints §5)

use crate::operations::descriptor::Parameter;
use crate::operations::macros::{operations, parameters};

/// Parameters of the reports of the time spent with applications.
const APP_TIME: &[Parameter] = parameters![Query
    "timePeriod" = "weekly" | "dailyToday" | "dailyYesterday" | "daily2DaysAgo" | "daily3DaysAgo" | "daily4DaysAgo"
        | "daily5DaysAgo" | "daily6DaysAgo" | "last30Days" | "last12Months" : required,
    "limit",
    "grouping" = "overall" | "perTimeSlot",
];

operations! { DEVICES_TABLE, Devices, Api, "/Customers/{id}/locations/{locationId}", "§5";
    DEVICES = "location.devices": GET "/devices" A
        {query ["daysOffline", "allSSIDs", "showPartnerComponent", "showOnlyIot", "showAlsoIot"]} -> List(Device),
        "Connected and recently seen devices";
    DEVICE = "location.device": GET "/devices/{mac}" A
        {query ["include" = "bandwidthData" | "chartsData", "daysOffline"]} -> Model(Device), "One device";
    DEVICE_UPDATE = "location.device.update": PATCH (Idempotent) "/devices/{mac}" A {body ["favorite", "nickname"]}
        -> Model(Device), "Sets either the nickname or the mark of a favourite";
    APP_TIME_CATEGORIES_DATA = "location.device.appTime.categories.dataUsage": GET
        "/devices/{mac}/appTime/categories/dataUsage" A {set APP_TIME} pages LimitOnly -> Json,
        "Traffic of a device by category of applications";
    APP_TIME_CATEGORIES_ONLINE = "location.device.appTime.categories.onlineTime": GET
        "/devices/{mac}/appTime/categories/onlineTime" A {set APP_TIME} pages LimitOnly -> Json,
        "Time of a device by category of applications";
    APP_TIME_APPS_DATA = "location.device.appTime.apps.dataUsage": GET
        "/devices/{mac}/appTime/apps/dataUsage" A {set APP_TIME} pages LimitOnly -> Json,
        "Traffic of a device by application";
    APP_TIME_APPS_ONLINE = "location.device.appTime.apps.onlineTime": GET
        "/devices/{mac}/appTime/apps/onlineTime" A {set APP_TIME} pages LimitOnly -> Json,
        "Time of a device by application";
}

operations! { CUSTOMER_DEVICES_TABLE, Devices, Api, "/Customers/{id}/devices", "§5";
    CUSTOMER_DEVICE_RENAME = "customer.device.rename": PUT (Idempotent) "/{mac}" A {body ["nickname": required]}
        -> Json, "Sets the nickname of a device, wherever it is";
}
