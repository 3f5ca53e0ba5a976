//! The options that every command has, and the arguments that several share.

use std::{path::PathBuf, time::Duration};

use chrono::TimeDelta;
use clap::{
    Args, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
use plume::{Granularity, WanPeriod, cli::Source};
use plume_sim::{Home, Story};

use crate::durations::{duration, duration_or_zero};

/// The heading of the options about simulated homes.
const DEMO: &str = "Demo options";

/// The options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Use the simulated cloud inside this program; no settings needed
    #[arg(long, global = true)]
    pub(crate) demo: bool,
    /// Keep the call limit of the real cloud, with --demo
    #[arg(long, global = true, help_heading = DEMO)]
    pub(crate) paced: bool,
    /// The simulated home, with --demo; the healthy one unless given
    #[arg(long, global = true, help_heading = DEMO, value_name = "NAME", value_parser = home_names())]
    pub(crate) home: Option<Home>,
    /// The events in the simulated homes, with --demo; none unless given
    #[arg(long, global = true, help_heading = DEMO, value_name = "NAME")]
    #[arg(value_parser = PossibleValuesParser::new(Story::names()))]
    pub(crate) story: Option<String>,
    /// The time since the story began, with --story; 12m unless given
    #[arg(long, global = true, help_heading = DEMO, value_name = "DURATION", value_parser = duration_or_zero)]
    pub(crate) after: Option<Duration>,
    /// The number of customers beside the named homes, with --demo; 250 unless given
    #[arg(long, global = true, help_heading = DEMO, value_name = "NUMBER")]
    pub(crate) customers: Option<u32>,
    /// Write each exchange into this directory, with pseudonyms for identities and without secrets
    #[arg(long, global = true, value_name = "DIR", conflicts_with = "replay")]
    pub(crate) record: Option<PathBuf>,
    /// Answer from this directory, which --record wrote, without network and settings
    #[arg(long, global = true, value_name = "DIR", conflicts_with = "demo")]
    pub(crate) replay: Option<PathBuf>,
    /// Show pseudonyms in place of names, ids and addresses
    #[arg(long, global = true)]
    pub(crate) sanitize: bool,
    /// The profile of the configuration file
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The format of the output: table, json, jsonl or csv
    #[arg(long, short, global = true, value_enum, value_name = "FORMAT", default_value_t)]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    pub(crate) output: Format,
    /// Colors: auto, always or never
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    pub(crate) color: Color,
    /// Ask no questions; fail where an answer is needed
    #[arg(long, global = true)]
    pub(crate) no_input: bool,
    /// The maximum duration of a call, for example 30s or 2m
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration)]
    pub(crate) timeout: Option<Duration>,
    /// Write each request, and an error with all its attempts, to stderr
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
}

impl Global {
    /// The time since the story began.
    pub(crate) fn story_time(&self) -> Duration {
        self.after.unwrap_or(Duration::from_secs(12 * 60))
    }

    /// The origin of the data of this run.
    pub(crate) fn source(&self) -> Source {
        match (&self.replay, self.demo) {
            (Some(_), _) => Source::Replay,
            (None, true) => Source::Demo,
            (None, false) => Source::Live,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Table,
    /// One JSON document
    Json,
    /// One JSON document per row, each on its line
    Jsonl,
    /// Comma-separated values with a header
    Csv,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// The ids of a location. Both may be left out with --demo, and with a profile that has them.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct LocationIds {
    /// The customer's id, as `customers list` shows it: 24 hexadecimal digits
    pub(crate) customer_id: Option<String>,
    /// The location's id, as `locations list` shows it; may be left out if the customer has one location
    pub(crate) location_id: Option<String>,
}

/// The period of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Period {
    #[value(name = "24h", aliases = ["day", "daily", "1d"])]
    Day,
    #[value(name = "7d", aliases = ["week", "weekly"])]
    Week,
    #[value(name = "30d", aliases = ["month", "monthly"])]
    Month,
}

impl Period {
    pub(crate) fn wan(self) -> WanPeriod {
        match self {
            Self::Day => WanPeriod::Daily,
            Self::Week => WanPeriod::Weekly,
            Self::Month => WanPeriod::Monthly,
        }
    }

    pub(crate) fn length(self) -> TimeDelta {
        TimeDelta::days(match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 30,
        })
    }

    /// The step and the number of samples.
    pub(crate) fn samples(self) -> (Granularity, u32) {
        match self {
            Self::Day => (Granularity::Hours, 24),
            Self::Week => (Granularity::Hours, 7 * 24),
            Self::Month => (Granularity::Days, 30),
        }
    }
}

/// The length of a list.
#[derive(Debug, Clone, Args)]
pub(crate) struct Length {
    /// Show at most this many rows
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,
    /// Show every row
    #[arg(long, conflicts_with = "limit")]
    pub(crate) all: bool,
}

impl Length {
    /// The same with a limit where none is given.
    pub(crate) fn or(&self, limit: u32) -> Self {
        Self { limit: self.limit.or((!self.all).then_some(limit)), all: self.all }
    }
}

/// The text under the options of a command: its examples and the exit codes.
pub(crate) fn help<const N: usize>(examples: [&str; N]) -> String {
    const CODES: &str = "\
Exit codes:
  0    done
  1    failed
  2    wrong arguments or settings
  3    partly failed
  4    credentials missing or refused
  5    rate limited or blocked
  6    not found
  7    network or server failed
  129  terminal closed
  130  interrupted (Ctrl-C)
  143  terminated";
    format!("Examples:\n  {}\n\n{CODES}", examples.join("\n  "))
}

fn home_names() -> impl TypedValueParser<Value = Home> {
    PossibleValuesParser::new(Home::ALL.map(|home| home.name())).try_map(|name| name.parse::<Home>())
}
