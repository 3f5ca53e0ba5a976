//! The exporter, the alert rules and the dashboards, judged by Prometheus.

mod dashboards;
mod prometheus;
mod rules;
