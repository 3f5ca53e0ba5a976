//! `plume wan`: the Internet traffic.

use clap::Args;
use plume::health::{
    Format, picture,
    wan::{self, Interval, Rate, WanReport},
};
use serde::Serialize;

use crate::args::{LocationIds, Period, help};
use crate::failure::Result;
use crate::output::{Cell, Column, Outcome, Point, Screen, Table, chart};
use crate::picture::Picture;
use crate::session::Session;

/// Show and analyze the Internet traffic
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo wan --story evening-saturation",
    "plume wan 5f0000000000000000000001 5f0000000000000000000002 --period 7d --svg wan.svg",
]))]
pub(crate) struct Wan {
    #[command(flatten)]
    ids: LocationIds,
    /// The period: 24h, 7d or 30d
    #[arg(long, value_enum, value_name = "PERIOD", default_value_t = Period::Day, hide_possible_values = true)]
    period: Period,
    #[command(flatten)]
    picture: Picture,
}

#[derive(Debug, Serialize)]
pub(crate) struct Traffic {
    #[serde(flatten)]
    report: WanReport,
    /// By time; an interval without a value is a gap.
    intervals: Vec<Interval>,
}

const COLUMNS: [Column<Interval>; 6] = [
    Column::word("TIME", |interval| Cell::clock(interval.at)),
    Column::number("SECONDS", |interval| Cell::new(interval.seconds)),
    Column::number("DOWNLOAD MAX MBPS", |interval| Cell::option(interval.download.max_mbps)),
    Column::number("DOWNLOAD AVERAGE MBPS", |interval| Cell::option(interval.download.average_mbps)),
    Column::number("UPLOAD MAX MBPS", |interval| Cell::option(interval.upload.max_mbps)),
    Column::number("UPLOAD AVERAGE MBPS", |interval| Cell::option(interval.upload.average_mbps)),
];

impl Wan {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<Traffic>> {
        self.picture.check(session)?;
        let location = session.location(&self.ids).await?;
        let stats = location.reports().wan_stats(self.period.wan()).await?;
        let (report, intervals) = (wan::analyze(&stats), wan::intervals(&stats));
        let table = Table::rows(&intervals, &COLUMNS);
        let charts = charts(&intervals, session.screen());
        let text = format!("{}\n{charts}", report.render(Format::Text));
        let outcome = Outcome::report("plume.wan/1", Traffic { report, intervals }, text, table);
        self.picture.add(outcome, &location, |name| picture::wan(name, &stats)).await
    }
}

/// A direction: its heading and its rate.
type Side = (&'static str, fn(&Interval) -> Rate);

fn charts(intervals: &[Interval], screen: Screen) -> String {
    let sides: [Side; 2] =
        [("Download", |interval| interval.download), ("Upload", |interval| interval.upload)];
    let mut lines = Vec::new();
    for (word, side) in sides {
        let point = |interval: &Interval| {
            let from = interval.at.timestamp();
            let rate = side(interval);
            let to = from.saturating_add(interval.seconds);
            Point { from, to, value: rate.max_mbps.or(rate.average_mbps) }
        };
        let points: Vec<Point> = intervals.iter().map(point).collect();
        let chart = chart(&points, screen);
        if !chart.is_empty() {
            lines.extend([String::new(), format!("{word}, highest rate in Mbps")]);
            lines.extend(chart);
        }
    }
    lines.join("\n")
}
