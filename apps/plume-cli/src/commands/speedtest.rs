//! `plume speedtest`: list, latest, run.

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use plume::{
    health::{
        picture,
        speed::{self, TestedSpeed},
    },
    types::{Field, List, Node, Sample, SpeedTest, SpeedTestSeries},
};
use serde::Serialize;

use crate::args::{Length, LocationIds, Period, help};
use crate::commands::changes::RunSpeedTest;
use crate::failure::{Failure, Result};
use crate::find::find;
use crate::output::{Cell, Column, Outcome, Printed, Rows, Schemas, bar};
use crate::picture::Picture;
use crate::session::Session;

/// Show and run speed tests
#[derive(Debug, Subcommand)]
pub(crate) enum SpeedTests {
    List(ListTests),
    Latest(LatestTest),
    Run(RunSpeedTest),
}

impl SpeedTests {
    pub(crate) async fn run(self, session: &Session) -> Result<Printed> {
        Ok(match self {
            Self::List(command) => session.print(&command.run(session).await?),
            Self::Latest(command) => session.print(&command.run(session).await?),
            Self::Run(command) => command.run(session).await?,
        })
    }
}

/// The node of a speed test.
#[derive(Debug, Clone, Args)]
struct Tester {
    /// The node, by name, serial number or MAC address; the gateway unless given
    #[arg(long, value_name = "NODE")]
    node: Option<String>,
}

impl Tester {
    async fn choose<'a>(&self, session: &Session, nodes: &'a [Node]) -> Result<&'a Node> {
        match &self.node {
            Some(given) => find(session.ask, "node", &session.named(given), nodes, Node::names).await,
            None => nodes.iter().find(|node| node.is_gateway() == Some(true)).ok_or_else(|| {
                let message = "no node of this location is known to be the gateway";
                Failure::not_found(message, "Name a node with --node; `plume nodes` lists them.")
            }),
        }
    }
}

/// List the speed tests of a node, newest first
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo speedtest list",
    "plume speedtest list 5f0000000000000000000001 5f0000000000000000000002 --period 7d --svg speed.svg",
]))]
pub(crate) struct ListTests {
    #[command(flatten)]
    ids: LocationIds,
    #[command(flatten)]
    tester: Tester,
    /// The period: 24h, 7d or 30d
    #[arg(long, value_enum, value_name = "PERIOD", default_value_t = Period::Month, hide_possible_values = true)]
    period: Period,
    #[command(flatten)]
    length: Length,
    #[command(flatten)]
    picture: Picture,
}

#[derive(Debug, Serialize)]
pub(crate) struct Test {
    #[serde(flatten)]
    test: TestedSpeed,
    /// The download speed compared with the highest one.
    #[serde(skip)]
    bar: Option<String>,
}

const SCHEMAS: Schemas = Schemas { list: "plume.speedtest.list/1", row: "plume.speedtest/1" };

const COLUMNS: [Column<Test>; 5] = [
    Column::word("TIME", |test| Cell::clock(test.test.at)),
    Column::number("DOWN MBPS", |test| Cell::speed(test.test.outcome, test.test.download_mbps)),
    Column::number("UP MBPS", |test| Cell::speed(test.test.outcome, test.test.upload_mbps)),
    Column::extra(Column::word("OUTCOME", |test| Cell::outcome(test.test.outcome))),
    Column::drawing("DOWNLOAD", |test| Cell::option(test.bar.as_ref())),
];

/// The columns of the longest bar.
const BAR: usize = 24;

impl ListTests {
    async fn run(self, session: &Session) -> Result<Outcome<Test>> {
        self.picture.check(session)?;
        let location = session.location(&self.ids).await?;
        let nodes = location.nodes().await?;
        session.warn_of_rows(nodes.unreadable() as u64);
        let node = self.tester.choose(session, &nodes).await?;
        let (granularity, count) = self.period.samples();
        let series = location.reports().speed_test_results(node.id.clone(), granularity, count).await?;
        let series = not_before(series, session.now() - self.period.length());
        let tests = speed::tests(&series);
        let report = speed::analyze(&series);
        let all = report.succeeded_tests + report.failed_tests + report.unknown_tests;
        if all > tests.len() {
            session.warn(&format!("{} of {all} tests have no time and are left out", all - tests.len()));
        }
        let highest = tests.iter().filter_map(|test| test.download_mbps).fold(0.0, f64::max);
        let ascii = session.screen().ascii;
        let row = |test: TestedSpeed| Test {
            bar: test.download_mbps.map(|mbps| bar(mbps, highest, BAR, ascii)),
            test,
        };
        let rows = Rows { items: tests.into_iter().rev().map(row).collect(), unreadable: 0, more: None };
        let outcome = Outcome::list(SCHEMAS, rows.cut(&self.length), &COLUMNS);
        self.picture.add(outcome, &location, |name| picture::speed(name, &series)).await
    }
}

/// The tests of a period. The cloud may send more: it counts tests, not hours.
fn not_before(mut series: SpeedTestSeries, since: DateTime<Utc>) -> SpeedTestSeries {
    for list in [&mut series.download_speeds, &mut series.upload_speeds, &mut series.failed_speed_tests] {
        if let Field::Known(samples) = list {
            let is_recent = |sample: &Sample| sample.timestamp.is_none_or(|at| at >= since);
            let unreadable = samples.unreadable();
            let recent: List<Sample> =
                std::mem::take(samples).into_vec().into_iter().filter(is_recent).collect();
            *samples = recent.with_unreadable(unreadable);
        }
    }
    series
}

/// Show the last speed test of a node
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo speedtest latest",
    "plume speedtest latest 5f0000000000000000000001 5f0000000000000000000002 --node Bedroom -o json",
]))]
pub(crate) struct LatestTest {
    #[command(flatten)]
    ids: LocationIds,
    #[command(flatten)]
    tester: Tester,
}

const FIELDS: [Column<SpeedTest>; 10] = [
    Column::word("Time", |test| Cell::time(test.ended_at.or(test.started_at))),
    Column::word("Status", |test| Cell::option(test.status.as_ref())),
    Column::number("Download Mbps", |test| Cell::decimal(test.download)),
    Column::number("Upload Mbps", |test| Cell::decimal(test.upload)),
    Column::number("Latency ms", |test| Cell::decimal(test.rtt)),
    Column::number("Jitter ms", |test| Cell::decimal(test.jitter)),
    Column::text("Trigger", |test| Cell::option(test.trigger.as_ref())),
    Column::text("Method", |test| Cell::option(test.test_type.as_ref())),
    Column::text("Server", |test| Cell::option(test.server_name.as_ref().or(test.server_host.as_ref()))),
    Column::text("Provider", |test| Cell::option(test.isp.as_ref())),
];

impl LatestTest {
    async fn run(self, session: &Session) -> Result<Outcome<SpeedTest>> {
        let location = session.location(&self.ids).await?;
        let nodes = location.nodes().await?;
        session.warn_of_rows(nodes.unreadable() as u64);
        let node = self.tester.choose(session, &nodes).await?;
        let Some(test) = node.speed_test.clone() else {
            let message = format!("no speed test of \"{}\" is known", node.display_name());
            return Err(Failure::not_found(
                message,
                "`plume speedtest list` shows earlier tests, if there are any.",
            ));
        };
        Ok(Outcome::record("plume.speedtest.result/1", test, &FIELDS))
    }
}
