//! The options that every command has, and the arguments that several share.

use std::time::Duration;

use clap::{
    Args, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
use plume_sim::{Home, Story};

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
    /// The number of minutes since the story began, 12 unless given
    #[arg(long, global = true, help_heading = DEMO, value_name = "MINUTES")]
    pub(crate) after: Option<u32>,
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
  130  interrupted (Ctrl-C)
  143  terminated";
    format!("Examples:\n  {}\n\n{CODES}", examples.join("\n  "))
}

fn home_names() -> impl TypedValueParser<Value = Home> {
    PossibleValuesParser::new(Home::ALL.map(|home| home.name())).try_map(|name| name.parse::<Home>())
}

/// Parses `500ms`, `30s`, `30` (seconds) or `2m`.
fn duration(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, u64); 3] = [("ms", 1), ("s", 1_000), ("m", 60_000)];
    let (number, unit) = UNITS
        .iter()
        .find_map(|(unit, millis)| Some((text.strip_suffix(unit)?, *millis)))
        .unwrap_or((text, 1_000));
    let millis = number.trim().parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    let millis = millis.filter(|millis| *millis > 0);
    millis.map(Duration::from_millis).ok_or_else(|| "not a duration like 500ms, 30s or 2m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        for (text, millis) in [("500ms", 500), ("30s", 30_000), ("30", 30_000), ("2m", 120_000)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "0", "-1", "1h", "1.5s", "s", "18446744073709551615m"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
