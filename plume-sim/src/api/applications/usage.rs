//! Application usage of a device in time and data.

use serde_json::{Value, json};

use crate::http::{Answer, Request, at_most, choice, required};
use crate::world::measures::traffic;
use crate::world::{DAY, Device, HOUR, Location, Meter, device_there, floor, hundredths, iso};

const CATEGORIES: [&str; 4] = ["Streaming", "Social", "Games", "Work"];
const APPS: [(&str, usize); 6] = [
    ("Example Movies", 0),
    ("Example Music", 0),
    ("Example Chat", 1),
    ("Example Racing", 2),
    ("Example Meetings", 3),
    ("Example Mail", 3),
];
/// The periods: start in days before today, length in days, and slots.
const PERIODS: [(&str, i64, i64, i64); 10] = [
    ("weekly", 6, 7, DAY),
    ("dailyToday", 0, 1, HOUR),
    ("dailyYesterday", 1, 1, HOUR),
    ("daily2DaysAgo", 2, 1, HOUR),
    ("daily3DaysAgo", 3, 1, HOUR),
    ("daily4DaysAgo", 4, 1, HOUR),
    ("daily5DaysAgo", 5, 1, HOUR),
    ("daily6DaysAgo", 6, 1, HOUR),
    ("last30Days", 29, 30, DAY),
    ("last12Months", 359, 360, 30 * DAY),
];

/// The unit, megabytes or minutes, as the name of the member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Measure(&'static str);

const DATA: Measure = Measure("dataUsageMb");
const TIME: Measure = Measure("onlineTimeMinutes");

impl Measure {
    /// Returns the usage of one application in one hour. The applications share the traffic of the device.
    fn of_hour(self, location: &Location, device: &Device, app: &str, hour: i64) -> f64 {
        let meter = Meter::new(location, &device.mac);
        let all: u64 = APPS.iter().map(|(app, _)| 1 + meter.count(app, hour, 9)).sum();
        let own = 1 + meter.count(app, hour, 9);
        let ratio = |part: u64, whole: u64| {
            f64::from(u32::try_from(part).unwrap_or(0)) / f64::from(u32::try_from(whole).unwrap_or(1))
        };
        let whole = if self == DATA {
            traffic::device_hour(location, device, hour).map(|(down, up)| down + up)
        } else {
            device_there(location, device, hour, hour + HOUR).then_some(60.0)
        };
        whole.unwrap_or(0.0) * ratio(own, all)
    }
}

/// `GET …/devices/{mac}/appTime/{categories|apps}/{dataUsage|onlineTime}`.
pub(crate) fn of(request: &Request<'_>, location: &Location, device: &Device) -> Answer {
    let measure = if request.last_segment() == "dataUsage" { DATA } else { TIME };
    required(request, "timePeriod")?;
    let period = choice(request, "timePeriod", &PERIODS.map(|(name, ..)| name))?;
    let (_, ago, days, slot) =
        PERIODS.into_iter().find(|(name, ..)| Some(*name) == period).unwrap_or(("", 0, 1, HOUR));
    let by_slot = choice(request, "grouping", &["overall", "perTimeSlot"])? == Some("perTimeSlot");
    let limit = at_most(request, "limit", 20, 1_000)?;
    let start = floor(location.now, DAY) - ago * DAY;
    let end = (start + days * DAY).min(location.now);
    let table = |start: i64, end: i64| -> Vec<Value> {
        let sum = |app: &str| -> f64 {
            let hours = (0..(end - start) / HOUR).map(|index| start + index * HOUR);
            hours.map(|hour| measure.of_hour(location, device, app, hour)).sum()
        };
        let mut rows: Vec<(&str, f64)> = if request.route.contains("/apps/") {
            APPS.iter().map(|(app, _)| (*app, sum(app))).collect()
        } else {
            let of = |index| APPS.iter().filter(move |app| app.1 == index).map(|app| sum(app.0)).sum();
            (0..).zip(CATEGORIES).map(|(index, name)| (name, of(index))).collect()
        };
        rows.retain(|row| row.1 > 0.0);
        rows.sort_by(|a, b| b.1.total_cmp(&a.1));
        rows.truncate(limit);
        rows.into_iter().map(|(name, sum)| json!({ "name": name, measure.0: hundredths(sum) })).collect()
    };
    if !by_slot {
        return Ok(json!(table(start, end)));
    }
    let slots = (0..).map(|index| start + index * slot).take_while(|at| *at < end);
    Ok(slots.map(|at| json!({ "timestamp": iso(at), "usage": table(at, (at + slot).min(end)) })).collect())
}
