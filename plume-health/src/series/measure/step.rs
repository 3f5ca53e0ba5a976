//! The step of a series, by its name or its times.

use chrono::{DateTime, Utc};

/// Returns the usual step between neighbours in seconds. `times` are ascending.
///
/// This is the most frequent of the steps that occur more than once within a tolerance of a tenth, the shortest of
/// several. If no step occurs twice it is the median, the shorter of two, so that a gap is not mistaken for the
/// length of a sample.
#[must_use]
pub fn usual_step(times: impl IntoIterator<Item = DateTime<Utc>>) -> Option<i64> {
    let mut steps = Vec::new();
    let mut before: Option<DateTime<Utc>> = None;
    for at in times {
        let step = before.map_or(0, |before| at.signed_duration_since(before).num_seconds());
        if step > 0 {
            steps.push(step);
        }
        before = Some(at);
    }
    steps.sort_unstable();
    let mut most: &[i64] = &[];
    for step in &steps {
        let from = steps.partition_point(|other| *other < step.saturating_sub(step / 10));
        let to = steps.partition_point(|other| *other <= step.saturating_add(step / 10));
        let alike = steps.get(from..to).unwrap_or_default();
        if alike.len() > most.len() {
            most = alike;
        }
    }
    lower_median(if most.len() > 1 { most } else { &steps })
}

fn lower_median(ascending: &[i64]) -> Option<i64> {
    ascending.get(ascending.len().saturating_sub(1) / 2).copied()
}

/// Returns the step in seconds that the name of a series states: `fifteenMins`, `one_hour`, `5min`, `hourly`.
///
/// A name without a number can describe the whole series, as `daily` does for a report on a day. It counts only if
/// the usual step of the points, `usual`, is not shorter.
pub(crate) fn step_of_name(name: &str, usual: Option<i64>) -> Option<i64> {
    let words = words(name);
    let (count, unit) = match words.as_slice() {
        [unit] => (None, unit),
        [count, unit] => (Some(number(count)?), unit),
        _ => return None,
    };
    let unit = unit_seconds(unit)?;
    let step = count.unwrap_or(1).checked_mul(unit)?;
    let closer = || usual.is_some_and(|usual| usual < step);
    (step > 0 && (count.is_some() || !closer())).then_some(step)
}

/// Splits a name into words and numbers in lower case, in any naming convention.
fn words(name: &str) -> Vec<String> {
    #[derive(PartialEq)]
    enum Kind {
        Upper,
        Lower,
        Digit,
        Other,
    }
    let mut words = Vec::<String>::new();
    let mut before = Kind::Other;
    for character in name.chars() {
        let kind = match character {
            'A'..='Z' => Kind::Upper,
            'a'..='z' => Kind::Lower,
            '0'..='9' => Kind::Digit,
            _ => Kind::Other,
        };
        if kind != Kind::Other {
            let goes_on = kind == before || (kind == Kind::Lower && before == Kind::Upper);
            match words.last_mut() {
                Some(word) if goes_on => word.push(character.to_ascii_lowercase()),
                _ => words.push(character.to_ascii_lowercase().to_string()),
            }
        }
        before = kind;
    }
    words
}

fn number(word: &str) -> Option<i64> {
    const WORDS: [(&str, i64); 12] = [
        ("one", 1),
        ("two", 2),
        ("three", 3),
        ("four", 4),
        ("five", 5),
        ("six", 6),
        ("ten", 10),
        ("twelve", 12),
        ("fifteen", 15),
        ("twenty", 20),
        ("thirty", 30),
        ("sixty", 60),
    ];
    WORDS.iter().find(|(name, _)| *name == word).map(|(_, number)| *number).or_else(|| word.parse().ok())
}

fn unit_seconds(word: &str) -> Option<i64> {
    Some(match word {
        "s" | "sec" | "secs" | "second" | "seconds" => 1,
        "m" | "min" | "mins" | "minute" | "minutes" => 60,
        "h" | "hr" | "hrs" | "hour" | "hours" | "hourly" => 3_600,
        "d" | "day" | "days" | "daily" => 86_400,
        "w" | "week" | "weeks" | "weekly" => 604_800,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::measure::timeline::time_at;

    fn step(steps: &[i64]) -> Option<i64> {
        let mut now = 1_768_471_200;
        let times = steps.iter().map(|step| {
            now += step;
            time_at(now)
        });
        usual_step([time_at(1_768_471_200)].into_iter().chain(times))
    }

    #[test]
    fn a_step_is_the_repeated_one_or_the_median() {
        for (steps, expected) in [
            (&[][..], None),
            (&[0, 0], None),
            (&[900], Some(900)),
            (&[7_200], Some(7_200)),
            (&[60, 901, 897, 905], Some(901)),
            (&[905, 60, 897, 901], Some(901)),
            (&[60, 60, 897, 901, 905, 893], Some(897)),
            (&[900, 900, 7_200], Some(900)),
            (&[7_200, 900, 3_600, 900, 14_400], Some(900)),
            (&[900, 7_200], Some(900)),
            (&[60, 900, 7_200], Some(900)),
            (&[60, 900, 7_200, 86_400], Some(900)),
            // Of equally frequent steps the shorter one.
            (&[900, 900, 3_600, 3_600], Some(900)),
            (&[1, 2, 1, 2, 1], Some(1)),
        ] {
            assert_eq!(step(steps), expected, "{steps:?}");
        }
    }

    #[test]
    fn names_give_their_step() {
        for (name, expected) in [
            ("fifteenMins", Some(900)),
            ("FIFTEEN_MINS", Some(900)),
            ("fifteen_mins", Some(900)),
            ("fiveMinutes", Some(300)),
            ("5min", Some(300)),
            ("30-minutes", Some(1_800)),
            ("oneHour", Some(3_600)),
            ("1h", Some(3_600)),
            ("sixHours", Some(21_600)),
            ("hourly", Some(3_600)),
            ("days", Some(86_400)),
            ("oneDay", Some(86_400)),
            ("items", None),
            ("data", None),
            ("0min", None),
            ("fifteenMinsOld", None),
            ("99999999999999999999min", None),
            ("9223372036854775807weeks", None),
            ("", None),
            ("ünf", None),
        ] {
            assert_eq!(step_of_name(name, None), expected, "{name}");
        }
        // A report on a day is not one point a day.
        assert_eq!(step_of_name("daily", Some(900)), None);
        assert_eq!(step_of_name("daily", Some(86_400)), Some(86_400));
        assert_eq!(step_of_name("hourly", Some(7_200)), Some(3_600));
        assert_eq!(step_of_name("fifteenMins", Some(60)), Some(900));
    }
}
