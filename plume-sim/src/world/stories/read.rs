//! Stories from JSON.

use std::{path::Path, time::Duration};

use crate::world::history::CLASSES;
use crate::world::homes::{Home, device_names, node_names};
use crate::world::ids::LocationKey;
use crate::world::stories::happening::{Happening, Level};
use crate::world::stories::part::{Mistake, Part, document, span};
use crate::world::stories::story::{Cast, Scene, Story, When};

/// A story that could not be read: the file, the line and the key, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.line_of_text())]
pub struct StoryError {
    file: String,
    line: Option<u32>,
    place: String,
    message: String,
}

impl StoryError {
    fn line_of_text(&self) -> String {
        let Self { file, place, message, .. } = self;
        let line = self.line.map(|line| format!(":{line}")).unwrap_or_default();
        let place = if place.is_empty() { String::new() } else { format!(" {place}:") };
        format!("{file}{line}:{place} {message}")
    }

    /// The line, from 1; none if the file could not be read.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.line
    }

    /// The way to the mistake, such as `events[2].node`; empty if the text is no JSON at all.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.place
    }
}

/// What every event has beside its own members.
const COMMON: [&str; 6] = ["at", "day", "homes", "event", "times", "every"];

/// The kinds of events, with their own members.
const KINDS: [(&str, &[&str]); 14] = [
    ("power-loss", &["node", "for"]),
    ("reboot", &["node", "reason"]),
    ("firmware-upgrade", &["version"]),
    ("wan-outage", &["for"]),
    ("backhaul-loss", &["node", "for"]),
    ("pod-roams", &["node", "to"]),
    ("poor-health", &["node", "for"]),
    ("device-leaves", &["device", "for"]),
    ("device-joins", &["device", "node"]),
    ("saturation", &["percent", "for"]),
    ("speed-drop", &["percent", "for"]),
    ("poor-qoe", &["class", "for"]),
    ("service-level", &["level"]),
    ("ssid", &["name"]),
];

impl Story {
    /// Reads a story from the text of a file. `file` only names it in errors.
    ///
    /// ```
    /// use plume_sim::Story;
    ///
    /// let story = Story::from_json("lunch.json", r#"{
    ///     "name": "lunch",
    ///     "events": [
    ///         { "at": "14:02", "homes": ["healthy"], "event": "power-loss", "node": "gateway", "for": "20m" },
    ///         { "at": "+1h", "homes": "10%", "event": "wan-outage", "for": "90s", "times": 3, "every": "1d" }
    ///     ]
    /// }"#)?;
    /// assert_eq!(story.name(), "lunch");
    ///
    /// let error = Story::from_json("bad.json", "{\n \"name\": \"x\",\n \"evnts\": []\n}").unwrap_err();
    /// assert_eq!(error.to_string(), "bad.json:3: evnts: unknown key; is \"events\" meant?");
    /// # Ok::<(), plume_sim::StoryError>(())
    /// ```
    ///
    /// `at` is a time of the day (`"14:02"`, UTC; `day` counts from the day of the start) or relative to the
    /// start (`"+2h"`, `"-30m"`). `homes` is `"all"` (as if missing), a share (`"10%"`), or a list of home
    /// names and location ids. `times` and `every` repeat. The kinds of events and their members are those of
    /// [`Happening`]; `for` may be missing, then it lasts for good.
    ///
    /// # Errors
    ///
    /// [`StoryError`] with file, line and key of the first mistake. Unknown keys are mistakes, and so are names of
    /// nodes and devices that no home has.
    pub fn from_json(file: &str, text: &str) -> Result<Self, StoryError> {
        document(text, story).map_err(|mistake| StoryError {
            file: file.to_owned(),
            line: Some(mistake.line),
            place: mistake.place,
            message: mistake.message,
        })
    }
}

impl Story {
    /// As [`Story::from_json`], from a file.
    ///
    /// # Errors
    ///
    /// As there, and if the file cannot be read.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, StoryError> {
        let path = path.as_ref();
        let file = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::from_json(&file, &text),
            Err(error) => {
                let message = format!("cannot be read: {}", error.kind());
                Err(StoryError { file, line: None, place: String::new(), message })
            }
        }
    }
}

fn story(part: Part<'_>) -> Result<Story, Mistake> {
    part.only(&["name", "about", "events"])?;
    let about = part.get("about")?.map(|about| about.text()).transpose()?.unwrap_or_default();
    let mut story = Story::new(part.need("name")?.text()?).about(about);
    for event in part.need("events")?.items()? {
        story.scenes.extend(scenes(&event)?);
    }
    Ok(story)
}

/// One scene, or one for each location id.
fn scenes(part: &Part<'_>) -> Result<Vec<Scene>, Mistake> {
    let kinds: Vec<(&str, &[&str])> = KINDS.to_vec();
    let own = part.need("event")?.word(&kinds)?;
    part.only(&[&COMMON[..], own].concat())?;
    let kind = part.need("event")?.text()?;
    let times = part.get("times")?.map(|times| times.number(1, 1_000)).transpose()?.unwrap_or(1);
    let every = match part.get("every")? {
        Some(every) => every.span()?,
        None if times > 1 => return Err(part.mistake("\"every\" is missing, which \"times\" needs")),
        None => 0,
    };
    let when = when(part)?;
    let happening = happening(part, kind)?;
    let scene = |cast| Scene { when, cast, happening: happening.clone(), times: u32::from(times), every };
    Ok(casts(part)?.into_iter().map(scene).collect())
}

