//! Quality of applications by class of traffic.
//!
//! The schema of these responses is **not published**. The bodies are made up: simple enough for a tolerant reader,
//! and no evidence of the cloud's responses.

use serde_json::{Map, Value, json};

use crate::http::{Answer, ApiError, Request, texts};
use crate::world::measures::traffic;
use crate::world::noise;
use crate::world::{CLASSES, DAY, HOUR, Location, MINUTE, QUARTER, floor, iso, parse_iso, tenths};

pub(crate) const PERIODS: [&str; 4] = ["lastHour", "last24Hours", "last7Days", "last30Days"];
pub(crate) const GRANULARITIES: [(&str, i64); 5] =
    [("total", 0), ("1 minute", MINUTE), ("15 minutes", QUARTER), ("1 hour", HOUR), ("1 day", DAY)];
/// Maximum number of points of one class in [`class_stats`].
const MOST_POINTS: usize = 1_000;

/// Returns the mean score of a class at a moment, from 1 (worst) to 5 (best).
pub(crate) fn score(location: &Location, class: &str, moment: i64) -> f64 {
    let (low, high) = if location.history.is_poor(class, moment) { (1.4, 2.0) } else { (4.1, 4.8) };
    tenths(noise::between(location.seed, &[location.salt(), noise::salt(class)], low, high))
}

pub(crate) fn word(score: f64) -> &'static str {
    match score {
        score if score >= 4.6 => "excellent",
        score if score >= 3.6 => "good",
        score if score >= 2.5 => "fair",
        _ => "poor",
    }
}

pub(crate) fn apps(class: &str) -> [&'static str; 2] {
    match class {
        "av_streaming" => ["Example Movies", "Example Music"],
        "gaming" => ["Example Racing", "Example Chess"],
        _ => ["Example Meetings", "Example Calls"],
    }
}

/// Returns the requested classes in order; unknown ones have no data.
pub(crate) fn classes(argument: Option<&Value>) -> Vec<String> {
    let asked = texts(argument);
    if asked.is_empty() { CLASSES.map(str::to_owned).to_vec() } else { asked }
}

/// `POST …/appqoe/AppQoeStatsByTrafficClass`.
pub(crate) fn by_traffic_class(request: &Request<'_>, location: &Location) -> Answer {
    let arguments = request.arguments()?;
    let period =
        arguments.get("timePeriod").and_then(Value::as_str).filter(|period| PERIODS.contains(period));
    let Some(period) = period else {
        return Err(ApiError::invalid("AppQoe", "timePeriod", &PERIODS.join(", ")));
    };
    let include_apps = arguments.get("includeApps").is_some_and(|flag| flag == true || flag == "true");
    // A location that is offline or empty has no traffic and thus no classes.
    let online = location.network.is_some_and(|network| network.online);
    let rows: Vec<Value> = classes(arguments.get("trafficClassNames"))
        .iter()
        .filter(|class| online && CLASSES.contains(&class.as_str()))
        .map(|class| {
            let score = score(location, class, location.now);
            let mut row = Map::new();
            row.insert("trafficClassName".to_owned(), json!(class));
            row.insert("qoe".to_owned(), json!(word(score)));
            row.insert("score".to_owned(), json!(score));
            if include_apps {
                let apps =
                    apps(class).map(|name| json!({ "name": name, "qoe": word(score), "score": score }));
                row.insert("apps".to_owned(), json!(apps));
            }
            Value::Object(row)
        })
        .collect();
    Ok(json!({ "timePeriod": period, "trafficClasses": rows }))
}

/// `GET` and `POST …/appqoe/traffic_class_stats`. POST accepts the same parameters in its body.
pub(crate) fn class_stats(request: &Request<'_>, location: &Location) -> Answer {
    let body = request.arguments()?;
    let text = |name: &str| -> Option<String> {
        request.query.get(name).or_else(|| body.get(name).and_then(Value::as_str)).map(str::to_owned)
    };
    let invalid = |name: &str, allowed: &str| ApiError::invalid("TrafficClassStats", name, allowed);
    let granularity = text("granularity").unwrap_or_default();
    let step = GRANULARITIES.iter().find(|(name, _)| *name == granularity).map(|(_, step)| *step);
    let step = step.ok_or_else(|| invalid("granularity", &GRANULARITIES.map(|(name, _)| name).join(", ")))?;
    let moment = |name: &str| {
        text(name).and_then(|text| parse_iso(&text)).ok_or_else(|| invalid(name, "yyyy-mm-ddThh:MM:ss.nnnZ"))
    };
    let (start, end) = (moment("startTime")?, moment("endTime")?.min(location.now));
    let limit = match body.get("limit").and_then(Value::as_u64) {
        Some(limit) => usize::try_from(limit).unwrap_or(MOST_POINTS),
        None => request.query.count("limit")?.unwrap_or(MOST_POINTS),
    };
    let asked = request.query.list("trafficClasses").map(|classes| json!(classes));
    let rows: Vec<Value> = classes(asked.as_ref().or_else(|| body.get("trafficClasses")))
        .iter()
        .filter(|class| location.network.is_some() && CLASSES.contains(&class.as_str()))
        .map(|class| {
            let points: Vec<Value> = starts(start, end, step)
                .filter_map(|start| point(location, class, start, if step == 0 { QUARTER } else { step }))
                .take(limit.min(MOST_POINTS))
                .collect();
            json!({ "trafficClassName": class, "stats": points })
        })
        .collect();
    Ok(json!({
        "granularity": granularity,
        "startTime": iso(start),
        "endTime": iso(end),
        "trafficClasses": rows,
    }))
}

/// Returns the starts of the points between two moments, at most [`MOST_POINTS`]. Step 0 means a single point.
fn starts(start: i64, end: i64, step: i64) -> impl Iterator<Item = i64> {
    let first = if step == 0 { start } else { floor(start, step) };
    std::iter::successors(Some(first), move |last| (step > 0).then(|| last + step))
        .take_while(move |at| *at < end)
        .take(MOST_POINTS)
}

fn point(location: &Location, class: &str, start: i64, step: i64) -> Option<Value> {
    let wan = traffic::wan(location, floor(start, QUARTER))?;
    let score = score(location, class, start);
    // Each class has a quarter of the location's traffic, evenly distributed over the step.
    let share = if step < QUARTER { 0.25 / 15.0 } else { 0.25 };
    Some(json!({
        "timestamp": iso(start),
        "qoe": word(score),
        "score": score,
        "rxMbytes": noise::hundredths(wan.rx_mbytes * share),
        "txMbytes": noise::hundredths(wan.tx_mbytes * share),
    }))
}
