//! Quality and priority of applications, by application, person and device.

use serde_json::{Map, Value, json};

use crate::api::applications::classes::{GRANULARITIES, PERIODS, apps, classes, score, word};
use crate::http::{Answer, ApiError, Request, invalid, texts};
use crate::world::measures::traffic;
use crate::world::{CLASSES, DAY, Device, HOUR, Location, Meter, floor, hundredths, iso, parse_iso};

/// The short names of the classes that the newer endpoints accept as well.
const SHORT: [(&str, &str); 3] =
    [("stream", "av_streaming"), ("game", "gaming"), ("video", "video_conferencing")];

fn period(body: &Map<String, Value>) -> Result<&str, ApiError> {
    let given = body.get("timePeriod").and_then(Value::as_str).filter(|period| PERIODS.contains(period));
    given.ok_or_else(|| invalid("timePeriod", &PERIODS.join(", ")))
}

/// Returns the requested classes that exist, under their requested names.
fn asked_classes(body: &Map<String, Value>) -> Vec<(String, &'static str)> {
    let known = |name: String| {
        let long = SHORT.iter().find(|(short, _)| *short == name).map_or(name.as_str(), |(_, long)| *long);
        CLASSES.into_iter().find(|class| *class == long).map(|class| (name.clone(), class))
    };
    classes(body.get("trafficClassNames")).into_iter().filter_map(known).collect()
}

fn online(location: &Location) -> bool {
    location.network.is_some_and(|network| network.online)
}

/// `POST …/appqoe/AppQoeStatsByTrafficClassApps`.
pub(crate) fn by_app(request: &Request<'_>, location: &Location) -> Answer {
    let body = request.arguments()?;
    let period = period(&body)?;
    let rows = asked_classes(&body).into_iter().filter(|_| online(location)).map(|(name, class)| {
        let score = score(location, class, location.now);
        let apps = apps(class).map(|app| json!({ "name": app, "qoe": word(score), "score": score }));
        json!({ "trafficClassName": name, "apps": apps })
    });
    Ok(json!({ "timePeriod": period, "trafficClasses": rows.collect::<Vec<_>>() }))
}

/// `POST …/appqoe/AppQoeStatsByProfile`. Simulated homes have no persons, so the response lists only the requested
/// ones.
pub(crate) fn by_profile(request: &Request<'_>, location: &Location) -> Answer {
    let body = request.arguments()?;
    let period = period(&body)?;
    let asked =
        |key: &str| texts(body.get(key)).into_iter().map(|id| json!({ "id": id, "trafficClasses": [] }));
    Ok(json!({
        "timePeriod": period,
        "locationId": location.id,
        "persons": asked("persons").collect::<Vec<_>>(),
        "groups": asked("groups").collect::<Vec<_>>(),
    }))
}

/// `POST …/qos/appPrioritization/monitoring`: the devices with the most prioritized traffic.
pub(crate) fn monitoring(request: &Request<'_>, location: &Location) -> Answer {
    let body = request.arguments()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let moment = |name: &str| {
        let given = text(name).ok_or_else(|| ApiError::missing(name))?;
        parse_iso(given).ok_or_else(|| invalid(name, "yyyy-mm-ddThh:MM:ss.nnnZ"))
    };
    let (start, end) = (moment("startTime")?, moment("endTime")?.min(location.now));
    let granularity = text("granularity").unwrap_or("total");
    if !GRANULARITIES.iter().any(|(name, _)| *name == granularity) {
        return Err(invalid("granularity", &GRANULARITIES.map(|(name, _)| name).join(", ")));
    }
    let by_upload = match text("sortOrder").unwrap_or("RxBytes") {
        "RxBytes" => false,
        "TxBytes" => true,
        _ => return Err(invalid("sortOrder", "TxBytes, RxBytes")),
    };
    let limit = body.get("limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
    let (macs, classes) = (texts(body.get("macs")), asked_classes(&body));
    let wanted = |device: &&Device| {
        macs.is_empty()
            || macs.iter().filter_map(|mac| location.device(mac)).any(|other| other.mac == device.mac)
    };
    // The range is limited to a month.
    let start = floor(start.max(end - 30 * DAY), HOUR);
    let mut rows: Vec<(f64, f64, Value)> = location
        .devices
        .iter()
        .filter(wanted)
        .filter_map(|device| {
            let hours = (0..).map(|index| start + index * HOUR).take_while(|hour| *hour < end);
            let moved = hours.filter_map(|hour| traffic::device_hour(location, device, hour));
            let (down, up) = moved.reduce(|a, b| (a.0 + b.0, a.1 + b.1))?;
            let share = Meter::new(location, &device.mac).read("priority", 0, 0.1, 0.4);
            let (rx, tx) = (hundredths(down * share), hundredths(up * share));
            let names: Vec<&str> = classes.iter().map(|(name, _)| name.as_str()).collect();
            let row = json!({ "mac": device.mac, "trafficClasses": names, "rxMbytes": rx, "txMbytes": tx });
            Some((rx, tx, row))
        })
        .collect();
    rows.sort_by(|a, b| if by_upload { b.1.total_cmp(&a.1) } else { b.0.total_cmp(&a.0) });
    rows.truncate(limit.unwrap_or(100).min(1_000));
    let devices: Vec<Value> = rows.into_iter().map(|row| row.2).collect();
    Ok(
        json!({ "granularity": granularity, "startTime": iso(start), "endTime": iso(end), "devices": devices }),
    )
}