fn when(part: &Part<'_>) -> Result<When, Mistake> {
    let at = part.need("at")?;
    let text = at.text()?;
    let wrong = || at.mistake(format!("{text:?} is no time such as 14:02, +2h or -30m"));
    let relative = |rest: &str| {
        let span = span(rest).and_then(|span| u64::try_from(span).ok()).ok_or_else(wrong)?;
        Ok(Duration::from_millis(span))
    };
    let day = part.get("day")?;
    if let (Some(day), true) = (&day, text.starts_with(['+', '-'])) {
        return Err(day.mistake("only a time of the day has a day"));
    }
    match text.split_at_checked(1) {
        Some(("+", rest)) => relative(rest).map(When::After),
        Some(("-", rest)) => relative(rest).map(When::Before),
        _ => {
            let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
            let below = |text: &str, bound: u8| {
                let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
                text.parse::<u8>().ok().filter(|number| digits && *number < bound).ok_or_else(wrong)
            };
            let day = day.map(|day| day.number(0, 3_652)).transpose()?.unwrap_or(0);
            Ok(When::TimeOfDay { day, hour: below(hour, 24)?, minute: below(minute, 60)? })
        }
    }
}

fn casts(part: &Part<'_>) -> Result<Vec<Cast>, Mistake> {
    let Some(homes) = part.get("homes")? else {
        return Ok(vec![Cast::Everyone]);
    };
    if !homes.is_list() {
        let text = homes.text()?;
        if text == "all" {
            return Ok(vec![Cast::Everyone]);
        }
        let share = text.strip_suffix('%').and_then(|digits| digits.parse().ok());
        let share = share.filter(|share| *share <= 100);
        return share.map(|share| vec![Cast::Share(share)]).ok_or_else(|| {
            homes.mistake(format!("{text:?} is neither all, nor a share such as 10%, nor a list"))
        });
    }
    let mut named = Vec::new();
    let mut casts = Vec::new();
    for item in homes.items()? {
        let text = item.text()?;
        if LocationKey::from_id(text).is_some() {
            casts.push(Cast::Location(text.to_owned()));
        } else {
            named.push(text.parse::<Home>().map_err(|error| item.mistake(error.to_string()))?);
        }
    }
    if !named.is_empty() {
        casts.push(Cast::Homes(named));
    }
    Ok(casts)
}

fn happening(part: &Part<'_>, kind: &str) -> Result<Happening, Mistake> {
    let text = |key: &str| -> Result<String, Mistake> {
        let part = part.need(key)?;
        let text = part.text()?;
        if text.is_empty() { Err(part.mistake("may not be empty")) } else { Ok(text.to_owned()) }
    };
    let lasts = match part.get("for")? {
        Some(span) => u64::try_from(span.span()?).ok().map(Duration::from_millis),
        None => None,
    };
    // A home without the node leaves the event out. A name that no home has is a mistake.
    let node = |key: &str| part.need(key)?.name(&node_names());
    let device = || part.need("device")?.name(&device_names());
    let gateway = || if part.get("node")?.is_some() { node("node") } else { Ok("gateway".to_owned()) };
    let classes = CLASSES.map(|class| (class, class));
    let percent =
        || -> Result<u8, Mistake> { Ok(u8::try_from(part.need("percent")?.number(1, 100)?).unwrap_or(100)) };
    Ok(match kind {
        "power-loss" => Happening::PowerLoss { node: gateway()?, lasts },
        "reboot" => {
            let reason = if part.get("reason")?.is_some() { text("reason")? } else { "reboot".to_owned() };
            Happening::Reboot { node: gateway()?, reason }
        }
        "firmware-upgrade" => Happening::FirmwareUpgrade { version: text("version")? },
        "wan-outage" => Happening::WanOutage { lasts },
        "backhaul-loss" => Happening::BackhaulLoss { node: node("node")?, lasts },
        "pod-roams" => Happening::PodRoams { node: node("node")?, to: node("to")? },
        "poor-health" => Happening::PoorHealth { node: gateway()?, lasts },
        "device-leaves" => Happening::DeviceLeaves { device: device()?, lasts },
        "device-joins" => {
            let node = if part.get("node")?.is_some() { Some(node("node")?) } else { None };
            Happening::DeviceJoins { device: device()?, node }
        }
        "saturation" => Happening::Saturation { percent: percent()?, lasts },
        "speed-drop" => Happening::SpeedDrop { percent: percent()?, lasts },
        "poor-qoe" => Happening::PoorQoe { class: part.need("class")?.word(&classes)?.to_owned(), lasts },
        "service-level" => Happening::ServiceLevel { level: part.need("level")?.word(&Level::ALL)? },
        _ => Happening::Ssid { ssid: text("name")? },
    })
}
