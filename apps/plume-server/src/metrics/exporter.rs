//! One document of all metrics.

use std::{borrow::Cow, cmp::Reverse, fmt, sync::Arc};

use chrono::{DateTime, Utc};
use plume::{
    health::Status,
    monitor::ids::TenantId,
    runtime::{Clock, time},
};
use prometheus_client::encoding::text::{encode_eof, encode_registry};

use crate::metrics::meters::Meters;
use crate::metrics::present::{PresentSource, number, size};
use crate::metrics::process;
use crate::metrics::sheet::{Labels, Sheet};
use crate::store::{
    Store,
    model::{Figures, ScopeKind, StatusCounts},
};

/// Maximum number of tenants with series of their own: those with the most homes. The others are one series.
pub const TENANTS: usize = 50;
/// The label of all other tenants.
const OTHERS: &str = "(other)";
const STATUSES: [Status; 5] = [Status::Red, Status::Orange, Status::Yellow, Status::Unknown, Status::Green];

/// The parts of an exporter.
#[derive(Clone)]
pub struct ExporterParts {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The clock of the monitor.
    pub clock: Arc<dyn Clock>,
    /// The counters of this process.
    pub meters: Meters,
    /// The state of the worker.
    pub present: PresentSource,
}

impl fmt::Debug for ExporterParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExporterParts").field("meters", &self.meters).finish_non_exhaustive()
    }
}

/// Writes the metrics of a process. Clones share their parts.
#[derive(Debug, Clone)]
pub struct Exporter(Arc<ExporterParts>);

impl Exporter {
    /// Creates an exporter.
    #[must_use]
    pub fn new(parts: ExporterParts) -> Self {
        Self(Arc::new(parts))
    }

    /// Returns all metrics in the text format of `OpenMetrics`. If the store cannot be read, its numbers are missing, and
    /// `plume_server_store_up` is 0.
    pub async fn render(&self) -> String {
        let ExporterParts { store, clock, meters, present } = self.0.as_ref();
        let now = clock.wall();
        let figures = store.figures(now).await.ok();
        let mut sheet = Sheet::default();
        sheet.gauges(
            "plume_server_build_info",
            "The version of the program",
            [(vec![("version", env!("CARGO_PKG_VERSION").into())], 1.0)],
        );
        sheet.gauge(
            "plume_server_store_up",
            "Whether the store can be read",
            f64::from(u8::from(figures.is_some())),
        );
        sheet.gauge(
            "plume_server_last_check_age_seconds",
            "Time since the last check whose result is stored, or since the start",
            meters.since_check().as_secs_f64(),
        );
        sheet.gauges(
            "plume_server_turn_age_seconds",
            "Time since a part of the server began its last turn, or since the start",
            meters.since_turns().map(|(part, age)| (vec![("part", part.into())], age.as_secs_f64())),
        );
        if let Some(figures) = &figures {
            add(&mut sheet, figures, now);
        }
        if let Some(present) = present() {
            present.add(&mut sheet);
        }
        process::add(&mut sheet, meters.started());
        let mut text = String::new();
        let written = encode_registry(&mut text, meters.registry())
            .and_then(|()| sheet.write(&mut text))
            .and_then(|()| encode_eof(&mut text));
        // Writing to a text does not fail.
        debug_assert!(written.is_ok(), "{written:?}");
        text
    }

    /// Returns the counters.
    #[must_use]
    pub fn meters(&self) -> &Meters {
        &self.0.meters
    }
}

fn add(sheet: &mut Sheet, figures: &Figures, now: DateTime<Utc>) {
    let homes = by_tenant(&figures.homes);
    let series = homes.iter().flat_map(|(tenant, counts)| {
        STATUSES.map(|status| {
            let labels: Labels =
                vec![("tenant", Cow::Owned((*tenant).to_owned())), ("status", status.as_str().into())];
            (labels, number(counts.of(status)))
        })
    });
    sheet.gauges("plume_server_homes", "Homes by tenant and confirmed status", series);
    let tenants = figures.homes.len();
    sheet.gauge("plume_server_tenants", "Tenants", size(tenants));
    let open = ScopeKind::ALL.into_iter().flat_map(|kind| {
        STATUSES.map(|status| {
            let found = figures.open.iter().find(|(of, at, _)| (*of, *at) == (kind, status));
            let labels = vec![("scope", kind.as_str().into()), ("severity", status.as_str().into())];
            (labels, number(found.map_or(0, |(_, _, count)| *count)))
        })
    });
    sheet.gauges(
        "plume_server_open_incidents",
        "Open incidents by scope and severity, without the members of fleet incidents",
        open,
    );
    sheet.gauge("plume_server_outbox_messages", "Messages that wait to be sent", number(figures.waiting));
    let age = figures.oldest.map(|oldest| time::between(oldest, now)).unwrap_or_default();
    sheet.gauge(
        "plume_server_outbox_oldest_seconds",
        "Age of the oldest message that is due or failed before; 0 if there is none",
        age.as_secs_f64(),
    );
    sheet.gauge(
        "plume_server_dead_letters",
        "Messages in the outbox that no attempt will follow",
        number(figures.dead),
    );
    sheet.gauge(
        "plume_server_store_size_bytes",
        "Size of the database, without its log",
        number(figures.bytes),
    );
}

/// The tenants with the most homes, and the sum of all others.
fn by_tenant(homes: &[(TenantId, StatusCounts)]) -> Vec<(&str, StatusCounts)> {
    let mut sorted: Vec<&(TenantId, StatusCounts)> = homes.iter().collect();
    sorted.sort_by_key(|(tenant, counts)| (Reverse(counts.total()), tenant.as_str()));
    let others = sorted.split_off(sorted.len().min(TENANTS));
    let mut shown: Vec<(&str, StatusCounts)> =
        sorted.into_iter().map(|(tenant, counts)| (tenant.as_str(), *counts)).collect();
    if !others.is_empty() {
        let mut sum = StatusCounts::default();
        for (_, counts) in others {
            STATUSES.into_iter().for_each(|status| sum.count(status, counts.of(status)));
        }
        shown.push((OTHERS, sum));
    }
    shown
}
