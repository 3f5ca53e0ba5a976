//! Metrics for Prometheus.
//!
//! | part | purpose |
//! |---|---|
//! | `meters` | counters and histograms of this process, which every room increments |
//! | `bridge` | the counters of the client, which it reports through the facade `metrics` |
//! | `present` | numbers that are read at each scrape: of the store, the worker, the call limit, the process |
//! | `sheet` | gauges of one scrape |
//! | `exporter` | one document of all of them |
//! | `serve` | `/metrics`, and the count of requests |
//!
//! No label is the id of a home, of an incident or of a channel, so the number of series does not grow with the fleet.
//! Tenants are labels up to [`TENANTS`]; the rest is one series.
//!
//! Gauges are read at the scrape and not kept, so that none of a tenant or a problem that is gone stays behind. The client's own
//! counters are taken over (the facade adds one crate): only the client knows what a call cost on the wire, by status.

mod bridge;
mod exporter;
mod meters;
mod present;
mod process;
mod serve;
mod sheet;
#[cfg(test)]
mod tests;

pub use exporter::{Exporter, ExporterParts, TENANTS};
pub use meters::{Meters, Part};
pub use present::{Present, PresentSource};
pub use serve::{MetricsToken, count_requests, router};
