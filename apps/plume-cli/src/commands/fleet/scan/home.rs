//! The verdicts of a scan, and their counts.

use chrono::{DateTime, Utc};
use plume::{
    FleetItem,
    cli::exit,
    health::{HealthReport, Policy, Status, analyze},
    types::{AccountId, CustomerId, LocationId, LocationSnapshot},
};
use serde::{Deserialize, Serialize};

use crate::commands::fleet::walk::Failed;
use crate::output::{Cell, Column, Tone};

pub(super) const HOME_SCHEMA: &str = "plume.fleet.home/1";

/// The verdict on a home.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Home {
    customer_id: CustomerId,
    customer_name: String,
    account_id: Option<AccountId>,
    location_id: LocationId,
    name: String,
    pub(super) status: Status,
    online: Option<bool>,
    headline: String,
    findings: usize,
    /// Whether a part could not be read.
    incomplete: bool,
    taken_at: DateTime<Utc>,
}

pub(super) const COLUMNS: [Column<Home>; 8] = [
    Column::word("STATUS", |home| Cell::new(home.status).with(tone(home.status))),
    Column::text("CUSTOMER", |home| Cell::new(&home.customer_name)),
    Column::text("NAME", |home| Cell::new(&home.name)),
    Column::text("HEADLINE", |home| Cell::new(&home.headline)),
    Column::roomy(Column::word("ACCOUNT", |home| Cell::option(home.account_id.as_ref()))),
    Column::roomy(Column::word("LOCATION ID", |home| Cell::new(&home.location_id))),
    Column::roomy(Column::word("CUSTOMER ID", |home| Cell::new(&home.customer_id))),
    Column::roomy(Column::number("FINDINGS", |home| Cell::new(home.findings))),
];

fn tone(status: Status) -> Tone {
    match status {
        Status::Green => Tone::Good,
        Status::Yellow | Status::Unknown => Tone::Warning,
        Status::Orange | Status::Red => Tone::Bad,
    }
}

impl Home {
    pub(super) fn new(item: FleetItem<LocationSnapshot>, now: DateTime<Utc>) -> Self {
        let FleetItem { customer_id, customer_name, account_id, location_id, value: snapshot, .. } = item;
        let report: HealthReport = analyze(&snapshot, &Policy::standard(), now);
        Self {
            customer_id,
            customer_name,
            account_id,
            location_id,
            incomplete: exit::report_code(&snapshot, &report) != exit::DONE,
            name: report.location.name,
            status: report.status,
            online: report.online,
            headline: report.headline,
            findings: report.findings.len(),
            taken_at: report.taken_at,
        }
    }
}

/// The counts of a scan, including those before it was resumed.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Counts {
    /// The number of homes.
    pub(super) count: u64,
    pub(super) green: u64,
    pub(super) yellow: u64,
    pub(super) orange: u64,
    pub(super) red: u64,
    pub(super) unknown: u64,
    /// Homes with a part that could not be read.
    pub(super) incomplete: u64,
    pub(super) failed: u64,
}

/// The results of a scan so far.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Found {
    pub(super) counts: Counts,
    /// The homes that the document or table will show: none where each was written as a row.
    pub(super) homes: Vec<Home>,
    pub(super) failures: Vec<Failed>,
    /// The number of homes that an earlier run did not keep for this document.
    pub(super) not_kept: u64,
}

impl Found {
    pub(super) fn add(&mut self, home: Home, is_kept: bool) {
        let counts = &mut self.counts;
        counts.count += 1;
        counts.incomplete += u64::from(home.incomplete);
        *match home.status {
            Status::Green => &mut counts.green,
            Status::Yellow => &mut counts.yellow,
            Status::Orange => &mut counts.orange,
            Status::Red => &mut counts.red,
            Status::Unknown => &mut counts.unknown,
        } += 1;
        match is_kept {
            true => self.homes.push(home),
            false => self.not_kept += 1,
        }
    }
}
