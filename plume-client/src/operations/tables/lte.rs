//! The LTE service. (`plume-api` endpoints §9)

use crate::operations::macros::operations;

operations! { LTE_TABLE, Lte, Lte, "/locations/{locationId}", "§9";
    LTE_STATE = "lte.state": GET "/currentState" A -> Json, "Whether the LTE uplink is in use";
    LTE_SUPPORTED = "lte.supported": GET "/supported" A -> Json, "Whether a location can have an LTE uplink";
    LTE_SIGNAL = "lte.signal": GET "/signalStrength" A -> Json, "The strength of the signal";
    LTE_CONFIGURATION = "lte.configuration": GET "/configuration" A -> Json, "Settings of the LTE uplink";
    LTE_NETWORKS = "lte.networks": GET "/networkConfiguration" A -> Model(LteNetworkConfiguration),
        "Networks that may use the LTE uplink";
    LTE_HARDWARE = "lte.hardware": GET "/hardwareInfo" A -> Json, "The modem";
    LTE_METRICS = "lte.metrics": GET "/metrics" A {query ["limitDays": required]} -> Json, "Numbers of the last days";
    LTE_LIVE = "lte.live": GET "/liveMetrics" A -> Json, "Numbers of this moment";
    LTE_DATA_USAGE = "lte.dataUsage": GET "/dataUsage" A
        {query ["startDate": required, "endDate": required, "type" = "monthly" | "yearly" : required]} -> Json,
        "Traffic over LTE";
    LTE_OUTAGES = "lte.outages": GET "/ispOutageInfo" A
        {query ["startDate": required, "endDate": required, "type" = "monthly" | "yearly" : required]} -> Json,
        "Outages of the Internet line that LTE bridged";
    LTE_SPEED_TESTS = "lte.speedTests": GET "/speedTests" A
        {query ["limit": required, "granularity" = "days" | "months" : required]} pages LimitOnly -> Json,
        "Speed tests over LTE";
    LTE_SPEED_TEST = "lte.speedTest": GET "/speedTests/{requestId}" A -> Json, "The result of one speed test over LTE";
}

operations! { LTE_SERVICE_TABLE, Lte, Lte, "", "§9";
    LTE_SERVICE_HEALTH = "lte.service.health": GET "/health" A -> Json, "Whether the service is up";
    LTE_SERVICE_VERSION = "lte.service.version": GET "/version" A -> Json, "The version of the service";
    LTE_SERVICE_METRICS = "lte.service.metrics": GET "/metrics" A -> Json, "Numbers of the service itself";
}
