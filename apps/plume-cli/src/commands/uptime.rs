//! `plume uptime`: when a location was online.

use clap::Args;
use plume::{
    health::{
        Format, picture,
        uptime::{self, Calendar, CalendarCell, SampleState, UptimeReport, UptimeSample},
    },
    types::OnlineStats,
};
use serde::Serialize;

use crate::args::{LocationIds, Period, help};
use crate::failure::Result;
use crate::output::{Cell, Column, Outcome, Screen, Table, gap};
use crate::picture::Picture;
use crate::session::Session;

/// Show and analyze when a location was online
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo uptime --story flapping-wan --after 2h",
    "plume uptime 5f0000000000000000000001 5f0000000000000000000002 --period 30d --svg uptime.svg",
]))]
pub(crate) struct Uptime {
    #[command(flatten)]
    ids: LocationIds,
    /// The period: 24h, 7d or 30d
    #[arg(long, value_enum, value_name = "PERIOD", default_value_t = Period::Week, hide_possible_values = true)]
    period: Period,
    #[command(flatten)]
    picture: Picture,
}

#[derive(Debug, Serialize)]
pub(crate) struct Presence {
    #[serde(flatten)]
    report: UptimeReport,
    /// By time.
    series: Vec<UptimeSample>,
}

const COLUMNS: [Column<UptimeSample>; 2] = [
    Column::word("TIME", |sample| Cell::clock(sample.at)),
    Column::word("STATE", |sample| Cell::new(sample.state)),
];

impl Uptime {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<Presence>> {
        self.picture.check(session)?;
        let location = session.location(&self.ids).await?;
        let (granularity, count) = self.period.samples();
        let stats: OnlineStats = location.reports().online_stats(granularity, Some(count)).await?;
        let (report, series) = (uptime::analyze(&stats), uptime::samples(&stats));
        let table = Table::rows(&series, &COLUMNS);
        let days = strips(&uptime::calendar(&stats), session.screen());
        let text = format!("{}\n{days}", report.render(Format::Text));
        let outcome = Outcome::report("plume.uptime/1", Presence { report, series }, text, table);
        self.picture.add(outcome, &location, |name| picture::uptime(name, &stats)).await
    }
}

const STATES: [(SampleState, &str); 4] = [
    (SampleState::Online, "online"),
    (SampleState::Intermittent, "intermittent"),
    (SampleState::Offline, "offline"),
    (SampleState::Unknown, "no data"),
];

/// A line per day with a sign per hour, or per month with a sign per day.
fn strips(calendar: &Calendar, screen: Screen) -> String {
    let (form, heading, scale) = match calendar.cell {
        CalendarCell::Day => ("%Y-%m", "Days in UTC", "1   5    10   15   20   25   30"),
        _ => ("%a %d %b", "Hours in UTC", "0     6     12    18"),
    };
    let mut lines = Vec::new();
    let mut is_known = [false; STATES.len()];
    for row in &calendar.rows {
        let label = row.start.format(form).to_string();
        if lines.is_empty() {
            lines.extend([String::new(), heading.to_owned(), format!("{:1$} {scale}", "", label.len())]);
        }
        let mut strip = String::new();
        for state in &row.cells {
            strip.push(state.map_or(' ', |state| sign(state, screen.ascii)));
            for (known, (wanted, _)) in is_known.iter_mut().zip(STATES) {
                *known |= *state == Some(wanted);
            }
        }
        lines.push(format!("{label} {}", strip.trim_end()));
    }
    let widest = lines.iter().map(|line| line.chars().count()).max().unwrap_or_default();
    if widest > screen.columns {
        return String::new();
    }
    let legend = STATES.into_iter().zip(is_known).filter(|(_, known)| *known);
    let legend = legend.map(|((state, word), _)| format!("{} {word}", sign(state, screen.ascii)));
    let legend: Vec<String> = legend.collect();
    if !legend.is_empty() {
        lines.push(legend.join("   "));
    }
    if calendar.is_cut {
        lines.push("The report has older samples, too.".to_owned());
    }
    lines.join("\n")
}

fn sign(state: SampleState, ascii: bool) -> char {
    match (state, ascii) {
        (SampleState::Online, false) => '█',
        (SampleState::Online, true) => '#',
        (SampleState::Intermittent, false) => '▄',
        (SampleState::Intermittent, true) => '~',
        (SampleState::Offline, _) => 'x',
        (SampleState::Unknown, ascii) => gap(ascii),
    }
}
