//! Times and durations. The script shows times in the zone of the reader, and keeps durations up to date.

use askama::{Template, filters::HtmlSafe};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

/// A time on a page.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r#"<time{% if date %} class="date"{% endif %} datetime="{{iso}}" title="{{exact}}"{% if seconds %} data-s{% endif %}>{{text}}</time>"#,
    ext = "html"
)]
pub(in crate::web) struct Moment {
    iso: String,
    exact: String,
    text: String,
    /// Whether the script shows the seconds, too.
    seconds: bool,
    /// Whether the date is shown on its own day, too. The script leaves the text of such a time in UTC.
    date: bool,
}

// Made of digits and words of this file.
impl HtmlSafe for Moment {}

impl Moment {
    /// Shows the seconds, too.
    pub(in crate::web) fn with_seconds(mut self) -> Self {
        self.text = self.text.replace(" UTC", &format!("{} UTC", self.exact.get(16..19).unwrap_or_default()));
        self.seconds = true;
        self
    }

    /// Shows the date, too, in UTC.
    pub(in crate::web) fn with_date(mut self) -> Self {
        self.text = format!("{} UTC", self.exact.get(..16).unwrap_or_default());
        self.date = true;
        self
    }
}

/// The time since a moment.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r#"<time class="age" datetime="{{iso}}" title="{{exact}}">{{text}}</time>"#,
    ext = "html"
)]
pub(in crate::web) struct Age {
    iso: String,
    exact: String,
    text: String,
}

// Made of digits and words of this file.
impl HtmlSafe for Age {}

impl Age {
    /// Returns the words of the duration.
    pub(in crate::web) fn words(&self) -> &str {
        &self.text
    }
}

/// A time to come, and how far away it is.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(source = "at {{at}} (in {{left}})", ext = "html")]
pub(in crate::web) struct Next {
    at: Moment,
    left: String,
}

// The template escapes every text.
impl HtmlSafe for Next {}

impl Next {
    pub(in crate::web) fn new(at: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self { at: moment(at, now).with_seconds(), left: short(at.signed_duration_since(now)) }
    }
}

/// Exact times, to be opened: a phone does not show the title of an element.
#[derive(Debug, Template)]
#[template(
    source = r#"<details class="times"><summary>Exact times</summary><dl class="facts">{% for (name, at) in times %}<dt>{{name}}</dt><dd>{{at}}<span class="why">{{at.exact}}</span></dd>{% endfor %}</dl></details>"#,
    ext = "html"
)]
pub(in crate::web) struct Times {
    now: DateTime<Utc>,
    times: Vec<(&'static str, Moment)>,
}

// The template escapes every text.
impl HtmlSafe for Times {}

impl Times {
    pub(in crate::web) fn new(now: DateTime<Utc>) -> Self {
        Self { now, times: Vec::new() }.with("Page of", Some(now))
    }

    /// Adds a time, if there is one, before that of the page.
    pub(in crate::web) fn with(mut self, name: &'static str, at: Option<DateTime<Utc>>) -> Self {
        let place = self.times.len().saturating_sub(1);
        if let Some(at) = at {
            self.times.insert(place, (name, moment(at, self.now).with_seconds()));
        }
        self
    }
}

/// Returns a time for a page that is shown `now`.
pub(in crate::web) fn moment(at: DateTime<Utc>, now: DateTime<Utc>) -> Moment {
    let form = if at.date_naive() == now.date_naive() { "%H:%M UTC" } else { "%Y-%m-%d %H:%M UTC" };
    Moment { iso: iso(at), exact: exact(at), text: at.format(form).to_string(), seconds: false, date: false }
}

/// Returns the time since `at`.
pub(in crate::web) fn age(at: DateTime<Utc>, now: DateTime<Utc>) -> Age {
    Age { iso: iso(at), exact: exact(at), text: short(now.signed_duration_since(at)) }
}

fn iso(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn exact(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// One unit, rounded down: `40 s`, `12 min`, `3 h`, `2 days`. The script has the same rule.
fn short(passed: TimeDelta) -> String {
    let seconds = passed.num_seconds().max(0);
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        86_400..172_800 => "1 day".to_owned(),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_units_and_never_runs_backwards() {
        for (seconds, shown) in [
            (-5, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_599, "59 min"),
            (3_660, "1 h 1 min"),
            (86_400, "1 day"),
            (172_800, "2 days"),
        ] {
            assert_eq!(short(TimeDelta::seconds(seconds)), shown);
        }
    }

    #[test]
    fn exact_times_have_seconds_and_the_zone_in_their_text() {
        let now: DateTime<Utc> = "2026-01-15T10:00:00Z".parse().unwrap();
        let since = now - TimeDelta::seconds(61);
        let times = Times::new(now).with("Since", Some(since)).with("Closed", None).to_string();
        let text = times.split("<dt>").skip(1).map(|item| item.split("</dt>").next().unwrap());
        assert_eq!(text.collect::<Vec<_>>(), ["Since", "Page of"]);
        assert!(
            times.contains(r#"data-s>09:58:59 UTC</time><span class="why">2026-01-15 09:58:59 UTC<"#),
            "{times}"
        );
    }

    #[test]
    fn a_time_to_come_has_seconds_and_its_distance() {
        let now: DateTime<Utc> = "2026-01-15T10:00:00Z".parse().unwrap();
        let next = Next::new(now + TimeDelta::seconds(185), now).to_string();
        assert!(next.starts_with("at <time ") && next.ends_with(">10:03:05 UTC</time> (in 3 min)"), "{next}");
    }

    #[test]
    fn a_time_of_another_day_has_its_date() {
        let now: DateTime<Utc> = "2026-01-15T10:00:00Z".parse().unwrap();
        let today = moment(now - TimeDelta::minutes(5), now).to_string();
        assert_eq!(
            today,
            r#"<time datetime="2026-01-15T09:55:00Z" title="2026-01-15 09:55:00 UTC">09:55 UTC</time>"#
        );
        assert!(moment(now - TimeDelta::days(1), now).to_string().ends_with(">2026-01-14 10:00 UTC</time>"));
        let dated = moment(now, now).with_date().to_string();
        assert!(
            dated.starts_with(r#"<time class="date" "#) && dated.ends_with(">2026-01-15 10:00 UTC</time>")
        );
    }
}
