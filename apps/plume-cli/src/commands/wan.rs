//! `plume wan`: the Internet traffic of a day.

use clap::Args;
use plume::{
    WanPeriod,
    health::{
        Format,
        wan::{self, WanReport},
    },
};

use crate::args::{LocationIds, help};
use crate::failure::Result;
use crate::output::{Cell, Column, Outcome, Table};
use crate::session::Session;

/// Analyze a day of Internet traffic
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo wan --story evening-saturation",
    "plume wan 5f0000000000000000000001 5f0000000000000000000002 -o json",
]))]
pub(crate) struct Wan {
    #[command(flatten)]
    ids: LocationIds,
}

const COLUMNS: [Column<WanReport>; 8] = [
    Column::word("FIRST POINT", |report| Cell::time(report.first_point)),
    Column::word("LAST POINT", |report| Cell::time(report.last_point)),
    Column::number("POINTS", |report| Cell::new(report.points)),
    Column::number("VALID POINTS", |report| Cell::new(report.valid_points)),
    Column::number("DOWNLOAD AVERAGE MBPS", |report| Cell::option(report.download.average_mbps)),
    Column::number("DOWNLOAD P95 MBPS", |report| Cell::option(report.download.p95_mbps)),
    Column::number("UPLOAD AVERAGE MBPS", |report| Cell::option(report.upload.average_mbps)),
    Column::number("UPLOAD P95 MBPS", |report| Cell::option(report.upload.p95_mbps)),
];

impl Wan {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<WanReport>> {
        let location = session.location(&self.ids).await?;
        let report = wan::analyze(&location.reports().wan_stats(WanPeriod::Daily).await?);
        let table = Table::record(&report, &COLUMNS);
        let text = report.render(Format::Text);
        Ok(Outcome::report("plume.wan/1", report, text, table))
    }
}
